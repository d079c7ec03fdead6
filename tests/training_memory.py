"""Memory of a training and of an evaluation against the size of their cache, each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from core.base.settings import PROJECT_ROOT

MEASURE = """
import json, resource, sys
from pathlib import Path
import numpy as np
import pandas as pd
from core.data.images.cache import ImageCache
from core.data.splits.splits import Split, SplitKind
from core.serving.predictor import Predictor, PredictorInfo
from core.data.spec import ClassSpec
from core.training.fit import OutputFiles, fit
from core.training.recipe import make_recipe

import keras
from keras import layers
import core.training.learner

def linear(name, size, classes, architecture):  # what a network computes is not measured here
    pooled = [keras.Input((size, size, 3)), layers.Rescaling(1 / 255), layers.AveragePooling2D(8), layers.Flatten()]
    return keras.Sequential([*pooled, layers.Dense(classes, activation="softmax")])
core.training.learner.build_model = linear

folder, count = Path(sys.argv[1]), int(sys.argv[2])
def own():  # without pages of files, which the system takes back when it must
    line = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("RssAnon"))
    return int(line.split()[1]) * 1024
def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
images = np.load(folder / f"{count}.npy", mmap_mode="r")
ids = [str(n) for n in range(count)]
labels = [("a", "b")[n % 2] for n in range(count)]
rows = pd.DataFrame({"image_id": ids, "group_id": ids, "label": labels})
rows["part"] = [("train", "train", "train", "validation", "test")[n % 5] for n in range(count)]
cache, split = ImageCache(images, pd.Index(ids), (), "", folder), Split(SplitKind.GROUPED, 0, rows)
names = ("best.keras", "metrics.jsonl", "tensorboard", "state.npz", "watched.json")
files = OutputFiles(*(folder / f"{count}-{name}" for name in names))
recipe = make_recipe(dataset="demo", model="cnn-59k", epochs=1, batch_size=32, image_size=96)
fit(recipe, cache, split, ("a", "b"), files)
trained = most(), own()
classes = tuple(ClassSpec(key, key, None) for key in ("a", "b"))
info = PredictorInfo("r", "cnn-59k", 96, classes, "demo", "demo", True, "", "", "grouped", False)
Predictor(files.best, info).probabilities(images, cache.rows(rows["image_id"]))
print(json.dumps({"bytes": images.nbytes, "trained": trained, "predicted": (most(), own())}))
"""
SMALL = 2_000
"""Pictures of the smaller cache; what is measured with it is what any training takes."""


def of_its_cache(folder: Path, pictures: int) -> dict[str, tuple[float, float]]:
    """What a cache of so many pictures takes of memory, beside a small one, in shares of its size.

    Returns:
        For what is "trained" and what is "predicted": the most, with pages of the file that the system takes back when
        it must, and what is the process's own.
    """
    small, large = (_measured(folder, count) for count in (SMALL, pictures))
    more = large["bytes"] - small["bytes"]
    return {
        what: ((large[what][0] - small[what][0]) / more, (large[what][1] - small[what][1]) / more)
        for what in ("trained", "predicted")
    }


def _measured(folder: Path, count: int) -> dict:
    written = np.lib.format.open_memmap(folder / f"{count}.npy", "w+", np.uint8, (count, 96, 96, 3))
    for start in range(0, count, 1000):
        written[start : start + 1000] = np.random.default_rng(start).integers(0, 256, (1000, 96, 96, 3), np.uint8)
    del written
    command = [sys.executable, "-c", MEASURE, str(folder), str(count)]
    ended = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=900)
    (folder / f"{count}.npy").unlink()
    assert ended.returncode == 0, ended.stderr[-2000:]
    return json.loads(ended.stdout.splitlines()[-1])
