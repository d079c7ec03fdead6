"""The deletion check: does a score fall more when the hottest tenth is deleted than when another such tenth is?

Scattered random pixels would hurt any network and prove nothing. The control is the same map shifted, so that shape and
area of what is deleted are the same.
"""

from dataclasses import dataclass

import numpy as np

from core.explain.heat_map import stretched
from core.explain.occlusion import Score, mean_colour

HOTTEST = 0.1
SHIFTS = 20
FEWEST_AHEAD = 10
"""A map that takes more than fewer of its shifted copies is no better than chance in this picture."""
_GOLDEN = np.array([0.7548776662466927, 0.5698402909980532])
"""Steps of a sequence that fills the square evenly (Roberts 2018, "R2"): the shifts are the same for all pictures."""


@dataclass(frozen=True)
class Deletion:
    """What deleting took from a score.

    `lost` is the fall when the hottest tenth of the map was deleted, `shifted` the fall for each of the same map's
    copies shifted, both in the unit of the score. `empty` where the map holds nothing that could be deleted.
    """

    lost: float
    shifted: tuple[float, ...]
    empty: bool = False

    @property
    def ahead(self) -> int:
        """How many of the shifted copies took less."""
        return sum(self.lost > other for other in self.shifted)

    @property
    def gain(self) -> float:
        """How much more was lost than with the shifted copies in the mean."""
        return self.lost - float(np.mean(self.shifted))


def hottest(heat: np.ndarray, height: int, width: int) -> np.ndarray:
    """The hottest tenth of the pixels, (height, width) bool, of those that have any heat at all.

    Args:
        heat: (rows, columns) 0…1; stretched to the picture.
        height, width: of the picture, in pixels.
    """
    values = stretched(heat, height, width).ravel()
    most = max(1, round(HOTTEST * values.size))
    coolest = np.partition(values, -most)[-most]
    mask = values > coolest
    if coolest > 0:
        mask[np.flatnonzero(values == coolest)[: most - np.count_nonzero(mask)]] = True
    return mask.reshape(height, width)


def torus_shifts(height: int, width: int) -> list[tuple[int, int]]:
    """By how many rows and columns each copy is shifted; what leaves on one side comes in on the other."""
    parts = np.mod(np.arange(1, SHIFTS + 1)[:, None] * _GOLDEN, 1)
    return [(int(down), int(across)) for down, across in np.maximum(np.rint(parts * (height, width)), 1)]


def deletion(score: Score, picture: np.ndarray, heat: np.ndarray) -> Deletion:
    """Delete the hottest tenth of a map, and that of its shifted copies, and compare what the score loses.

    Args:
        score: of the class that the map is for.
        picture: (height, width, 3) uint8; what is deleted gets its mean colour.
        heat: (rows, columns) 0…1.
    """
    height, width = picture.shape[:2]
    mask = hottest(heat, height, width)
    if not mask.any():
        return Deletion(0.0, (0.0,) * SHIFTS, empty=True)
    masks = [np.zeros_like(mask), mask, *(np.roll(mask, shift, (0, 1)) for shift in torus_shifts(height, width))]
    colour = mean_colour(picture)
    before, *after = score(np.stack([np.where(each[..., None], colour, picture) for each in masks])).astype(float)
    lost, *shifted = (float(before - each) for each in after)
    return Deletion(lost, tuple(shifted))
