"""Masks of lesions: which file says where the lesion of a picture is, and how much of a heat map lies in it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.base.errors import DataError
from core.data.adapters.folder_names import without_mask_word
from core.data.adapters.picture_files import stem
from core.data.images.pictures import decode_square
from core.data.reading.masks import masks_in
from core.data.reading.tree import look_through

_WHITE = 127
"""What is brighter belongs to the lesion."""


def masks_beside(folder: Path) -> dict[str, Path]:
    """Masks that lie among the pictures of a data set, by the name of their picture without its ending.

    They are told from pictures as reading the folder tells them; none where it cannot be looked through.
    """
    try:
        tree = look_through(folder)
    except DataError:
        return {}
    return _by_picture(folder, masks_in(tree))


def masks_in_folder(folder: Path) -> dict[str, Path]:
    """Masks in a folder in which everything is a mask, at any depth, as `masks_beside`.

    Raises:
        DataError: the folder cannot be read, or holds no picture.
    """
    found = _by_picture(folder, look_through(folder).pictures)
    if not found:
        raise DataError(f"There is no mask in {folder}. A mask is a picture, white where the lesion is.")
    return found


def read_mask(path: Path, side: int) -> np.ndarray:
    """Where the lesion is, (side, side) bool, squeezed to a square as the pictures are.

    Raises:
        PictureError: the file cannot be read.
    """
    return decode_square(path, side).max(axis=2) > _WHITE


def heat_inside(heat: np.ndarray, inside: np.ndarray) -> tuple[float, float] | None:
    """The fraction of the heat that lies in a lesion, and the fraction of the area that the lesion has.

    A map that knows nothing of the lesion has both alike. None where the map or the mask is empty.

    Args:
        heat: (side, side), not negative.
        inside: (side, side) bool.
    """
    total, area = float(heat.sum()), float(inside.mean())
    return (float(heat[inside].sum()) / total, area) if total > 0 and area > 0 else None


def _by_picture(folder: Path, names: Mapping[str, list[str]]) -> dict[str, Path]:
    return {without_mask_word(stem(name)): folder / place / name for place, here in names.items() for name in here}
