"""Joining tables to the pictures that they name, whatever the names look like, and tables to one another."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.printable import printable
from core.data.adapters.folder_names import part_of_folder
from core.data.adapters.picture_files import stem
from core.data.adapters.table_files import Table, numbers_lines, read_table, without_header
from core.data.group_words import plain_name, words
from core.data.reading.column_names import IMAGE_NAMES, is_named
from core.data.reading.picture_names import PictureNames
from core.data.reading.tree import Tree
from core.data.spec import Skip

_NUMBER = "\0number"
FILE = "\0file"
"""Column of the path of each picture from the folder."""
_MOST_WIDE = 2000
"""Tables with more columns hold pixels or genes, and name no pictures."""
_MOST_LINES_SAID = 20


@dataclass
class Joined:
    """What tables say of the pictures.

    `rows` has a row per picture, in the order asked for, with the columns of the tables, "" where nothing is written;
    `images` names the column of each table that names the pictures, `tables` how many pictures each names, `nameless`
    tables that name none, with the reason; `without` counts the rows of each table whose picture is not here; `parts`
    is the part that a table is of by its name; `columns` are those of every table that could be read. `differing`
    says by column how many pictures have another value in a second table, and in which; `repeated` has the lines of
    each table that are of one picture, and `unpictured` the rows whose picture is not here.
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


def join_tables(tree: Tree, files: list[str], image_column: str | None = None) -> Joined:
    """Read the tables of a folder and join them to its pictures.

    Tables that name pictures give their columns; where several have one of the same name, the one that names more
    pictures counts, the others fill its gaps. A table that names none is joined by a column that it shares with those,
    such as a lesion id. One that does neither, or cannot be read, is in `nameless` with the reason.

    Args:
        tree: what lies in the folder.
        files: paths of the pictures from there.
        image_column: the column that names the pictures, where somebody has said which.
    """
    names = PictureNames(files)
    joined = Joined(pd.DataFrame(index=pd.RangeIndex(len(files))))
    matched: list[tuple[Table, str, str, np.ndarray]] = []
    others: list[tuple[Table, str]] = []
    numbered: list[tuple[Table, list[np.ndarray]]] = []
    for inside in tree.tables:
        if "submission" in words(_base(inside)):
            joined.nameless[inside] = (
                f"{_shown(inside)} is an example of answers by its name; no class is taken from it."
            )
            continue
        try:
            table, found = read_naming(tree.folder / inside, names, inside.rpartition("/")[0], image_column)
        except DataError as error:
            joined.nameless[inside] = str(error)
            continue
        joined.columns += [name for name in table.columns if name not in joined.columns]
        numbered.append((table, [numbers for _, numbers in found]))
        for column, numbers in found:
            alone = table
            if len(found) > 1:
                rest = table.rows.drop(columns=[other for other, _ in found if other != column])
                alone = replace(table, rows=rest.assign(**{"picture of": column}))
            matched.append((alone, inside, column, numbers))
        if not found:
            others.append((table, inside))
    matched.sort(key=lambda each: -len(set(each[3][each[3] >= 0].tolist())))
    parts = pd.Series([None] * len(files), dtype=object)
    for table, inside, column, numbers in matched:
        _add(joined, table, inside, column, numbers)
        if len(matched) > 1 and (part := part_of_folder(_base(inside))):
            parts.iloc[numbers[numbers >= 0]] = part
    joined.parts = parts
    for table, inside in list(others):
        if matched and _is_part_by_rows(table, inside):
            _note_part(parts, max(numbered, key=lambda each: len(each[1]) * len(each[0].rows)), table, inside)
        elif not _add_by_key(joined, table, inside):
            joined.nameless[inside] = why_nameless(table, inside, len(files))
    joined.rows = joined.rows.astype(object).fillna("")
    return joined


def read_naming(
    path: Path, names: PictureNames, beside: str = "", said: str | None = None
) -> tuple[Table, list[tuple[str, np.ndarray]]]:
    """Read a table, and tell which of its columns name pictures, and which these are: numbers, shape (rows,), −1 for
    none. Where a row names several pictures, such as a close-up and a dermoscopic one, there are as many columns.

    Args:
        path: the table.
        names: of the pictures.
        beside: folder of the table, by its path from the folder of the pictures.
        said: the column that names pictures, where somebody has said which.

    Raises:
        DataError: it cannot be read.
    """
    table = read_table(path, _MOST_WIDE)
    if any(names.find(name, beside) >= 0 and not is_named(name, IMAGE_NAMES) for name in table.columns):
        table = without_header(table)  # what stands in the first line names a picture
    return table, _image_columns(table, names, beside, said)


def _is_part_by_rows(table: Table, inside: str) -> bool:
    """Whether a table lists which rows of the other are of the part that it is called after, as those of Derm7pt do."""
    if len(table.columns) != 1 or part_of_folder(_base(inside)) is None:
        return False
    return (
        plain_name(table.columns[0]) in ("index", "indexes", "indices", "idx")
        and table.rows.iloc[:, 0].str.isdigit().all()
    )


def _note_part(parts: pd.Series, of: tuple[Table, list[np.ndarray]], table: Table, inside: str) -> None:
    """Note down the part of the pictures that stand in the rows which a table lists."""
    rows = table.rows.iloc[:, 0].astype(int).to_numpy()
    rows = rows[rows < len(of[0].rows)]
    for each in of[1]:
        pictures = each[rows]
        parts.iloc[pictures[pictures >= 0]] = part_of_folder(_base(inside))


def _base(inside: str) -> str:
    return os.path.splitext(inside.rpartition("/")[2])[0]  # noqa: PTH122


def _image_columns(table: Table, names: PictureNames, beside: str, said: str | None) -> list[tuple[str, np.ndarray]]:
    """The column whose texts name the most different pictures, and which they are; none if there is no such column."""
    found = []
    for column in [said] if said in table.columns else table.columns:
        called = is_named(column, IMAGE_NAMES)
        numbers = names.column(table.rows[column], beside, numbered=called or column == said)
        different = len(np.unique(numbers[numbers >= 0]))
        texts = table.rows[column][table.rows[column] != ""]
        # Small numbers of anything are names of pictures too, where those are numbered.
        wanted = max(len(texts), names.count if texts.str.isdecimal().all() else 1)
        if different and (called or column == said or different >= 0.5 * wanted):
            found.append((different, called, column, numbers))
    found.sort(key=lambda each: each[:2], reverse=True)
    chosen: list[tuple[str, np.ndarray]] = []
    taken: set[int] = set()
    for different, called, column, numbers in found:
        pictures = set(numbers[numbers >= 0].tolist())
        if chosen and not called and pd.to_numeric(table.rows[column], errors="coerce").notna().any():
            continue  # an age of 50 does not mean 50.jpg
        if not chosen or (not pictures & taken and different >= 0.5 * len(taken)):
            chosen.append((str(column), numbers))
            taken |= pictures
    return chosen


def _add(joined: Joined, table: Table, inside: str, column: str, numbers: np.ndarray) -> None:
    rows = table.rows
    rows = rows.drop(columns=[name for name in rows if name == "column 1" != column and numbers_lines(rows[name])])
    here = numbers >= 0
    joined.images.setdefault(inside, column)
    joined.tables[inside] = joined.tables.get(inside, 0) + len(np.unique(numbers[here]))
    absent = rows[~here]
    nameless = absent[absent[column] == ""]
    for line in nameless.index[:_MOST_LINES_SAID]:
        reason = f"Line {line} of {_shown(inside)}: no image is named. Correct it to use the line."
        joined.skipped.append(Skip("", "", reason))
    absent = absent[absent[column] != ""]
    if len(absent):
        joined.without[inside] = len(absent)
        absent = absent.assign(**{FILE: absent[column]})
        joined.unpictured = pd.concat([joined.unpictured, absent]).astype(object).fillna("")
    if len(absent) <= _MOST_LINES_SAID:
        for line, name in absent[column].items():
            reason = (
                f"Line {line} of {_shown(inside)}: there is no picture {printable(name)}, or there are several. "
                "Correct it to use the line."
            )
            joined.skipped.append(Skip(printable(name), "", reason))
    else:
        reason = (
            f"{len(absent):,} of {len(rows):,} rows of {_shown(inside)} name a picture that is not here, the first "
            f"{printable(absent[column].iloc[0])}. Put the pictures there to use them."
        )
        joined.skipped.append(Skip("", "", reason))
    known = rows[here].drop(columns=column).assign(**{_NUMBER: numbers[here]})
    joined.repeated[inside] = known[known[_NUMBER].duplicated(keep=False)]
    known = known.drop_duplicates(_NUMBER).set_index(_NUMBER)
    for name in known.columns:
        _fill(joined, name, known[name].reindex(joined.rows.index), inside)
    if column not in joined.rows:
        joined.rows[column] = rows.loc[here, column].set_axis(numbers[here]).groupby(level=0).first().reindex(
            joined.rows.index
        )  # fmt: skip


def _fill(joined: Joined, name: str, values: pd.Series, inside: str) -> None:
    """Put values of a table into a column where nothing stands yet, and count what stands there and is another."""
    if name not in joined.rows:
        joined.rows[name] = values
        return
    before, said = joined.rows[name].replace("", None), values.replace("", None)
    differing = int((before.notna() & said.notna() & (before != said)).sum())
    if differing:
        joined.differing.setdefault(name, (differing, inside))
    joined.rows[name] = before.combine_first(values)


def note_contradictions(joined: Joined, used: Iterable[str], files: list[str]) -> set[int]:
    """Numbers of the pictures that stand in several lines which differ in a column that is used; adds to `skipped`."""
    wrong: set[int] = set()
    for inside, repeated in joined.repeated.items():
        columns = [name for name in used if name in repeated]
        for said, (number, same) in enumerate(repeated.groupby(_NUMBER)):
            lines = ", ".join(map(str, same.index[:5])) + (" …" if len(same) > 5 else "")
            text = f"Lines {lines} of {_shown(inside)} are of one picture"
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
            if said < _MOST_LINES_SAID:
                joined.skipped.append(Skip(stem(files[picture]), "", text))
    return wrong


def _add_by_key(joined: Joined, table: Table, inside: str) -> bool:
    """Join a table by a column that it shares with those that name pictures, one row for each of its values."""
    for column in table.columns:
        mine = next((name for name in joined.rows.columns if plain_name(name) == plain_name(column)), None)
        if mine is None:
            continue
        keyed = table.rows[table.rows[column] != ""].drop_duplicates(column).set_index(column)
        used = joined.rows[mine].fillna("").replace("", None).dropna()
        if used.empty or len(keyed) < 2 or used.isin(keyed.index).mean() < 0.5:
            continue
        for name in keyed.columns:
            _fill(joined, name, joined.rows[mine].map(keyed[name]), inside)
        return True
    return False


def why_nameless(table: Table, inside: str, pictures: int) -> str:
    """Why a table names none of so many pictures, in sentences."""
    named = next((column for column in table.columns if is_named(column, IMAGE_NAMES)), None)
    if not pictures:
        return f"{_shown(inside)} ({table.form.words}) lies beside no picture."
    if named is not None and len(table.rows):
        first = next((text for text in table.rows[named] if text), "")
        return (
            f"{_shown(inside)} ({table.form.words}): no name in its column {named} is that of a picture here; the "
            f"first is {printable(first)}. Correct the names, or say which column names the pictures."
        )
    columns = ", ".join(map(printable, table.columns[:12])) or "no columns"
    return f"{_shown(inside)} ({table.form.words}) lacks a column that names pictures; it has {columns}."


def _shown(inside: str) -> str:
    return printable(inside.rpartition("/")[2])
