"""HAM10000 as the published table `hmnist_28_28_RGB.csv`: a row of 2,352 pixel values for each picture.

The table has no ids. Its rows are in the order of the metadata table, which gives them their lesions; that is
checked on the labels, and on the pixels where the picture files are there too.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError, PictureError
from core.base.progress import Progress
from core.data.adapters.adapter import Adapter
from core.data.adapters.ham10000 import HAM10000_SPEC, METADATA_FILES, metadata_path, read_metadata, tidy_metadata
from core.data.adapters.listing import Listing
from core.data.adapters.picture_files import pictures_by_stem
from core.data.adapters.unpacked import ArrayPart, ensure_unpacked, is_unpacked
from core.data.images.pictures import decode_square
from core.data.spec import Dataset, DatasetSpec, Skip

PIXEL_TABLE = "hmnist_28_28_RGB.csv"
SIDE = 28
LABELS = ("akiec", "bcc", "bkl", "df", "nv", "vasc", "mel")
"""The diagnosis of each number in the column `label`."""
COMPARED = 60
"""Pictures that are compared with their files; each must look more like its own than like the others'."""

HMNIST_SPEC = replace(
    HAM10000_SPEC,
    name="ham10000_28",
    title="HAM10000, published table of 28×28 pixels",
    description=(
        "The 10,015 pictures of HAM10000 as the table hmnist_28_28_RGB.csv of the Kaggle download, from which many "
        "published figures come. Its rows are joined to the metadata, so that lesions are known."
    ),
)


def read_hmnist(folder: Path, spec: DatasetSpec, progress: Progress) -> Dataset:
    """Read the pixel table together with the metadata beside it; the pictures become PNG files the first time.

    Raises:
        DataError: a file is missing or unreadable, the labels are not those of the metadata row by row, or the
            pixels are not those of the picture files.
        DiskFullError: the pictures do not fit.
    """
    folder = folder.absolute()
    metadata, pixels = metadata_path(folder), folder / PIXEL_TABLE
    rows = read_metadata(metadata)
    skipped: list[Skip] = []
    described = tidy_metadata(rows, spec, skipped)

    def parts() -> list[ArrayPart]:
        images, labels = _read_pixels(pixels)
        _check_labels(rows, labels, metadata)
        _check_pixels(rows["image_id"], images, folder)
        return [ArrayPart(rows[["image_id"]].fillna(""), lambda: [images])]

    unpacked = ensure_unpacked(spec.name, [metadata, pixels], parts, len(rows) * 4096, progress)
    described["path"] = described["image_id"].map(unpacked.drop_duplicates("image_id").set_index("image_id")["path"])
    return Dataset(spec, described, folder, tuple(skipped))


def _read_pixels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, 28, 28, 3) uint8 and labels (n,) int64."""
    from pyarrow import ArrowException
    from pyarrow.csv import read_csv

    try:
        table = read_csv(path)
        labels = table["label"].to_numpy().astype(np.int64)
        names = [f"pixel{number:04d}" for number in range(SIDE * SIDE * 3)]
        columns = [table[name].to_numpy() for name in names]
    except (ArrowException, KeyError, ValueError, OSError) as error:
        raise DataError(
            f"{path} is not a table with the columns pixel0000 to pixel{SIDE * SIDE * 3 - 1} and label: {error}"
        ) from error
    values = np.stack(columns, axis=1)
    if not (np.issubdtype(values.dtype, np.integer) and values.min() >= 0 and values.max() <= 255):
        raise DataError(f"{path} has pixels that are not whole numbers of 0 to 255. Download it again.")
    return values.astype(np.uint8).reshape(-1, SIDE, SIDE, 3), labels


def _check_labels(rows: pd.DataFrame, labels: np.ndarray, metadata: Path) -> None:
    if len(rows) != len(labels):
        raise DataError(
            f"{PIXEL_TABLE} has {len(labels):,} rows and {metadata.name} {len(rows):,}; they must be of one download."
        )
    said = np.array([LABELS[n] if 0 <= n < len(LABELS) else "" for n in labels.tolist()])
    other = np.flatnonzero(said != rows["dx"].fillna("").to_numpy(dtype=str))
    if len(other):
        raise DataError(
            f"{PIXEL_TABLE} and {metadata.name} disagree in {len(other):,} of {len(rows):,} rows, first in line "
            f"{other[0] + 2}: their rows are not in the same order. Use both as they were published."
        )


def _check_pixels(image_ids: pd.Series, images: np.ndarray, folder: Path) -> None:
    """Compare some rows with the picture files of their ids, where those are there."""
    files = pictures_by_stem([folder])
    here = [position for position, image_id in enumerate(image_ids) if image_id in files]
    chosen = np.random.default_rng(0).permutation(here)[:COMPARED]
    own, decoded = [], []
    for position in chosen:
        try:
            decoded.append(decode_square(Path(files[image_ids.iloc[position]]), SIDE))
            own.append(images[position])
        except PictureError:
            continue  # an unreadable file says nothing about the table
    if not own:
        return
    table, picture = (_normalised(np.stack(each)) for each in (own, decoded))
    nearest = (table @ picture.T).argmax(axis=1)
    wrong = int((nearest != np.arange(len(own))).sum())
    if wrong > len(own) // 5:
        raise DataError(
            f"{wrong} of {len(own)} pictures compared in {PIXEL_TABLE} are not those of the files with their ids: its "
            "rows are not in the order of the metadata. Use both as they were published."
        )


def _normalised(images: np.ndarray) -> np.ndarray:
    flat = images.reshape(len(images), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def _recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
    there = PIXEL_TABLE in listing.files and any(name in listing.files for name in METADATA_FILES)
    return (HMNIST_SPEC,) if there else ()


def _note(spec: DatasetSpec, listing: Listing) -> str:
    sources = [metadata_path(listing.folder), listing.folder / PIXEL_TABLE]
    return "" if is_unpacked(spec.name, sources) else "Unpacked to picture files on first use, once: about 40 MB."


HMNIST = Adapter(_recognise, read_hmnist, note=_note)
