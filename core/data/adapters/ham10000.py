"""HAM10000 from a folder in the layout of its public downloads: a metadata table and folders of JPEGs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.progress import Progress, silent
from core.data.adapters.adapter import Adapter
from core.data.adapters.listing import Listing, holds_pictures, list_folder
from core.data.adapters.metadata_file import ages, read_texts, without_duplicates
from core.data.adapters.pictures_by_stem import PicturesByStem, pictured
from core.data.adapters.skin import HAM10000_CLASSES, class_in
from core.data.compact_texts import mapped
from core.data.spec import Dataset, DatasetSpec, Skip, tidy, with_own_groups

HAM10000_SPEC = DatasetSpec(
    name="ham10000",
    title="HAM10000",
    description=(
        "10,015 dermoscopy pictures of 7,470 pigmented skin lesions in seven diagnoses, collected over 20 "
        "years in Vienna and Queensland."
    ),
    classes=HAM10000_CLASSES,
    group="lesion",
    licence="CC BY-NC 4.0 (non-commercial use only)",
    citation=(
        "Tschandl P., Rosendahl C., Kittler H.: The HAM10000 dataset, a large collection of multi-source "
        "dermatoscopic images of common pigmented skin lesions. Scientific Data 5, 180161 (2018). "
        "doi:10.1038/sdata.2018.161"
    ),
    homepage="https://doi.org/10.7910/DVN/DBW86T",
)
METADATA_FILE = "HAM10000_metadata.csv"
METADATA_FILES = (METADATA_FILE, "HAM10000_metadata", "HAM10000_metadata.tab")
"""As on Kaggle, and as the Harvard Dataverse gives it: as it was deposited, or as tab-separated text."""
_PICTURE_ENDING = r"(?i)\.(?:jpe?g|png|tiff?|bmp|webp)$"
_NO_LESIONS = (
    "The table has no lesion_id, so nobody knows which pictures are of one lesion: each counts as one of its own, and "
    "photos of one lesion may stand on both sides of a split."
)
_METADATA_NAME = re.compile(r"ham10000_metadata(?: ?\(\d+\)| - copy)?(?:\.(?:csv|tab|tsv|txt))?", re.IGNORECASE)
"""However a download manager or a person has spelt it."""

PIXEL_TABLES = {
    "hmnist_28_28_RGB.csv": (28, 3),
    "hmnist_28_28_L.csv": (28, 1),
    "hmnist_8_8_RGB.csv": (8, 3),
    "hmnist_8_8_L.csv": (8, 1),
}
"""Tables of pixels that Kaggle gives beside the pictures, with side and channels; see `core.data.adapters.hmnist`."""

SOURCE_FILE = "HAM10000_source.csv"
"""The source of each picture (image_id, dataset), which Kaggle's table lacks and the Dataverse's has."""
_NEEDED = ("image_id", "dx")
_OPTIONAL = {"dx_type": "diagnosis_method", "sex": "sex", "localization": "site", "dataset": "source"}


def read_ham10000(folder: Path, spec: DatasetSpec = HAM10000_SPEC, metadata_file: str = "") -> Dataset:
    """Read a HAM10000-style folder into tidy metadata.

    The table needs `image_id`, `lesion_id`, `dx`; `dx_type`, `age` (years), `sex`, `localization`, `dataset` are
    used where present, `dataset` also from `SOURCE_FILE` beside it. Pictures are looked up by image id in the folder
    and its sub-folders (parts 1 and 2 of the download). Rows that cannot be used are listed in `Dataset.skipped`;
    those without a picture stand in `Dataset.described`.

    Args:
        folder: where it lies.
        spec: what is known of it; rows of other classes are skipped.
        metadata_file: name of the table; by default the first of `METADATA_FILES` that is there.

    Raises:
        DataError: the folder or table is missing, empty or unreadable, a needed column is missing, or no row is
            left. That no picture is there is no error, but what keeps them from
            being read is: what is described can be explored.
    """
    folder = folder.absolute()
    path = metadata_path(folder, metadata_file)
    skipped: list[Skip] = []
    described = tidy_metadata(_with_source(read_metadata(path), folder), spec, skipped)
    faults: list[Skip] = []
    described["path"] = PicturesByStem([folder], faults).of(described["image_id"])
    skipped += faults
    for image_id in described.loc[described["path"].isna(), "image_id"]:
        skipped.append(
            Skip(image_id, "", f"No file {image_id}.jpg in {folder.name} or its folders. Put it there to use it.")
        )
    here = described["path"].notna()
    table = described if here.all() else described[here].reset_index(drop=True)  # not twice in memory
    if described.empty:
        raise _no_row_left(path, skipped)
    if table.empty and faults:
        raise DataError(f"No usable picture is left in {folder.name}. First reason: {faults[0].reason}")
    if described["group_id"].equals(described["image_id"]):
        spec = replace(spec, group="picture", caution=_NO_LESIONS)
    return Dataset(spec, table, folder, tuple(skipped), described)


def _no_row_left(path: Path, skipped: list[Skip]) -> DataError:
    first = f" First reason: {skipped[0].reason}" if skipped else ""
    return DataError(
        f"No usable row is left in {path.parent.name}: {len(skipped):,} rows of {path.name} were skipped.{first}"
    )


def metadata_path(folder: Path, metadata_file: str = "") -> Path:
    """The metadata table in a folder.

    Raises:
        DataError: there is none; the message says what to put there.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder.name}.")
    names = (metadata_file,) if metadata_file else METADATA_FILES
    for name in (*names, *_metadata_names(list_folder(folder).files)):
        if (folder / name).is_file():
            return folder / name
    what = "is empty" if not any(folder.iterdir()) else f"has no {names[0]}"
    raise DataError(f"The folder {folder.name} {what}. Put {names[0]} and the image folders of the download there.")


def read_metadata(path: Path) -> pd.DataFrame:
    """The rows of a metadata table as texts, in the order of the file.

    Raises:
        DataError: it cannot be read, has no rows, or lacks a needed column.
    """
    rows = read_texts(path)
    missing = [name for name in _NEEDED if name not in rows.columns]
    if missing:
        raise DataError(
            f"{path.name} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; it has "
            f"{', '.join(map(str, rows.columns[:12]))}. Use the metadata file as it was published."
        )
    if rows.empty:
        raise DataError(f"{path.name} has a header but no rows.")
    return rows


def _with_source(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The same rows with `dataset` from `SOURCE_FILE`, where they lack it and that file can be used."""
    file = folder / SOURCE_FILE
    if "dataset" in rows or not file.is_file():
        return rows
    try:
        told = read_texts(file)
    except DataError:
        return rows
    if not {"image_id", "dataset"} <= set(told):
        return rows
    told = told.assign(image_id=told["image_id"].str.replace(_PICTURE_ENDING, "", regex=True))
    source = told.drop_duplicates("image_id").set_index("image_id")["dataset"]
    return rows.assign(dataset=rows["image_id"].str.replace(_PICTURE_ENDING, "", regex=True).map(source))


def _metadata_names(names: Iterable[str]) -> list[str]:
    """Those of the names that are of the metadata table, however somebody has spelt it, such as "… (1).csv"."""
    return [name for name in names if _METADATA_NAME.fullmatch(name)]


def tidy_metadata(rows: pd.DataFrame, spec: DatasetSpec, skipped: list[Skip]) -> pd.DataFrame:
    """Tidy metadata without paths; what cannot be used is added to `skipped`."""
    rows = _usable(rows, spec, skipped)
    described = pd.DataFrame(
        {
            "image_id": rows["image_id"],
            "label": rows["dx"],
            "group_id": rows.get("lesion_id"),
            "age": ages(rows["age"], skipped) if "age" in rows else np.nan,
            **{new: rows.get(old) for old, new in _OPTIONAL.items()},
            "split": None,
        }
    )
    return tidy(with_own_groups(described))


def _usable(rows: pd.DataFrame, spec: DatasetSpec, skipped: list[Skip]) -> pd.DataFrame:
    """The rows that name a picture and a class of the data set, once each; the others are added to `skipped`."""
    means = {written: class_in(written.strip(), spec.class_keys) for written in rows["dx"].dropna().unique()}
    picture = rows["image_id"].str.replace(_PICTURE_ENDING, "", regex=True)
    rows = rows.assign(dx=mapped(rows["dx"], means.get), image_id=picture)
    return without_duplicates(_without_unknown_classes(rows, spec, skipped), "dx", skipped)


def _without_unknown_classes(rows: pd.DataFrame, spec: DatasetSpec, skipped: list[Skip]) -> pd.DataFrame:
    known = rows["dx"].isin(spec.class_keys)
    nameless = rows["image_id"].isna()
    for row in rows[~known & ~nameless].itertuples():
        label = "no diagnosis" if pd.isna(row.dx) else f"the unknown diagnosis “{row.dx}”"
        reason = f"The row has {label}; known are {', '.join(spec.class_keys)}. Correct it to use the picture."
        skipped.append(Skip(row.image_id, "", reason))
    for position in np.flatnonzero(nameless):
        skipped.append(
            Skip("", "", f"Line {position + 2} of the metadata has no image_id. Name its picture there to use it.")
        )
    return rows[known & ~nameless]


def _recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
    metadata = bool(_metadata_names(listing.files))
    only_as_table = any(name in listing.files for name in PIXEL_TABLES) and not holds_pictures(listing.folder, 3)
    return (HAM10000_SPEC,) if metadata and not only_as_table else ()


def _read(folder: Path, spec: DatasetSpec, progress: Progress = silent) -> Dataset:  # noqa: ARG001
    return read_ham10000(folder, spec)


def _classes_here(folder: Path, spec: DatasetSpec) -> Iterator[str]:
    path, skipped = metadata_path(folder), list[Skip]()
    rows = _usable(read_metadata(path), spec, skipped)
    if rows.empty:
        raise _no_row_left(path, skipped)
    return pictured(dict(zip(rows["image_id"], rows["dx"], strict=True)), folder)


HAM10000 = Adapter(
    _recognise,
    _read,
    known=(HAM10000_SPEC,),
    wanted=f"{METADATA_FILE} and the image folders",
    classes_here=_classes_here,
)
