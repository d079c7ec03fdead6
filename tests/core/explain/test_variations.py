import numpy as np
import pytest

from core.explain.variations import VARIATIONS, Variation

SIDE = 32
BY_NAME = {variation.name: variation for variation in VARIATIONS}


def lesion() -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE]
    inside = np.hypot(x - 20, y - 14) < 7
    return np.where(inside[..., None], [70, 40, 35], [215, 170, 150]).astype(np.uint8)


@pytest.mark.parametrize("variation", VARIATIONS, ids=lambda variation: variation.name)
def test_a_variation_gives_the_picture_itself_once_and_others_of_its_size(variation: Variation) -> None:
    pictures = variation.pictures(lesion())
    assert pictures.shape == (len(variation.amounts), SIDE, SIDE, 3)
    unchanged = [bool((each == lesion()).all()) for each in pictures]
    assert unchanged == [amount == variation.unchanged for amount in variation.amounts]


def varied(name: str, amount: float) -> np.ndarray:
    variation = BY_NAME[name]
    return variation.pictures(lesion())[variation.amounts.index(amount)].astype(int)


def test_a_rotation_turns_about_the_middle_and_leaves_no_black_corner() -> None:
    assert varied("Rotation", 180)[1:-1, 1:-1] == pytest.approx(lesion()[::-1, ::-1][1:-1, 1:-1].astype(int), abs=2)
    assert varied("Rotation", 45).min() > 30


def test_a_crop_shows_the_middle_larger() -> None:
    dark = [(each.mean(axis=2) < 100).mean() for each in (lesion(), varied("Crop", 50))]
    assert dark[1] > 2 * dark[0]


def test_brightness_scales_and_blur_smooths() -> None:
    assert varied("Brightness", 50) == pytest.approx(lesion() * 0.5, abs=1)
    assert np.abs(np.diff(varied("Blur", 4), axis=0)).max() < np.abs(np.diff(lesion().astype(int), axis=0)).max()


def test_more_hair_covers_more_and_keeps_what_was_there() -> None:
    few, many = ((varied("Hair", n) < lesion() - 60.0).any(axis=2) for n in (4, 24))
    assert 0 < few.sum() < many.sum()
    assert many[few].mean() > 0.9


def test_a_ruler_lies_along_the_lower_edge_alone() -> None:
    changed = (varied("Ruler", 20) != lesion()).any(axis=2)
    assert changed[-3:].any()
    assert not changed[: SIDE // 2].any()
