"""Tables with the pictures of a row in one cell, such as "img_000.jpg; img_001.jpg": a row for each of them."""

import re
from dataclasses import replace

import pandas as pd

from core.data.adapters.table_files import Table
from core.data.group_words import group_word
from core.data.reading.picture_names import PictureNames
from core.data.reading.several_pictures import CASE

_BETWEEN = re.compile(r"\s*[;,|\n]\s*|\s+(?=\S+\.\w{3,4}\b)")
_SIGNS = " []()'\""
_LOOKED_AT, _MOSTLY = 200, 0.5


def a_row_each(table: Table, called: str, names: PictureNames, beside: str) -> Table | None:
    """The table with a row for each picture where a column lists several in most cells; None where none does.

    What was one row becomes the column `CASE`, where no column says what belongs together and rows are of cases:
    where each row has a value of its own in every column, as in a list of classes, they are of none.
    """
    for column in table.columns:
        texts = table.rows[column][table.rows[column] != ""]
        some = texts.iloc[:: max(1, len(texts) // _LOOKED_AT)]
        if not len(some) or some.str.contains(_BETWEEN).mean() < _MOSTLY:
            continue
        if (names.column(some.map(_pieces).explode().fillna(""), beside) >= 0).mean() < _MOSTLY:
            continue
        rows = table.rows
        others = [name for name in rows if name != column]
        if not any(map(group_word, others)) and any(not rows[name].is_unique for name in others):
            rows = rows.assign(**{CASE: f"{called} " + pd.Series(rows.index.astype(str), rows.index)})
        return replace(table, rows=rows.assign(**{column: rows[column].map(_pieces)}).explode(column).fillna(""))
    return None


def _pieces(text: str) -> list[str]:
    return [piece for each in _BETWEEN.split(text) if (piece := each.strip(_SIGNS))]
