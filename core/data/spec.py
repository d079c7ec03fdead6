"""What every data set looks like to the rest of the project."""

from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

OLDEST = 130
"""The greatest number that is taken for an age, in years; nobody is known to have been older than 122."""
MOST_CLASSES = 50
"""A data set has at most so many classes."""

TIDY_COLUMNS = (
    "image_id",
    "path",
    "label",
    "group_id",
    "age",
    "sex",
    "site",
    "diagnosis_method",
    "source",
    "split",
)

TAKEN_COLUMNS = frozenset(
    "a a_deviation b b_deviation blue brightness class confidence contrast correctness count diagnosis file green "
    "group height images kind lightness loss malignancy malignant maximum mean median minimum number part photos "
    "pictured reason red row rows share sharpness value variance width x y".split()
) | {"lowest 5 %", "lower quartile", "upper quartile", "highest 5 %", "standard deviation", "not recorded"}
"""Names that measures, maps, charts and tables put beside metadata: no further column of a file may have them."""


@dataclass(frozen=True)
class ClassSpec:
    """One class: the key used in tables, the name used in sentences, and whether it is malignant.

    `malignant` is None where nobody has said so: a folder called “type 3” tells nothing.
    """

    key: str
    name: str
    malignant: bool | None

    @property
    def short(self) -> str:
        """What stands for it where room is scarce: its key, or its name where the key is a number."""
        return self.name if self.key.lstrip("+-").replace(".", "", 1).isdecimal() else self.key

    @property
    def kind(self) -> str:
        """ "malignant", "benign" or "not known to be malignant or benign", for sentences."""
        if self.malignant is None:
            return "not known to be malignant or benign"
        return "malignant" if self.malignant else "benign"


@dataclass(frozen=True)
class DatasetSpec:
    """What is known about a data set before any of its files is read."""

    name: str
    title: str
    description: str
    classes: tuple[ClassSpec, ...]
    group: str
    """What must not be split, as a noun: "lesion", "patient", "slide"."""
    licence: str
    citation: str
    homepage: str = ""
    synthetic: bool = False
    caution: str = ""
    """What must be known before trusting a figure on these data, in one or two sentences; shown with the data set."""
    unsure: str = ""
    """What somebody must answer before it is trained on, in sentences; "" where all is certain or agreed to."""
    unpictured: bool = False
    """True where tables describe pictures of which none is here: it is explored, and nothing can learn from it."""
    single_class: str = ""
    """Key of the class of which all pictures are that are here; "" where they are of several, or nobody has looked."""
    untrained: tuple[ClassSpec, ...] = ()
    """Classes that stand in `Dataset.described` alone: they are explored, and no model learns them."""
    file: str = ""
    """Name of the file that holds it, where each of several in a folder is a data set."""
    holds: Literal["pictures", "genes"] = "pictures"
    """What there is of each example: a picture, or the expression of genes in a sample."""
    problem: str = ""
    """Why it cannot be used although it is known what it is; it is listed with that, and not as being here."""

    @property
    def class_keys(self) -> tuple[str, ...]:
        """Class keys in the order in which models number them."""
        return tuple(c.key for c in self.classes)

    @property
    def class_names(self) -> dict[str, str]:
        """Full name of each class by its key."""
        return {c.key: c.name for c in self.classes}

    @property
    def malignant_keys(self) -> tuple[str, ...]:
        """Keys of the malignant classes."""
        return tuple(c.key for c in self.classes if c.malignant)

    @property
    def malignancy_known(self) -> bool:
        """Whether each class is known to be malignant or benign; if not, a malignant share means nothing."""
        return all(c.malignant is not None for c in self.classes)


@dataclass(frozen=True)
class Skip:
    """A row or file that was left out, and why, in words for a person."""

    image_id: str
    path: str
    reason: str


@dataclass(frozen=True)
class Dataset:
    """A data set that is here: its specification and its tidy metadata.

    `table` has one row per image and the columns `TIDY_COLUMNS`: `image_id`, `path` (absolute), `label`
    (a class key), `group_id`, `age` (years, float), `sex` ("female" or "male"), `site`,
    `diagnosis_method`, `source`, `split` ("train", "validation" or "test" where the publishers divided the
    data). Further columns are extra metadata. What is not known is missing (NaN), never a special value.

    `described` has the same columns and is for exploring alone: every row of `table`, and those whose picture
    is not here (`path` is missing) or whose class is one of `spec.untrained`.
    """

    spec: DatasetSpec
    table: pd.DataFrame
    root: Path
    skipped: tuple[Skip, ...] = field(default=())
    described: pd.DataFrame = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.described is None:
            object.__setattr__(self, "described", self.table)


def tidy(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows with all of `TIDY_COLUMNS` first, in their order, and further columns behind them.

    A further column with a name of `TAKEN_COLUMNS` is renamed: `photos` becomes `photos (file)`.
    """
    absent = {name: pd.Series(np.nan, rows.index) for name in TIDY_COLUMNS if name not in rows}
    extra = [name for name in rows.columns if name not in TIDY_COLUMNS]
    taken = {*TAKEN_COLUMNS, *rows.columns}
    renamed = {name: unlike(name, taken, "file") for name in extra if name in TAKEN_COLUMNS}
    return rows.assign(**absent)[[*TIDY_COLUMNS, *extra]].rename(columns=renamed).reset_index(drop=True)


def with_own_groups(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows with a `group_id` each: where it is missing the image id, made unlike every group of others."""
    alone = rows["group_id"].isna()
    if not alone.any():
        return rows.assign(group_id=rows["group_id"].infer_objects())
    if alone.all():
        return rows.assign(group_id=rows["image_id"])
    own = rows.loc[alone, "image_id"]
    clashing = own.isin(rows.loc[~alone, "group_id"])
    if clashing.any():
        taken = {*rows.loc[~alone, "group_id"], *own}
        own = own.mask(clashing, own[clashing].map(lambda image_id: unlike(image_id, taken, "alone")))
    return rows.assign(group_id=rows["group_id"].astype(object).where(~alone, own).infer_objects())


def unlike(name: str, taken: Container[str], mark: str) -> str:
    """A name that is not taken: itself, or with the mark behind it in brackets, numbered if need be."""
    tried, number = name, 1
    while tried in taken:
        tried = f"{name} ({mark})" if number == 1 else f"{name} ({mark} {number})"
        number += 1
    return tried
