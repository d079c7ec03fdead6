"""The outline of a lasso in an address: short, and around the same pictures as before."""

import math

import numpy as np
import pytest

from dashboard.state.map_area import MOST_POINTS, area_from_text, area_to_text, drawn_area, within_area


def lasso(corners: list[tuple[float, float]]) -> dict:
    x, y = zip(*corners, strict=True)
    return {"selection": {"points": [], "lasso": [{"xref": "x", "yref": "y", "x": list(x), "y": list(y)}], "box": []}}


def test_a_long_lasso_becomes_a_short_text_around_the_same_points() -> None:
    drawn = [(5 * math.cos(a), 3 * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 400, endpoint=False)]
    text = area_to_text(drawn_area(lasso(drawn)))
    assert len(text) < 700
    area = area_from_text(text)
    assert len(area) == MOST_POINTS
    x, y = np.random.default_rng(1).uniform(-6, 6, (2, 2000))
    inside = (x / 5) ** 2 + (y / 3) ** 2
    found = within_area(x, y, area)
    assert found[inside < 0.97].all()
    assert not found[inside > 1.001].any()


def test_a_hole_of_a_concave_outline_is_outside() -> None:
    area = drawn_area(lasso([(0, 0), (4, 0), (4, 4), (2, 1), (0, 4)]))
    assert within_area(np.array([2.0, 2.0, 9.0]), np.array([0.5, 3.0, 0.5]), area).tolist() == [True, False, False]


def test_a_box_is_an_area_of_four_corners() -> None:
    area = drawn_area({"selection": {"points": [], "lasso": [], "box": [{"x": [1, 3], "y": [4, 2]}]}})
    assert within_area(np.array([2.0, 0.0]), np.array([3.0, 3.0]), area).tolist() == [True, False]


def test_a_click_is_no_area() -> None:
    assert drawn_area({"selection": {"points": [{"x": 1}], "lasso": [], "box": []}}) == []
    assert drawn_area(None) == []
    assert area_to_text([]) == ""


@pytest.mark.parametrize(
    "text", ["", "1_2_3_4", "1_2_3_4_5", "a_b_c_d_e_f", "nan_1_2_3_4_5", "inf_1_2_3_4_5", "1_" * 999]
)
def test_what_is_no_area_is_none(text: str) -> None:
    assert area_from_text(text) == []


@pytest.mark.parametrize("size", [1e-6, 1.0, 3e7])
def test_numbers_are_rounded_to_what_the_eye_tells_apart(size: float) -> None:
    area = [(0.123456 * size, -size), (size, 0.5 * size), (-size / 3, size)]
    again = np.array(area_from_text(area_to_text(area)))
    assert np.abs(again - np.array(area)).max() <= size / 1000
