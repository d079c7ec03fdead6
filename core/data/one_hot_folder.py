"""A folder of pictures with an ISIC-style one-hot ground-truth CSV."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.ham10000 import PICTURE_SUFFIXES
from core.data.spec import TIDY_COLUMNS, ClassSpec, Dataset, DatasetSpec, Skip
from core.errors import DataError

SYNONYMS = {"ak": "akiec"}
"""Names that other ISIC challenges use for a class of HAM10000."""
_METADATA = {"lesion_id": "group_id", "age_approx": "age", "sex": "sex", "anatom_site_general": "site"}


def open_one_hot_folder(folder: Path, classes: tuple[ClassSpec, ...]) -> Dataset:
    """Read a folder with pictures (at any depth) and one CSV that has a column per class.

    The CSV has a column `image` and one column of zeros and ones per diagnosis (MEL, NV, BCC, …, any case),
    as in the ground truth of the ISIC challenges. A second CSV with `image` and `lesion_id`, `age_approx`,
    `sex` or `anatom_site_general` is used where it lies beside it; without lesion ids every picture is its
    own group.

    Args:
        folder: where pictures and CSV lie.
        classes: the classes to keep; pictures of others are skipped and listed.

    Raises:
        DataError: no such CSV, several of them, not one-hot, or no picture left.
    """
    tables = {path: _read(path) for path in sorted(folder.glob("*.csv"))}
    keys = {c.key for c in classes}
    truths = {path: t for path, t in tables.items() if "image" in t and _class_columns(t, keys)}
    if not truths:
        raise DataError(
            f"{folder} has no ground-truth CSV with a column “image” and a column per class "
            f"({', '.join(sorted(keys)).upper()})."
        )
    if len(truths) > 1:
        raise DataError(f"{folder} has several ground-truth files: {', '.join(p.name for p in truths)}. Keep one.")
    [(path, truth)] = truths.items()
    columns = [c for c in truth.columns if c != "image" and _is_one_hot_column(truth[c])]
    marks = truth[columns].apply(pd.to_numeric, errors="coerce").fillna(0).to_numpy()
    wrong = np.flatnonzero((marks.sum(axis=1) != 1) | ~np.isin(marks, (0, 1)).all(axis=1))
    if len(wrong):
        raise DataError(
            f"{path.name}: {len(wrong):,} rows do not mark exactly one class; the first is line {wrong[0] + 2}."
        )
    labels = np.array([_key(c) for c in columns])[marks.argmax(axis=1)]
    table = pd.DataFrame({"image_id": truth["image"].astype(str), "label": labels})
    table = table.drop_duplicates("image_id")
    found = {p.stem: str(p.resolve()) for p in sorted(folder.rglob("*")) if p.suffix.lower() in PICTURE_SUFFIXES}
    table["path"] = table["image_id"].map(found)
    skipped = [
        Skip(row.image_id, "", f"Its class {row.label} is not one of {', '.join(sorted(keys))}.")
        for row in table[~table["label"].isin(keys)].itertuples()
    ]
    table = table[table["label"].isin(keys)]
    skipped += [Skip(i, "", f"No picture {i} in {folder}.") for i in table.loc[table["path"].isna(), "image_id"]]
    table = table[table["path"].notna()]
    if table.empty:
        raise DataError(f"No picture of {folder} is left: {skipped[0].reason if skipped else 'the CSV is empty.'}")
    table = _with_metadata(table, [t for p, t in tables.items() if p != path and "image" in t])
    spec = DatasetSpec(
        name=_cache_name(folder),
        title=folder.resolve().name,
        description=f"Pictures of {folder} with the ground truth of {path.name}.",
        classes=classes,
        group="lesion",
        licence="not known",
        citation="not known",
    )
    return Dataset(spec, table[list(TIDY_COLUMNS)].reset_index(drop=True), folder, tuple(skipped))


def _cache_name(folder: Path) -> str:
    """A name for caches and results that no named data set and no other folder has."""
    place = folder.resolve()
    readable = re.sub(r"[^\w-]+", "-", place.name)
    return f"folder-{readable}-{hashlib.sha256(str(place).encode()).hexdigest()[:6]}"


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str)
    except (ValueError, OSError) as error:
        raise DataError(f"{path} cannot be read as a CSV table: {error}") from error


def _key(column: str) -> str:
    key = column.strip().lower()
    return SYNONYMS.get(key, key)


def _class_columns(table: pd.DataFrame, keys: set[str]) -> list[str]:
    return [c for c in table.columns if _key(c) in keys and _is_one_hot_column(table[c])]


def _is_one_hot_column(values: pd.Series) -> bool:
    numbers = pd.to_numeric(values, errors="coerce")
    return bool(len(numbers)) and bool(numbers.isin((0, 1)).all())


def _with_metadata(table: pd.DataFrame, others: list[pd.DataFrame]) -> pd.DataFrame:
    for other in others:
        wanted = [c for c in _METADATA if c in other.columns and _METADATA[c] not in table.columns]
        table = table.merge(
            other[["image", *wanted]].drop_duplicates("image"), "left", left_on="image_id", right_on="image"
        )
        table = table.drop(columns="image").rename(columns=_METADATA)
    for column in TIDY_COLUMNS:
        if column not in table:
            table[column] = np.nan
    table["group_id"] = table["group_id"].where(table["group_id"].notna(), table["image_id"])
    table["age"] = pd.to_numeric(table["age"], errors="coerce")
    return table
