"""A reading: what was understood of a folder of pictures, how each part of it is known, and what is not certain."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from core.data.reading.choices import Choices
from core.data.reading.groups import GroupColumn
from core.data.spec import ClassSpec, Skip
from core.data.splits.splits import TEST, TRAIN, VALIDATION

FOLDERS = "names of folders"
UNLABELLED = "unlabelled"
LABEL, GROUP, SPLIT, CONTRADICTED, HERE = "\0label", "\0group", "\0split", "\0contradicted", "\0here"
PART, FOLD = "\0part", "\0fold"
"""Columns of the rows while they are put together, which no column of a table can be called."""


@dataclass
class Reading:
    """What was understood of a folder.

    `kind` is "pictures" or "nothing". `rows` has a row per picture that is no mask, with `TIDY_COLUMNS` (`path` is
    absolute; `label` is missing where no class is known) and further columns; `described` has those too whose picture
    is not here. `classes` are in order of their keys. `columns` gives the column for each meaning, and `how` says in
    words how each is known; `used` are columns that together say the class. `offered` has the columns that would do for
    each meaning, the best first ("class": those that are written), and `every` all that could be chosen. `spellings`
    gives the class that another one is counted to which differs in case or blanks alone. `left_out` counts what is not
    used by reason, `not_known` those of them whose diagnosis is written to be unknown. `cautions` are sentences about
    what is used; `questions` what must be answered before anything is trained, `undecided` what may stay open, and
    `problem` says why nothing can be. `others` counts the pictures beside those of a known layout.
    """

    folder: Path
    choices: Choices
    kind: str = "nothing"
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    described: pd.DataFrame = field(default_factory=pd.DataFrame)
    classes: tuple[ClassSpec, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    table: str = ""
    group: GroupColumn | None = None
    coarser: tuple[GroupColumn, ...] = ()
    finer: tuple[GroupColumn, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    cautions: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    problem: str = ""
    skipped: list[Skip] = field(default_factory=list)
    offered: dict[str, list[str]] = field(default_factory=dict)
    every: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    not_known: int = 0
    folder_classes: tuple[str, ...] = ()
    alike: list[tuple[str, str]] = field(default_factory=list)
    spellings: dict[str, str] = field(default_factory=dict)
    stamps: tuple[tuple[str, int], ...] = ()
    others: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Pictures of each class by its key."""
        said = self.rows["label"].value_counts() if len(self.rows) else {}
        return {each.key: int(said.get(each.key, 0)) for each in self.classes}

    @property
    def parts(self) -> dict[str, int]:
        """Pictures of each official part, and those without a class."""
        if not len(self.rows):
            return dict.fromkeys((TRAIN, VALIDATION, TEST, UNLABELLED), 0)
        labelled = self.rows["label"].notna()
        said = self.rows.loc[labelled, "split"].value_counts()
        return {
            **{part: int(said.get(part, 0)) for part in (TRAIN, VALIDATION, TEST)},
            UNLABELLED: int((~labelled).sum()),
        }

    @property
    def noun(self) -> str:
        """What must not be split: "patient", or "picture" where nothing is known."""
        return self.group.noun if self.group else "picture"

    @property
    def unjudged(self) -> tuple[ClassSpec, ...]:
        """Classes of which neither their names nor somebody say whether they are malignant; it is asked, and may stay
        open."""
        return tuple(each for each in self.classes if each.malignant is None and each.key not in self.choices.malignant)

    @property
    def state(self) -> str:
        """Changes with what would be trained: columns, classes and what is malignant."""
        said: list[object] = [sorted(self.columns.items()), [(c.key, c.malignant) for c in self.classes], self.noun]
        if self.choices.table:
            said.append(self.table)
        if self.choices.version:
            said.append(("version", self.choices.version))
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

    @property
    def agreed(self) -> bool:
        """Whether somebody has agreed to what is understood now."""
        return self.choices.agreed == self.state

    @property
    def certain(self) -> bool:
        """Whether it may be trained on: nothing is asked, or somebody has agreed."""
        return (
            self.kind != "nothing" and len(self.rows) > 0 and not self.problem and (not self.questions or self.agreed)
        )
