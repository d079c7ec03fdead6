"""Classes that columns of zeros and ones, of crosses or of words such as "yes" mark."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from core.data.adapters.table_files import numbers
from core.data.diagnoses.diagnoses import diagnosis, is_unknown, plain
from core.data.group_words import group_word, plain_name
from core.data.reading.column_names import CLASS_NAMES, TARGET_NAMES, TIDY_NAMES, is_named
from core.data.reading.label_candidate import MOST_UNKNOWN, Candidate

ONE_HOT = "one-hot columns"
ONE_HOT_OR_NONE = "one-hot columns, or none of them"
"""What is marked in no column is a class of its own then."""
NONE_OF_THEM = "none of them"
WITHOUT_NAME = re.compile(r"^column \d+$")
LEVEL = re.compile(r"^(?:diagnosis|iddx|dx|label|class|level)[_ \-]?(\d)$", re.IGNORECASE)
_WEIGHTS = frozenset({"scoreweight", "validationweight"})
_TRUE = frozenset({"1", "1.0", "1,0", "true", "t", "yes", "y", "ja", "sí", "si", "sim", "oui", "malignant", "+"})
_FALSE = frozenset({"0", "0.0", "0,0", "false", "f", "no", "n", "nein", "não", "nao", "non", "benign", "-"})
_CROSSES = frozenset({"x", "1."})
_MARKS = frozenset({*_CROSSES, "", "0."})
_MOSTLY, _SURE = 0.5, 0.95
_PREFIX = re.compile(r"(dx|is|has|label|class|diagnosis|diagnose|target|category|type|y)[_ .:-]+(\D.*)", re.IGNORECASE)
_ROUNDED = 0.02


def one_hot_classes(rows: pd.DataFrame, columns: list[str]) -> Candidate | None:
    """The classes that columns of zeros and ones mark, one in each row, where there are such columns.

    Of columns of diagnoses, rows that mark several are left out and asked about, as are rows that mark none.
    """
    columns = [name for name in columns if plain_name(name) not in _WEIGHTS and not is_named(name, TARGET_NAMES)]
    called = _without_prefix(columns)
    known = [name for name in columns if diagnosis(called.get(name, name)).known and is_marked(rows[name])]
    if (shares := _shares(rows, columns)) is not None:
        return shares
    free = [name for name in columns if _is_zero_or_one(rows[name]) and is_free(name)]
    for marks_of in (known, free):
        if len(marks_of) < 2:
            continue
        marks = _marks(rows[marks_of])
        sums, stated = marks.sum(axis=1), (rows[marks_of] != "").any(axis=1).to_numpy()
        several = stated & (sums > 1)
        if not stated.any() or several.mean() > (_MOSTLY if marks_of is known else MOST_UNKNOWN):
            continue
        names = np.array([called.get(name, name) for name in marks_of], dtype=object)[marks.argmax(axis=1)]
        none = stated & (sums == 0)
        note = ""
        if none.any() and {plain(name) for name in marks_of} == {"melanoma", "seborrheic keratosis"}:
            names[none] = "nevus"  # ISIC 2017: what is neither is a nevus
            note = "Rows that mark neither melanoma nor seborrheic keratosis are nevi, as in ISIC 2017."
        elif none[stated].mean() > _MOSTLY and marks_of is not known:
            continue
        else:
            names[none] = ""
        names[several | ~stated] = ""
        doubt = _doubt_of_marks(marks_of, int(several.sum()), int((none & (names == "")).sum()), len(rows))
        values = pd.Series(names, rows.index, dtype=object)
        values = values.mask(values.map(lambda text: bool(text) and is_unknown(text)).astype(bool), "")
        sure = marks_of is known or not (several.any() or _say_more(columns, marks_of))
        kind = "one-hot" if sure else "marks"
        return Candidate(ONE_HOT, values, kind, tuple(marks_of), note, doubt)
    return None


def _without_prefix(columns: list[str]) -> dict[str, str]:
    """What columns such as "dx_nv" and "dx_mel" are called without the word that pandas puts before each class."""
    found = {name: match for name in columns if (match := _PREFIX.match(name)) is not None}
    several = {each[1].casefold() for each in found.values()}
    of_each = {word: [name for name in found if found[name][1].casefold() == word] for word in several}
    return {name: found[name][2] for names in of_each.values() if len(names) > 1 for name in names}


def _shares(rows: pd.DataFrame, columns: list[str]) -> Candidate | None:
    """The diagnosis with the greatest share of each row, where columns of diagnoses hold shares that sum up to 1."""
    named = [name for name in columns if diagnosis(name).known]
    values = rows[named].apply(numbers) if len(named) > 1 else pd.DataFrame()
    whole = values.round().eq(values).all(axis=None) if len(values) else True
    if whole or not np.allclose(values.sum(axis=1, min_count=len(named)), 1, atol=_ROUNDED):
        return None
    highest = pd.Series(np.array(named, dtype=object)[values.to_numpy().argmax(axis=1)], rows.index, dtype=object)
    doubt = f"Columns hold shares ({', '.join(named[:4])}), of which the greatest is taken for the class."
    return Candidate(ONE_HOT, highest, "one-hot", tuple(named), doubt=doubt)


def _doubt_of_marks(columns: list[str], several: int, none: int, rows: int) -> str:
    """Asks of rows that mark several columns, and of those that mark none where they are more than a few."""
    shown = ", ".join(columns[:4]) + (" …" if len(columns) > 4 else "")
    said = []
    if several:
        said.append(f"{several:,} pictures are marked as several of {shown} and left out.")
    if none > (1 - _SURE) * rows:
        said.append(
            f"{none:,} of {rows:,} pictures are marked as none of {shown} and left out; choose “{ONE_HOT_OR_NONE}” if "
            "they are a class of their own."
        )
    return " ".join(said)


def or_none(hot: Candidate, rows: pd.DataFrame) -> Candidate:
    """The same classes, and "none of them" for what is marked in no column; what is marked in several has no class."""
    sums = _marks(rows[list(hot.used)]).sum(axis=1)
    none = (hot.values == "") & (sums == 0)
    shown, several = ", ".join(hot.used[:4]), int((sums > 1).sum())
    doubt = f"{several:,} pictures are marked as several of {shown} and left out. " if several else ""
    doubt += f"What is marked in none of {shown} is taken for a class of its own."
    return replace(hot, column=ONE_HOT_OR_NONE, values=hot.values.mask(none, NONE_OF_THEM), doubt=doubt)


def _say_more(columns: list[str], marks_of: list[str]) -> bool:
    """Whether a table says more of the pictures than what columns mark, so that these may be no classes."""
    rest = (name for name in columns if name not in marks_of and not WITHOUT_NAME.match(name))
    return any(group_word(name) is None and not is_named(name, TIDY_NAMES["split"]) for name in rest)


def yes_or_no(values: pd.Series) -> pd.Series | None:
    """True and False for values such as 1 and 0, TRUE and FALSE, missing where neither; None if others stand there."""
    lower = values[values != ""].str.casefold()
    if lower.empty or not lower.isin(_TRUE | _FALSE).all():
        return None
    return lower.isin(_TRUE)


def _is_zero_or_one(values: pd.Series) -> bool:
    said = values[values != ""]
    return len(said) > 0 and bool(said.isin(["0", "1", "0.0", "1.0", "0,0", "1,0", "0.", "1."]).all())


def is_marked(values: pd.Series) -> bool:
    """Whether a column marks some rows and not others, with a cross or a word."""
    lower = values.str.casefold()
    return bool(lower.isin(_TRUE | _FALSE | _MARKS).all()) and bool((lower != "").any())


def _marks(rows: pd.DataFrame) -> np.ndarray:
    """1 where a cell marks its row, 0 where it does not, shape (rows, columns), float64."""
    yes = rows.apply(lambda column: column.str.casefold().isin(_TRUE | _CROSSES))
    return yes.to_numpy(dtype=np.float64)


def is_free(column: str) -> bool:
    """Whether the name of a column says nothing that it is, so that it may be a class."""
    lists = (*TIDY_NAMES.values(), *CLASS_NAMES)
    return not (any(is_named(column, names) for names in lists) or group_word(column) or LEVEL.match(column))
