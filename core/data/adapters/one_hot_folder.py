"""A folder of pictures with an ISIC-style one-hot ground-truth CSV."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.data.adapters.metadata_file import ages, read_texts, without_duplicates
from core.data.adapters.one_hot import class_of_each_row, is_one_hot_column
from core.data.adapters.pictures_by_stem import PicturesByStem
from core.data.adapters.skin import class_in
from core.data.spec import TIDY_COLUMNS, ClassSpec, Dataset, DatasetSpec, Skip, with_own_groups

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
    candidates = {p: t for p, t in tables.items() if "image" in t and any(_key(c, keys) in keys for c in t.columns)}
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
    labels = class_of_each_row(truth, keys, path, lambda column: _key(column, keys))
    table = without_duplicates(pd.DataFrame({"image_id": truth["image"], "label": labels}), "label", skipped)
    found = PicturesByStem([folder], skipped)
    table = table.assign(
        path=found.of(table["image_id"]).map(lambda path: str(Path(path).resolve()), na_action="ignore")
    )
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
    table = _with_metadata(table, [t for p, t in tables.items() if p != path and "image" in t], skipped)
    spec = DatasetSpec(
        name=cache_name(folder),
        title=folder.resolve().name,
        description=f"Pictures of {folder} with the ground truth of {path.name}.",
        classes=classes,
        group="lesion",
        licence="not known",
        citation="not known",
    )
    return Dataset(spec, table[list(TIDY_COLUMNS)].reset_index(drop=True), folder, tuple(skipped))


def has_ground_truth(folder: Path, classes: tuple[ClassSpec, ...]) -> bool:
    """Whether a CSV in a folder has a column `image` and one for any of the classes.

    Raises:
        DataError: a CSV there cannot be read.
    """
    keys = {c.key for c in classes}
    return any(
        "image" in table and any(_key(c, keys) in keys for c in table.columns)
        for table in map(read_texts, sorted(folder.glob("*.csv")))
    )


def cache_name(folder: Path) -> str:
    """A name for caches and results that no named data set and no other folder has."""
    place = folder.resolve()
    readable = re.sub(r"[^\w-]+", "-", place.name)
    return f"folder-{readable}-{hashlib.sha256(str(place).encode()).hexdigest()[:6]}"


def _key(column: str, keys: set[str]) -> str:
    return class_in(column.strip().lower(), keys)


def _has_one_hot_class(table: pd.DataFrame, keys: set[str]) -> bool:
    return any(_key(c, keys) in keys and is_one_hot_column(table[c]) for c in table.columns)


def _with_metadata(table: pd.DataFrame, others: list[pd.DataFrame], skipped: list[Skip]) -> pd.DataFrame:
    for other in others:
        wanted = [c for c in _METADATA if c in other.columns and _METADATA[c] not in table.columns]
        table = table.merge(
            other[["image", *wanted]].drop_duplicates("image"), "left", left_on="image_id", right_on="image"
        )
        table = table.drop(columns="image").rename(columns=_METADATA)
    for column in TIDY_COLUMNS:
        if column not in table:
            table[column] = np.nan
    table["age"] = ages(table["age"], skipped)
    return with_own_groups(table)
