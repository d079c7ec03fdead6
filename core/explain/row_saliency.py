"""Row saliency: for a network that reads a picture row by row, how much its score hangs on each row.

Saliency is the size of the gradient (Simonyan, Vedaldi and Zisserman 2014, arXiv 1312.6034).
"""

import numpy as np


def row_saliency(gradients: np.ndarray) -> np.ndarray:
    """Sum of the absolute gradients in each row, (rows, 1), of gradients (rows, columns, channels) of a score."""
    return np.abs(gradients).sum(axis=(1, 2))[:, None]
