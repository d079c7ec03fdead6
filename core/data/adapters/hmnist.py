"""HAM10000 as the published tables `hmnist_28_28_RGB.csv`, `_28_28_L`, `_8_8_RGB`, `_8_8_L`: a row of pixels a picture.

The tables have no ids. Their rows are in the order of the metadata table, which gives them their lesions; that is
checked on the labels, and on the pixels where the picture files are there too. Without it, lesions are not known.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from core.base.errors import DataError, PictureError
from core.base.files import open_regular
from core.base.printable import said_by
from core.base.progress import Progress
from core.data.adapters.adapter import Adapter
from core.data.adapters.ham10000 import HAM10000_SPEC, METADATA_FILES, PIXEL_TABLES, read_metadata, tidy_metadata
from core.data.adapters.listing import Listing
from core.data.adapters.pictures_by_stem import PicturesByStem
from core.data.adapters.unpacked import ArrayPart, ensure_unpacked, is_unpacked
from core.data.images.pictures import decode_square
from core.data.spec import Dataset, DatasetSpec, Skip, tidy

LABELS = ("akiec", "bcc", "bkl", "df", "nv", "vasc", "mel")
"""The diagnosis of each number in the column `label`."""
COMPARED = 60
"""Pictures that are compared with their files; each must look more like its own than like the others'."""
_BYTES_ON_DISK = 10_015 * 4096
"""At least one block a file."""

_LONGEST_HEADER = 100_000
"""Bytes."""
_NO_LESIONS = (
    f"The table has no {METADATA_FILES[0]} beside it, so nobody knows which pictures are of one lesion. HAM10000 has "
    "several photos of many lesions: the figures of every split of this table are too good."
)


def _spec(file: str) -> DatasetSpec:
    side, channels = PIXEL_TABLES[file]
    grey = channels == 1
    return replace(
        HAM10000_SPEC,
        name=f"ham10000_{side}{'_L' if grey else ''}",
        title=f"HAM10000, published table of {side}×{side} {'grey ' if grey else ''}pixels",
        description=(
            f"The 10,015 pictures of HAM10000 as the table {file} of the Kaggle download, from which many published "
            "figures come. Its rows are joined to the metadata, so that lesions are known."
        ),
        file=file,
    )


HMNIST_SPEC = _spec("hmnist_28_28_RGB.csv")
"""Of the table that is told of even where it is not here."""


def read_hmnist(folder: Path, spec: DatasetSpec, progress: Progress) -> Dataset:
    """Read a pixel table, with the metadata where it is beside it; the pictures become PNG files the first time.

    Raises:
        DataError: a file is missing or unreadable, the labels are not those of the metadata row by row, or the
            pixels are not those of the picture files.
        DiskFullError: the pictures do not fit.
    """
    folder = folder.absolute()
    pixels = folder / spec.file
    if not pixels.is_file():
        raise DataError(f"There is no file {pixels}. Put it there.")
    metadata = next((folder / name for name in METADATA_FILES if (folder / name).is_file()), None)
    if metadata is None:
        return _without_metadata(pixels, spec, progress)
    rows = read_metadata(metadata)
    skipped: list[Skip] = []
    described = tidy_metadata(rows, spec, skipped)

    def parts() -> list[ArrayPart]:
        images, labels = _read_pixels(pixels)
        _check_labels(rows, labels, pixels.name, metadata.name)
        _check_pixels(rows["image_id"], images, pixels)
        return [ArrayPart(rows[["image_id"]].fillna(""), lambda: [images])]

    unpacked = ensure_unpacked(spec.name, [metadata, pixels], parts, _BYTES_ON_DISK, progress)
    described["path"] = described["image_id"].map(unpacked.drop_duplicates("image_id").set_index("image_id")["path"])
    return Dataset(spec, described, folder, tuple(skipped))


def _without_metadata(pixels: Path, spec: DatasetSpec, progress: Progress) -> Dataset:
    """Each row is a group of its own, and its number gives the class."""

    def parts() -> list[ArrayPart]:
        images, labels = _read_pixels(pixels)
        other = np.flatnonzero((labels < 0) | (labels >= len(LABELS)))
        if len(other):
            raise _no_such_label(pixels, labels[other[0]], other[0] + 2)
        ids = [f"row_{number:05d}" for number in range(1, len(labels) + 1)]
        rows = pd.DataFrame({"image_id": ids, "label": [LABELS[number] for number in labels]})
        return [ArrayPart(rows, lambda: [images])]

    rows = ensure_unpacked(spec.name, [pixels], parts, _BYTES_ON_DISK, progress)
    spec = _without_lesions(spec)
    return Dataset(spec, tidy(rows.assign(group_id=rows["image_id"])), pixels.parent)


def _no_such_label(pixels: Path, said: object, line: int) -> DataError:
    return DataError(
        f"{pixels.name} has the label {said} in line {line}; 0 to {len(LABELS) - 1} were expected. Download it again."
    )


def _without_lesions(spec: DatasetSpec) -> DatasetSpec:
    description = f"The 10,015 pictures of HAM10000 as the table {spec.file} of the Kaggle download, without metadata."
    return replace(spec, group="picture", caution=_NO_LESIONS, description=description)


def _pixel_names(file: str) -> list[str]:
    side, channels = PIXEL_TABLES[file]
    return [f"pixel{number:04d}" for number in range(side * side * channels)]


def _no_such_table(path: Path, why: object) -> str:
    last = _pixel_names(path.name)[-1]
    return f"{path.name} is not a table with the columns pixel0000 to {last} and label: {why}. Download it again."


def _read_pixels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, side, side, 3) or, where they are grey, (n, side, side), uint8; and labels (n,) int64."""
    from pyarrow import ArrowException
    from pyarrow.csv import read_csv

    side, channels = PIXEL_TABLES[path.name]
    names = _pixel_names(path.name)
    try:
        table = read_csv(path)
        labels = table["label"].to_numpy().astype(np.int64)
        values = np.stack([table[name].to_numpy() for name in names], axis=1)
    except (ArrowException, KeyError, ValueError, OSError) as error:
        raise DataError(_no_such_table(path, said_by(error))) from error
    if not len(values):
        raise DataError(f"{path.name} has a header but no rows. Download it again.")
    if not (np.issubdtype(values.dtype, np.integer) and values.min() >= 0 and values.max() <= 255):
        raise DataError(f"{path.name} has pixels that are not whole numbers of 0 to 255. Download it again.")
    shape = (-1, side, side, 3) if channels == 3 else (-1, side, side)
    return values.astype(np.uint8).reshape(shape), labels


def _check_labels(rows: pd.DataFrame, labels: np.ndarray, table: str, metadata: str) -> None:
    if len(rows) != len(labels):
        raise DataError(f"{table} has {len(labels):,} rows and {metadata} {len(rows):,}; they must be of one download.")
    said = np.array([LABELS[n] if 0 <= n < len(LABELS) else "" for n in labels.tolist()])
    other = np.flatnonzero(said != rows["dx"].fillna("").to_numpy(dtype=str))
    if len(other):
        raise DataError(
            f"{table} and {metadata} disagree in {len(other):,} of {len(rows):,} rows, first in line "
            f"{other[0] + 2}: their rows are not in the same order. Use both as they were published."
        )


def _check_pixels(image_ids: pd.Series, images: np.ndarray, pixels: Path) -> None:
    """Compare some rows with the picture files of their ids, where those are there."""
    files = PicturesByStem([pixels.parent], []).of(image_ids)
    here = np.flatnonzero(files.notna())
    chosen = np.random.default_rng(0).permutation(here)[:COMPARED]
    own, decoded = [], []
    for position in chosen:
        try:
            picture = decode_square(Path(files.iloc[position]), images.shape[1])
        except PictureError:
            continue  # an unreadable file says nothing about the table
        decoded.append(picture if images.ndim == 4 else picture.mean(axis=-1))
        own.append(images[position])
    if not own:
        return
    table, picture = (_normalised(np.stack(each)) for each in (own, decoded))
    nearest = (table @ picture.T).argmax(axis=1)
    wrong = int((nearest != np.arange(len(own))).sum())
    if wrong > len(own) // 5:
        raise DataError(
            f"{wrong} of {len(own)} pictures compared in {pixels.name} are not those of the files with their ids: its "
            "rows are not in the order of the metadata. Use both as they were published."
        )


def _normalised(images: np.ndarray) -> np.ndarray:
    flat = images.reshape(len(images), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def _recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
    here = [file for file in PIXEL_TABLES if file in listing.files and (listing.folder / file).is_file()]
    specs = [_with_problem(_spec(file), listing.folder / file) for file in here]
    known = any(name in listing.files for name in METADATA_FILES)
    return tuple(specs if known else map(_without_lesions, specs))


def _with_problem(spec: DatasetSpec, path: Path) -> DatasetSpec:
    """The same, with the reason where its first line shows that it is no such table."""
    try:
        with path.open("rb") as file:
            header = file.readline(_LONGEST_HEADER).decode("utf-8-sig", errors="replace")
        absent = {*_pixel_names(spec.file), "label"} - {name.strip().strip('"') for name in header.split(",")}
    except OSError as error:
        return replace(spec, problem=f"{path.name} cannot be read: {error.strerror}.")
    return replace(spec, problem=_no_such_table(path, f"{min(absent)} is missing")) if absent else spec


def _note(spec: DatasetSpec, listing: Listing) -> str:
    metadata = [listing.folder / name for name in METADATA_FILES if name in listing.files]
    done = is_unpacked(spec.name, [*metadata[:1], listing.folder / spec.file])
    return (
        ""
        if done
        else f"Will be unpacked to picture files when you first use it: about {_BYTES_ON_DISK / 1e6:,.0f} MB."
    )


def _classes_here(folder: Path, spec: DatasetSpec) -> Iterator[str]:
    """The class of each row of a pixel table, whose labels nearly always stand last in a line."""
    pixels = folder / spec.file
    with open_regular(pixels) as file:
        names = [name.strip().strip('"') for name in _line(file).split(",")]
        place, last = names.index("label"), names[-1] == "label"
        number = 1
        while line := _line(file).strip():
            number += 1
            said = (line.rpartition(",")[2] if last else f"{line},".split(",")[place]).strip('" ').removesuffix(".0")
            if not (said.isdecimal() and int(said) < len(LABELS)):
                raise _no_such_label(pixels, said, number)
            yield LABELS[int(said)]
    if number == 1:
        raise DataError(f"{pixels.name} has a header but no rows. Download it again.")


def _line(file: BinaryIO) -> str:
    return file.readline(_LONGEST_HEADER).decode("utf-8-sig", errors="replace")


HMNIST = Adapter(_recognise, read_hmnist, note=_note, classes_here=_classes_here, arrays=True)
