import numpy as np
import pytest

from core.explain.overlay import colours, outlined, overlay


@pytest.fixture
def picture() -> np.ndarray:
    """A noisy picture, wider than high, (30, 44, 3) uint8."""
    return np.random.default_rng(0).integers(0, 256, (30, 44, 3), dtype=np.uint8)


def test_no_opacity_is_the_picture_itself(picture: np.ndarray) -> None:
    heat = np.random.default_rng(1).random((5, 5)).astype(np.float32)
    assert (overlay(picture, heat, 0.0) == picture).all()


def test_no_evidence_leaves_the_picture_unchanged_at_any_opacity(picture: np.ndarray) -> None:
    assert (overlay(picture, np.zeros((5, 5), np.float32), 1.0) == picture).all()


def test_the_strongest_evidence_covers_the_picture_at_full_opacity(picture: np.ndarray) -> None:
    covered = overlay(picture, np.ones((5, 5), np.float32), 1.0)
    assert (covered == colours(np.ones(1))[0]).all()


@pytest.mark.parametrize("shape", [(1, 1), (5, 5), (30, 44), (7, 3), (60, 90)])
def test_an_overlay_has_the_shape_of_the_picture_whatever_the_map(picture: np.ndarray, shape: tuple[int, int]) -> None:
    made = overlay(picture, np.random.default_rng(2).random(shape).astype(np.float32), 0.6)
    assert (made.shape, made.dtype) == (picture.shape, np.uint8)


def test_the_overlay_tints_the_side_of_the_evidence_and_not_the_other(picture: np.ndarray) -> None:
    heat = np.zeros((6, 6), np.float32)
    heat[:, :2] = 1
    change = np.abs(overlay(picture, heat, 0.8).astype(int) - picture).sum(axis=2)
    assert (change[:, :10] > 0).mean() > 0.95
    assert change[:, 30:].max() == 0


def test_rows_of_the_map_are_rows_of_the_picture(picture: np.ndarray) -> None:
    heat = np.zeros((6, 6), np.float32)
    heat[:2] = 1
    change = np.abs(overlay(picture, heat, 0.8).astype(int) - picture).sum(axis=2)
    assert change[:5].sum() > 0
    assert change[25:].sum() == 0


def test_the_picture_given_is_not_written_to(picture: np.ndarray) -> None:
    before = picture.copy()
    picture.setflags(write=False)
    overlay(picture, np.ones((5, 5), np.float32), 0.5)
    assert (picture == before).all()


def test_colours_get_steadily_brighter_and_clip_what_lies_outside() -> None:
    lightness = colours(np.linspace(0, 1, 50)) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness) > 0).all()
    assert (colours(np.array([-1.0, 2.0])) == colours(np.array([0.0, 1.0]))).all()


def test_the_line_goes_around_the_hottest_tenth_and_leaves_what_is_inside_to_be_seen(picture: np.ndarray) -> None:
    heat = np.zeros((30, 44), np.float32)
    heat[10:20, 10:23] = 1  # 130 pixels of 1,320
    drawn = outlined(picture, heat)
    changed = (drawn != picture).any(axis=2)
    assert changed[10:20, 10:23].any()
    assert not changed[:9].any()
    assert not changed[13:17, 13:20].any()
    assert (drawn[changed] == 255).all()


def test_no_line_is_drawn_where_there_is_no_evidence(picture: np.ndarray) -> None:
    assert (outlined(picture, np.zeros((5, 5), np.float32)) == picture).all()
