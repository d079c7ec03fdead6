"""Tables whose rows name several pictures, such as both eyes of a patient: what belongs together, and what to which."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.adapters.table_files import Table
from core.data.diagnoses.diagnoses import diagnosis
from core.data.group_words import group_word, plain_name, words
from core.data.reading.column_names import ROW_NAMES, columns_named

PICTURE_OF = "picture of"
"""The column of the name of the column that names a picture."""
CASE = "case no"
"""The column of what one row is of, where no other says whom."""
_LEFT, _RIGHT = "left", "right"
_SIDES = {
    **dict.fromkeys("left l lt os links linke izquierda izquierdo esquerda esquerdo gauche sinistra".split(), _LEFT),
    **dict.fromkeys("right r rt od rechts rechte derecha derecho direita direito droite destra".split(), _RIGHT),
}
"""Words for the sides of a body; OS and OD are the left and the right eye."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")


@dataclass(frozen=True)
class Views:
    """The columns of a table of whose rows each names several pictures.

    `images` name them, `of_row` say something of all of them; `both_sides` says whether they show the two sides of a
    body, which may differ in what they show.
    """

    images: tuple[str, ...]
    of_row: tuple[str, ...]
    both_sides: bool


def views_of(table: Table, images: Sequence[str]) -> Views:
    """What the columns of a table say of the pictures that several of them name."""
    sides = {_side_of(column, images) for column in images}
    of_side = _sided(table.columns, images).keys() | {*images}
    of_row = tuple(name for name in table.columns if name not in of_side)
    return Views(tuple(images), of_row, {_LEFT, _RIGHT} <= sides)


def lines_of_view(table: Table, column: str, images: Sequence[str]) -> np.ndarray:
    """Whether each row names a picture in this column, or in none, shape (rows,): fewer pictures are no fault of it."""
    others = [other for other in images if other != column]
    return ((table.rows[column] != "") | (table.rows[others] == "").all(axis=1)).to_numpy()


def rows_of_view(table: Table, called: str, column: str, images: Sequence[str]) -> pd.DataFrame:
    """The rows of a table as those of the pictures that one of its columns names.

    "Left diagnosis" and "Right diagnosis" become one column, "diagnosis", with what is said of this picture. What one
    row is of becomes the column `CASE`, where no column says what belongs together, and columns of pictures are not
    lists of the pictures of one class each.
    """
    rows = table.rows.drop(columns=[other for other in images if other != column])
    side, sided = _side_of(column, images), _sided(table.columns, images)
    mine = {name: shared for name, (of, shared) in sided.items() if of == side}
    rows = rows.drop(columns=[name for name in sided if name not in mine]).rename(columns=mine)
    if not any(group_word(name) for name in rows) and not are_classes(images):
        named = columns_named(rows.columns, ROW_NAMES)
        own = next((name for name in named if rows[name].is_unique and (rows[name] != "").all()), None)
        said = rows[own] if own else pd.Series(rows.index.astype(str), rows.index)
        rows = rows.assign(**{CASE: f"{called} " + said})
    return rows.assign(**{PICTURE_OF: column})


def are_classes(images: Iterable[str]) -> bool:
    """Whether columns that name pictures are called after classes: one sheet with a list of files for each."""
    return all(diagnosis(name).known or diagnosis(name).malignant is not None for name in images)


def _side_of(column: str, images: Sequence[str]) -> str:
    """What a column says of its pictures that others do not: the side of a body, or else the word it alone has."""
    sides = [_SIDES[word] for word in words(column) if word in _SIDES]
    others = {word for other in images if other != column for word in words(other)}
    return next(iter(sides), next((word for word in words(column) if word not in others), ""))


def _sided(columns: Iterable[str], images: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Columns of which each is about the pictures of one side: the side, and the name that they have in common."""
    sides = {_side_of(image, images) for image in images} - {""}
    shared: dict[str, dict[str, tuple[str, str]]] = {}
    for name in columns:
        if name not in images:
            for found in _WORD.finditer(name):
                side = next((_SIDES.get(word, word) for word in words(found[0])), "")
                rest = " ".join(filter(None, (name[: found.start()].strip("_-. "), name[found.end() :].strip("_-. "))))
                if side in sides and rest:
                    shared.setdefault(plain_name(rest), {})[side] = name, rest
    taken = {plain_name(name) for name in columns}
    return {
        name: (side, next(iter(of_sides.values()))[1])
        for key, of_sides in shared.items() if len(sides) > 1 and of_sides.keys() == sides and key not in taken
        for side, (name, _) in of_sides.items()
    }  # fmt: skip
