"""Joining tables to the pictures that they name, whatever the names look like, and tables to one another."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.printable import printable
from core.data.adapters.folder_names import part_of_folder
from core.data.adapters.json_records import records_in, rows_of
from core.data.adapters.table_errors import EmptyTableError, TableError
from core.data.adapters.table_files import (
    Form,
    Table,
    numbers_lines,
    read_tables,
)
from core.data.compact_texts import in_little
from core.data.diagnoses.diagnoses import diagnosis
from core.data.group_words import plain_name, words
from core.data.reading.boxes import coco_as_table, cvat_as_table, label_studio_as_table, yolo_as_table
from core.data.reading.column_names import LABEL_NAMES, columns_named
from core.data.reading.first_lines import filled_down
from core.data.reading.image_columns import MOST_WIDE, different_pictures, image_columns, names_masks, naming
from core.data.reading.joined import FILE, MOST_LINES_SAID, NUMBER, Joined, fill, shown_name, workbook_of
from core.data.reading.joining_by_keys import add_others
from core.data.reading.label_doubts import PREDICTED
from core.data.reading.names_of_tables import diagnoses_in_paths, name_of_table, parts_of_tables
from core.data.reading.notes import NOTE_SUFFIXES, class_names_in_note, read_note
from core.data.reading.numbered_lists import add_numbered, pictures_by_number
from core.data.reading.picture_names import PictureNames
from core.data.reading.several_pictures import lines_of_view, rows_of_view, views_of
from core.data.reading.sidecars import sidecars_as_table, texts_as_table
from core.data.reading.tree import Tree
from core.data.spec import Skip

_CHECKSUMS = re.compile(r".*(?:md5|sha\d{1,3}|checksum)s?(?:sums?)?")
TABLE_NAME = "name of the table"
"""Column of the table that names a picture, where tables are called after diagnoses."""


def join_tables(
    tree: Tree,
    files: pd.Series,
    image_column: str | None = None,
    told: Callable[[], pd.DataFrame] = pd.DataFrame,
    first: str = "",
) -> Joined:
    """Read the tables of a folder and join them to its pictures.

    Tables that name pictures give their columns; where several have one of the same name, the one that names more
    pictures counts, the others fill its gaps. A table that names none is joined by a column that it shares with those,
    such as a lesion id, or by what names of folders and files say. One that does none of it, or cannot be read, is in
    `nameless` with the reason.

    Args:
        tree: what lies in the folder.
        files: paths of the pictures from there, texts numbered from 0 on.
        image_column: the column that names the pictures, where somebody has said which.
        told: gives what names of folders and files say of each picture, as texts by column.
        first: the table that counts where several say different things, where somebody has said which.
    """
    names = PictureNames(files)
    joined = Joined(pd.DataFrame(index=pd.RangeIndex(len(files))))
    matched: list[tuple[Table, str, str, np.ndarray]] = []
    others: list[tuple[Table, str]] = []
    numbered: list[tuple[int, list[np.ndarray]]] = []
    for inside in tree.tables:
        if "submission" in words(name_of_table(inside)):
            joined.nameless[inside] = (
                f"{shown_name(inside)} is an example of answers by its name; no class is taken from it."
            )
            continue
        if _CHECKSUMS.fullmatch(plain_name(name_of_table(inside))):
            joined.nameless[inside] = f"{shown_name(inside)} lists checksums by its name; no class is taken from it."
            continue
        try:
            sheets = read_tables(tree.folder / inside, MOST_WIDE)
        except EmptyTableError:
            joined.empty.append(inside)
            continue
        except TableError as error:
            joined.nameless[inside] = error.of(inside)
            continue
        for sheet, read in sheets.items():
            called = f"{inside} [{sheet}]" if sheet else inside
            table, found = naming(read, names, _place_of(tree, inside), image_column)
            table, asked = filled_down(table, [each for each, _ in found], called)
            joined.asked = f"{joined.asked} {asked}".strip()
            joined.columns += [name for name in table.columns if name not in joined.columns]
            numbered.append((len(table.rows), [numbers for _, numbers in found]))
            _note_masks(joined, table, names, _place_of(tree, inside), found)
            for column, numbers in found:
                alone = table
                if len(found) > 1:
                    images = [each for each, _ in found]
                    joined.views[called] = views_of(table, images)
                    here = lines_of_view(table, column, images)
                    alone = replace(table, rows=rows_of_view(table, name_of_table(called), column, images)[here])
                    numbers = numbers[here]
                matched.append((alone, called, column, numbers))
            if not found and (len(table.rows) or not table.form.separator):
                others.append((table, called))
            elif not found:
                joined.empty.append(inside)
    for noted, inside in [] if files.empty else _noted(tree, joined):
        if found := image_columns(noted, names, inside.rpartition("/")[0], None):
            joined.columns += [name for name in noted.columns if name not in joined.columns]
            matched.append((noted, inside, *found[0]))
            _note_used(joined, inside)
    matched.sort(key=lambda each: (each[1] != first, _is_of_a_model(each[1]), -len(different_pictures(each[3]))))
    by_number = pictures_by_number(matched)
    naming_pictures = [(inside, numbers) for _, inside, _, numbers in matched]
    while matched:
        table, inside, column, numbers = matched.pop(0)  # so that it is let go of once it is joined
        _add(joined, table, inside, column, numbers)
    joined.parts = parts = parts_of_tables(joined, naming_pictures, len(files))
    _note_classes_of_tables(joined, naming_pictures, len(files))
    rest = []
    for table, inside in others:
        if naming_pictures and _is_part_by_rows(table, inside):
            _note_part(parts, max(numbered, key=lambda each: len(each[1]) * each[0]), table, inside)
        elif by_number is None or not add_numbered(joined, table, inside, *by_number):
            rest.append((table, inside))
    add_others(joined, rest, told, names, files)
    _forget_other_sheets(joined)
    return joined


def _noted(tree: Tree, joined: Joined) -> Iterator[tuple[Table, str]]:
    """Tables of what boxes are of and of records in JSON, each with its name; notes down lists of classes, too."""
    for inside in tree.notes:
        path = tree.folder / inside
        said = read_note(path)
        boxes = (read(path, said) for read in (coco_as_table, cvat_as_table, label_studio_as_table))
        if (table := next((each for each in boxes if each is not None), None)) is not None:
            yield table, inside
        elif (listed := class_names_in_note(inside, said)) is not None:
            joined.class_names.append(listed)
            _note_used(joined, inside)
        elif (records := records_in(said)) is not None and (rows := rows_of(records)) is not None:
            yield Table(path, rows, Form("JSON", "")), inside
    for ending, files in tree.sidecars.items():
        if files and (said_beside := sidecars_as_table(tree.folder, ending, files)) is not None:
            joined.beside[ending] = joined.beside.get(ending, 0) + len(files)
            yield said_beside
    for read_texts in (yolo_as_table, texts_as_table):
        if tree.texts and (read := read_texts(tree.folder, tree.texts)) is not None:
            tree.texts = []
            yield read


def _note_masks(
    joined: Joined, table: Table, names: PictureNames, beside: str, found: list[tuple[str, np.ndarray]]
) -> None:
    """Note the pictures that columns of masks name in a table that names pictures in others."""
    for column in filter(names_masks, table.columns if found else ()):
        masks = different_pictures(names.column(table.rows[column], beside))
        masks = masks[~np.isin(masks, np.concatenate([numbers for _, numbers in found]))]
        if len(masks):
            joined.masks[column] = np.union1d(masks, joined.masks.get(column, masks))


def _is_of_a_model(inside: str) -> bool:
    """Whether a table holds what a model said, by its name."""
    return not PREDICTED.isdisjoint(words(name_of_table(inside)))


def _place_of(tree: Tree, inside: str) -> str:
    """The folder in which a table's names are looked for first: that of its part, or else that in which it lies.

    "train.csv" names pictures of "train", where "test" has pictures of the same names.
    """
    part = part_of_folder(name_of_table(inside))
    places = [place for place in tree.pictures if part and part_of_folder(place.rpartition("/")[2]) == part]
    return places[0] if len(places) == 1 else inside.rpartition("/")[0]


def _note_used(joined: Joined, inside: str) -> None:
    """Note that one of the files that are counted by their ending, being no tables, was read."""
    ending = Path(inside).suffix.lower()
    if ending in NOTE_SUFFIXES and not inside.startswith("*"):  # files called like pictures are counted themselves
        joined.beside[ending] = joined.beside.get(ending, 0) + 1


def _note_classes_of_tables(joined: Joined, matched: list[tuple[str, np.ndarray]], pictures: int) -> None:
    """Note the name of the table of each picture as a column, where tables are called after diagnoses."""
    called = [name_of_table(inside) for inside, _ in matched]
    if len(set(called)) < 2 or not all(diagnosis(each).known or each in ("benign", "malignant") for each in called):
        return
    names = pd.Series([""] * pictures, dtype=object)
    for name, (_, numbers) in zip(called, matched, strict=True):
        here = different_pictures(numbers)
        if (names.iloc[here] != "").any():
            return  # a picture stands in several
        names.iloc[here] = name
    joined.rows[TABLE_NAME] = names
    joined.columns.append(TABLE_NAME)


def _forget_other_sheets(joined: Joined) -> None:
    """Say nothing of sheets that name no picture where another of the workbook is used; else speak of one."""
    books = {workbook_of(inside) for inside in (*joined.tables, *joined.keys)} - {""}
    for inside in [each for each in joined.nameless if workbook_of(each)]:
        if workbook_of(inside) in books:
            joined.nameless.pop(inside)
        books.add(workbook_of(inside))


def _is_part_by_rows(table: Table, inside: str) -> bool:
    """Whether a table lists which rows of the other are of the part that it is called after, as those of Derm7pt do."""
    if len(table.columns) != 1 or part_of_folder(name_of_table(inside)) is None:
        return False
    return (
        plain_name(table.columns[0]) in ("index", "indexes", "indices", "idx")
        and table.rows.iloc[:, 0].str.isdigit().all()
    )


def _note_part(parts: pd.Series, of: tuple[int, list[np.ndarray]], table: Table, inside: str) -> None:
    """Note down the part of the pictures that stand in the rows which a table lists.

    `of` is how many rows the other table has, and the pictures that each of its columns names.
    """
    rows = table.rows.iloc[:, 0].astype(int).to_numpy()
    rows = rows[rows < of[0]]
    for each in of[1]:
        pictures = each[rows]
        parts.iloc[pictures[pictures >= 0]] = part_of_folder(name_of_table(inside))


def _add(joined: Joined, table: Table, inside: str, column: str, numbers: np.ndarray) -> None:
    rows = table.rows
    rows = rows.drop(columns=[name for name in rows if name == "column 1" != column and numbers_lines(rows[name])])
    here = numbers >= 0
    labelled = columns_named(rows.columns, LABEL_NAMES)
    if not labelled and (folders := diagnoses_in_paths(rows[column][here])) is not None:
        of_each = pd.Series("", range(len(rows)), dtype=object)
        of_each[here] = folders.to_numpy()
        rows = rows.assign(**{f"folder in {column}": of_each.to_numpy()})
    joined.images.setdefault(inside, column)
    joined.tables[inside] = joined.tables.get(inside, 0) + len(different_pictures(numbers))
    absent = rows[~here]
    nameless = absent[absent[column] == ""]
    for line in nameless.index[:MOST_LINES_SAID]:
        reason = f"Line {line} of {shown_name(inside)}: no image is named. Correct it to use the line."
        joined.skipped.append(Skip("", "", reason))
    absent = absent[absent[column] != ""]
    if len(absent):
        joined.without[inside] = len(absent)
        absent = absent.assign(**{FILE: absent[column]})
        joined.unpictured = pd.concat([joined.unpictured, absent]).astype(object).fillna("")
    if len(absent) <= MOST_LINES_SAID:
        for line, name in absent[column].items():
            reason = (
                f"Line {line} of {shown_name(inside)}: there is no picture {printable(name)}, or there are several. "
                "Correct it to use the line."
            )
            joined.skipped.append(Skip(printable(name), "", reason))
    else:
        reason = (
            f"{len(absent):,} of {len(rows):,} rows of {shown_name(inside)} name a picture that is not here, the first "
            f"{printable(absent[column].iloc[0])}. Put the pictures there to use them."
        )
        joined.skipped.append(Skip("", "", reason))
    again = here & pd.Series(numbers).duplicated(keep=False).to_numpy()
    joined.repeated[inside] = rows[again].drop(columns=column).assign(**{NUMBER: numbers[again]})
    pictures, first = np.unique(numbers[here], return_index=True)
    lines = np.flatnonzero(here)[first]
    for name in [name for name in rows if name != column]:
        fill(joined, name, _by_picture(rows[name], lines, pictures, joined.rows.index), inside)
    if column not in joined.rows:
        joined.rows[column] = in_little(_by_picture(rows[column], lines, pictures, joined.rows.index))


def _by_picture(values: pd.Series, lines: np.ndarray, pictures: np.ndarray, index: pd.Index) -> pd.Series:
    """What a column says of each picture in the line that is of it."""
    return values.iloc[lines].set_axis(pictures).reindex(index, fill_value="")
