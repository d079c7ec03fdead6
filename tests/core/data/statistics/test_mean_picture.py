"""Mean pictures equal a direct computation over the image cache."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.images.cache import ImageCache
from core.data.statistics.mean_picture import mean_picture


@pytest.fixture
def cache(tmp_path: Path) -> ImageCache:
    images = np.random.default_rng(0).integers(0, 256, (200, 16, 16, 3), dtype=np.uint8)
    return ImageCache(images, pd.Index([f"i{n}" for n in range(200)]), (), "x", tmp_path)


def test_mean_and_deviation_are_those_of_a_direct_computation(cache: ImageCache) -> None:
    ids = pd.Series([f"i{n}" for n in range(0, 200, 2)])
    found = mean_picture(cache, ids)
    chosen = cache.images[::2].astype(np.float64)
    assert found.mean == pytest.approx(chosen.mean(axis=0), abs=1e-3)
    assert found.deviation == pytest.approx((chosen @ [0.299, 0.587, 0.114]).std(axis=0), abs=1e-2)
    assert (found.images, found.of) == (100, 100)


def test_pictures_that_could_not_be_read_are_left_out_of_the_number(cache: ImageCache) -> None:
    found = mean_picture(cache, pd.Series(["i3", "gone", "i4"]))
    assert (found.images, found.of) == (2, 2)
    assert mean_picture(cache, pd.Series(["gone"])) is None


def test_a_large_class_is_drawn_from_by_chance_but_always_the_same(cache: ImageCache) -> None:
    ids = pd.Series(cache.image_ids)
    first, again, other = (mean_picture(cache, ids, most=50, seed=seed) for seed in (1, 1, 2))
    assert (first.images, first.of) == (50, 200)
    assert (first.mean == again.mean).all()
    assert (first.mean != other.mean).any()


def test_one_picture_is_its_own_mean_without_deviation(cache: ImageCache) -> None:
    found = mean_picture(cache, pd.Series(["i7"]))
    assert (found.mean == cache.images[7]).all()
    assert found.deviation == pytest.approx(0, abs=0.05)
