"""What was drawn around on the map, short enough to stand in the address and to be sent to others."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

MOST_POINTS = 40
"""Corners of an area in the address; what is drawn by hand has hundreds."""

Corner = tuple[float, float]
"""x and y in the coordinates of the map."""


def drawn_area(event: Mapping[str, Any] | None) -> list[Corner]:
    """The outline of a lasso or of a box in a chart's selection, the last one that was drawn; nothing without one."""
    selection = (event or {}).get("selection", {})
    if lassos := selection.get("lasso"):
        return _simplified(list(zip(lassos[-1]["x"], lassos[-1]["y"], strict=True)))
    if boxes := selection.get("box"):
        (left, right), (low, high) = boxes[-1]["x"], boxes[-1]["y"]
        return [(left, low), (right, low), (right, high), (left, high)]
    return []


def area_to_text(area: Sequence[Corner]) -> str:
    """An area as it stands in an address: x and y of its corners, with as many digits as the eye tells apart."""
    if not area:
        return ""
    digits = 3 - math.floor(math.log10(max(max(abs(x), abs(y)) for x, y in area) or 1))
    return "_".join(f"{round(number, digits):.{max(digits, 0)}f}" for corner in area for number in corner)


def area_from_text(text: str) -> list[Corner]:
    """The area in an address; nothing where it is none."""
    try:
        numbers = [float(each) for each in text.split("_")] if text else []
    except ValueError:
        return []
    fits = 6 <= len(numbers) <= 2 * MOST_POINTS and len(numbers) % 2 == 0 and all(map(math.isfinite, numbers))
    return list(zip(numbers[::2], numbers[1::2], strict=True)) if fits else []


def within_area(x: np.ndarray, y: np.ndarray, area: Sequence[Corner]) -> np.ndarray:
    """Which points, (points,) each, lie in an area: a ray to the right crosses its outline an odd number of times."""
    inside = np.zeros(len(x), bool)
    for (x1, y1), (x2, y2) in zip(area, [*area[1:], *area[:1]], strict=True):
        crosses = (y1 > y) != (y2 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (x < (x2 - x1) * (y - y1) / np.float64(y2 - y1) + x1)
    return inside


def _simplified(corners: Sequence[Corner]) -> list[Corner]:
    """The same outline with at most `MOST_POINTS` corners, those that change it the least left out first."""
    points = np.array(corners, np.float64).reshape(-1, 2)
    while len(points) > MOST_POINTS:
        before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
        first, second = points - before, after - before
        lost = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])  # twice the area of each corner
        points = np.delete(points, lost.argmin(), axis=0)
    return [(float(x), float(y)) for x, y in points]
