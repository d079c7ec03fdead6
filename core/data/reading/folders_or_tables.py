"""Where folders and a table divide the pictures in two ways: which columns may be the class rather than the folders."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from core.base.printable import first_few, printable
from core.data.adapters.folder_names import is_setting
from core.data.compact_texts import count_different
from core.data.diagnoses.diagnoses import plain
from core.data.group_words import group_word, is_doubtful
from core.data.reading.column_names import SEX_NAMES, SITE_NAMES, SOURCE_NAMES, columns_named
from core.data.reading.folder_kinds import tells
from core.data.reading.joined import Joined, shown_name
from core.data.reading.label_candidate import Candidate
from core.data.reading.labels import LabelChoice, choose_label
from core.data.reading.one_hot_columns import is_free
from core.data.reading.reading import FOLDERS

_NEARLY_ALL = 0.8
_EXPLAINED = 0.9
_MOST_KINDS = 10
_NO_CLASSES = (SOURCE_NAMES, SITE_NAMES, SEX_NAMES)
_WORD = re.compile(r"[^\W\d_]{2}|[^\W\d_]\d")
_FEWEST_THINGS = 3


@dataclass(frozen=True)
class Rival:
    """The column of a table that is proposed where folders may be the classes too, and what is asked.

    `columns` are further ones that may be the class; `by_table` says whether the column counts before the folders.
    """

    choice: LabelChoice
    doubt: str
    columns: tuple[str, ...] = ()
    by_table: bool = False


def column_of_folders(rows: pd.DataFrame, columns: Collection[str], by_folder: pd.Series) -> str:
    """The column of hospitals, body sites, sexes or patients that folders are called after; "" where there is none."""
    no_classes = [each for names in _NO_CLASSES for each in columns_named(columns, names)]
    different = count_different(by_folder)
    things = [
        each for each in columns
        if different >= _FEWEST_THINGS and _is_of_things(each) and count_different(rows[each]) <= 2 * different
    ]  # fmt: skip
    for column in (*no_classes, *things):
        both = (by_folder != "") & (rows[column] != "")
        pairs = pd.DataFrame({"folder": by_folder[both], "said": rows[column][both]}).value_counts()
        same = sum(int(count) for (folder, said), count in pairs.items() if plain(str(folder)) == plain(str(said)))
        if same and same >= _NEARLY_ALL * len(rows):
            return column
    return ""


def _is_of_things(column: str) -> bool:
    word = group_word(column)
    return word is not None and word[0] != "group" and not is_doubtful(column)


def crosses(folders: pd.Series, values: pd.Series) -> bool:
    """Whether neither folders nor the values of a column say the other of nearly every picture."""
    both = (folders != "") & (values != "")
    counts = pd.DataFrame({"folder": folders[both], "value": values[both]}).value_counts()
    most = max((counts.groupby(level=level).max().sum() for level in (0, 1)), default=0)
    return bool(len(counts)) and most < _EXPLAINED * int(both.sum())


def against_folders(
    choice: LabelChoice, rows: pd.DataFrame, columns: Sequence[str], by_folder: pd.Series, joined: Joined
) -> Rival | None:
    """The columns of tables that may be the class although folders may be, None where folders alone may be.

    Args:
        choice: the column that would be taken if there were no folders.
        rows: what is said of the pictures, texts.
        columns: those of tables.
        by_folder: what the folder of each picture is called, which may be a class.
        joined: the tables.
    """
    folders = sorted(set(by_folder) - {""})
    chosen = choice.chosen
    if any(map(tells, folders)) or (chosen is not None and chosen.strong):
        return None
    if chosen is not None and chosen.is_useful() and _may_be_proposed(chosen) and crosses(by_folder, chosen.values):
        return Rival(choice, _doubt_of_folders(folders, chosen.column), by_table=True)
    others = _columns_beside(rows, columns, by_folder)
    if len(others) == 1 and _each_has_a_table(joined.tables, folders):
        alone = choose_label(rows[list(columns)], joined.images.values(), others[0])
        return Rival(alone, _doubt_of_folders(folders, others[0]), (others[0],), by_table=True)
    if not others:
        return None
    table = max(joined.tables, key=lambda inside: joined.tables[inside])
    return Rival(choice, _doubt_of_columns(folders, shown_name(table), others), tuple(others))


def _may_be_proposed(chosen: Candidate) -> bool:
    return chosen.kind != "marks" and group_word(chosen.column) is None


def _columns_beside(rows: pd.DataFrame, columns: Iterable[str], by_folder: pd.Series) -> list[str]:
    """Columns that may be the class by their values although nothing in their names says it: a few words, or grades
    from 0 or 1 on, that divide the pictures otherwise than the folders do."""
    found = []
    for column in columns:
        if not is_free(column) or is_setting(column) or not _are_kinds(rows[column]):
            continue
        candidate = Candidate(column, rows[column].astype(object), "values")
        if candidate.is_useful() and crosses(by_folder, candidate.values):
            found.append(column)
    return found


def _are_kinds(values: pd.Series) -> bool:
    """Whether values are a few words, or whole numbers that begin at 0 or 1."""
    said = [str(text) for text in values.unique() if text]
    if not 2 <= len(said) <= _MOST_KINDS:
        return False
    if all(text.isdecimal() for text in said):
        return min(map(int, said)) <= 1 and max(map(int, said)) <= _MOST_KINDS
    return all(_WORD.search(text) for text in said)


def _each_has_a_table(tables: Iterable[str], folders: Collection[str]) -> bool:
    """Whether in each of the folders a table of its own lies, given tables by their paths."""
    return set(folders) <= {name for inside in tables for name in inside.split("/")[:-1]}


def _doubt_of_folders(folders: Sequence[str], column: str) -> str:
    return (
        f"The folders {first_few(folders)} are called after no class that is known, and the column {printable(column)} "
        f"divides the pictures otherwise: it is taken. Agree, or choose the folders (label={FOLDERS})."
    )


def _doubt_of_columns(folders: Sequence[str], table: str, columns: Sequence[str]) -> str:
    return (
        f"The folders {first_few(folders)} are called after no class that is known, and {table} says "
        f"{first_few(columns)} of the pictures in them. Agree if the folders are the classes, or choose the column "
        "that is (label=COLUMN)."
    )
