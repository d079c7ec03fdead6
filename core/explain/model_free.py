"""Maps that know nothing of a model: an explanation that is no better says nothing about one.

Edges as a control are from Adebayo et al. 2018, "Sanity checks for saliency maps", NeurIPS, arXiv 1810.03292.
"""

import numpy as np

_GREY = np.array([0.299, 0.587, 0.114])


def darkness(picture: np.ndarray) -> np.ndarray:
    """How much darker each pixel is than the brightest one, (height, width), of a picture (height, width, 3) uint8."""
    grey = picture @ _GREY
    return grey.max() - grey


def edges(picture: np.ndarray) -> np.ndarray:
    """How steeply brightness changes at each pixel, (height, width), of a picture (height, width, 3) uint8."""
    down, across = np.gradient(picture @ _GREY)
    return np.hypot(down, across)
