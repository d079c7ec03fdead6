"""Which columns of a table name pictures, and which pictures these are."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.data.adapters.table_files import Table, blank_separated, read_tables, with_header, without_header
from core.data.group_words import words
from core.data.reading.column_names import IMAGE_NAMES, is_named
from core.data.reading.numbered_lists import may_be_numbered, numbers_pictures
from core.data.reading.picture_names import PictureNames, names_again
from core.data.reading.several_in_a_cell import a_row_each

MOST_WIDE = 2000
"""Tables with more columns hold pixels or genes, and name no pictures."""
_MASKS = frozenset("mask masks maske mascara masque segmentation segmentations".split())
_LOOKED_AT = 200


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

    Of a workbook it is the sheet that names the most.

    Raises:
        DataError: it cannot be read.
    """
    found = [naming(table, names, beside, said) for table in read_tables(path, MOST_WIDE).values()]
    return max(
        found, key=lambda each: (sum(len(different_pictures(numbers)) for _, numbers in each[1]), each[0].rows.size)
    )


def naming(
    table: Table, names: PictureNames, beside: str = "", said: str | None = None
) -> tuple[Table, list[tuple[str, np.ndarray]]]:
    """As `read_naming`, of a table that was read; it may be read again in another way."""
    alone = len(table.columns) == 1 and bool(table.form.separator)
    headed = all(names.find(name, beside) < 0 or is_named(name, IMAGE_NAMES) for name in table.columns)
    found = image_columns(table, names, beside, said) if alone or headed else []
    if alone:
        for padded in (False,) if found else (False, True):
            listed = blank_separated(table.path, padded=padded) if not found or may_be_numbered(table) else None
            fits = listed is not None and (not found or numbers_pictures(listed))
            if listed is not None and fits and (of_blanks := image_columns(listed, names, beside, said)):
                if all(numbers[0] < 0 for _, numbers in of_blanks):  # its first line names no picture
                    listed = with_header(listed)
                    of_blanks = image_columns(listed, names, beside, said)
                return listed, of_blanks
    if not headed:
        table = without_header(table)  # what stands in the first line names a picture
        found = image_columns(table, names, beside, said)
    if not found and names.count and (listed := a_row_each(table, table.path.name, names, beside)) is not None:
        return listed, image_columns(listed, names, beside, said)
    return table, found


def image_columns(table: Table, names: PictureNames, beside: str, said: str | None) -> list[tuple[str, np.ndarray]]:
    """The column whose texts name the most different pictures, and which they are; none if there is no such column."""
    found = []
    for column in [said] if said in table.columns else [each for each in table.columns if not names_masks(each)]:
        called = is_named(column, IMAGE_NAMES)
        texts = table.rows[column][table.rows[column] != ""]
        some = texts.iloc[:: max(1, len(texts) // _LOOKED_AT)]
        if not called and column != said and (names.column(some, beside) < 0).all():
            continue  # so few name a picture, if any, that it would not be taken
        numbers = names.column(table.rows[column], beside, numbered=called or column == said)
        different = len(different_pictures(numbers))
        # Small numbers of anything are names of pictures too, where those are numbered.
        wanted = max(len(texts), names.count if texts.str.isdecimal().all() else 1)
        enough = different >= 0.5 * wanted or names_again(texts, different)
        if different and (called or column == said or enough):
            found.append((different, called, column, numbers))
    found.sort(key=lambda each: each[:2], reverse=True)
    chosen: list[tuple[str, np.ndarray]] = []
    taken, most = np.array([], np.int64), found[0][0] if found else 0
    for different, called, column, numbers in found:
        pictures, texts = different_pictures(numbers), table.rows[column][table.rows[column] != ""]
        in_numbers = pd.to_numeric(texts, errors="coerce").notna().any()
        if chosen and not called and in_numbers:
            continue  # an age of 50 does not mean 50.jpg
        enough = different >= 0.5 * most or (not in_numbers and 1 < different == len(texts))
        if not chosen or (enough and not np.isin(pictures, taken).any()):
            chosen.append((str(column), numbers))
            taken = np.union1d(taken, pictures)
    return chosen


def different_pictures(numbers: np.ndarray) -> np.ndarray:
    """The different pictures among the numbers that a column gives, in order."""
    return np.unique(numbers[numbers >= 0])


def names_masks(column: str) -> bool:
    """Whether a column names masks rather than pictures, as "ROI mask file path" does."""
    return not _MASKS.isdisjoint(words(column))
