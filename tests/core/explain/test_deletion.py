import numpy as np
import pytest

from core.explain.deletion import SHIFTS, Deletion, deletion, hottest, torus_shifts
from core.explain.model_free import darkness, edges

SIDE = 30


def spot(top: int, left: int, side: int = 9) -> np.ndarray:
    """A map with heat in one square of 81 of 900 pixels."""
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[top : top + side, left : left + side] = 1
    return heat


def picture() -> np.ndarray:
    """Bright skin with a dark square, in which a score lies."""
    pixels = np.full((SIDE, SIDE, 3), 200, np.uint8)
    pixels[6:15, 6:15] = 40
    return pixels


def darkness_of_square(pictures: np.ndarray) -> np.ndarray:
    return 1 - pictures[:, 6:15, 6:15].mean(axis=(1, 2, 3)) / 255


def test_a_map_on_what_matters_takes_more_than_every_one_of_its_shifted_copies() -> None:
    found = deletion(darkness_of_square, picture(), spot(6, 6))
    assert found.ahead == SHIFTS == len(found.shifted)
    assert found.gain > 0.3
    assert not found.empty


def test_a_map_beside_what_matters_is_ahead_of_few() -> None:
    found = deletion(darkness_of_square, picture(), spot(18, 18))
    assert found.lost == pytest.approx(0)
    assert found.ahead == 0
    assert found.gain < 0


def test_a_score_that_hangs_on_nothing_is_behind_everywhere_and_not_ahead() -> None:
    found = deletion(lambda pictures: np.ones(len(pictures)), picture(), spot(6, 6))
    assert (found.ahead, found.gain) == (0, 0)


def test_an_empty_map_says_that_it_is_empty_and_deletes_nothing() -> None:
    def never(_: np.ndarray) -> np.ndarray:
        raise AssertionError("the model was asked")

    found = deletion(never, picture(), np.zeros((5, 5), np.float32))
    assert found.empty
    assert (found.lost, found.ahead) == (0, 0)


def test_what_is_deleted_has_the_mean_colour_and_the_same_area_in_every_copy() -> None:
    seen = {}

    def score(pictures: np.ndarray) -> np.ndarray:
        seen["pictures"] = pictures
        return np.zeros(len(pictures))

    shown = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    deletion(score, shown, np.random.default_rng(1).random((6, 6)).astype(np.float32))
    first, *others = seen["pictures"]
    assert (first == shown).all()
    colour = shown.mean(axis=(0, 1)).round()
    deleted = [(each == colour).all(axis=2) for each in others]
    assert {int(mask.sum()) for mask in deleted} == {90}
    assert all((each[~mask] == shown[~mask]).all() for each, mask in zip(others, deleted, strict=True))


def test_the_hottest_tenth_is_a_tenth_and_holds_no_pixel_without_heat() -> None:
    heat = np.random.default_rng(0).random((SIDE, SIDE)).astype(np.float32)
    mask = hottest(heat, SIDE, SIDE)
    assert mask.sum() == 90
    assert heat[mask].min() > heat[~mask].max()
    few = np.zeros((SIDE, SIDE), np.float32)
    few[3, 4] = few[8, 9] = 0.5
    assert np.argwhere(hottest(few, SIDE, SIDE)).tolist() == [[3, 4], [8, 9]]


@pytest.mark.parametrize("side", [28, 128, 224])
def test_shifts_differ_and_none_leaves_the_map_nearly_where_it_was(side: int) -> None:
    shifts = torus_shifts(side, side)
    assert len(set(shifts)) == SHIFTS
    moved = [max(min(a, side - a) for a in shift) / side for shift in shifts]
    assert min(moved) > 0.1


def test_a_copy_that_takes_as_much_is_not_behind() -> None:
    assert Deletion(0.3, (0.3, 0.2, 0.4)).ahead == 1


def test_darkness_and_edges_are_those_of_the_picture() -> None:
    dark, steep = darkness(picture()), edges(picture())
    assert dark[8, 8] == pytest.approx(160)
    assert dark[0, 0] == pytest.approx(0)
    assert steep[10, 10] == pytest.approx(0)
    assert steep[10, 6] > 0
