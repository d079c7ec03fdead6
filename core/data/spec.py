"""What every data set looks like to the rest of the project."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

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


@dataclass(frozen=True)
class ClassSpec:
    """One class: the key used in tables, the name used in sentences, and whether it is malignant."""

    key: str
    name: str
    malignant: bool


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
    `diagnosis_method`, `source`, `split`. What is not known is missing (NaN), never a special value.
    """

    spec: DatasetSpec
    table: pd.DataFrame
    root: Path
    skipped: tuple[Skip, ...] = field(default=())
