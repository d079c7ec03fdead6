"""Occlusion: how much a score falls when a patch of the picture is covered (Zeiler and Fergus, ECCV 2014)."""

from collections.abc import Callable

import numpy as np

PATCH = 4
"""A patch is this part of the side."""
OVERLAP = 2
"""It is moved by this part of its side."""

Score = Callable[[np.ndarray], np.ndarray]
"""Scores (pictures,) of pictures (pictures, height, width, 3) uint8."""


def occlusion(score: Score, picture: np.ndarray) -> np.ndarray:
    """Mean fall of the score over the patches that cover a pixel, (height, width) float64; negative where it rises.

    Args:
        score: of the pictures given.
        picture: (height, width, 3) uint8, at least 4 pixels a side; its mean colour covers.
    """
    height, width = picture.shape[:2]
    tall, wide = max(height // PATCH, 1), max(width // PATCH, 1)
    corners = [(top, left) for top in _starts(height, tall) for left in _starts(width, wide)]
    covered = np.repeat(picture[None], len(corners) + 1, axis=0)
    colour = mean_colour(picture)
    for number, (top, left) in enumerate(corners, start=1):
        covered[number, top : top + tall, left : left + wide] = colour
    scores = score(covered).astype(np.float64)
    summed, times = np.zeros((height, width)), np.zeros((height, width))
    for (top, left), after in zip(corners, scores[1:], strict=True):
        patch = np.s_[top : top + tall, left : left + wide]
        summed[patch] += scores[0] - after
        times[patch] += 1
    return summed / times


def mean_colour(picture: np.ndarray) -> np.ndarray:
    """Mean colour of a picture (height, width, 3) uint8, (3,) uint8."""
    return picture.mean(axis=(0, 1)).round().astype(np.uint8)


def _starts(length: int, patch: int) -> list[int]:
    """Where patches begin, so that the first and the last pixel are covered too."""
    last = length - patch
    return [*range(0, last, max(patch // OVERLAP, 1)), last]
