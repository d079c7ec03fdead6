"""Tables of Weka: ARFF files, with nominal values, quotes, missing values and sparse rows (Weka's ARFF, stable)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from core.base.printable import printable
from core.data.adapters.table_errors import EmptyTableError, TableError
from core.data.adapters.text_pieces import open_text

ARFF = ".arff"
_MOST_LINES = 2_000_000
_WORD = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_ATTRIBUTE = re.compile(rf"@attribute\s+({_WORD}|[^\s{{]+)\s*(.+)", re.IGNORECASE)
_FIELD = re.compile(rf"\s*({_WORD}|[^,]*?)\s*(,|\Z)")
_ESCAPED = re.compile(r"\\(.)")
_NUMERIC = ("numeric", "real", "integer")


def read_arff(path: Path, encoding: str, most_columns: int) -> pd.DataFrame:
    """The rows of an ARFF file as texts, "" where a value is missing; the index holds the numbers of their lines.

    Raises:
        EmptyTableError: it has no row.
        TableError: it is no such file, or has more columns; the message says line, column and what to do.
    """
    columns: list[str] = []
    defaults: list[str] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    in_data = False
    try:
        with open_text(path, encoding) as file:
            for number, line in enumerate(file, start=1):
                text = line.strip()
                if not text or text.startswith("%"):
                    continue
                if in_data:
                    rows.append(_row(path, number, text, columns, defaults))
                    numbers.append(number)
                    continue
                keyword = text.split(None, 1)[0].lower()
                in_data = keyword == "@data"
                if keyword == "@attribute":
                    name, default = _attribute(path, number, text)
                    if name in columns:
                        raise TableError(path, f"has two attributes called {printable(name)}. Rename one.")
                    columns.append(name)
                    defaults.append(default)
                elif keyword not in ("@data", "@relation"):
                    raise TableError(path, f"is no ARFF table: line {number:,} begins with {printable(keyword[:40])}.")
                if number > _MOST_LINES:
                    raise TableError(path, f"has more than {_MOST_LINES:,} lines above @data. Is it no table at all?")
                if len(columns) > most_columns:
                    raise TableError(path, f"has more than {most_columns:,} columns. Is it turned, or no table at all?")
    except OSError as error:
        raise TableError(path, f"cannot be read as a table: {error.strerror}.") from error
    if not (in_data and columns):
        raise TableError(path, "is no ARFF table: it lacks @attribute or @data. Save it as CSV.")
    if not rows:
        raise EmptyTableError(path, "cannot be read as a table: no row stands below @data.")
    return pd.DataFrame(rows, columns=columns, index=numbers, dtype=str)


def _attribute(path: Path, number: int, text: str) -> tuple[str, str]:
    """The name of an attribute, and what it is where a sparse row does not name it."""
    found = _ATTRIBUTE.fullmatch(text)
    if found is None:
        raise TableError(path, f"is no ARFF table: line {number:,} is no “@attribute NAME TYPE”.")
    kind = found[2].strip()
    if kind.startswith("{"):
        first = next(_fields(kind[1:].rstrip("} ")), "")
        return _bare(found[1]), first
    if kind.lower().startswith("relational"):
        raise TableError(path, f"has a table inside its attribute {printable(_bare(found[1]))} (line {number:,}). "
                         "Save it as CSV, one row for each sample.")  # fmt: skip
    return _bare(found[1]), "0" if kind.lower().split()[0] in _NUMERIC else ""


def _row(path: Path, number: int, text: str, columns: list[str], defaults: list[str]) -> list[str]:
    if text.startswith("{"):
        return _sparse(path, number, text, columns, defaults)
    plain = "'" not in text and '"' not in text
    fields = [each.strip() for each in text.split(",")] if plain else list(_fields(text))
    if len(fields) != len(columns) and "\t" in text and "," not in text:
        fields = [_bare(each.strip()) for each in text.split("\t")]
    if len(fields) != len(columns):
        raise TableError(
            path,
            f"has {len(fields):,} values in line {number:,} and {len(columns):,} attributes. Put values with commas "
            "into quotes; was the download cut?",
        )
    return ["" if each == "?" else each for each in fields]


def _sparse(path: Path, number: int, text: str, columns: list[str], defaults: list[str]) -> list[str]:
    row = list(defaults)
    for field in _FIELD.finditer(text.strip("{} ")) if text.strip("{} ") else ():
        place, _, value = field[1].partition(" ")
        if not place:
            continue
        if not place.isdecimal() or int(place) >= len(columns):
            raise TableError(path, f"has a value for attribute {printable(place[:20])} in line {number:,}, of which "
                             f"there are {len(columns):,}, counted from 0.")  # fmt: skip
        row[int(place)] = "" if value.strip() == "?" else _bare(value.strip())
    return row


def _fields(text: str) -> Iterator[str]:
    for found in _FIELD.finditer(text):
        yield _bare(found[1])
        if not found[2]:
            return


def _bare(text: str) -> str:
    """A text without its quotes, and what is escaped in them as it is."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text
