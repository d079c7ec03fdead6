"""HAM10000 from a folder in the layout of its public download: a metadata CSV and folders of JPEGs."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.skin import HAM10000_CLASSES
from core.data.spec import TIDY_COLUMNS, Dataset, DatasetSpec, Skip
from core.errors import DataError

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
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})

_NEEDED = ("image_id", "lesion_id", "dx")
_OPTIONAL = {"dx_type": "diagnosis_method", "sex": "sex", "localization": "site", "dataset": "source"}
_NOT_KNOWN = ("unknown", "", "nan", "none", "null")


def read_ham10000(folder: Path, spec: DatasetSpec = HAM10000_SPEC, metadata_file: str = METADATA_FILE) -> Dataset:
    """Read a HAM10000-style folder into tidy metadata.

    The CSV needs `image_id`, `lesion_id`, `dx`; `dx_type`, `age` (years), `sex`, `localization` are used
    where present. Pictures are looked up by image id in the folder and its direct sub-folders (parts 1
    and 2 of the download). Rows that cannot be used are listed in `Dataset.skipped`.

    Raises:
        DataError: the folder or CSV is missing, empty or unreadable, a needed column is missing, or no
            row is left.
    """
    folder = folder.absolute()
    rows = _read_metadata(folder, metadata_file)
    skipped: list[Skip] = []
    rows = _without_unknown_classes(rows, spec, skipped)
    rows = without_duplicates(rows, "dx", skipped)
    rows = _with_paths(rows, folder, skipped)
    if rows.empty:
        first = f" First reason: {skipped[0].reason}" if skipped else ""
        raise DataError(
            f"No usable picture is left in {folder}: {len(skipped):,} rows of {metadata_file} were skipped.{first}"
        )
    table = pd.DataFrame(
        {
            "image_id": rows["image_id"],
            "path": rows["path"],
            "label": rows["dx"],
            "group_id": rows["lesion_id"].where(rows["lesion_id"].notna(), rows["image_id"]),
            "age": ages(rows["age"]) if "age" in rows else np.nan,
            **{new: rows.get(old) for old, new in _OPTIONAL.items()},
            "split": None,
        }
    )
    return Dataset(spec, table[list(TIDY_COLUMNS)].reset_index(drop=True), folder, tuple(skipped))


def _read_metadata(folder: Path, metadata_file: str) -> pd.DataFrame:
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}.")
    path = folder / metadata_file
    if not path.is_file():
        what = "is empty" if not any(folder.iterdir()) else f"has no {metadata_file}"
        raise DataError(f"The folder {folder} {what}. Put {metadata_file} and the image folders of the download there.")
    rows = read_texts(path)
    missing = [name for name in _NEEDED if name not in rows.columns]
    if missing:
        raise DataError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; it has "
            f"{', '.join(map(str, rows.columns[:12]))}. Use the metadata file as it was published."
        )
    if rows.empty:
        raise DataError(f"{path} has a header but no rows.")
    return rows


def read_texts(path: Path) -> pd.DataFrame:
    """Read a CSV as texts without blanks around them; what is not known is missing (NaN).

    Raises:
        DataError: the file is not a CSV table in UTF-8, or its lines are longer than its header.
    """
    try:
        rows = pd.read_csv(path, dtype=str, skipinitialspace=True)
    except (ValueError, OSError) as error:  # pandas' parser errors are ValueErrors
        raise DataError(f"{path} cannot be read as a CSV table: {error}") from error
    if not isinstance(rows.index, pd.RangeIndex):  # pandas then takes the first column as names of the rows
        raise DataError(f"The lines of {path} have more fields than its header. Use the file as it was published.")
    for name in rows.columns:
        text = rows[name].str.strip()
        rows[name] = text.mask(text.str.lower().isin(_NOT_KNOWN))
    return rows


def ages(texts: pd.Series) -> pd.Series:
    """Ages in years, float64; what is not a number of 0 or more is missing."""
    years = pd.to_numeric(texts, errors="coerce").astype("float64")
    return years.where(years.between(0, np.inf, inclusive="left"))


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


def without_duplicates(rows: pd.DataFrame, label: str, skipped: list[Skip]) -> pd.DataFrame:
    """Keep one row per `image_id`, and none where the column `label` contradicts itself; adds to `skipped`."""
    repeated = rows["image_id"].duplicated(keep=False)
    if not repeated.any():
        return rows
    drop = rows["image_id"].duplicated(keep="first")
    for image_id, same in rows[repeated].groupby("image_id"):
        if same[label].nunique() > 1:
            drop |= rows["image_id"] == image_id
            reason = (
                f"The image id stands {len(same)} times with different diagnoses; none is used. Keep the right row."
            )
        else:
            reason = f"The image id stands {len(same)} times; the first row is used."
        skipped.append(Skip(str(image_id), "", reason))
    return rows[~drop]


def _with_paths(rows: pd.DataFrame, folder: Path, skipped: list[Skip]) -> pd.DataFrame:
    found: dict[str, str] = {}
    try:
        for entry in _picture_files(folder):
            found.setdefault(Path(entry.name).stem, entry.path)
    except OSError as error:
        raise DataError(f"The image folder {error.filename} cannot be read: {error.strerror}.") from error
    paths = rows["image_id"].map(found)
    for image_id in rows.loc[paths.isna(), "image_id"]:
        skipped.append(
            Skip(image_id, "", f"No file {image_id}.jpg in {folder} or its folders. Put it there to use it.")
        )
    return rows.assign(path=paths)[paths.notna()]


def _picture_files(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Picture files in `folder`, then in its direct sub-folders, by name, so that the same wins each time."""
    for place in [folder, *sorted(p for p in folder.iterdir() if p.is_dir())]:
        with os.scandir(place) as entries:
            yield from (e for e in entries if Path(e.name).suffix.lower() in PICTURE_SUFFIXES and e.is_file())
