"""The eight ways in which a square picture can be mirrored and turned by quarters."""

from enum import StrEnum

import numpy as np

MIRRORED, UPSIDE_DOWN, TRANSPOSED = 1, 2, 4
"""A way is a number 0…7, the sum of what is done: first mirrored left to right, then top to bottom, then transposed."""


class Turns(StrEnum):
    """Which of the eight ways are used."""

    NONE = "none"
    FLIPS = "flips"
    FLIPS_AND_TURNS = "flips-and-turns"

    @property
    def ways(self) -> int:
        """How many there are: 1, 4 or 8; the first is the picture as it is."""
        return {Turns.NONE: 1, Turns.FLIPS: 4, Turns.FLIPS_AND_TURNS: 8}[self]


def turned(pictures: np.ndarray, way: int) -> np.ndarray:
    """Square pictures (pictures, side, side, channels), each mirrored and turned in one way; a view."""
    out = pictures[:, :, ::-1] if way & MIRRORED else pictures
    out = out[:, ::-1] if way & UPSIDE_DOWN else out
    return out.transpose(0, 2, 1, 3) if way & TRANSPOSED else out


def turned_back(pictures: np.ndarray, way: int) -> np.ndarray:
    """The inverse of `turned`: pictures or maps (pictures, side, side, …) as they were before; a view."""
    out = pictures.swapaxes(1, 2) if way & TRANSPOSED else pictures
    out = out[:, ::-1] if way & UPSIDE_DOWN else out
    return out[:, :, ::-1] if way & MIRRORED else out
