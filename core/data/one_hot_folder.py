"""A folder of pictures with an ISIC-style one-hot ground-truth CSV."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.ham10000 import PICTURE_SUFFIXES, ages, read_texts, without_duplicates
from core.data.spec import TIDY_COLUMNS, ClassSpec, Dataset, DatasetSpec, Skip
from core.errors import DataError

SYNONYMS = {"ak": "akiec"}
"""Names that other ISIC challenges use for a class of HAM10000."""
_WEIGHTS = frozenset({"score_weight", "validation_weight"})
"""Columns of ISIC ground truths that hold zeros and ones (or shares) but are no diagnosis."""
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
    tables = {path: read_texts(path) for path in sorted(folder.glob("*.csv"))}
    keys = {c.key for c in classes}
    candidates = {p: t for p, t in tables.items() if "image" in t and any(_key(c) in keys for c in t.columns)}
    truths = {p: t for p, t in candidates.items() if _has_one_hot_class(t, keys)} or candidates
    if not truths:
        raise DataError(
            f"{folder} has no ground-truth CSV with a column “image” and a column per class "
            f"({', '.join(sorted(keys)).upper()})."
        )
    if len(truths) > 1:
        raise DataError(f"{folder} has several ground-truth files: {', '.join(p.name for p in truths)}. Keep one.")
    [(path, truth)] = truths.items()
    nameless = truth["image"].isna()
    skipped = [
        Skip("", "", f"Line {position + 2} of {path.name} names no image. Name it there to use it.")
        for position in truth.index[nameless]
    ]
    truth = truth[~nameless]
    columns = [c for c in truth.columns if _key(c) in keys or _is_one_hot_column(truth[c])]
    columns = [c for c in columns if c != "image" and _key(c) not in _WEIGHTS]
    marks = truth[columns].apply(pd.to_numeric, errors="coerce").fillna(0).to_numpy()
    wrong = np.flatnonzero((marks.sum(axis=1) != 1) | ~np.isin(marks, (0, 1)).all(axis=1))
    if len(wrong):
        raise DataError(
            f"{path.name}: {len(wrong):,} rows do not mark exactly one class; the first is line "
            f"{truth.index[wrong[0]] + 2}. Put a 1 in one column of each row and a 0 in the others."
        )
    labels = np.array([_key(c) for c in columns])[marks.argmax(axis=1)]
    table = without_duplicates(pd.DataFrame({"image_id": truth["image"], "label": labels}), "label", skipped)
    found: dict[str, str] = {}
    for picture in _picture_files(folder):
        found.setdefault(picture.stem, str(picture.resolve()))
    table = table.assign(path=table["image_id"].map(found))
    skipped += [
        Skip(row.image_id, "", f"Its class {row.label} is not one of {', '.join(sorted(keys))}, which the run knows.")
        for row in table[~table["label"].isin(keys)].itertuples()
    ]
    table = table[table["label"].isin(keys)]
    skipped += [
        Skip(i, "", f"No picture {i} in {folder}. Put it there to use it.")
        for i in table.loc[table["path"].isna(), "image_id"]
    ]
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


def _picture_files(folder: Path) -> Iterator[Path]:
    """Picture files at any depth, in a stable order; follows links to folders, each real folder once."""
    visited: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders.sort()
        yield from (Path(place, name) for name in sorted(files) if Path(name).suffix.lower() in PICTURE_SUFFIXES)


def _key(column: str) -> str:
    key = column.strip().lower()
    return SYNONYMS.get(key, key)


def _has_one_hot_class(table: pd.DataFrame, keys: set[str]) -> bool:
    return any(_key(c) in keys and _is_one_hot_column(table[c]) for c in table.columns)


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
    table["age"] = ages(table["age"])
    return table
