"""Features: kept whole, found again, out of date with the pictures; neighbours are sensible."""

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import DataError
from core.data.images.cache import ensure_cache
from core.data.spec import Dataset
from core.features.colour_texture import COLOUR_SIZE, colour_texture
from core.features.features import (
    FeatureKind,
    FeatureSource,
    keep_features,
    list_features,
    load_features,
    nearest,
    open_features,
)

COLOURS = FeatureSource(FeatureKind.COLOUR_TEXTURE)


@pytest.fixture
def pictures(make_dataset) -> Dataset:
    """Three smooth red, three smooth blue and three rough grey pictures."""
    rng = np.random.default_rng(0)
    made = []
    for number in range(9):
        if number < 6:
            base = (190, 40, 40) if number < 3 else (40, 40, 190)
            made.append(np.clip(rng.normal(base, 4, (64, 64, 3)), 0, 255))
        else:
            made.append(np.repeat(rng.integers(0, 256, (64, 64, 1)), 3, axis=2))
    return make_dataset(made)


@pytest.fixture
def make_dataset(tmp_path: Path, artifacts: Path):
    """`make_dataset(arrays)`: a data set of these pictures, named p0, p1, …"""
    from core.data.demo.demo import DEMO_SPEC

    def make(arrays) -> Dataset:
        folder = tmp_path / "pictures"
        folder.mkdir()
        rows = []
        for number, array in enumerate(arrays):
            path = folder / f"p{number}.png"
            Image.fromarray(np.asarray(array, np.uint8)).save(path)
            rows.append({"image_id": f"p{number}", "path": str(path), "label": "nv", "group_id": f"g{number}"})
        return Dataset(DEMO_SPEC, pd.DataFrame(rows), folder)

    return make


def made(dataset: Dataset):
    cache = ensure_cache(dataset, COLOUR_SIZE)
    return keep_features(dataset, COLOURS, lambda: (cache.image_ids, colour_texture(cache), cache.size))


def test_pictures_of_the_same_colour_and_roughness_are_nearest(pictures) -> None:
    features = made(pictures)
    for number in range(9):
        kind = number // 3
        neighbours = {image_id for image_id, _ in nearest(features, f"p{number}", 2)}
        assert neighbours == {f"p{n}" for n in range(3 * kind, 3 * kind + 3)} - {f"p{number}"}


def test_neighbours_are_sorted_and_never_the_picture_itself(pictures) -> None:
    features = made(pictures)
    found = nearest(features, "p4", 100)
    assert len(found) == 8
    assert "p4" not in dict(found)
    assert [d for _, d in found] == sorted(d for _, d in found)
    assert all(0 <= d <= 2 + 1e-6 for _, d in found)
    assert nearest(features, "not there", 3) == []


def test_turning_a_picture_hardly_moves_its_colour_features(make_dataset) -> None:
    rng = np.random.default_rng(1)
    smooth = [np.kron(rng.integers(0, 256, (8, 8, 3)), np.ones((8, 8, 1))) for _ in range(6)]
    features = made(make_dataset([*smooth, np.rot90(smooth[2])]))
    assert nearest(features, "p6", 1)[0][0] == "p2"


def test_features_are_found_again_until_a_picture_changes(pictures) -> None:
    assert load_features(pictures) is None
    saved = made(pictures)
    again = load_features(pictures)
    assert again is not None
    assert np.array_equal(again.matrix, saved.matrix)
    assert list(again.image_ids) == list(saved.image_ids)
    later = time.time() + 10
    os.utime(pictures.table["path"].iloc[0], (later, later))
    assert load_features(pictures) is None


def test_the_imagenet_features_come_before_a_runs_and_those_before_colours(pictures) -> None:
    ids = pd.Index(pictures.table["image_id"])
    raw = np.random.default_rng(0).normal(size=(9, 4))
    runs = [FeatureSource(FeatureKind.RUN, f"2026010{day}-000000-cnn") for day in (1, 2)]
    for source in (COLOURS, *runs, FeatureSource(FeatureKind.IMAGENET)):
        keep_features(pictures, source, lambda: (ids, raw, 64))
    assert [f.source.kind for f in list_features(pictures)] == ["imagenet", "run", "run", "colour-texture"]
    assert list_features(pictures)[1].source == runs[1], "the newest run first"
    assert load_features(pictures).source.kind is FeatureKind.IMAGENET


def test_a_damaged_file_is_as_good_as_none(pictures) -> None:
    folder = made(pictures).folder
    (folder / "features.npy").write_bytes(b"half")
    assert open_features(pictures, COLOURS) is None


def test_numbers_that_are_not_finite_are_refused(pictures) -> None:
    ids = pd.Index(pictures.table["image_id"])
    with pytest.raises(DataError, match="not finite"):
        keep_features(pictures, COLOURS, lambda: (ids, np.full((9, 3), np.nan), 64))
    assert load_features(pictures) is None


def test_features_of_pictures_that_change_while_they_are_looked_at_are_not_kept(pictures) -> None:
    ids, raw = pd.Index(pictures.table["image_id"]), np.random.default_rng(0).normal(size=(9, 4))

    def compute():
        later = time.time() + 10
        os.utime(pictures.table["path"].iloc[0], (later, later))
        return ids, raw, 64

    with pytest.raises(DataError, match="changed while they were being read"):
        keep_features(pictures, COLOURS, compute)
    assert load_features(pictures) is None
