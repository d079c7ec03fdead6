"""Which column says what must not be split: the coarsest that is known, with the finer ones where it is silent."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from core.data.adapters.folder_names import is_id
from core.data.compact_texts import count_different, distinct_pairs
from core.data.group_words import group_word, words
from core.data.reading.column_names import LABEL_NAMES, TARGET_NAMES, TIDY_NAMES, WEAK_NAMES, is_named

_LEAST_COVERED, _ALL = 0.5, 0.99
_MOST_KINDS, _PICTURES_OF_A_KIND = 10, 4
_PHOTOS = (1.2, 200.0)
"""Rows per value of a column that repeats like a group's, on average."""


@dataclass(frozen=True)
class GroupColumn:
    """A column that says what belongs together.

    `noun` is what one is called, `groups` how many there are, `sure` whether its name says so (and no file name or
    mere repetition), `rank` the coarser the higher.
    """

    column: str
    noun: str
    groups: int
    sure: bool
    rank: int
    covered: float


def group_columns(rows: pd.DataFrame, tables: Iterable[str], derived: dict[str, str]) -> list[GroupColumn]:
    """Every column that says what belongs together, the coarsest first.

    Args:
        rows: texts, "" where nothing is known.
        tables: columns of `rows` that come from tables and have no other meaning.
        derived: columns that were read from names of files or folders, with their nouns.
    """
    found: list[GroupColumn] = []
    names = list(tables)
    for column in names:
        word = group_word(column)
        if word is not None:
            found.append(_column(rows, column, word[0], sure=True, rank=word[1]))
    found += [_column(rows, column, noun, sure=False, rank=(group_word(noun) or ("", 0))[1])
              for column, noun in derived.items()]  # fmt: skip
    found = [each for each in found if each.groups > 1 or 0 < each.covered < _ALL]
    # What file or folder names give each picture for itself is no group.
    found = [each for each in found if each.sure or each.groups < _ALL * each.covered * len(rows)]
    if not found:
        others = (*TIDY_NAMES.values(), LABEL_NAMES, WEAK_NAMES, TARGET_NAMES)
        free = [name for name in names if not any(is_named(name, meant) for meant in others)]
        found = [
            _column(rows, column, "group", sure=False, rank=0) for column in free if _repeats(rows[column], column)
        ][:3]
    return sorted(found, key=lambda each: (each.covered < _LEAST_COVERED, -each.rank, each.groups))


def chosen_groups(rows: pd.DataFrame, columns: list[GroupColumn]) -> pd.Series:
    """The group of each row by the first of the columns that gives one, missing where none does."""
    groups = pd.Series(None, rows.index, dtype="str")
    for number, each in enumerate(columns):
        values = rows[each.column].astype("str")
        said = values.mask(values == "")
        groups = groups.where(groups.notna(), f"{each.noun} " + said if number else said)
    return groups


def are_kinds(values: pd.Series) -> bool:
    """Whether values are a few words, such as "control" and "treated", rather than ids or names."""
    said = values[values != ""]
    different = said.unique()
    few = len(different) <= _MOST_KINDS and len(said) >= _PICTURES_OF_A_KIND * len(different)
    return few and all(len(text) > 1 and not any(map(str.isdigit, text)) for text in map(str, different))


def torn(rows: pd.DataFrame, finer: str, coarser: str) -> int:
    """How many groups of the finer column lie in several of the coarser one, which should not be."""
    both = rows[(rows[finer] != "") & (rows[coarser] != "")]
    pairs = distinct_pairs(both[finer], both[coarser])
    return int((pairs["one"].value_counts() > 1).sum())


def _column(rows: pd.DataFrame, column: str, noun: str, *, sure: bool, rank: int) -> GroupColumn:
    said = rows[column][rows[column] != ""]
    return GroupColumn(column, noun, count_different(said), sure, rank, len(said) / max(1, len(rows)))


def _repeats(values: pd.Series, column: str) -> bool:
    """Whether the values of a column repeat like those of groups: ids, each a few times, not the same few for all."""
    said = values[values != ""]
    different = count_different(said)
    if different < 3 or len(said) < 0.9 * len(values):
        return False
    photos = len(said) / different
    if not _PHOTOS[0] <= photos <= _PHOTOS[1] or photos > len(said) / 5:
        return False
    sample = said.drop_duplicates().head(200)
    called_id = words(column)[-1:] == ["id"] and bool(sample.str.isdecimal().all())
    return (called_id or bool(sample.map(is_id).mean() > 0.8)) and not sample.str.contains(r"[.,]\d", regex=True).any()
