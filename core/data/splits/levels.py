"""The levels at which pictures may belong together: photos of a lesion, lesions of a patient."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.diagnoses.diagnoses import is_unknown
from core.data.group_words import PERSONS, group_word
from core.data.spec import TIDY_COLUMNS, Dataset

_OF_ONE_PERSON = ("lesion", "slide", "video", "series")


@dataclass(frozen=True)
class Level:
    """A level that is known: its noun, the column that says it, "" for the group itself, and each picture's key.

    `keys` is by image id, missing where the table is silent.
    """

    noun: str
    column: str
    keys: pd.Series

    @property
    def groups(self) -> int:
        """How many there are."""
        return int(self.keys.nunique())


def levels_of(dataset: Dataset) -> list[Level]:
    """Every level that a data set tells, the group that its splits keep together first, the others coarse to fine.

    Ids of lesions, slides, videos and series are those of one person, for many tables number them anew for each.
    A column that divides the pictures as another one does is no level of its own.
    """
    table = dataset.table.drop_duplicates("image_id").set_index("image_id")
    found = [] if dataset.spec.group == "picture" else [Level(dataset.spec.group, "", table["group_id"])]
    for column in table.columns:
        word = None if column in TIDY_COLUMNS else group_word(column)
        if word is not None:
            found.append(Level(word[0], column, _known(table[column])))
    persons = next((each.keys for noun in PERSONS for each in found if each.noun == noun), None)
    if persons is not None:
        found = [
            Level(each.noun, each.column, _within(each.keys, persons))
            if each.column and each.noun in _OF_ONE_PERSON
            else each
            for each in found
        ]
    found.sort(key=lambda each: (each.column != "", each.groups))
    different: list[Level] = []
    for each in found:
        if not any(_same_division(each.keys, other.keys) for other in different):
            different.append(each)
    return different


def _known(values: pd.Series) -> pd.Series:
    unknown = {value: is_unknown(str(value)) for value in values.dropna().unique()}
    return values.astype(object).where(values.notna() & ~values.map(unknown).fillna(True).astype(bool), None)


def _within(keys: pd.Series, persons: pd.Series) -> pd.Series:
    return (persons.fillna("").astype(str) + "\0" + keys.astype(str)).where(keys.notna(), None)


def _same_division(one: pd.Series, other: pd.Series) -> bool:
    return bool(np.array_equal(pd.factorize(one)[0], pd.factorize(other)[0]))
