"""Which column says what must not be split: the coarsest that is known, with the finer ones where it is silent."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from core.base.printable import printable
from core.data.adapters.folder_names import is_id
from core.data.compact_texts import count_different, distinct_pairs, mapped
from core.data.diagnoses.diagnoses import is_unknown
from core.data.group_words import group_word, words
from core.data.reading.column_names import LABEL_NAMES, TARGET_NAMES, TIDY_NAMES, WEAK_NAMES, is_named

_LEAST_COVERED, _ALL = 0.5, 0.99
_MOST_KINDS, _PICTURES_OF_A_KIND = 10, 4
_WHOLE, _MISSING = re.compile(r"\d+(?:\.0+)?"), re.compile(r"-(?:1|9+)(?:\.0+)?")
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


def in_one_spelling(rows: pd.DataFrame, columns: Iterable[str]) -> list[str]:
    """Write each group in columns of groups in one way, and "" where the text says that nobody knows it; in place.

    One patient is "P7" and "p7", or 7, "007" and "7.0", as programs write whole numbers beside missing ones.

    Returns:
        A sentence for each column in which groups were written in several ways.
    """
    cautions = []
    for column in columns:
        different = rows[column].unique()
        by_meaning: dict[int, str] = {}
        changed, several = {}, []
        for text in different:
            if text and _says_nothing(text):
                changed[text] = ""
            elif text and (first := by_meaning.setdefault(hash(_plain_group(text)), text)) != text:
                changed[text] = first
                several.append((first, text))
        if changed:
            rows[column] = mapped(rows[column], _changing(changed)).fillna("")
        if several:
            first, text = several[0]
            count = "A value" if len(several) == 1 else f"{len(several):,} values"
            differ = "differs" if len(several) == 1 else "differ"
            cautions.append(
                f"{count} of {printable(column)} {differ} from another one in case, zeros or decimals alone, such as "
                f"“{printable(text)}” from “{printable(first)}”: they count as the same."
            )
    return cautions


def _changing(changed: dict[str, str]) -> Callable[[str], str]:
    return lambda text: changed.get(text, text)


def _plain_group(text: str) -> str:
    if _WHOLE.fullmatch(text):
        return text.partition(".")[0].lstrip("0") or "0"
    return text if text.isascii() and text.islower() and "  " not in text else " ".join(text.casefold().split())


def _says_nothing(text: str) -> bool:
    """Whether a text in a column of groups says that nobody knows the group: "unknown", "None", -1."""
    if any(map(str.isdigit, text)):
        return _MISSING.fullmatch(text) is not None
    return is_unknown(text) or text.casefold() in ("none", "(none)")


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
