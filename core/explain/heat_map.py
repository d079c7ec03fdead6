"""Heat maps as arrays (rows, columns): evidence brought to 0…1, and a map brought to the size of its picture."""

import numpy as np
from PIL import Image


def scaled(evidence: np.ndarray) -> np.ndarray:
    """Evidence (rows, columns) without what is negative, as float32 with 1 for the strongest; zeros if none is left."""
    positive = np.maximum(evidence, 0)
    peak = float(positive.max())
    return (positive / peak if peak > 0 else np.zeros_like(positive)).astype(np.float32)


def stretched(heat: np.ndarray, height: int, width: int) -> np.ndarray:
    """A heat map (rows, columns) 0…1 brought to (height, width) by bicubic interpolation, float32, 0…1."""
    image = Image.fromarray(heat.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(image), 0, 1)
