"""Epochs of `cnn-59k` on 8,000 pictures: against the plain way of fitting it, and what augmentation costs."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.images.cache import ImageCache
from core.data.splits.splits import Split, SplitKind
from core.training.recipe import make_recipe

PICTURES, VALIDATION, CLASSES = 8000, 128, tuple("abcdefg")


@pytest.fixture
def material(tmp_path: Path) -> tuple[ImageCache, Split, np.ndarray]:
    """Noise with class numbers, in a training and a small validation part."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (PICTURES + VALIDATION, 28, 28, 3), dtype=np.uint8)
    labels = rng.integers(0, 7, len(images))
    ids = [f"i{n}" for n in range(len(images))]
    rows = pd.DataFrame({"image_id": ids, "group_id": ids, "label": [CLASSES[n] for n in labels]})
    rows["part"] = ["train"] * PICTURES + ["validation"] * VALIDATION
    return ImageCache(images, pd.Index(ids), (), "", tmp_path), Split(SplitKind.GROUPED, 0, rows), labels


@pytest.fixture
def epochs(material, tmp_path: Path) -> Callable[..., float]:
    """A function that trains three epochs of a recipe and gives the seconds of all but the first."""
    from core.training.fit import OutputFiles, fit

    def epochs(**fields: object) -> float:
        cache, split, _ = material
        recipe = make_recipe(dataset="demo", model="cnn-59k", epochs=3, **fields)
        names = ("best.keras", "metrics.jsonl", "tensorboard", "state.npz", "watched.json")
        files = OutputFiles(*(tmp_path / name for name in names))
        for left in (files.metrics, files.state):
            left.unlink(missing_ok=True)
        fit(recipe, cache, split, CLASSES, files)
        lines = [json.loads(line) for line in files.metrics.read_text().splitlines()]
        return sum(line["seconds"] for line in lines if line["kind"] == "epoch" and line["epoch"] > 0)

    return epochs


def test_an_epoch_against_plain_fit_on_floats(material, epochs, ratio) -> None:
    from core.models.registry import build_model

    cache, _, labels = material
    plain_model = build_model("cnn-59k", 28, 7)
    plain_model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    floats, numbers = cache.images[:PICTURES].astype("float32"), labels[:PICTURES]
    plain_model.fit(floats, numbers, batch_size=32, epochs=1, verbose=0)  # traced, as ours is in its first epoch

    def plain() -> None:
        plain_model.fit(floats, numbers, batch_size=32, epochs=2, verbose=0)

    ratio(plain, epochs, target=1.6)


def test_an_epoch_with_flips_rotation_and_zoom_against_one_without(epochs, ratio) -> None:
    def augmented() -> float:
        return epochs(augment_flip="both", augment_rotation=180, augment_zoom=0.1)

    ratio(epochs, augmented, target=0.4)
