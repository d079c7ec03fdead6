"""Skin tone: flat pictures of a known colour, the bands, what is no skin, and how it is kept."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.spec import ClassSpec
from core.data.statistics.measuring import MEAN_SIZE, measure_dataset
from core.data.statistics.picture_statistics import to_lab
from core.data.statistics.skin_tone import (
    LEAST_YELLOW,
    ensure_skin_tones,
    open_skin_tones,
    shows_skin,
    tone_bands,
    tone_of,
    typology_angle,
)


def flat(lightness: float, a: float, b: float) -> np.ndarray:
    """A picture of one colour of CIELAB under D65, as sRGB."""
    f = np.array([(lightness + 16) / 116 + a / 500, (lightness + 16) / 116, (lightness + 16) / 116 - b / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * (0.95047, 1.0, 1.08883)
    to_rgb = [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
    linear = np.clip(to_rgb @ xyz, 0, 1)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.full((48, 64, 3), np.rint(255 * rgb), np.uint8)


@pytest.mark.parametrize(
    ("lightness", "b", "band"),
    [
        (75, 12, "very light"), (70, 20, "light"), (64, 20, "intermediate"), (56, 18, "tan"), (46, 18, "brown"),
        (30, 14, "dark"),
    ],
)  # fmt: skip
def test_a_flat_picture_has_the_angle_of_its_colour(lightness: float, b: float, band: str) -> None:
    angle = tone_of(flat(lightness, 10, b))
    assert angle == pytest.approx(math.degrees(math.atan((lightness - 50) / b)), abs=1.5)  # colours are whole numbers
    assert tone_bands([angle], "none") == [band]


def test_the_angle_is_the_formula_and_missing_where_the_colour_is_no_skin() -> None:
    angles = typology_angle(np.array([60.0, 50.0, 40.0, 60.0, 60.0]), np.array([10.0, 7.0, 10.0, 0.0, -5.0]))
    assert angles[:3] == pytest.approx([45.0, 0.0, -45.0], abs=1e-9)
    assert np.isnan(angles[3:]).all()


def test_bands_begin_above_their_thresholds() -> None:
    angles = [55.01, 55, 41.01, 41, 28.01, 28, 10.01, 10, -29.99, -30, -89, float("nan")]
    assert tone_bands(angles, "not recorded") == [
        "very light", "light", "light", "intermediate", "intermediate", "tan", "tan", "brown", "brown", "dark", "dark",
        "not recorded",
    ]  # fmt: skip


def test_only_the_border_counts_and_black_rings_do_not() -> None:
    picture = flat(70, 10, 20)
    plain = tone_of(picture)
    picture[10:38, 12:52] = (60, 30, 20)  # the lesion in the middle
    assert tone_of(picture) == plain
    picture[:5, :20] = picture[-5:, -20:] = 0  # corners of a dermatoscope
    assert tone_of(picture) == plain
    picture[[0, 1], :] = (40, 25, 20)  # a hair along the border
    assert tone_of(picture) == pytest.approx(plain, abs=0.01)
    assert np.isnan(tone_of(np.zeros((48, 64, 3), np.uint8)))
    assert np.isnan(tone_of(flat(60, 0, -20))), "blue is no skin"
    assert all(np.isnan(tone_of(np.full((20, 20, 3), grey, np.uint8))) for grey in range(256)), "nor is grey"
    assert np.isnan(tone_of(np.zeros((1, 1, 3), np.uint8)))


@given(st.tuples(*[st.integers(0, 255)] * 3), st.integers(1, 40), st.integers(1, 40))
def test_any_flat_picture_has_an_angle_of_its_own_colour_or_none(colour, height: int, width: int) -> None:
    picture = np.full((height, width, 3), colour, np.uint8)
    [[lightness, _, b]] = to_lab(np.array([colour], np.uint8)).astype(float)
    assume(abs(b - LEAST_YELLOW) > 1e-3)
    assume(abs(lightness - 15) > 1e-3)
    angle = tone_of(picture)
    if b <= LEAST_YELLOW or lightness < 15:
        assert np.isnan(angle)
    else:
        assert angle == pytest.approx(float(typology_angle(lightness, b)), abs=0.05)  # colours are float32
        assert -90 < angle < 90


def test_tones_are_kept_until_the_pictures_change(small_demo: Path) -> None:
    dataset = open_dataset("demo")
    assert open_skin_tones(dataset) is None
    measure_dataset(dataset)
    kept = open_skin_tones(dataset)
    assert kept is not None
    assert list(kept.index) == dataset.table["image_id"].tolist()
    assert kept.notna().mean() > 0.9
    cache = ensure_cache(dataset, MEAN_SIZE)
    row = cache.rows(dataset.table["image_id"].head(1))[0]
    assert kept.iloc[0] == pytest.approx(tone_of(np.asarray(cache.images[row])), abs=1e-4)
    picture = Path(dataset.table["path"].iloc[0])
    picture.write_bytes(picture.read_bytes() + b" ")
    assert open_skin_tones(open_dataset("demo")) is None
    changed = open_dataset("demo")
    assert len(ensure_skin_tones(changed, ensure_cache(changed, MEAN_SIZE))) == len(changed.table)


def test_only_data_sets_of_skin_have_tones(small_demo: Path) -> None:
    spec = open_dataset("demo").spec
    assert shows_skin(spec)
    named = replace(spec, classes=(ClassSpec("0", "Melanom", True), ClassSpec("1", "other", False)))
    assert shows_skin(named)
    tissue = replace(spec, classes=(ClassSpec("0", "no tumour", False), ClassSpec("1", "invasive carcinoma", True)))
    assert not shows_skin(tissue)
    assert not shows_skin(replace(spec, holds="genes"))
