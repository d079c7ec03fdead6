"""Small trainings: sixty pictures whose class is their brightness, and a model that traces in a second."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.images.cache import ImageCache
from core.data.splits.splits import Split, SplitKind
from core.models.registry import model_spec
from core.training.recipe import make_recipe
from tests.conftest import few_steps_untraced

CLASSES = ("dark", "grey", "bright")
SIZE = 28
PARTS = {"train": (30, 10, 5), "validation": (12, 6, 3), "test": (6, 3, 3)}
"""Pictures of each class."""


@dataclass(frozen=True)
class Material:
    """What a training starts from; `images` may be replaced before it starts. `folder` is that of the cache."""

    images: np.ndarray
    rows: pd.DataFrame
    folder: Path = Path()

    @property
    def cache(self) -> ImageCache:
        """The pictures as a cache."""
        return ImageCache(self.images, pd.Index(self.rows["image_id"]), (), "", self.folder)

    @property
    def split(self) -> Split:
        """Every picture in its part."""
        return Split(SplitKind.GROUPED, 0, self.rows)

    def of_part(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Pictures and class numbers of one part."""
        chosen = (self.rows["part"] == part).to_numpy()
        return self.images[chosen], self.rows.loc[chosen, "label"].map(CLASSES.index).to_numpy()


@pytest.fixture
def material() -> Material:
    """Pictures that can be told apart, in parts of different balance, in a mixed order."""
    rng = np.random.default_rng(0)
    labels = [
        (part, key) for part, counts in PARTS.items() for key, n in zip(CLASSES, counts, strict=True) for _ in range(n)
    ]
    labels = [labels[position] for position in rng.permutation(len(labels))]
    level = np.array([60 + 60 * CLASSES.index(key) for _, key in labels])
    images = np.clip(rng.normal(level[:, None, None, None], 50, (len(labels), SIZE, SIZE, 3)), 0, 255).astype(np.uint8)
    ids = [f"image-{number}" for number in range(len(labels))]
    rows = pd.DataFrame(
        {"image_id": ids, "group_id": ids, "label": [key for _, key in labels], "part": [part for part, _ in labels]}
    )
    return Material(images, rows)


@pytest.fixture
def linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a linear model with dropout in the place of the zoo's: what is tested is the training around it."""

    def build(name: str, image_size: int, classes: int, architecture: dict):
        import keras
        from keras import layers

        assert model_spec(name).gradient_trained
        assert not architecture
        return keras.Sequential(
            [
                keras.Input((image_size, image_size, 3)),
                layers.Rescaling(1 / 255),
                layers.AveragePooling2D(7),
                layers.Flatten(),
                layers.Dropout(0.1),
                layers.Dense(classes, activation="softmax"),
            ]
        )

    monkeypatch.setattr("core.training.learner.build_model", build)


@pytest.fixture
def train(tmp_path: Path) -> Callable:
    """A function that fits a recipe with the given fields, or goes on in `files`; returns what came out and where."""
    from core.training import fit as training
    from core.training.fit import OutputFiles

    count = 0

    def train(material: Material, *, files: OutputFiles | None = None, report=lambda *_: None, known=None, **fields):
        nonlocal count
        count += 1
        folder = tmp_path / f"training-{count}"
        files = files or OutputFiles(
            best=folder / "checkpoints" / "best.keras",
            metrics=folder / "metrics.jsonl",
            tensorboard=folder / "tensorboard",
            state=folder / "checkpoints" / "state.npz",
            watched=folder / "watched.json",
        )
        asked = {name: fields.pop(name) for name in ("stop_requested", "finish_requested") if name in fields}
        recipe = make_recipe(**{"dataset": "demo", "model": "cnn-59k", "epochs": 2, "batch_size": 16, **fields})
        asked |= {"report": report, "metadata": known}
        with few_steps_untraced():
            return training.fit(recipe, material.cache, material.split, CLASSES, files, **asked), files

    return train


def network(name: str = "", image_size: int = 32, classes: int = 3, architecture: dict | None = None):
    """Four small blocks with batch normalization, and a head, called as those of the zoo are."""
    import keras
    from keras import layers

    inputs = keras.Input((image_size, image_size, 3))
    x = layers.Rescaling(1 / 64, offset=-2, name="stem_scaled")(inputs)
    for number in range(1, 5):
        x = layers.Conv2D(8, 3, strides=2, padding="same", name=f"block{number}a_conv")(x)
        x = layers.BatchNormalization(momentum=0.5, name=f"block{number}a_bn")(x)
        x = layers.LeakyReLU(name=f"block{number}a_relu")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="small")


@pytest.fixture
def pictures(material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Material:
    """The pictures at 32 pixels, with a folder for what is computed from them; and a small network for them."""
    monkeypatch.setattr("core.training.learner.build_model", network)
    images = np.tile(material.images, (1, 2, 2, 1))[:, :32, :32]
    return replace(material, images=images, folder=tmp_path / "cache" / "32")
