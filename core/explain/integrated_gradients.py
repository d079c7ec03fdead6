"""Integrated gradients: what each pixel adds to a score on the way from a baseline to the picture.

Sundararajan, Taly and Yan, ICML 2017, arXiv 1703.01365. All that the pixels add has to be the difference between the
scores of picture and baseline. With a fixed number of steps it often is not, and nobody would see it; so steps are
doubled until it is, and where it never is, that is said.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

FIRST_STEPS, MOST_STEPS = 32, 512
TOLERANCE = 0.02
"""The sum may miss the difference by this part of it."""
BLUR = 1 / 8
"""Radius of the blurred copy, as a part of the side."""
_AT_ONCE = 64

Gradient = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Scores (pictures,) and their gradients (pictures, height, width, 3) of pictures 0…255."""


@dataclass(frozen=True)
class Completeness:
    """Whether what the pixels add is the difference between the scores of picture and baseline.

    `total` is what they add, `difference` what it has to be, both in the unit of the score; `steps` were summed.
    """

    total: float
    difference: float
    steps: int

    @property
    def converged(self) -> bool:
        """Whether the sum is within `TOLERANCE` of the difference."""
        return abs(self.total - self.difference) <= TOLERANCE * abs(self.difference)


def integrated_gradients(
    gradient: Gradient, picture: np.ndarray, baseline: np.ndarray, most_steps: int = MOST_STEPS
) -> tuple[np.ndarray, Completeness]:
    """What each value of a picture adds to a score, and whether all of it adds up.

    The midpoint rule, with steps doubled from 32 until it adds up or `most_steps` are reached.

    Args:
        gradient: of the score.
        picture, baseline: (height, width, 3), 0…255.
        most_steps: at least 32.

    Returns:
        (height, width, 3) float64, in the unit of the score.
    """
    start, way = baseline.astype(np.float64), picture.astype(np.float64) - baseline
    first, last = gradient(np.stack([baseline, picture]).astype(np.float32))[0].astype(np.float64)
    steps = FIRST_STEPS
    while True:
        middles = (np.arange(steps) + 0.5) / steps
        summed = np.zeros_like(start)
        for begin in range(0, steps, _AT_ONCE):
            some = middles[begin : begin + _AT_ONCE, None, None, None]
            summed += gradient((start + some * way).astype(np.float32))[1].sum(axis=0, dtype=np.float64)
        added = way * summed / steps
        found = Completeness(float(added.sum()), float(last - first), steps)
        if found.converged or 2 * steps > most_steps:
            return added, found
        steps *= 2


def blurred(picture: np.ndarray) -> np.ndarray:
    """A copy of a picture (height, width, 3) uint8 in which no detail is left."""
    radius = BLUR * max(picture.shape[:2])
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))
