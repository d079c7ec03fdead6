"""Lists that name numbered classes: `classes.txt`, `class_names.txt`, or a table of a number and a name."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pandas as pd

from core.data.adapters.table_files import Table
from core.data.group_words import plain_name
from core.data.spec import MOST_CLASSES

LISTS = frozenset(
    "classes classnames class classlist labels labelnames names categories classmap classmapping labelmap labelmapping "
    "classdict classtoidx idxtoclass classid classids classindices labelencoder labelencoding id2label label2id "
    "idx2class class2idx indextoname nametoindex".split()
)
_NUMBER_FIRST = re.compile(r"^(\d{1,3})[\s,:;=|]+(\S.*)$")
_NUMBER_LAST = re.compile(r"^(\S.*?)[\s,:;=|]+(\d{1,3})$")
_FIGURES = re.compile(r"[\d.,]*")
_WHOLE = re.compile(r"^\d{1,3}(?:\.0*)?$")


@dataclass(frozen=True)
class ClassNames:
    """A list that names numbered classes.

    `inside` is the path of the file; `named` has the name of each number, or is None where the lines are in the order
    of the numbers; `lines` are the names in the order of the file. `sure` is false where other lines stand between.
    """

    inside: str
    named: dict[int, str] | None
    lines: tuple[str, ...]
    sure: bool = True

    def of(self, numbers: Iterable[int], *, from_zero: bool = False) -> tuple[dict[int, str], bool] | None:
        """The name of each of these numbers, and whether it is sure; None where the list does not fit them.

        With `from_zero` it is known that the first line is of the number 0.
        """
        numbers = set(numbers)
        if self.named is not None:
            return (self.named, self.sure) if numbers <= self.named.keys() else None
        count = len(self.lines)
        if max(numbers) == count and min(numbers) > 0 and not from_zero:
            return dict(enumerate(self.lines, start=1)), True
        if max(numbers) < count:
            return dict(enumerate(self.lines)), from_zero or 0 in numbers
        return None


def class_names_in(table: Table, inside: str) -> ClassNames | None:
    """What a table that names no picture says of numbered classes; None if it is no such list.

    A table of two columns, whole numbers and names, each once, is one under any name; lines without numbers are one
    where the file is called so.
    """
    called = plain_name(inside.rpartition("/")[2].rpartition(".")[0]) in LISTS
    if table.rows.shape[1] == 2:
        for number, name in ((0, 1), (1, 0)):
            header = [table.columns] if _is_number(table.columns[number]) else []
            pairs = [*header, *table.rows.to_numpy().tolist()]
            named = {int(each[number]): each[name] for each in pairs if _is_number(each[number])}
            if len(named) == len(pairs) and 2 <= len(named) <= MOST_CLASSES and _are_names(named.values()):
                return ClassNames(inside, named, tuple(named.values()))
    if not called or table.rows.shape[1] != 1:
        return None
    lines = [line for line in (table.columns[0], *table.rows.iloc[:, 0]) if line]
    first, last = [_NUMBER_FIRST.match(line) for line in lines], [_NUMBER_LAST.match(line) for line in lines]
    for found, number, name in ((first, 1, 2), (last, 2, 1)):
        numbered = {int(each[number]): each[name].strip() for each in found if each is not None}
        if 2 <= len(numbered) <= MOST_CLASSES and len(numbered) >= len(lines) - 1:
            return ClassNames(inside, numbered, tuple(numbered.values()))
    unique = len(set(lines)) == len(lines)
    return ClassNames(inside, None, tuple(lines)) if unique and 2 <= len(lines) <= MOST_CLASSES else None


def whole_numbers(values: pd.Series) -> pd.Series | None:
    """The values as whole numbers, missing where nothing is written; None if something else is."""
    said = values[values != ""]
    if said.empty or not said.map(lambda text: bool(_WHOLE.match(text))).all():
        return None
    return said.astype(float).astype(int)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= 3


def _are_names(texts: Collection[str]) -> bool:
    return len(set(texts)) == len(texts) and not any(_FIGURES.fullmatch(text) for text in texts)
