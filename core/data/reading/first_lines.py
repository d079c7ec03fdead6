"""Values that stand on the first line of a block alone, as merged cells of a workbook leave them."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from core.data.adapters.table_files import Table
from core.data.group_words import GROUP_WORDS, group_word
from core.data.reading.column_names import LABEL_NAMES, columns_named, is_named
from core.data.reading.joined import shown_name

_LEAST_BLANK, _MOSTLY = 0.3, 0.9
_FEWEST_BLOCKS = 2
_OF_A_LESION = GROUP_WORDS["lesion"][1]


def filled_down(table: Table, images: Sequence[str], inside: str) -> tuple[Table, str]:
    """The table with values of a block's first line on all of its lines, and what is asked about them.

    A column of groups or classes begins blocks where each of its values stands once, the first line has one and many
    others have none. What other columns say on the first line of a block, and on no other, goes to its lines too.

    Args:
        table: as it was read.
        images: its columns that name pictures.
        inside: its path.

    Returns:
        The same table and "" where there are no such blocks.
    """
    rows = table.rows
    if not images or not len(rows):
        return table, ""
    rest = [name for name in rows.columns if name not in images]
    filled: dict[str, pd.Series] = {}
    for column in filter(_may_begin_blocks, rest):
        blank = rows[column] == ""
        if not _are_blocks(rows, column, blank, images):
            continue
        blocks = (~blank).cumsum()
        within = [name for name in rest if name != column and (rows[name][blank] == "").all()]
        within = [name for name in within if (rows[name] != "").any()]
        if (not within and not _agree(rows, blocks, rest)) or _is_contradicted(rows, blocks, column, rest):
            continue
        for name in [column, *within]:
            filled.setdefault(name, rows[name].where(~blank, rows[name].groupby(blocks).transform("first")))
    if not filled:
        return table, ""
    count = int((rows[next(iter(filled))] == "").sum())
    shown = ", ".join(filled)
    return replace(table, rows=rows.assign(**filled)), (
        f"{count:,} of {len(rows):,} lines of {shown_name(inside)} have no {shown}: each is taken to have that of the "
        "line above, as merged cells leave them. Agree, or write it on every line."
    )


def _may_begin_blocks(column: str) -> bool:
    return group_word(column) is not None or is_named(column, LABEL_NAMES)


def _are_blocks(rows: pd.DataFrame, column: str, blank: pd.Series, images: Sequence[str]) -> bool:
    """Whether each value of a column stands once, with lines below it that name pictures and have none."""
    said = rows[column][~blank]
    if blank.iloc[0] or len(said) < _FEWEST_BLOCKS or blank.mean() < _LEAST_BLANK or not said.is_unique:
        return False
    begins = int((blank & ~blank.shift(fill_value=True)).sum())
    return begins >= _FEWEST_BLOCKS and bool((rows.loc[blank, list(images)] != "").any(axis=1).all())


def _is_contradicted(rows: pd.DataFrame, blocks: pd.Series, column: str, columns: Sequence[str]) -> bool:
    """Whether pictures that would get one lesion, or one class, are of several patients by a column that is filled
    everywhere, or of several classes: in the archive of ISIC malignant lesions alone have an id."""
    noun = group_word(column)
    coarser = [name for name in columns if (other := group_word(name)) and other[1] > (noun[1] if noun else 0)]
    classes = columns_named(columns, LABEL_NAMES) if noun is None or noun[1] <= _OF_A_LESION else []
    for name in (each for each in (*coarser, *classes) if each != column and (rows[each] != "").all()):
        several = rows[name].groupby(blocks).agg(["size", "nunique"])
        if float((several["nunique"][several["size"] > 1] == 1).mean()) < _MOSTLY:
            return True
    return False


def _agree(rows: pd.DataFrame, blocks: pd.Series, columns: Sequence[str]) -> bool:
    """Whether a column of classes that is filled everywhere says one class in nearly every block of several lines."""
    for name in columns_named(columns, LABEL_NAMES):
        if (rows[name] != "").all():
            several = rows[name].groupby(blocks).agg(["size", "nunique"])
            return float((several["nunique"][several["size"] > 1] == 1).mean()) >= _MOSTLY
    return False
