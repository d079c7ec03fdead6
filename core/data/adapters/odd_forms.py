"""Tables that programs have written in a way of their own: lines in quotes as a whole, single quotes around each value,
and rows with a name for which the header has no column, as R writes them."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from core.data.adapters.text_pieces import open_text

_NUMBER = re.compile(r"[-+]?\d*")
_LARGEST = 50_000_000
"""Bytes of a file whose lines are taken out of their quotes in memory."""


def lines_in_quotes(path: Path, encoding: str, separator: str, begin: int) -> list[list[str]] | None:
    """The fields of a table each line of which stands in quotes as a whole, "a,b,c"; None if it is none."""
    if path.stat().st_size > _LARGEST:
        return None
    found: list[list[str]] = []
    for line in _lines(path, encoding, separator, begin):
        if len(line) != 1:
            return None
        fields = next(csv.reader([line[0]], delimiter=separator, skipinitialspace=True), [])
        if len(fields) < 2 or (found and len(fields) != len(found[0])):
            return None
        found.append([each.strip() for each in fields])
    return found if len(found) > 1 else None


def rows_have_names(path: Path, encoding: str, separator: str, begin: int, width: int) -> bool:
    """Whether each line below a header has one field more than it, and these begin with a name of the row.

    That are numbers in their order before values that differ from row to row, or different texts in quotes as R writes
    them. A decimal comma that nobody has put into quotes makes longer lines too, and is none of these.
    """
    with open_text(path, encoding, begin) as file:
        quoted = all(file.readline().startswith('"') for _ in range(2))
    lines = _lines(path, encoding, separator, begin)
    next(lines, None)
    names: list[str] = []
    following: list[str] = []
    for line in lines:
        if len(line) != width + 1:
            return False
        names.append(line[0].strip())
        following.append(line[1].strip())
    if len(names) < 2 or len(set(names)) < len(names):
        return False
    if separator == "," and all(map(_NUMBER.fullmatch, following)):
        return False
    first = int(names[0]) if names[0] in ("0", "1") else None
    counted = first is not None and names == [str(number) for number in range(first, first + len(names))]
    return quoted or (counted and len(set(following)) == len(following))


def in_single_quotes(header: list[str]) -> bool:
    """Whether each name of a header stands in single quotes."""
    return len(header) > 1 and all(len(name) > 2 and name[0] == name[-1] == "'" for name in header)


def without_single_quotes(rows: pd.DataFrame) -> pd.DataFrame:
    """The same texts without the single quotes around them."""
    return rows.apply(lambda column: column.str.replace(r"^'(.*)'$", r"\1", regex=True))


def _lines(path: Path, encoding: str, separator: str, begin: int) -> Iterator[list[str]]:
    with open_text(path, encoding, begin) as file:
        yield from (line for line in csv.reader(file, delimiter=separator) if any(field.strip() for field in line))
