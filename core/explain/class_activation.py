"""Maps of one convolution: Grad-CAM and HiResCAM, from what it gives and the gradients of a score by that.

Grad-CAM (Selvaraju et al., ICCV 2017, arXiv 1610.02391) weighs each channel by its mean gradient over the map. HiResCAM
(Draelos and Carin 2020, arXiv 2011.08891) weighs each cell of it by its own gradient: where only linear layers follow,
its sum is the score itself, less the bias.

Both give evidence before it is cut off at 0, (pictures, rows, columns), so that maps can be averaged first.
"""

import numpy as np


def grad_cam(maps: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Evidence by Grad-CAM of maps and gradients, each (pictures, rows, columns, channels)."""
    return np.sum(maps * gradients.mean(axis=(1, 2), keepdims=True), axis=-1)


def hires_cam(maps: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Evidence by HiResCAM of maps and gradients, each (pictures, rows, columns, channels)."""
    return np.sum(maps * gradients, axis=-1)
