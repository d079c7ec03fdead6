"""A data set whose names would break out of any code that does not quote them, and runs on it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.data.catalog import open_dataset
from core.export.package import Package, package_of_recipe
from core.training.recipe import Recipe, make_recipe

HOSTILE = 'moles"""\n\\\'; raise SystemExit("broken out")  # {0}'
"""The name of the data set; its classes are named alike."""
CLASSES = ('"""; raise SystemExit(1)', "\\N{x} 'a'", "nv")


@pytest.fixture
def hostile_data(artifacts: Path) -> Path:
    """48 pictures of 24 lesions in three classes, a third of them PNG with transparency, under hostile names."""
    folder = artifacts.parent / "data" / HOSTILE
    rng = np.random.default_rng(0)
    rows = []
    for number in range(48):
        label = CLASSES[number // 2 % 3]
        (folder / label).mkdir(parents=True, exist_ok=True)
        pixels = rng.normal(60 + 60 * CLASSES.index(label), 40, (40, 48, 4))
        picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        name = f"{number:02d} '{{0}}\"" + (".png" if number % 3 == 0 else ".jpg")
        (picture if number % 3 == 0 else picture.convert("RGB")).save(folder / label / name)
        rows.append((name, f"{'=' if number < 24 else ''}lesion\n{number // 2}"))
    pd.DataFrame(rows, columns=["image", "lesion"]).to_csv(folder / "groups.csv", index=False)
    return folder


@pytest.fixture
def hostile_recipe(hostile_data: Path) -> Callable[..., Recipe]:
    """A function that makes a recipe for the small CNN on these data, with the given fields."""

    def hostile_recipe(**fields) -> Recipe:
        return make_recipe(**{"dataset": HOSTILE, "model": "cnn-59k", "epochs": 2, "batch_size": 8, **fields})

    return hostile_recipe


@pytest.fixture
def packaged(hostile_recipe) -> Callable[..., Package]:
    """A function that puts together what is handed over of a recipe on these data."""

    def packaged(**fields) -> Package:
        return package_of_recipe(hostile_recipe(**fields), open_dataset(HOSTILE))

    return packaged


@pytest.fixture
def unpack(tmp_path: Path) -> Callable[[Package], Path]:
    """A function that unpacks into a folder of its own."""

    def unpack(package: Package) -> Path:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        for name, text in package.files().items():
            (folder / name).write_text(text)
        return folder

    return unpack
