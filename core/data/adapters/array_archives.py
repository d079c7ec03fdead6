"""Data sets that are one `.npz` each: MedMNIST's by their file names, and any other with arrays of the same names."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.printable import is_printable, printable
from core.base.progress import Progress
from core.data.adapters.adapter import Adapter
from core.data.adapters.listing import Listing, holds_pictures
from core.data.adapters.medmnist import DERMAMNIST_SPECS, published
from core.data.adapters.npz_file import SEVERAL, PartArrays, array_files, read_batches, read_parts
from core.data.adapters.unpacked import ArrayPart, ensure_unpacked, is_unpacked
from core.data.diagnoses.diagnoses import diagnosis
from core.data.group_words import group_word
from core.data.spec import MOST_CLASSES, ClassSpec, Dataset, DatasetSpec, Skip, tidy

MOST_ARCHIVES = 50
"""A folder with more `.npz` beside MedMNIST's holds features of pictures or the like: these are not looked into."""
LONGEST_NAME = 200
"""Bytes of a data set's name: files are named after it."""
_CAUTION = (
    "The archive names no patients, so nobody knows which pictures belong together: each counts as a group of its own, "
    "and pictures of one patient may stand on both sides of a split."
)


def read_archive(folder: Path, spec: DatasetSpec, progress: Progress) -> Dataset:
    """Read the archive `spec.file`; its pictures become PNG files the first time.

    Pictures of a part that has no labels are left out and counted.

    Raises:
        DataError: the archive is missing, damaged, or has other arrays or labels.
        DiskFullError: the pictures do not fit.
    """
    path = _place(folder.absolute(), spec)
    parts = read_parts(path, _findings(spec.file), own=published(spec.file) is None)
    labelled = [part for part in parts if part.is_labelled]
    _check(labelled, spec)
    if published(spec.file) is None:
        spec = _described(spec, labelled)
    needed = sum(part.shape[0] * _bytes_on_disk(part.picture_bytes) for part in labelled)

    def arrays() -> list[ArrayPart]:
        return [ArrayPart(_rows(part, spec), partial(read_batches, path, part)) for part in labelled]

    rows = ensure_unpacked(spec.name, array_files(path), arrays, needed, progress)
    said = pd.concat([_rows(part, spec) for part in labelled], ignore_index=True)  # which older versions may have read
    if said["image_id"].equals(rows["image_id"].astype(said["image_id"].dtype).reset_index(drop=True)):  # otherwise
        rows = rows.assign(label=said["label"].to_numpy(), group_id=said["group_id"].to_numpy())
    skipped = tuple(
        Skip("", "", f"{part.images_name} has {part.shape[0]:,} pictures and no labels; they are left out.")
        for part in parts
        if not part.is_labelled
    )
    several = rows["label"].isna()
    if several.any():
        skipped += (Skip("", "", f"{int(several.sum()):,} pictures have several findings; they are left out."),)
        rows = rows[~several].reset_index(drop=True)
    alone = rows["image_id"] if "group_id" not in rows else rows["group_id"].fillna(rows["image_id"])
    return Dataset(spec, tidy(rows.assign(group_id=alone)), folder.absolute(), skipped)


def _findings(file: str) -> int:
    known = published(file)
    return known.findings if known else 0


def _place(folder: Path, spec: DatasetSpec) -> Path:
    """The archive, or the folder itself where it holds arrays as files."""
    return folder if spec.file == folder.name and not (folder / spec.file).is_file() else folder / spec.file


def _bytes_on_disk(raw: int) -> int:
    """About two thirds of the pixels of a picture, and at least one block a file."""
    return max(4096, raw * 2 // 3)


def _check(parts: Sequence[PartArrays], spec: DatasetSpec) -> None:
    if not any(len(part.labels) for part in parts):
        raise DataError(
            f"{spec.file} has no picture with a label in train_labels, val_labels or test_labels. "
            "Download it again, or save it with labels."
        )
    known = published(spec.file)
    if known is None:
        return
    for part in parts:
        if part.size != (known.side, known.side):
            raise DataError(
                f"{spec.file} has {part.images_name} of shape {part.shape}; {known.side}×{known.side} pixels were "
                "expected under this name. Download it again."
            )
        said = part.labels[part.labels != SEVERAL] if known.findings else part.labels
        if len(said) and not 0 <= said.min() <= said.max() < len(spec.classes):
            raise DataError(f"{spec.file} has labels outside 0 to {len(spec.classes) - 1}. Download it again.")


def _rows(part: PartArrays, spec: DatasetSpec) -> pd.DataFrame:
    prefix = part.images_name.removesuffix("_images")  # "train", or "x_train", or "X"
    ids = [f"{prefix}_{number:05d}" for number in range(len(part.labels))]
    keys = spec.class_keys if published(spec.file) else None
    labels = [(keys[n] if n != SEVERAL else None) if keys else str(n) for n in part.labels.tolist()]
    return pd.DataFrame({"image_id": ids, "label": labels, "split": part.part, "group_id": part.groups})


def _recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
    archives = [name for name in listing.files if name.lower().endswith(".npz")]
    own = [name for name in archives if published(name) is None]
    if len(own) > MOST_ARCHIVES:
        archives = [name for name in archives if published(name)]
    if any(name.lower().endswith(".npy") for name in listing.files) and not holds_pictures(listing.folder, 3):
        archives.append(listing.folder.name)
    found = [spec for name in archives if (spec := _understood(listing.folder, name)) is not None]
    unread = [spec for spec in found if spec.problem and published(spec.file) is None]
    if unread and holds_pictures(listing.folder, 3):  # which are the data set, and arrays beside them something else
        found = [spec for spec in found if spec not in unread]
    return tuple(found)


def _understood(folder: Path, file: str) -> DatasetSpec | None:
    """What an archive is, or why it cannot be used; None if it holds other things than pictures."""
    path, known = folder / file, published(file)
    if file == folder.name and not path.is_file():
        path, known = folder, None
    elif not path.is_file():
        return None
    spec = replace(known.spec, file=file) if known else _own(folder.name, file)
    try:
        if not is_printable(file) or len(spec.name.encode()) > LONGEST_NAME:
            raise DataError(f"{printable(file)} has a name that is too long or no text in UTF-8. Rename it to use it.")
        parts = read_parts(path, _findings(file), own=known is None)
        if not (parts or known):
            return None
        parts = tuple(part for part in parts if part.is_labelled)
        _check(parts, spec)
        return _published_with(spec, parts) if known else _described(spec, parts)
    except DataError as error:
        return replace(spec, description=str(error), problem=str(error))


def _published_with(spec: DatasetSpec, parts: Sequence[PartArrays]) -> DatasetSpec:
    """What is published, marked where all its pictures are of one class here."""
    numbers = np.unique(np.concatenate([part.labels for part in parts]))
    numbers = numbers[numbers != SEVERAL]
    return replace(spec, single_class=spec.class_keys[numbers[0]]) if len(numbers) == 1 else spec


def _own(folder: str, file: str) -> DatasetSpec:
    stem = file.removesuffix(".npz") if file != folder else folder
    name = printable(stem if stem == folder else f"{folder}-{stem}")
    return DatasetSpec(
        name=name,
        title=name,
        description="",
        classes=(),
        group="picture",
        licence="not known",
        citation=f"Own data in {printable(file)}.",
        caution=_CAUTION,
        file=file,
    )


def _described(spec: DatasetSpec, parts: Sequence[PartArrays]) -> DatasetSpec:
    """An archive of somebody, with its classes."""
    classes = _own_classes(parts, spec.file)
    pictures, (height, width) = sum(len(part.labels) for part in parts), parts[0].size
    source = f"the archive {spec.file}" if spec.file.lower().endswith(".npz") else f"arrays in {spec.file}"
    what = f"{pictures:,} pictures of {width}×{height} pixels in {len(classes)} classes, from {source}."
    names = [part.groups_name for part in parts]
    if not all(names):
        return replace(spec, description=what, classes=classes)
    word = group_word(re.sub(r"^(train|training|val|valid|validation|test)_|_(train|val|valid|test)$", "", names[0]))
    return replace(spec, description=what, classes=classes, group=word[0] if word else "group", caution="")


def _own_classes(parts: Sequence[PartArrays], file: str) -> tuple[ClassSpec, ...]:
    numbers = np.unique(np.concatenate([part.labels for part in parts]))
    if len(numbers) < 2:
        raise DataError(f"Every picture of {file} has the label {numbers[0]}. Give it two classes or more.")
    if len(numbers) > MOST_CLASSES:
        raise DataError(f"{file} has {len(numbers):,} different labels; a data set has at most {MOST_CLASSES} classes.")
    if numbers.dtype.kind != "i":
        said = [(str(name), diagnosis(str(name))) for name in numbers]
        return tuple(ClassSpec(key, each.name if each.known else key, each.malignant) for key, each in said)
    return tuple(ClassSpec(str(number), str(number), malignant=None) for number in numbers)


def _note(spec: DatasetSpec, listing: Listing) -> str:
    if is_unpacked(spec.name, array_files(_place(listing.folder, spec))):
        return ""
    known = published(spec.file)
    if known is None:
        return "Will be unpacked to picture files when you first use it."
    size = known.pictures * _bytes_on_disk(known.side**2 * known.channels) / 1e6
    return f"Will be unpacked to picture files when you first use it: about {size:,.0f} MB."


ARRAY_ARCHIVES = Adapter(
    _recognise, read_archive, known=(DERMAMNIST_SPECS[28],), wanted=DERMAMNIST_SPECS[28].file, note=_note, arrays=True
)
