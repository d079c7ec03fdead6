"""Any folder with a sub-folder of pictures per class, optionally with a `groups.csv`: a data set by its own name.

The sub-folders may also stand below folders called train, validation and test, which are then the official parts.
A `groups.csv` names pictures and what must not be split, and may hold labels and any further columns.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from core.base.errors import DataError
from core.base.progress import Progress
from core.data.adapters.adapter import Adapter
from core.data.adapters.groups_file import GROUPS_FILE, GroupsFile, read_groups_header
from core.data.adapters.listing import Listing, holds_pictures, list_folder
from core.data.adapters.metadata_file import part_of
from core.data.adapters.picture_files import picture_files, stem
from core.data.diagnoses import diagnosis
from core.data.spec import ClassSpec, Dataset, DatasetSpec, Skip, tidy, with_own_groups

MOST_CLASSES = 50
_UNKNOWN_GROUPS = (
    "so nobody knows which pictures belong together: each counts as a group of its own, and pictures of one patient "
    "may stand on both sides of a split."
)
NO_GROUPS = f"There is no {GROUPS_FILE}, {_UNKNOWN_GROUPS}"
NONE_GROUPED = f"{GROUPS_FILE} gives no group of any picture that is here, {_UNKNOWN_GROUPS}"


@dataclass(frozen=True)
class _ClassFolder:
    folder: Path
    label: str
    part: str | None


def read_class_folders(folder: Path, spec: DatasetSpec, progress: Progress | None = None) -> Dataset:  # noqa: ARG001
    """Read a folder per class into tidy metadata.

    An image id is the file name without ending, or the path from the folder where two files share a name.
    Pictures that `groups.csv` does not name are groups of their own, which `Dataset.skipped` and the caution of the
    specification count; rows of it without a picture, pictures whose label there is not their folder, and pictures
    that it puts into several groups are listed in `Dataset.skipped`.

    Raises:
        DataError: no class, more than 50 classes, a `groups.csv` without the needed columns, or no picture left.
    """
    folder = folder.absolute()
    listing = list_folder(folder)
    places = _class_folders(listing)
    groups = GroupsFile.read(folder / GROUPS_FILE) if GROUPS_FILE in listing.files else None
    found: list[tuple[str, str | None, str | None]] = []
    skipped: list[Skip] = []
    for place in places:
        others = [folder, *(other.folder for other in places if other != place)]
        found += [(path, place.label, place.part) for path in picture_files(place.folder, others, skipped)]
    if groups is not None and groups.has_labels:
        inside = {path for path, _, _ in found}
        found += [(path, None, None) for path in picture_files(folder, skipped=[]) if path not in inside]
    rows = pd.DataFrame(found, columns=["path", "label", "split"], dtype=object)
    rows["file"] = rows["path"].str.slice(len(str(folder)) + 1)
    stems = rows["path"].map(stem)
    rows.insert(0, "image_id", stems.where(~stems.duplicated(keep=False), rows["file"]))
    if groups is None:
        rows["group_id"] = None
    else:
        rows = groups.joined(rows, skipped)
    rows = rows.drop(columns="file")
    rows = rows[rows["label"].notna()]
    if rows.empty:
        raise DataError(
            f"No picture of {folder} has a class. Put the pictures of each class into a folder of its own there"
            + (f". First reason: {skipped[0].reason}" if skipped else ".")
        )
    labels = sorted(rows["label"].unique())
    if labels != list(spec.class_keys):  # classes that stand in groups.csv alone, or folders without a picture
        again = _specified(listing, labels, groups.group_noun if groups else None)
        spec = replace(again, name=spec.name, title=spec.title)
    alone = int(rows["group_id"].isna().sum())
    if groups is not None and alone == len(rows):
        spec = replace(spec, group="picture", caution=NONE_GROUPED)
    elif groups is not None and alone:
        spec = replace(spec, caution=_some_alone(alone, len(rows), spec.group))
        skipped.append(Skip("", "", f"{spec.caution} Name them in {GROUPS_FILE}."))
    return Dataset(spec, tidy(with_own_groups(rows)), folder, tuple(skipped))


def _some_alone(alone: int, pictures: int, noun: str) -> str:
    return (
        f"{alone:,} of {pictures:,} pictures have no {noun} in {GROUPS_FILE}: each counts as a group of its own, and "
        f"pictures of one {noun} may stand on both sides of a split."
    )


def _specified(listing: Listing, labels: list[str], group_noun: str | None) -> DatasetSpec:
    _check_number(listing.folder, len(labels))
    classes = tuple(_class_spec(label) for label in labels)
    names = ", ".join(c.name for c in classes[:8]) + (" …" if len(classes) > 8 else "")
    return DatasetSpec(
        name=listing.folder.name,
        title=listing.folder.name,
        description=f"Pictures from a folder per class, {len(classes)} classes: {names}.",
        classes=classes,
        group=group_noun or "picture",
        licence="not known",
        citation=f"Own data in {listing.folder.name}.",
        caution="" if group_noun else NO_GROUPS,
    )


def _class_spec(label: str) -> ClassSpec:
    """A class as its folder's name tells it."""
    meant = diagnosis(label)
    return ClassSpec(label, meant.name, meant.malignant)


def _class_folders(listing: Listing) -> list[_ClassFolder]:
    """Sub-folders with pictures, or those of sub-folders that are called train, validation, test."""
    parts = [(name, part_of(name)) for name in listing.folders]
    if sum(part is not None for _, part in parts) >= 2:
        places = []
        for name, part in parts:
            if part is None:
                continue
            inner = list_folder(listing.folder / name)
            places += [_ClassFolder(inner.folder / each, each, part) for each in inner.folders]
        return [place for place in places if holds_pictures(place.folder)]
    return [
        _ClassFolder(listing.folder / name, name, None)
        for name in listing.folders
        if holds_pictures(listing.folder / name)
    ]


def _check_number(folder: Path, classes: int) -> None:
    if classes > MOST_CLASSES:
        raise DataError(
            f"{folder} has {classes} folders with pictures; a data set has at most {MOST_CLASSES} classes. Put the "
            "pictures of each class into one folder."
        )


def _recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
    header = read_groups_header(listing.folder / GROUPS_FILE) if GROUPS_FILE in listing.files else None
    labels = sorted({place.label for place in _class_folders(listing)})
    if len(labels) >= 2:
        return (_specified(listing, labels, header.noun if header else None),)
    if header is not None and header.label is not None and (labels or listing.pictures):
        labels = sorted(GroupsFile.read(listing.folder / GROUPS_FILE).labels())
        return (_specified(listing, labels, header.noun),) if labels else ()
    return ()


CLASS_FOLDERS = Adapter(_recognise, read_class_folders)
