"""Workbooks of Excel (.xlsx) as tables of texts: values as they were last computed, nothing run, nothing fetched.

They are read by `python-calamine` (Rust), which keeps a sheet as a rectangle in memory. What a workbook takes once it
is unpacked, and how far its cells reach, is therefore measured before, whatever its header declares.
"""

import datetime
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.base.errors import DataError
from core.base.files import open_regular
from core.base.printable import printable

SUFFIX = ".xlsx"
NOT_READ = {
    **dict.fromkeys((".xlsm", ".xltm", ".xlam"), "workbooks with macros (save them as .xlsx to have them read)"),
    **dict.fromkeys(
        (".xls", ".xlsb", ".ods", ".numbers"), "spreadsheets (save them as .xlsx or CSV to have them read)"
    ),
}
"""Spreadsheets that are named and not read, by the ending of their names."""
MOST_BYTES = 100_000_000
MOST_UNPACKED_BYTES = 600_000_000
MOST_CELLS = 8_000_000
"""Of the rectangle that holds all cells of a sheet: 300,000 rows of 26 columns."""
_MOST_ENTRIES, _MOST_SHEETS = 5_000, 50
_CHUNK = 1 << 20
_LONGEST_CELL_TAG = 400
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SHEET = re.compile(r"^/?xl/worksheets/[^/]+\.xml$", re.IGNORECASE)
_CELL = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\br=[\"']([A-Za-z]{1,3})(\d{1,7})[\"'][^<>/]*>")
_LOCAL_HEADER = 30

Sheet = tuple[str, int, list[list[str]]]
"""Its name, the number of its first row, counted from 1, and its rows as texts, each as long as the others."""


@cache
def can_read() -> bool:
    """Whether the reader is installed; it is not imported."""
    return find_spec("python_calamine") is not None


def is_workbook_name(name: str) -> bool:
    """Whether a file of this name is taken for a workbook that can be read."""
    return os.path.splitext(name)[1].lower() == SUFFIX and can_read()  # noqa: PTH122 - asked for every file


def read_sheets(path: Path) -> list[Sheet]:
    """The visible sheets of a workbook that hold something, in their order.

    Dates are as in ISO 8601, whole numbers without decimals, formulas what they last gave; a value of cells that are
    merged downwards stands in each row.

    Raises:
        DataError: it is protected by a password, of an old form, damaged, with macros, or too large.
    """
    _check(path)
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    found: list[Sheet] = []
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
        visible = [each for each in sheets if each.visible == SheetVisibleEnum.Visible] or sheets
        for each in visible[:_MOST_SHEETS]:
            sheet = book.get_sheet_by_name(each.name)
            if sheet.start is None:
                continue
            rows = [[_as_text(value) for value in row] for row in sheet.to_python(skip_empty_area=True)]
            _spread_merged(rows, sheet.merged_cell_ranges or (), sheet.start)
            found.append((each.name, sheet.start[0] + 1, rows))
    except (CalamineError, OSError, ValueError) as error:
        raise DataError(f"{printable(path)} is damaged and cannot be read as a workbook. Save it anew.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # which is no Exception, and what Rust makes of what is damaged
            raise
        raise DataError(f"{printable(path)} is damaged and cannot be read as a workbook. Save it anew.") from error
    return found


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value).strip()


def _spread_merged(rows: list[list[str]], merged: Any, start: tuple[int, int]) -> None:
    """Repeat the value of cells that are merged downwards in each of their rows."""
    for (top, left), (bottom, _) in merged:
        first, column = top - start[0], left - start[1]
        if 0 <= first < len(rows) and 0 <= column < len(rows[first]):
            for row in rows[first + 1 : bottom - start[0] + 1]:
                row[column] = row[column] or rows[first][column]


def _check(path: Path) -> None:
    """Refuse what is no workbook that can be read at a bounded cost."""
    shown = printable(path)
    try:
        size = path.stat().st_size
        with open_regular(path) as file:
            start = file.read(_CHUNK)
    except OSError as error:
        raise DataError(f"{shown} cannot be read as a table: {error.strerror}.") from error
    if start.startswith(_OLD):
        if _ENCRYPTED in start or _holds(path, _ENCRYPTED):
            raise DataError(f"{shown} is protected by a password. Save it without one.")
        raise DataError(f"{shown} is a workbook of an old form of Excel. Save it as .xlsx or CSV.")
    if size > MOST_BYTES:
        raise DataError(f"{shown} has {size / 1e6:.0f} MB; workbooks of up to {MOST_BYTES / 1e6:.0f} MB are read.")
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
            if any(each.filename.lower().endswith("vbaproject.bin") for each in entries):
                raise DataError(f"{shown} holds macros. Save it as .xlsx without them, or as CSV.")
            if len(entries) > _MOST_ENTRIES or sum(each.file_size for each in entries) > MOST_UNPACKED_BYTES:
                raise DataError(f"{shown} holds more than a table does. Save the sheet that is needed as CSV.")
            left = MOST_UNPACKED_BYTES
            for each in entries:
                left = _check_entry(path, each, left)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, ValueError) as error:
        raise DataError(f"{shown} is damaged and cannot be read as a workbook. Save it anew.") from error


def _holds(path: Path, wanted: bytes) -> bool:
    with open_regular(path) as file:
        return wanted in file.read(MOST_BYTES)


def _check_entry(path: Path, entry: zipfile.ZipInfo, left: int) -> int:
    """Unpack one entry to measure it; gives how much of `left` bytes remains."""
    is_sheet = _SHEET.match(entry.filename) is not None
    lowest = rightmost = 0
    rest = b""
    for chunk in _unpacked(path, entry):
        left -= len(chunk)
        if left < 0:
            raise DataError(f"{printable(path)} unpacks to more than a table does. Save the sheet needed as CSV.")
        if is_sheet:
            text = rest + chunk
            cells = _CELL.findall(text)
            rest = text[-_LONGEST_CELL_TAG:]
            if cells:
                lowest = max(lowest, max(int(number) for _, number in cells))
                rightmost = max(rightmost, *map(_column_number, {letters for letters, _ in cells}))
    if lowest * rightmost > MOST_CELLS:
        raise DataError(
            f"{printable(path)} has a sheet whose cells reach over {lowest:,} rows and {rightmost:,} columns. Delete "
            "what lies far below or beside the table, or save it as CSV."
        )
    return left


def _unpacked(path: Path, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """What is in an entry of an archive to its real end, which may lie behind the declared one, piece by piece."""
    with open_regular(path) as file:
        file.seek(entry.header_offset)
        header = file.read(_LOCAL_HEADER)
        if len(header) < _LOCAL_HEADER:
            raise zipfile.BadZipFile
        file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), os.SEEK_CUR)
        if entry.compress_type == zipfile.ZIP_STORED:
            for start in range(0, entry.compress_size, _CHUNK):
                yield file.read(min(_CHUNK, entry.compress_size - start))
            return
        if entry.compress_type != zipfile.ZIP_DEFLATED:
            raise NotImplementedError
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        while not unpacker.eof:
            packed = unpacker.unconsumed_tail or file.read(_CHUNK)
            if not packed:
                return
            yield unpacker.decompress(packed, _CHUNK)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number
