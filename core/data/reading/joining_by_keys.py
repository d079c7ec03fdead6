"""Joining tables that name no picture: by columns that they share with others, and by names of folders and files."""

import re
from collections.abc import Callable
from functools import partial

import pandas as pd

from core.base.printable import first_few, printable
from core.data.adapters.folder_names import is_id
from core.data.adapters.table_files import Table, numbers_lines
from core.data.group_words import group_word, plain_name
from core.data.reading.class_names import class_names_in
from core.data.reading.column_names import CLASS_NAMES, IMAGE_NAMES, TIDY_NAMES, is_named
from core.data.reading.joined import STEM, Joined, fill, shown_name
from core.data.reading.joining_by_folders import add_by_folders
from core.data.reading.joining_by_words import add_by_words
from core.data.reading.one_hot_columns import WITHOUT_NAME
from core.data.reading.picture_names import PictureNames, without_ending
from core.data.reading.sides import file_stem
from core.data.spec import MOST_CLASSES, Skip

_NEARLY_ALL = 0.9
_OF_MANY = ("age", "sex", "site", "diagnosis_method", "split")
_MOST_PARTS = 5
_NUMBERS_LINES = re.compile(r"column \d+|index|idx|unnamed: ?\d+", re.IGNORECASE)
_WORD_AND_NUMBER = re.compile(r"(?<![^\W_])([^\W\d_]+)[\W_]*(\d+)(?![^\W_])")


def add_others(
    joined: Joined,
    others: list[tuple[Table, str]],
    told: Callable[[], pd.DataFrame],
    names: PictureNames,
    files: pd.Series,
) -> None:
    """Join tables that name no picture by what they share with those that are joined, one after the other."""
    waiting = list(others)
    said = told() if others else pd.DataFrame()
    by_folders, by_words = partial(add_by_folders, files=files), partial(add_by_words, files=files)
    for add in (_add_by_key, by_folders, by_words, partial(_add_by_told, told=said), _add_by_key):
        again = True
        while again:  # a table of patients may be joined by one of lesions that comes later
            left = [(table, inside) for table, inside in waiting if not add(joined, table, inside)]
            again, waiting = len(left) < len(waiting), left
    for table, inside in waiting:
        if (listed := class_names_in(table, inside)) is not None:
            joined.class_names.append(listed)
            continue
        joined.nameless[inside] = why_nameless(table, inside, names)


def _add_by_told(joined: Joined, table: Table, inside: str, told: pd.DataFrame) -> bool:
    """Join a table whose rows are named by folders or in file names, such as a table of patients."""
    best: tuple[float, str, pd.Series] | None = None
    for column in table.columns:
        values = pd.Series(table.rows[column][table.rows[column] != ""].unique(), dtype=object)
        is_key = group_word(column) is not None or is_named(column, IMAGE_NAMES) or column == table.columns[0]
        if _NUMBERS_LINES.fullmatch(column) and numbers_lines(table.rows[column]):
            continue
        if len(values) < 2 or not (is_key or values.map(is_id).mean() >= _NEARLY_ALL):
            continue
        if _says_several_classes(table, column):
            continue
        known, word = {_plain_key(each): each for each in values}, group_word(column)
        for name in told.columns.drop(STEM, errors="ignore"):
            keys = told[name].fillna("").map(_plain_key).map(known)
            if keys.isna().all() and word is not None:
                keys = told[name].fillna("").map(lambda text, noun=word[0]: _number_of(noun, text)).map(known)
            if keys.isna().all() and word is not None:  # "DOE, ANNA" and "DOE_ANNA"
                keys = _by_words(told[name].fillna(""), values)
            if keys.isna().all() and word is not None and values.map(is_id).mean() >= _NEARLY_ALL:  # "DOE^JANE_1000"
                keys = told[name].fillna("").map(partial(_key_within, known=known))
            share = float(keys.notna().mean())
            if share >= (0.5 if is_key else _NEARLY_ALL) and keys.nunique() >= 2 and (best is None or share > best[0]):
                best = share, column, keys
        if best is None and STEM in told and is_named(column, IMAGE_NAMES):
            keys = told[STEM].map({file_stem(without_ending(each)): each for each in values})
            if keys.notna().mean() >= 0.5:
                _fill_all(joined, table, column, keys, inside)
                joined.images[inside], joined.by_stem = column, inside
                return True
    if best is None:
        return False
    _, column, keys = best
    joined.keys[inside] = column
    fill(joined, column, keys, inside)
    _fill_all(joined, table, column, keys, inside)
    return True


def _says_several_classes(table: Table, column: str) -> bool:
    """Whether several lines have one value of a column and differ in what may be the class."""
    again = table.rows[(table.rows[column] != "") & table.rows[column].duplicated(keep=False)]
    if again.empty:
        return False
    told = [name for name in table.columns if any(is_named(name, names) for names in CLASS_NAMES)]
    told = told or [name for name in table.columns if name != column and again[name].nunique() <= MOST_CLASSES]
    return bool((again.groupby(column)[told].nunique() > 1).to_numpy().any())


def _one_row_each(table: Table, column: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows of a table by what they are of, without columns in which several lines of one differ, and these."""
    rows = table.rows[table.rows[column] != ""].drop_duplicates()
    differing: list[str] = []
    if not rows[column].is_unique:
        several = rows.groupby(column).nunique().max() > 1
        differing = list(several.index[several])
        rows = rows.drop(columns=differing).drop_duplicates(column)
    return rows.set_index(column), differing


def _say_differing(joined: Joined, differing: list[str], column: str, inside: str) -> None:
    if differing:
        shown = first_few(differing, 5)
        reason = f"Lines of {shown_name(inside)} with one {printable(column)} differ in {shown}, which is not used."
        joined.skipped.append(Skip("", "", reason))


def _by_words(told: pd.Series, values: pd.Series) -> pd.Series:
    """The value of a table that is the same as what is told but for case and the signs between words, missing where
    there is none; nowhere where two values are the same."""
    known = {_in_words(each): each for each in values}
    said = {text: known.get(_in_words(text)) for text in told.unique()} if len(known) == len(values) else {}
    return told.map(said)


def _in_words(text: str) -> str:
    return "_".join(each for each in re.split(r"[\W_]+", text.casefold()) if each)


def _key_within(text: str, known: dict[str, str]) -> str | None:
    """The one id of a table that is a part of a longer name; None where there is none, or are several."""
    said = [each for each in re.split(r"[\W_]+", text) if each]
    parts = {_plain_key(each) for each in said} & known.keys()
    if not parts:  # "TCGA_CS_4941" of "TCGA_CS_4941_19960909"
        longer = {"_".join(said[first:last]).casefold() for first in range(len(said))
                  for last in range(first + 2, min(len(said), first + _MOST_PARTS) + 1)}  # fmt: skip
        parts = {key for key in known if "_".join(re.split(r"[\W_]+", key)) in longer}
    return known[parts.pop()] if len(parts) == 1 else None


def _fill_all(joined: Joined, table: Table, column: str, keys: pd.Series, inside: str) -> None:
    """Give each picture the row of its key."""
    keyed, differing = _one_row_each(table, column)
    _say_differing(joined, differing, column, inside)
    joined.tables[inside] = int(keys.notna().sum())
    for name in keyed.columns:
        fill(joined, name, keys.map(keyed[name]), inside)


def _number_of(noun: str, text: str) -> str:
    """The number of a folder such as "Patient 7" or "case_0007_2019", where a table numbers those; "" of others."""
    for found in _WORD_AND_NUMBER.finditer(text):
        word = group_word(found[1])
        if word is not None and word[0] == noun:
            return _plain_key(found[2])
    return ""


def _plain_key(text: str) -> str:
    """An id as it is compared: its case and the zeros before a number do not count."""
    return text.lstrip("0") if text.isdecimal() else text.casefold()


def _add_by_key(joined: Joined, table: Table, inside: str) -> bool:
    """Join a table by a column that it shares with those that name pictures, one row for each of its values.

    What rows of one value say differently is not joined.
    """
    for column in [name for name in table.columns if not _is_no_key(name)]:
        mine = next((name for name in joined.rows.columns if plain_name(name) == plain_name(column)), None)
        if mine is None:
            continue
        keyed, differing = _one_row_each(table, column)
        used = joined.rows[mine].fillna("").replace("", None).dropna()
        if used.empty or not len(keyed.columns) or len(keyed) < 2 or used.isin(keyed.index).mean() < 0.5:
            continue
        for name in keyed.columns:
            fill(joined, name, joined.rows[mine].map(keyed[name]), inside)
        _say_differing(joined, differing, column, inside)
        return True
    return False


def _is_no_key(column: str) -> bool:
    """Whether rows that share what a column says are of different things, as those of one sex or part are."""
    return WITHOUT_NAME.match(column) is not None or any(is_named(column, TIDY_NAMES[what]) for what in _OF_MANY)


_BESIDE_NONE = "lies beside no picture."
_FOR_SEVERAL = "stands for several pictures, in different folders."


def stands_for_several(why: str) -> bool:
    """Whether a table names no picture because each name is that of several."""
    return why.endswith(_FOR_SEVERAL)


def lies_beside_none(why: str) -> bool:
    """Whether a table names no picture because there is none."""
    return why.endswith(_BESIDE_NONE)


def why_nameless(table: Table, inside: str, names: PictureNames) -> str:
    """Why a table names none of the pictures, in sentences."""
    named = next((column for column in table.columns if is_named(column, IMAGE_NAMES)), None)
    if not names.count:
        return f"{shown_name(inside)} ({table.form.words}) {_BESIDE_NONE}"
    if named is not None and len(table.rows):
        first = next((text for text in table.rows[named] if text), "")
        if names.is_ambiguous(first):
            return f"{shown_name(inside)}: a name in its column {named}, such as {printable(first)}, {_FOR_SEVERAL}"
        return (
            f"{shown_name(inside)} ({table.form.words}): no name in its column {named} is that of a picture here; the "
            f"first is {printable(first)}. Correct the names, or say which column names the pictures."
        )
    columns = ", ".join(map(printable, table.columns[:12])) or "no columns"
    return (
        f"{shown_name(inside)} ({table.form.words}) lacks a column that names pictures; it has {columns}. Write the "
        "names of the files here into one of them."
    )
