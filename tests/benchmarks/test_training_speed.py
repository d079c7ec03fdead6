"""An epoch of `cnn-59k` on 8,000 pictures against the same model compiled and fitted the plain way."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.cache import ImageCache
from core.data.splits import Split, SplitKind
from core.training.recipe import make_recipe

PICTURES, VALIDATION, CLASSES = 8000, 128, tuple("abcdefg")


def test_an_epoch_against_plain_fit_on_floats(tmp_path: Path, ratio) -> None:
    from core.models.registry import build_model
    from core.training.fit import Place, fit

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (PICTURES + VALIDATION, 28, 28, 3), dtype=np.uint8)
    labels = rng.integers(0, 7, len(images))
    ids = [f"i{n}" for n in range(len(images))]
    cache = ImageCache(images, pd.Index(ids), (), "", tmp_path)
    rows = pd.DataFrame({"image_id": ids, "group_id": ids, "label": [CLASSES[n] for n in labels]})
    rows["part"] = ["train"] * PICTURES + ["validation"] * VALIDATION
    split = Split(SplitKind.GROUPED, 0, rows)
    recipe = make_recipe(dataset="demo", model="cnn-59k", epochs=3)

    plain_model = build_model("cnn-59k", 28, 7)
    plain_model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    floats, numbers = images[:PICTURES].astype("float32"), labels[:PICTURES]
    plain_model.fit(floats, numbers, batch_size=32, epochs=1, verbose=0)  # traced, as ours is in its first epoch

    def plain() -> None:
        plain_model.fit(floats, numbers, batch_size=32, epochs=2, verbose=0)

    def ours() -> float:
        place = Place(tmp_path / "best.keras", tmp_path / "metrics.jsonl", tmp_path / "tensorboard")
        place.metrics.unlink(missing_ok=True)
        fit(recipe, cache, split, CLASSES, place)
        lines = [json.loads(line) for line in place.metrics.read_text().splitlines()]
        return sum(line["seconds"] for line in lines if line["kind"] == "epoch" and line["epoch"] > 0)

    ratio(plain, ours, target=1.6)
