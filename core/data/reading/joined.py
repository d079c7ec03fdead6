"""What tables say of pictures, joined to one row each; where they contradict themselves or each other."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.base.printable import printable
from core.data.adapters.picture_files import stem
from core.data.adapters.spreadsheets import is_workbook_name
from core.data.compact_texts import in_little
from core.data.reading.class_names import ClassNames
from core.data.reading.several_pictures import Views
from core.data.spec import Skip

FILE = "\0file"
"""Column of the path of each picture from the folder."""
NUMBER = "\0number"
"""Column of the number of the picture that a row is of."""
STEM = "\0stem"
"""Column of the name of each picture, where those of one name are versions of one picture."""
MOST_LINES_SAID = 20
_WITH_DECIMALS = re.compile(r"-?\d+\.0+")
_SHEET = re.compile(r"(?s)(.+\.\w+) \[.*\]$")


@dataclass
class Joined:
    """What tables say of the pictures.

    `rows` has a row per picture, in the order asked for, with the columns of the tables, "" where nothing is written;
    `images` names the column of each table that names the pictures, `tables` how many pictures each names, `nameless`
    tables that name none, with the reason; `without` counts the rows of each table whose picture is not here; `parts`
    is the part that a table is of by its name; `columns` are those of every table that could be read. `differing`
    says by column how many pictures have another value in a second table, and in which; `repeated` has the lines of
    each table that are of one picture, and `unpictured` the rows whose picture is not here. `keys` names the
    column of each table whose values stand in names of folders or files, and `class_names` are lists that name
    numbered classes. `by_stem` is the table whose names stand for several versions of a picture each, and `empty` are
    tables in which no row stands. `folds` are those of the pictures by the names of tables, and `asked` what must be
    answered about these; `beside` counts by ending the files that are no tables and were read, and `views` says of
    tables whose rows name several pictures each what stands in them. `masks` are the pictures that columns such as "ROI
    mask file path" name, by column, and `source` is the first table that has each column.
    """

    rows: pd.DataFrame
    images: dict[str, str] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    nameless: dict[str, str] = field(default_factory=dict)
    without: dict[str, int] = field(default_factory=dict)
    parts: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))
    repeated: dict[str, pd.DataFrame] = field(default_factory=dict)
    skipped: list[Skip] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    differing: dict[str, tuple[int, str]] = field(default_factory=dict)
    unpictured: pd.DataFrame = field(default_factory=pd.DataFrame)
    keys: dict[str, str] = field(default_factory=dict)
    class_names: list[ClassNames] = field(default_factory=list)
    by_stem: str = ""
    empty: list[str] = field(default_factory=list)
    folds: pd.Series | None = None
    asked: str = ""
    beside: dict[str, int] = field(default_factory=dict)
    views: dict[str, Views] = field(default_factory=dict)
    masks: dict[str, np.ndarray] = field(default_factory=dict)
    source: dict[str, str] = field(default_factory=dict)


def fill(joined: Joined, name: str, values: pd.Series, inside: str) -> None:
    """Put values of a table into a column where nothing stands yet, and count what stands there and is another."""
    joined.source.setdefault(name, inside)
    if name not in joined.rows:
        joined.rows[name] = in_little(values.astype(object if values.dtype != "str" else "str").fillna(""))
        return
    before, said = (each.astype(object).replace("", None) for each in (joined.rows[name], values))
    other = before.notna() & said.notna() & (before != said)
    differing = (
        sum(_whole(a) != _whole(b) for a, b in zip(before[other], said[other], strict=True)) if other.any() else 0
    )
    if differing:
        joined.differing.setdefault(name, (differing, inside))
    joined.rows[name] = in_little(before.combine_first(said).fillna(""))


def _whole(text: str) -> str:
    """A whole number as it is compared: "1.0", as pandas writes it beside missing ones, is "1"."""
    return text.partition(".")[0] if _WITH_DECIMALS.fullmatch(text) else text


def note_contradictions(joined: Joined, used: Iterable[str], files: pd.Series) -> set[int]:
    """Numbers of the pictures that stand in several lines which differ in a column that is used; adds to `skipped`."""
    wrong: set[int] = set()
    for inside, repeated in joined.repeated.items():
        columns = [name for name in used if name in repeated]
        for said, (number, same) in enumerate(repeated.groupby(NUMBER)):
            lines = ", ".join(map(str, same.index[:5])) + (" …" if len(same) > 5 else "")
            text = f"Lines {lines} of {shown_name(inside)} are of one picture"
            differing = [
                " and ".join(dict.fromkeys(value or "none" for value in same[column]))
                for column in columns
                if same[column].nunique() > 1
            ]
            picture = int(str(number))
            if differing:
                text += f" and differ: {'; '.join(differing[:3])}. It is left out; keep the right line."
                wrong.add(picture)
            else:
                text += "; the first is used."
            if said < MOST_LINES_SAID:
                joined.skipped.append(Skip(stem(files[picture]), "", text))
    return wrong


def workbook_of(inside: str) -> str:
    """The path of the workbook of "book.xlsx [sheet]", "" where it is no such table."""
    found = _SHEET.match(inside)
    return found[1] if found and is_workbook_name(found[1]) else ""


def shown_name(inside: str) -> str:
    """The name of a table for sentences."""
    return printable(inside.rpartition("/")[2])
