"""The drawing of a body, front and back: outlines of its regions as points, and smooth paths through them.

Drawn for this project in units of a hundredth of a body's height or so; x grows to the right of the page, y upwards,
the middle of a figure is x = 0. The body stands with its palms forward (the anatomical position). A small pair of soles
lies beside the feet of the back view. Regions have narrow gaps between them, so that each can be told from the next.
"""

from dataclasses import dataclass

import numpy as np

FRONT, BACK = "front", "back"
VIEWS = (FRONT, BACK)
CENTRES = {FRONT: 0.0, BACK: 96.0}
"""Where the middle of each view lies."""

EXTENT = (-45.0, 149.0, -13.0, 192.0)
"""Left, right, lower and upper end of the whole drawing."""


@dataclass(frozen=True)
class Patch:
    """One closed outline of a region, points of its smooth edge, float (points, 2), in units of the drawing."""

    region: str
    view: str
    edge: np.ndarray

    @property
    def path(self) -> str:
        """As an SVG path."""
        points = " L ".join(f"{x:.1f} {y:.1f}" for x, y in self.edge)
        return f"M {points} Z"


# Half outlines from the top of the middle line to its bottom; the other half is their mirror image.
_MIDDLE = {
    ("scalp", FRONT): "0,180.4 5.4,179.2 9.4,175.2 11,169 10.2,168.2 8.6,171 5,172.6 0,173",
    ("face", FRONT): "0,171.8 5,171.4 8.6,169.4 10.4,165.5 10.2,160 8.8,154.6 6,150 2.6,147.6 0,147.2",
    ("neck", FRONT): "0,146 3,146.4 6.2,149 6.4,144.6 8,141.6 12.6,139.6 6,137.6 0,136.4",
    ("chest", FRONT): (
        "0,135.2 6.4,136.4 13.4,138.2 17,137 18,132 17,126 15.6,120.5 13.6,113.2 8.6,110.6 4,112.6 0,113.4"
    ),
    ("abdomen", FRONT): "0,112 4.2,111.2 8.6,109.2 12.7,111.2 11.9,105 11.5,98 12.2,91 12.8,86.2 9,83 4.6,79 0,77.4",
    ("genital", FRONT): "0,76.1 3.6,77.3 4.9,75.4 4,71 2.2,67.6 0,66.6",
    ("scalp", BACK): "0,180.4 5.4,179.2 9.4,175.2 11,169 10.7,163 9.4,157 7.2,152.6 3.6,151 0,150.8",
    ("neck", BACK): "0,149.6 3.8,149.8 6.4,150.6 6.5,145.4 8,142 12.6,139.8 6,138.6 0,138.2",
    ("back", BACK): (
        "0,137 6.4,137.4 13.4,138.4 17.2,137 18.2,132 17,126 15.6,120 13.3,112 11.9,104 11.5,98 12,92.4 "
        "10,91.4 5.6,90.4 0,87.6"
    ),
    ("buttocks", BACK): "0,86.2 5.6,89 11,90.1 16.6,89.6 18.6,84 18.4,77.6 15.4,72.8 9.6,70.8 3.6,71.6 0.5,74.4 0,74.6",
}

# Whole outlines on the right of the page; the left ones are their mirror images.
_ARM = (
    "19,136.4 22.6,135 25.4,131 26.6,124 27.6,116 29.6,108 31.8,102 34,94 35.8,86.6 36.8,81.4 33.4,80 "
    "30.8,86 27.8,94 25.2,101 23.4,108 21.6,116 20.2,124 19.3,130"
)
_HAND = (
    "33,78.6 36.8,80 39.4,76.6 41.6,72.4 40.6,71.4 38.8,73 39.2,68 38.9,62.6 37.9,61.8 37,60.6 35.7,60.4 "
    "34.5,60.9 33.4,62.6 32.6,66 32,72 32,76"
)
_PAIRED = {
    ("ear", FRONT): "11.5,167.4 13.4,168.2 14.3,165.6 13.6,161.6 12,159.2 11,160.4 11.4,164",
    ("ear", BACK): "11.6,167.2 13.4,168.2 14.3,165.6 13.6,161.6 12,159.2 11.1,160.6 11.5,164",
    ("flank", FRONT): (
        "16.9,120.6 18.9,124.4 19.1,116 17.4,107 16.7,99 17.4,92.4 18.6,87.4 14.1,86.2 13.4,92 12.8,98 "
        "13.2,105 14.9,113"
    ),
    ("flank", BACK): (
        "16.9,120.2 18.9,124.4 19.1,116 17.4,107 16.7,99 17,94 17.5,91.2 13.4,91.8 12.8,98 13.2,105 14.7,113"
    ),
    ("arm", FRONT): _ARM,
    ("hand", FRONT): _HAND,
    ("leg", FRONT): (
        "18.2,85.4 19.4,79 19.6,71 18.8,61 17.2,52 16,45.6 16,39 16.2,32 15,22 13.4,12 12.8,8.6 8.6,8.6 "
        "8.1,13 6.8,22 5.6,32 6,39 6.2,45 5,53 3.4,61 1.6,65.4 3.4,68 5.2,71.6 6.1,76.4 8,80.4 12.4,83.6"
    ),
    ("foot", FRONT): "8.6,7.2 12.8,7.2 14.6,3.6 17.4,-0.4 18,-3 16,-4.6 12.6,-5 9.4,-4.6 8,-1.6 8.2,3",
    ("arm", BACK): _ARM,
    ("hand", BACK): _HAND,
    ("leg", BACK): (
        "18.8,75.4 19.6,71 18.8,61 17.2,52 16,45.6 16.4,38 16.6,32 15.2,22 13.4,12 12.8,8.6 8.6,8.6 "
        "8.1,13 6.6,22 5.2,32 5.6,39 6.2,45 5,53 3.4,61 1.6,67 2.4,70 9.6,69.4 15.6,71.4"
    ),
    ("foot", BACK): "8.6,7.2 12.8,7.2 13.9,2.6 16,-1.2 15.4,-3 12.4,-4.4 9,-4.2 7.8,-1.6 8.2,3",
}

# A mouth lies on the face, a pair of soles beside the feet of the back view.
_MOUTH = "0,155.4 1.4,155.9 3.6,154.6 1.8,153 0,152.6"
_SOLE = "2.4,9.4 3.6,12.2 6.4,12.4 9,10.2 9.8,6 8.6,0.6 8.2,-4 8.4,-8.6 6.2,-11.6 3.4,-10.2 2.5,-6 3,0 2.2,5"
_SOLES_AT = 41.0
"""Middle of the pair of soles, to the right of the middle of the back view."""


def smooth(corners: np.ndarray, steps: int = 5) -> np.ndarray:
    """Points on a closed centripetal Catmull-Rom curve through points, float (points · steps, 2).

    Yuksel, Schaefer, Keyser 2009, On the parameterization of Catmull-Rom curves: the centripetal one has no loops.
    """
    before, after, beyond = np.roll(corners, 1, 0), np.roll(corners, -1, 0), np.roll(corners, -2, 0)
    curves = []
    for p0, p1, p2, p3 in zip(before, corners, after, beyond, strict=True):
        t1 = np.hypot(*(p1 - p0)) ** 0.5
        t2 = t1 + np.hypot(*(p2 - p1)) ** 0.5
        t3 = t2 + np.hypot(*(p3 - p2)) ** 0.5
        t = np.linspace(t1, t2, steps, endpoint=False)[:, None]
        a1, a2, a3 = (t1 - t) / t1 * p0 + t / t1 * p1, _between(t, t1, t2, p1, p2), _between(t, t2, t3, p2, p3)
        b1, b2 = (t2 - t) / t2 * a1 + t / t2 * a2, _between(t, t1, t3, a2, a3)
        curves.append(_between(t, t1, t2, b1, b2))
    return np.concatenate(curves)


def patches() -> list[Patch]:
    """Every patch of both views, in drawing order."""
    middle = {**_MIDDLE, ("mouth", FRONT): _MOUTH}
    drawn = [_patch(region, view, _mirrored(_points(half))) for (region, view), half in middle.items()]
    for (region, view), outline in _PAIRED.items():
        drawn += [_patch(region, view, _points(outline) * (side, 1)) for side in (1, -1)]
    drawn += [_patch("sole", BACK, _points(_SOLE) * (side, 1), aside=_SOLES_AT) for side in (1, -1)]
    return drawn


def inside(patch: Patch, spacing: float = 3.8) -> np.ndarray:
    """Points spread over a patch, float (points, 2): its middle at least."""
    edge = patch.edge
    low, high = edge.min(axis=0), edge.max(axis=0)
    across = np.arange(low[0] + spacing / 3, high[0], spacing)
    upwards = np.arange(low[1] + spacing / 3, high[1], spacing)
    grid = np.array(np.meshgrid(across, upwards)).reshape(2, -1).T
    kept = grid[[_contains(edge, point) for point in grid]] if len(grid) else grid
    return kept if len(kept) else edge.mean(axis=0)[None]


def _between(t: np.ndarray, start: float, end: float, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (end - t) / (end - start) * first + (t - start) / (end - start) * second


def _points(outline: str) -> np.ndarray:
    """Points of an outline written as in the `points` of an SVG polygon, float (points, 2)."""
    return np.array([pair.split(",") for pair in outline.split()], dtype=float)


def _mirrored(half: np.ndarray) -> np.ndarray:
    """A half outline with its mirror image; points on the middle line stand once."""
    return np.concatenate([half, half[half[:, 0] > 0][::-1] * (-1, 1)])


def _patch(region: str, view: str, outline: np.ndarray, aside: float = 0.0) -> Patch:
    return Patch(region, view, smooth(outline) + (CENTRES[view] + aside, 0.0))


def _contains(edge: np.ndarray, point: np.ndarray) -> bool:
    """Whether a point lies within a closed edge, by the crossings of a ray from it."""
    x, y = edge.T
    x2, y2 = np.roll(edge, -1, 0).T
    spans = (y > point[1]) != (y2 > point[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (x2 - x) * (point[1] - y) / (y2 - y) + x
    return bool((spans & (point[0] < crossing)).sum() % 2)
