"""DermaMNIST: the `.npz` archives of MedMNIST v2 at 28, 64, 128 and 224 pixels, with their official split."""

import tokenize
import zipfile
import zlib
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.progress import Progress, silent
from core.data.adapters.adapter import Adapter
from core.data.adapters.listing import Listing
from core.data.adapters.skin import HAM10000_CLASSES
from core.data.adapters.unpacked import ArrayPart, ensure_unpacked, is_unpacked
from core.data.spec import Dataset, DatasetSpec, tidy
from core.data.splits.splits import TEST, TRAIN, VALIDATION

SIDES = {28: "dermamnist.npz", 64: "dermamnist_64.npz", 128: "dermamnist_128.npz", 224: "dermamnist_224.npz"}
"""File name by the side of the pictures in pixels."""
LABELS = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
"""The diagnosis of each number in the label arrays."""
_PARTS = {TRAIN: "train", VALIDATION: "val", TEST: "test"}
_DAMAGED = (
    OSError, ValueError, KeyError, EOFError, TypeError, OverflowError, RuntimeError, tokenize.TokenError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy raises for archives that are damaged, packed or encrypted in a way it does not know, or no archives."""


def _spec(side: int) -> DatasetSpec:
    return DatasetSpec(
        name="dermamnist" if side == 28 else f"dermamnist_{side}",
        title=f"DermaMNIST, {side}×{side} pixels",
        description=(
            f"The 10,015 pictures of HAM10000 at {side}×{side} pixels with the official split of MedMNIST v2, without "
            "any metadata."
        ),
        classes=HAM10000_CLASSES,
        group="picture",
        licence="CC BY-NC 4.0 (non-commercial use only)",
        citation=(
            "Yang J. et al.: MedMNIST v2, a large-scale lightweight benchmark for 2D and 3D biomedical image "
            "classification. Scientific Data 10, 41 (2023). doi:10.1038/s41597-022-01721-8. Source of the pictures: "
            "Tschandl P., Rosendahl C., Kittler H. (2018). doi:10.1038/sdata.2018.161"
        ),
        homepage="https://medmnist.com",
        caution=(
            "The archive says nothing about lesions. HAM10000 has several photos of many lesions, and the official "
            "split puts photos of one lesion into training and test, so every split of these data flatters a model."
        ),
    )


DERMAMNIST_SPECS = {side: _spec(side) for side in SIDES}


def read_dermamnist(
    folder: Path, spec: DatasetSpec = DERMAMNIST_SPECS[28], progress: Progress = silent, side: int = 28
) -> Dataset:
    """Read the archive with pictures of `side` pixels; they become PNG files the first time.

    Raises:
        DataError: the archive is missing, damaged, or has other arrays.
        DiskFullError: the pictures do not fit.
    """
    path = folder.absolute() / SIDES[side]
    if not path.is_file():
        raise DataError(f"There is no {path}. Put {SIDES[side]} there.")
    rows = ensure_unpacked(spec.name, [path], lambda: _parts(path, side), _bytes_on_disk(side), progress)
    return Dataset(spec, tidy(rows.assign(group_id=rows["image_id"])), folder.absolute())


def _bytes_on_disk(side: int) -> int:
    """About two thirds of the raw pixels, and at least one block a file."""
    return 10_015 * max(4096, side * side * 2)


def _parts(path: Path, side: int) -> list[ArrayPart]:
    parts = []
    try:
        with _archive(path) as archive:
            for part, prefix in _PARTS.items():
                images, labels = _array(archive, f"{prefix}_images", path), _array(archive, f"{prefix}_labels", path)
                labels = labels.reshape(-1)
                if images.shape != (len(labels), side, side, 3) or images.dtype != np.uint8:
                    raise DataError(
                        f"{path.name} has {prefix}_images of shape {images.shape} and type {images.dtype} for "
                        f"{len(labels):,} labels; (n, {side}, {side}, 3) and uint8 were expected. Download it again."
                    )
                if not np.issubdtype(labels.dtype, np.integer):
                    raise DataError(
                        f"{path.name} has {prefix}_labels of type {labels.dtype}; whole numbers were expected. "
                        "Download it again."
                    )
                if len(labels) and not 0 <= labels.min() <= labels.max() < len(LABELS):
                    raise DataError(f"{path.name} has labels outside 0 to {len(LABELS) - 1}. Download it again.")
                ids = [f"{prefix}_{number:05d}" for number in range(len(labels))]
                rows = pd.DataFrame({"image_id": ids, "label": [LABELS[n] for n in labels], "split": part})
                parts.append(ArrayPart(rows, partial(list, [images])))
    except MemoryError as error:
        raise DataError(f"{path} says of an array that it is larger than the memory. Download it again.") from error
    except _DAMAGED as error:
        raise DataError(f"{path} is not an archive of DermaMNIST: {error}. Download it again.") from error
    return parts


def _archive(path: Path) -> np.lib.npyio.NpzFile:
    opened = np.load(path, mmap_mode="r", allow_pickle=False)  # a single array is mapped, however large it says it is
    if not isinstance(opened, np.lib.npyio.NpzFile):
        raise DataError(f"{path} is a single array, not an archive of arrays. Download it again.")
    return opened


def _array(archive: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    array = archive[name]
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path.name} has something called {name} that is no array. Download it again.")
    return array


def _adapter(side: int) -> Adapter:
    def recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
        return (DERMAMNIST_SPECS[side],) if SIDES[side] in listing.files else ()

    def note(spec: DatasetSpec, listing: Listing) -> str:
        if is_unpacked(spec.name, [listing.folder / SIDES[side]]):
            return ""
        return f"Unpacked to picture files on first use, once: about {_bytes_on_disk(side) / 1e6:,.0f} MB."

    return Adapter(
        recognise,
        lambda folder, spec, progress: read_dermamnist(folder, spec, progress, side),
        known=(DERMAMNIST_SPECS[side],) if side == 28 else (),
        wanted=SIDES[side],
        note=note,
    )


DERMAMNIST = tuple(_adapter(side) for side in SIDES)
"""One for each size."""
