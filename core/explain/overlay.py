"""Laying a heat map over the picture it explains."""

import numpy as np
from PIL import Image

_ANCHORS = np.array(
    "48 18 59  70 107 227  40 187 236  49 242 153  163 253 60  237 208 58  251 128 34  210 49 5  122 4 3".split(),
    dtype=np.float64,
).reshape(9, 3)
"""Nine evenly spaced colours of the Turbo colour map (Mikhailov 2019)."""
BAND_ROWS = 64
"""So many rows at once are blended as decimal numbers, which take eight times the memory and are made several times."""


def colours(values: np.ndarray) -> np.ndarray:
    """Turbo colours, (…, 3) uint8, of values 0…1."""
    position = np.clip(values, 0, 1)
    at = np.linspace(0, 1, len(_ANCHORS))
    channels = [np.interp(position, at, _ANCHORS[:, c]) for c in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def overlay(picture: np.ndarray, heat: np.ndarray, opacity: float) -> np.ndarray:
    """Blend a heat map over a picture.

    Where there is no evidence the picture shows through unchanged, so that the map does not tint all of it.

    Args:
        picture: (height, width, 3) uint8.
        heat: (rows, columns) 0…1; stretched to the picture with bicubic interpolation.
        opacity: 0 shows the picture alone, 1 covers it where the evidence is strongest.

    Returns:
        (height, width, 3) uint8.
    """
    height, width = picture.shape[:2]
    stretched = Image.fromarray(heat.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    values = np.clip(np.asarray(stretched), 0, 1)
    blended = np.empty_like(picture)
    for top in range(0, height, BAND_ROWS):
        band = slice(top, top + BAND_ROWS)
        alpha = (opacity * values[band])[..., None]
        blended[band] = (picture[band] * (1 - alpha) + colours(values[band]) * alpha).round()
    return blended
