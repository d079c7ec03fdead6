"""Lists that number the pictures, and others that say something of each number, as those of CUB-200-2011 do."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.data.adapters.table_files import Table, blank_separated
from core.data.group_words import words
from core.data.reading.joined import Joined, fill, shown_name
from core.data.reading.names_of_tables import name_of_table
from core.data.splits.splits import TEST, TRAIN

NUMBER_COLUMN = "column 1"
_NUMBER_AND_REST = r"\d+\s+\S+"
_NEARLY_ALL = 0.9
_SHOWN_PARTS = {"1": TRAIN, "0": TEST}


def may_be_numbered(table: Table) -> bool:
    """Whether each line of a list begins with a number that a blank divides from one word."""
    lines = [*table.columns, *table.rows.iloc[:50, 0]]
    return pd.Series(lines, dtype=object).str.fullmatch(_NUMBER_AND_REST).all()


def numbers_pictures(table: Table) -> bool:
    """Whether the first column of a list without a header numbers its lines."""
    if table.has_header or NUMBER_COLUMN not in table.rows:
        return False
    numbers = table.rows[NUMBER_COLUMN]
    return bool(numbers.str.isdecimal().all()) and numbers.is_unique


def pictures_by_number(matched: Sequence[tuple[Table, str, str, np.ndarray]]) -> tuple[dict[str, int], str] | None:
    """The picture of each number in the first list that numbers them, and the column that names them."""
    for table, _, column, pictures in matched:
        if column != NUMBER_COLUMN and numbers_pictures(table):
            return dict(zip(table.rows[NUMBER_COLUMN], pictures.tolist(), strict=True)), column
    return None


def add_numbered(joined: Joined, table: Table, inside: str, pictures: Mapping[str, int], image: str) -> bool:
    """Join a list of the numbers of pictures and one value each, as a column called after the list.

    Args:
        joined: gets the column; it is asked what 0 and 1 of a list called after training and test mean.
        table: as it was read, in any way.
        inside: its path.
        pictures: of each number, −1 for none.
        image: the column that names the pictures in the list that numbers them.
    """
    try:
        listed = blank_separated(table.path) if inside.lower().endswith(".txt") else None
    except DataError:
        return False
    if listed is None or listed.rows.shape[1] != 2 or not numbers_pictures(listed):
        return False
    name, (numbers, said) = name_of_table(inside), (listed.rows[each] for each in listed.rows)
    known = numbers.map(pictures).fillna(-1).astype(int).to_numpy()
    if (known >= 0).mean() < _NEARLY_ALL or len(known) < _NEARLY_ALL * len(joined.rows):
        return False
    if {"train", "test"} <= set(words(name)) and set(said.unique()) == _SHOWN_PARTS.keys():
        said = said.map(_SHOWN_PARTS)
        asked = (
            f"{shown_name(inside)} has 1 for {int((said == TRAIN).sum()):,} pictures, which is taken for training, and "
            f"0 for {int((said == TEST).sum()):,}, taken for testing, as CUB-200-2011 has it. Agree, or write train "
            "and test there."
        )
        joined.asked = f"{joined.asked} {asked}".strip()
    values = pd.Series("", joined.rows.index, dtype=object)
    values.iloc[known[known >= 0]] = said[known >= 0].to_numpy()
    fill(joined, name, values, inside)
    joined.columns += [name] if name not in joined.columns else []
    joined.images[inside], joined.tables[inside] = image, int((known >= 0).sum())
    return True
