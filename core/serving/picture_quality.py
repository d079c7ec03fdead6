"""Whether a picture is good enough to be judged: sharp, well lit, with a lesion of some size, without much hair.

What is usual is told by the pictures of the data set itself, once they have been looked at for its gate: a picture is
remarked on where it lies beyond all but one in a hundred of them. Until then, and where no gate can be made, there are
limits that need neither: of skin those of HAM10000, of anything else what no picture can be of use beyond. This says
nothing of what it shows; that is the gate's.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.data.statistics.picture_statistics import measure

SIDE = 256
"""Longest side in pixels at which a picture is measured; smaller ones are measured as they are."""
BEYOND = 0.01
"""Share of a data set's own pictures that lies beyond a limit."""
_WIDER_THAN_HAIR = 9
"""What a hair is thinner than, in pixels."""
_DARKER_THAN_SKIN = 20
"""By how many grey levels a hair is darker than what lies beside it."""


@dataclass(frozen=True)
class QualityMeasures:
    """What is measured of a picture."""

    sharpness: float
    """Variance of the Laplacian of the grey levels; low where it is blurred."""
    brightness: float
    """Mean grey level, 0–255."""
    clipped: float
    """Share of the pixels that are quite black or quite white, 0…1."""
    lesion: float
    """Share of the picture that is darker than the skin around, 0…1; by Otsu's threshold on the grey levels."""
    hair: float
    """Share of the pixels that lie on thin dark lines, 0…1."""


@dataclass(frozen=True)
class QualityLimits:
    """What the pictures of a data set have: the limits beyond which one in a hundred of them lies."""

    least_sharpness: float
    least_brightness: float
    most_brightness: float
    most_clipped: float
    least_lesion: float
    most_hair: float


OF_SKIN = QualityLimits(
    least_sharpness=10.5,
    least_brightness=110.0,
    most_brightness=203.0,
    most_clipped=0.027,
    least_lesion=0.0295,
    most_hair=0.17,
)
"""Of dermoscopy, rounded so that less is remarked on: what `limits_of` gives for 3,000 pictures of HAM10000."""
OF_ANYTHING = QualityLimits(
    least_sharpness=5.0,
    least_brightness=20.0,
    most_brightness=245.0,
    most_clipped=0.5,
    least_lesion=0.0,
    most_hair=1.0,
)
"""Where nobody knows what is usual: quite blurred, nearly black, nearly white, or half of it without any detail."""
TRAINING = "99 of 100 training pictures are better in this."
"""What stands behind a remark by the limits of the data set itself."""
HAM10000 = "99 of 100 dermoscopic pictures of HAM10000 are better in this."
"""What stands behind one by `OF_SKIN`; there is nothing to say behind one by `OF_ANYTHING`."""


def measure_quality(rgb: np.ndarray) -> QualityMeasures:
    """Measure a picture, (height, width, 3) uint8, of any size."""
    image = Image.fromarray(rgb)
    image.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
    small = np.asarray(image)
    grey = np.asarray(image.convert("L"))
    measured = measure(small)
    return QualityMeasures(
        sharpness=float(measured["sharpness"]),
        brightness=float(measured["brightness"]),
        clipped=float(((grey <= 3) | (grey >= 252)).mean()),
        lesion=_dark_share(grey),
        hair=_hair_share(grey),
    )


def limits_of(measures: list[QualityMeasures], *, lesions: bool) -> QualityLimits:
    """The limits of a data set.

    Args:
        measures: of some of its pictures, at least one.
        lesions: whether its pictures show a lesion on skin; of others size and hair mean nothing.
    """

    def at(name: str, share: float) -> float:
        return float(np.quantile([getattr(each, name) for each in measures], share))

    return QualityLimits(
        least_sharpness=at("sharpness", BEYOND),
        least_brightness=at("brightness", BEYOND),
        most_brightness=at("brightness", 1 - BEYOND),
        most_clipped=at("clipped", 1 - BEYOND),
        least_lesion=at("lesion", BEYOND) if lesions else 0.0,
        most_hair=at("hair", 1 - BEYOND) if lesions else 1.0,
    )


def remarks(measures: QualityMeasures, limits: QualityLimits | None, *, skin: bool = False) -> tuple[str, ...]:
    """What is amiss with a picture, a sentence or two each; nothing of one that is as good as others.

    Args:
        measures: of the picture.
        limits: of the data set that the model has learnt from; None where they are not known.
        skin: whether that shows skin, which decides where its limits are not known.
    """
    if limits is None:
        limits, than = (OF_SKIN, HAM10000) if skin else (OF_ANYTHING, "")
    else:
        than = TRAINING
    found = (
        (measures.sharpness < limits.least_sharpness, "The picture is blurred: take it again, with the camera still."),
        (measures.brightness < limits.least_brightness, "The picture is too dark: take it again in more light."),
        (measures.brightness > limits.most_brightness, "The picture is too bright: take it again in less light."),
        (measures.clipped > limits.most_clipped, "Large parts of the picture are completely black or white."),
        (measures.lesion < limits.least_lesion, "The lesion is small in the picture: crop it, or go nearer."),
        (measures.hair > limits.most_hair, "Much hair lies over the picture: it may hide what matters."),
    )
    return tuple(f"{sentence} {than}".rstrip() for met, sentence in found if met)


def _dark_share(grey: np.ndarray) -> float:
    """Share of the pixels below the threshold of Otsu (1979, doi:10.1109/TSMC.1979.4310076); 0 where all are alike."""
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    if not np.isfinite(between).any():
        return 0.0
    return float(below[np.nanargmax(np.where(np.isfinite(between), between, -1))] / below[-1])


def _hair_share(grey: np.ndarray) -> float:
    """Share of the pixels that a closing along rows or columns makes much brighter (Lee et al. 1997, "DullRazor")."""
    if min(grey.shape) < _WIDER_THAN_HAIR:
        return 0.0
    values = grey.astype(np.int16)
    without_lines = np.maximum(_closed(values, 0), _closed(values, 1))
    return float((without_lines - values > _DARKER_THAN_SKIN).mean())


def _closed(values: np.ndarray, axis: int) -> np.ndarray:
    """Grey levels without the dark lines that are thin along an axis: the darkest of the brightest nearby."""
    return _of_neighbours(_of_neighbours(values, axis, np.maximum), axis, np.minimum)


def _of_neighbours(values: np.ndarray, axis: int, of: np.ufunc) -> np.ndarray:
    reach = _WIDER_THAN_HAIR // 2
    padded = np.pad(values, [(reach, reach) if each == axis else (0, 0) for each in range(2)], mode="edge")
    return of.reduce(np.lib.stride_tricks.sliding_window_view(padded, _WIDER_THAN_HAIR, axis), axis=-1)
