"""Workbooks (.xlsx, .xls, .xlsb, .ods) as tables of texts: values as last computed, nothing run, nothing fetched.

They are read by `python-calamine` (Rust), which keeps a sheet as a rectangle in memory. What a workbook takes once it
is unpacked, and how far its cells reach, is therefore measured before, whatever its header declares.
"""

import datetime
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from core.base.errors import DataError
from core.base.files import open_regular
from core.data.adapters.old_workbooks import BEGINS, cells_of
from core.data.adapters.packed_workbooks import MOST_CELLS, check_packed, damaged
from core.data.adapters.picture_files import split_ending
from core.data.adapters.table_errors import TableError
from core.data.adapters.text_pieces import BLANKS

OLD = ".xls"
SUFFIXES = frozenset({".xlsx", ".xlsb", ".ods", OLD})
NOT_READ = {
    **dict.fromkeys((".xlsm", ".xltm", ".xlam"), "workbooks with macros (save them as .xlsx to have them read)"),
    **dict.fromkeys((".numbers", ".fods", ".wks"), "spreadsheets (save them as .xlsx or CSV to have them read)"),
}
"""Spreadsheets that are named and not read, by the ending of their names."""
MOST_BYTES = 100_000_000
_LOOKED_AT_BYTES = 100_000
_MOST_SHEETS = 50
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ARCHIVE = b"PK"

Sheet = tuple[str, int, list[list[str]]]
"""Its name, the number of its first row, counted from 1, and its rows as texts, each as long as the others."""


@cache
def can_read() -> bool:
    """Whether the reader is installed; it is not imported."""
    return find_spec("python_calamine") is not None


def is_workbook_name(name: str) -> bool:
    """Whether a file of this name is taken for a workbook that can be read."""
    return split_ending(name)[1].lower() in SUFFIXES and can_read()


def read_sheets(path: Path) -> list[Sheet]:
    """The visible sheets of a workbook that hold something, in their order.

    Dates are as in ISO 8601, whole numbers without decimals, formulas what they last gave; a value of cells that are
    merged downwards stands in each row.

    Raises:
        TableError: it is protected by a password, of an old form, damaged, with macros, or too large.
    """
    data = _checked(path)
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    found: list[Sheet] = []
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))  # told by its content, which a name may not fit
        sheets = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
        visible = [each for each in sheets if each.visible == SheetVisibleEnum.Visible] or sheets
        for each in visible[:_MOST_SHEETS]:
            sheet = book.get_sheet_by_name(each.name)
            if sheet.start is None:
                continue
            rows = [[as_text(value) for value in row] for row in sheet.to_python(skip_empty_area=True)]
            _spread_merged(rows, sheet.merged_cell_ranges or (), sheet.start)
            found.append((each.name, sheet.start[0] + 1, rows))
    except (CalamineError, OSError, ValueError) as error:
        raise damaged(path) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # which is no Exception, and what Rust makes of what is damaged
            raise
        raise damaged(path) from error
    return found


def as_text(value: Any) -> str:
    """A value as the text that people see."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value).strip(BLANKS)


def _spread_merged(rows: list[list[str]], merged: Any, start: tuple[int, int]) -> None:
    """Repeat the value of cells that are merged downwards in each of their rows."""
    for (top, left), (bottom, _) in merged:
        first, column = top - start[0], left - start[1]
        if 0 <= first < len(rows) and 0 <= column < len(rows[first]):
            for row in rows[first + 1 : bottom - start[0] + 1]:
                row[column] = row[column] or rows[first][column]


def _checked(path: Path) -> bytes:
    """What is in a file; refuses what is no workbook that can be read at a bounded cost."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise TableError(path, f"has {size / 1e6:.0f} MB; workbooks of up to {MOST_BYTES / 1e6:.0f} MB are read.")
        with open_regular(path) as file:
            data = file.read(MOST_BYTES)
    except OSError as error:
        raise TableError(path, f"cannot be read as a table: {error.strerror}.") from error
    if data.startswith(BEGINS):
        _check_old(path, data)
    elif path.suffix.lower() == OLD and data and not data.startswith(_ARCHIVE):
        if b"<table" in data[:_LOOKED_AT_BYTES].lower():
            raise TableError(
                path, "is a web page although it is called a workbook. Open it and save it as .xlsx or CSV."
            )
        raise TableError(path, "is no workbook although it is called so. If it is text, call it .csv or .tsv.")
    else:
        check_packed(path)
    return data


def _check_old(path: Path, data: bytes) -> None:
    if _ENCRYPTED in data:
        raise TableError(path, "is protected by a password. Save it without one.")
    try:
        cells = cells_of(data)
    except DataError as error:
        raise TableError(path, str(error)) from error
    except ValueError as error:
        raise damaged(path) from error
    if cells > MOST_CELLS:
        raise TableError(
            path,
            f"has sheets whose cells reach over {cells:,} places. Delete what lies far below or beside the "
            "table, or save it as CSV.",
        )
