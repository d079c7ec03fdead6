"""What the pictures of a class look like on average, and where they differ."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.images.cache import ImageCache

MOST = 2000
"""A mean of more pictures is taken of so many of them, drawn by chance: it then lies about one grey level off."""
_CHUNK = 64


@dataclass(frozen=True)
class MeanPicture:
    """Mean and spread of several pictures, pixel by pixel.

    `mean` is (size, size, 3) float32 RGB, 0…255; `deviation` is (size, size) float32, the standard deviation of the
    grey levels (ITU-R BT.601 luma). They rest on `images` of the `of` pictures that were asked for.
    """

    mean: np.ndarray
    deviation: np.ndarray
    images: int
    of: int


def mean_picture(cache: ImageCache, image_ids: pd.Series, *, most: int = MOST, seed: int = 0) -> MeanPicture | None:
    """Average pictures over the image cache; None where not one of them could be read.

    Where there are more than `most`, that many are drawn with `seed`, the same for the same pictures.
    """
    rows = cache.rows(image_ids)
    rows = rows[rows >= 0]
    if not len(rows):
        return None
    drawn = np.random.default_rng(seed).choice(rows, most, replace=False) if len(rows) > most else rows
    drawn.sort()  # so that the disk is read forwards
    total = np.zeros(cache.images.shape[1:], dtype=np.float64)
    squares = np.zeros(cache.images.shape[1:3], dtype=np.float64)
    greys = np.zeros_like(squares)
    for start in range(0, len(drawn), _CHUNK):
        pictures = cache.images[drawn[start : start + _CHUNK]]
        total += pictures.sum(axis=0, dtype=np.uint32)
        grey = pictures @ _LUMA
        greys += grey.sum(axis=0)
        squares += (grey**2).sum(axis=0)
    count = len(drawn)
    variance = squares / count - (greys / count) ** 2
    return MeanPicture(
        (total / count).astype(np.float32), np.sqrt(np.maximum(variance, 0)).astype(np.float32), count, len(rows)
    )


_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
