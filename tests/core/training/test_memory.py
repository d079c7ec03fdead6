"""A batch that does not fit into memory: the message names one that does."""

import subprocess
import sys

import pytest

LIMITED = """
import resource, sys
import numpy as np, pandas as pd
from pathlib import Path
import core.training.fit as training
from core.data.cache import ImageCache
from core.data.splits import Split, SplitKind
from core.errors import OutOfMemory
from core.training.recipe import make_recipe

def fit(batch_size, name):
    folder = Path(sys.argv[1]) / name
    names = ("checkpoints/best.keras", "metrics.jsonl", "tensorboard", "checkpoints/state.npz", "watched.json")
    recipe = make_recipe(dataset="demo", model="cnn-59k", epochs=1, batch_size=batch_size)
    cache = ImageCache(images, pd.Index(rows["image_id"]), (), "", folder)
    split = Split(SplitKind.GROUPED, 0, rows)
    return training.fit(recipe, cache, split, ("a", "b"), training.Place(*(folder / each for each in names)))

images = np.random.default_rng(0).integers(0, 256, (4112, 28, 28, 3), dtype=np.uint8)
ids = [f"i{n}" for n in range(len(images))]
rows = pd.DataFrame({"image_id": ids, "group_id": ids, "label": np.where(np.arange(len(images)) % 2, "a", "b")})
rows["part"] = ["train"] * 4096 + ["validation"] * 16
fit(64, "first")  # so that threads and libraries are there before memory becomes scarce
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 1_500_000_000, resource.RLIM_INFINITY))
try:
    fit(4096, "second")
except OutOfMemory as error:
    print("said", error.batch_size, error.fits, error)
"""


@pytest.mark.slow
def test_a_training_that_runs_out_of_memory_names_a_batch_size_that_fits(tmp_path) -> None:
    """In a process whose address space is limited; a step of 4,096 pictures takes several gigabytes."""
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if line.startswith("said")]
    assert said, done.stderr[-2000:]
    _, batch_size, fits, *message = said[0].split()
    assert batch_size == "4096"
    assert 64 <= int(fits) < 4096
    assert f"clone the run with batch_size {fits}" in " ".join(message)


@pytest.mark.parametrize(("room", "fits"), [(100, 64), (1, 1), (0, None)])
def test_the_batch_is_halved_until_a_step_runs(room: int, fits: int | None) -> None:
    import tensorflow as tf

    from core.training.memory import largest_that_fits

    tried = []

    def train_one_step(size: int) -> None:
        tried.append(size)
        if size > room:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    assert largest_that_fits(1024, train_one_step) == fits
    assert tried[0] == 512
    assert sorted(tried, reverse=True) == tried


def test_the_message_says_what_did_not_fit_and_what_to_do() -> None:
    from core.errors import OutOfMemory

    assert "steps of 4,096 pictures. 512 fit: clone the run with batch_size 512" in str(OutOfMemory(4096, 512))
    assert "Not even one picture fits" in str(OutOfMemory(16, None))
    assert isinstance(OutOfMemory(16, None), MemoryError)  # a failure of its own kind in the run's status
