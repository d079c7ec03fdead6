"""Laying a heat map over the picture it explains."""

import numpy as np

from core.explain.deletion import hottest
from core.explain.heat_map import stretched

_ANCHORS = np.array(
    "68 1 84  71 39 117  62 73 137  49 104 142  38 130 142  31 158 137  53 183 121  110 206 88  181 222 43  "
    "253 231 37".split(),
    dtype=np.float64,
).reshape(10, 3)
"""Ten evenly spaced colours of Viridis (Smith and van der Walt 2015): equal steps look equal, to colour-blind people
and in grey too, and none of them is a colour of skin."""
BAND_ROWS = 64
"""So many rows at once are blended as decimal numbers, which take eight times the memory and are made several times."""
OUTLINE = np.array([255, 255, 255], np.uint8)


def colours(values: np.ndarray) -> np.ndarray:
    """Viridis colours, (…, 3) uint8, of values 0…1."""
    position = np.clip(values, 0, 1)
    at = np.linspace(0, 1, len(_ANCHORS))
    channels = [np.interp(position, at, _ANCHORS[:, c]) for c in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def overlay(picture: np.ndarray, heat: np.ndarray, opacity: float) -> np.ndarray:
    """Blend a heat map over a picture.

    Where there is no evidence the picture shows through unchanged. Opacity grows with the square of the evidence, so
    that middling evidence, of which some maps have much, leaves the lesion to be seen.

    Args:
        picture: (height, width, 3) uint8.
        heat: (rows, columns) 0…1; stretched to the picture with bicubic interpolation.
        opacity: 0 shows the picture alone, 1 covers it where the evidence is strongest.

    Returns:
        (height, width, 3) uint8.
    """
    height, width = picture.shape[:2]
    values = stretched(heat, height, width)
    blended = np.empty_like(picture)
    for top in range(0, height, BAND_ROWS):
        band = slice(top, top + BAND_ROWS)
        alpha = (opacity * values[band] ** 2)[..., None]
        blended[band] = (picture[band] * (1 - alpha) + colours(values[band]) * alpha).round()
    return blended


def outlined(picture: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """The picture with a white line around the hottest tenth of a map, which is what the deletion check deletes.

    Args:
        picture: (height, width, 3) uint8, as it is or with the map laid over it.
        heat: (rows, columns) 0…1.
    """
    inside = hottest(heat, *picture.shape[:2])
    padded = np.pad(inside, 1, mode="edge")
    core = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    drawn = picture.copy()
    drawn[inside & ~core] = OUTLINE
    return drawn
