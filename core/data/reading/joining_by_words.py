"""Joining tables whose columns together say what pictures are called, such as patient, x and y of a tile."""

import re
from collections.abc import Mapping

import pandas as pd

from core.data.adapters.table_files import Table
from core.data.compact_texts import stems_of
from core.data.group_words import words
from core.data.reading.joined import Joined, fill

_WORD_AND_NUMBER = re.compile(r"(?<![^\W_])([^\W\d_]+)[_\-. =]?(\d+)(?![^\W_])")
_FEWEST_WORDS, _LEAST = 2, 0.5
_LOOKED_AT = 50


def add_by_words(joined: Joined, table: Table, inside: str, files: pd.Series) -> bool:
    """Join a table that has a column for each of several words in the names of the pictures, and the number behind it.

    "patch_patient_004_node_4_x_3328_y_21792" is of the row with patient 4, node 4, x_coord 3328 and y_coord 21792, as
    in CAMELYON17-WILDS. Each row has to be of other numbers.

    Args:
        joined: gets the columns of the table.
        table: with a row for each picture.
        inside: its path.
        files: paths of the pictures.
    """
    stems = stems_of(files)
    columns = _columns_of_words(stems, table)
    if len(columns) < _FEWEST_WORDS:
        return False
    numbers = {name: pd.to_numeric(table.rows[name], errors="coerce") for name in columns.values()}
    keys = pd.MultiIndex.from_frame(pd.DataFrame(numbers))
    if not keys.is_unique:
        return False
    line_of = dict(zip(keys, table.rows.index, strict=True))
    lines = stems.map(lambda name: line_of.get(_numbers_in(name, columns)))
    here = lines.notna()
    if here.mean() < _LEAST or lines[here].duplicated().any():
        return False
    joined.keys[inside] = ", ".join(columns.values())
    joined.tables[inside] = int(here.sum())
    if absent := len(table.rows) - int(here.sum()):
        joined.without[inside] = absent
    for name in table.columns:
        said = pd.Series("", files.index, dtype=object)
        said[here] = table.rows[name].loc[lines[here]].to_numpy()
        fill(joined, name, said, inside)
        joined.columns += [name] if name not in joined.columns else []
    return True


def _columns_of_words(stems: pd.Series, table: Table) -> dict[str, str]:
    """The column for each word behind which a number stands in the first names; where several would do, none."""
    some = [dict(_WORD_AND_NUMBER.findall(name)) for name in stems.iloc[:: max(1, len(stems) // _LOOKED_AT)]]
    everywhere = [word for word in (some[0] if some else ()) if all(word in said for said in some)]
    found: dict[str, str] = {}
    for word in everywhere:
        called = [name for name in table.columns if word.casefold() in words(name)]
        if len(called) == 1:
            found[word] = called[0]
    return found if len(set(found.values())) == len(found) else {}


def _numbers_in(name: str, columns: Mapping[str, str]) -> tuple[float, ...]:
    said = dict(_WORD_AND_NUMBER.findall(name))
    return tuple(float(said.get(word, "nan")) for word in columns)
