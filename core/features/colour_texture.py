"""Features without a network: how often colours, brightness steps and edge directions occur in a picture."""

import numpy as np

from core.base.progress import Progress, silent
from core.data.images.cache import ImageCache

COLOUR_SIZE = 64
"""Side in pixels at which pictures are looked at."""
COLOUR_BINS = 6
"""Steps of each colour channel; 6 × 6 × 6 colours."""
DIRECTIONS = 8
RINGS = 3
"""Colours' means and spreads are taken in so many rings around the centre, where lesions lie."""
_BATCH = 256
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def colour_texture(cache: ImageCache, progress: Progress = silent) -> np.ndarray:
    """Describe every picture of a cache, (pictures, numbers) float32.

    The numbers are square roots of shares (Hellinger's distance between histograms, which keeps one large plain of skin
    from drowning the rest): colours on a coarse grid; local binary patterns (Ojala 1996, rotation-invariant, uniform);
    edge directions weighted by strength; then mean and spread of each channel by ring. Turning or mirroring
    a picture by right angles moves only the edge directions.
    """
    rows = []
    for start in range(0, len(cache.images), _BATCH):
        pictures = np.asarray(cache.images[start : start + _BATCH], np.float32) / 255
        grey = pictures @ _GREY
        parts = (_colours(pictures), _patterns(grey), _directions(grey), _rings(pictures))
        rows.append(np.concatenate(parts, axis=1))
        progress(min(start + _BATCH, len(cache.images)), len(cache.images), "Counting colours and edges")
    return np.concatenate(rows).astype(np.float32)


def _fractions(codes: np.ndarray, count: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Square roots of the shares of each code in each row, (rows, count)."""
    rows = np.repeat(np.arange(len(codes)), codes.shape[1])
    flat = None if weights is None else weights.ravel()
    counts = np.bincount(rows * count + codes.ravel(), weights=flat, minlength=len(codes) * count)
    counts = counts.reshape(len(codes), count)
    return np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9))


def _colours(pictures: np.ndarray) -> np.ndarray:
    steps = np.minimum((pictures * COLOUR_BINS).astype(np.int64), COLOUR_BINS - 1)
    codes = (steps[..., 0] * COLOUR_BINS + steps[..., 1]) * COLOUR_BINS + steps[..., 2]
    return _fractions(codes.reshape(len(pictures), -1), COLOUR_BINS**3)


def _patterns(grey: np.ndarray) -> np.ndarray:
    """Which of the eight neighbours are brighter, told apart only by how many, and whether they are in one piece."""
    inner = grey[:, 1:-1, 1:-1]
    around = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
    height, width = grey.shape[1:]
    bits = np.stack([grey[:, 1 + y : height - 1 + y, 1 + x : width - 1 + x] > inner for y, x in around])
    changes = (bits != np.roll(bits, 1, axis=0)).sum(axis=0)
    codes = np.where(changes <= 2, bits.sum(axis=0), 9)
    return _fractions(codes.reshape(len(grey), -1), 10)


def _directions(grey: np.ndarray) -> np.ndarray:
    across, down = grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2], grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]
    angle = np.arctan2(down, across) % np.pi
    codes = np.minimum((angle / np.pi * DIRECTIONS).astype(np.int64), DIRECTIONS - 1)
    strength = np.hypot(across, down)
    by_direction = _fractions(codes.reshape(len(grey), -1), DIRECTIONS, strength.reshape(len(grey), -1))
    steps = np.minimum((strength * 32).astype(np.int64), 7)
    return np.concatenate([by_direction, _fractions(steps.reshape(len(grey), -1), 8)], axis=1)


def _rings(pictures: np.ndarray) -> np.ndarray:
    side = pictures.shape[1]
    place = (np.arange(side) + 0.5) / side - 0.5
    ring = np.minimum((np.hypot(place[:, None], place[None, :]) * 2 * RINGS).astype(int), RINGS - 1)
    parts = []
    for number in range(RINGS):
        inside = pictures[:, ring == number]
        parts += [inside.mean(axis=1), inside.std(axis=1)]
    return np.concatenate(parts, axis=1)
