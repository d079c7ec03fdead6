"""Masks of lesions: which file says where the lesion of a picture is, and how much of a heat map lies in it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from core.base.errors import DataError, PictureError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.printable import printable
from core.base.settings import artifacts_dir
from core.data.adapters.folder_names import of_other_than_lesions, without_mask_word
from core.data.adapters.picture_files import stem
from core.data.images.pictures import decode_square
from core.data.reading.masks import holds_two_values, masks_in
from core.data.reading.tree import look_through
from core.data.spec import Dataset

_WHITE = 127
"""What is brighter belongs to the lesion; in a mask of zeros and ones, the ones."""
_FINER = 4
"""A mask is read at so many times the side at which it is used, so that its border is as fine as it can be."""


def lesions_of(dataset: Dataset, brought: Path | None = None) -> dict[str, Path]:
    """The mask of each picture of a data set that has one, by image id.

    Args:
        dataset: the pictures.
        brought: a folder of masks, which is kept for the data set; None for that which was brought last, or where there
            is none, or it is gone, for masks that lie among the pictures.

    Raises:
        DataError: no mask is in the folder that is brought, or none of a picture of the data set.
    """
    if brought is not None:
        found = _of_pictures(dataset, masks_in_folder(brought))
        if not found:
            raise DataError(
                f"No mask in {printable(brought)} is called like a picture of {dataset.spec.title}. A mask is called "
                "as its picture is, such as ISIC_0024306.png or ISIC_0024306_segmentation.png."
            )
        write_json(_kept_file(dataset.spec.name), {"folder": str(brought.absolute())}, private=True)
        return found
    kept = folder_of_masks(dataset.spec.name)
    if kept is not None:
        try:
            return _of_pictures(dataset, masks_in_folder(kept))
        except DataError:  # it has been moved or emptied
            pass
    return _of_pictures(dataset, masks_beside(dataset.root))


def folder_of_masks(dataset_name: str) -> Path | None:
    """The folder of masks that was brought last for a data set; None if none was."""
    try:
        return Path(str(read_json(_kept_file(dataset_name))["folder"]))
    except UNREADABLE:
        return None


def forget_masks(dataset_name: str) -> None:
    """Take those that lie among the pictures again; the files of the folder stay as they are."""
    _kept_file(dataset_name).unlink(missing_ok=True)


def masks_beside(folder: Path) -> dict[str, Path]:
    """Masks of lesions that lie among the pictures of a data set, by the name of their picture without its ending.

    They are told from pictures as reading the folder tells them; none where it cannot be looked through.
    """
    try:
        tree = look_through(folder)
    except DataError:
        return {}
    return _by_picture(folder, masks_in(tree))


def masks_in_folder(folder: Path) -> dict[str, Path]:
    """Masks in a folder at any depth, as `masks_beside`; where nothing else is in it, everything is a mask.

    Raises:
        DataError: the folder cannot be read, or holds no picture.
    """
    tree = look_through(folder)
    found = _by_picture(folder, masks_in(tree) or tree.pictures)
    if not found:
        raise DataError(f"There is no mask in {folder}. A mask is a picture, white where the lesion is.")
    return found


def read_mask(path: Path, side: int) -> np.ndarray:
    """Where the lesion is, (side, side) bool, squeezed to a square as the pictures are, whatever size the mask has.

    Raises:
        PictureError: the file cannot be read, or is no mask.
    """
    pixels = decode_square(path, _FINER * side)
    if not holds_two_values(pixels, least=0.0):
        raise PictureError(f"{printable(path.name)} is no mask: a mask is white where the lesion is, and black around.")
    grey = pixels.max(axis=2)
    lesion = grey > (_WHITE if grey.max() > 1 else 0)
    return lesion.reshape(side, _FINER, side, _FINER).mean(axis=(1, 3)) >= 0.5


def heat_inside(heat: np.ndarray, inside: np.ndarray) -> tuple[float, float] | None:
    """The fraction of the heat that lies in a lesion, and the fraction of the area that the lesion has.

    A map that knows nothing of the lesion has both alike. None where the map or the mask is empty.

    Args:
        heat: (side, side), not negative.
        inside: (side, side) bool.
    """
    total, area = float(heat.sum()), float(inside.mean())
    return (float(heat[inside].sum()) / total, area) if total > 0 and area > 0 else None


def _by_picture(folder: Path, names: Mapping[str, Sequence[str]]) -> dict[str, Path]:
    """Masks by the name of their picture, and by their own where that ends like one of a mask: "case1_lesion"."""
    found = {
        stem(name): folder / place / name
        for place, here in names.items()
        for name in here
        if not of_other_than_lesions(place, stem(name))
    }
    return {without_mask_word(name): path for name, path in found.items()} | found


def _of_pictures(dataset: Dataset, masks: Mapping[str, Path]) -> dict[str, Path]:
    """Masks by image id: called as a picture's id is, or as its file."""
    table = dataset.table.drop_duplicates("image_id")
    files = {name: stem(str(path)) for name, path in zip(table["image_id"], table["path"].fillna(""), strict=True)}
    return {name: masks[key] for name, file in files.items() for key in (file, name) if key in masks}


def _kept_file(dataset_name: str) -> Path:
    return artifacts_dir() / "masks" / f"{dataset_name}.json"
