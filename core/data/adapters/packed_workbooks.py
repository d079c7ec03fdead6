"""Workbooks that are archives (.xlsx, .xlsb, .ods): what they take unpacked and how far their cells reach.

The reader keeps a sheet as a rectangle in memory, so both are measured before, whatever headers declare.
"""

import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from core.base.files import open_regular
from core.data.adapters.table_errors import TableError

MOST_UNPACKED_BYTES = 600_000_000
MOST_CELLS = 8_000_000
"""Of the rectangle that holds all cells of a sheet: 300,000 rows of 26 columns."""
_MOST_ENTRIES = 5_000
_CHUNK = 1 << 20
_LOCAL_HEADER = 30
_LONGEST_CELL_TAG = 400
_CELL = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\br=[\"']([A-Za-z]{1,3})(\d{1,7})[\"'][^<>/]*>")
_ODS_TAG = re.compile(
    rb"<(table:(?:table|table-row|table-cell|covered-table-cell))(?=[\s/>])"
    rb"""((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>"""
)
_ODS_REPEATED = re.compile(rb"-repeated\s*=\s*[\"']([^\"']*)[\"']")
_LONGEST_BINARY_HEADER, _ROW, _LAST_CELL = 10, 0, 11

Reach = tuple[int, int]
"""How many rows and columns the cells of a sheet reach over."""


def damaged(path: Path) -> TableError:
    """What is raised where a workbook cannot be read."""
    return TableError(path, "is damaged and cannot be read as a workbook. Save it anew.")


def check_packed(path: Path) -> None:
    """Refuse what is no workbook that can be read at a bounded cost.

    Raises:
        TableError: it is damaged, protected by a password, holds macros, or more than a table does.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
            if any(_is_macro(each.filename.lower()) for each in entries):
                raise TableError(path, "holds macros. Save it as .xlsx without them, or as CSV.")
            if len(entries) > _MOST_ENTRIES or sum(each.file_size for each in entries) > MOST_UNPACKED_BYTES:
                raise TableError(path, "holds more than a table does. Save the sheet that is needed as CSV.")
            left = MOST_UNPACKED_BYTES
            for each in entries:
                left = _check_entry(path, each, left)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, ValueError) as error:
        raise damaged(path) from error


def _is_macro(name: str) -> bool:
    return name.endswith("vbaproject.bin") or name.startswith("basic/")


def _check_entry(path: Path, entry: zipfile.ZipInfo, left: int) -> int:
    """Unpack one entry to measure it; gives how much of `left` bytes remains."""
    measure = next((each for pattern, each in _MEASURES if pattern.match(entry.filename)), None)

    def unpacked() -> Iterator[bytes]:
        nonlocal left
        for chunk in _unpacked(path, entry):
            left -= len(chunk)
            if left < 0:
                raise TableError(path, "unpacks to more than a table does. Save the sheet needed as CSV.")
            if entry.filename == "META-INF/manifest.xml" and b"encryption-data" in chunk:
                raise TableError(path, "is protected by a password. Save it without one.")
            yield chunk

    if measure is None:
        for _ in unpacked():
            pass
        return left
    cells = 0
    for lowest, rightmost in measure(unpacked()):
        cells += lowest * rightmost
        if cells > MOST_CELLS:
            raise TableError(
                path,
                f"has a sheet whose cells reach over {lowest:,} rows and {rightmost:,} columns. "
                "Delete what lies far below or beside the table, or save it as CSV.",
            )
    return left


def _reach_of_xml(chunks: Iterator[bytes]) -> Iterator[Reach]:
    """Of a sheet of .xlsx, whose cells are named like B7."""
    lowest = rightmost = 0
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        cells = _CELL.findall(text)
        rest = text[-_LONGEST_CELL_TAG:]
        if cells:
            lowest = max(lowest, max(int(number) for _, number in cells))
            rightmost = max(rightmost, *map(_column_number, {letters for letters, _ in cells}))
    yield lowest, rightmost


def _reach_of_binary(chunks: Iterator[bytes]) -> Iterator[Reach]:
    """Of a sheet of .xlsb, which is a stream of records: those of rows and cells begin with their number."""
    row = lowest = rightmost = skipped = records = 0
    rest = b""
    for chunk in chunks:
        text, at = rest + chunk, skipped
        while at + _LONGEST_BINARY_HEADER <= len(text):
            kind, begin = text[at], at + 1
            if kind > 0x7F:
                kind, begin = (kind & 0x7F) | text[begin] << 7, begin + 1
            length = 0
            for shift in range(0, 28, 7):
                length |= (text[begin] & 0x7F) << shift
                begin += 1
                if text[begin - 1] <= 0x7F:
                    break
            if kind <= _LAST_CELL and length >= 4:
                (number,) = struct.unpack_from("<I", text, begin)
                row = number + 1 if kind == _ROW else row
                if kind != _ROW:
                    lowest, rightmost = max(lowest, row), max(rightmost, number + 1)
            records += 1
            if records > 2 * MOST_CELLS:
                yield records, rightmost
            at = begin + length
        skipped, rest = max(0, at - len(text)), text[at:]
    yield lowest, rightmost


def _reach_of_ods(chunks: Iterator[bytes]) -> Iterator[Reach]:
    """Of each sheet in the content of .ods, where rows and cells may be repeated; empty ones at the end are none."""
    rows = lowest = columns = rightmost = 0
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        end = text.rfind(b"<")
        rest = text[end:] if end >= 0 else b""
        if len(rest) > _CHUNK:
            raise ValueError  # no tag is so long
        for tag, attributes in _ODS_TAG.findall(text[: max(end, 0)]):
            count = max([1, *map(int, _ODS_REPEATED.findall(attributes))])
            if tag == b"table:table":
                yield lowest, rightmost
                rows = lowest = rightmost = 0
            elif tag == b"table:table-row":
                rows, columns = rows + count, 0
            else:
                columns += count
                if not attributes.endswith(b"/") or b"office:" in attributes or b"formula" in attributes:
                    lowest, rightmost = rows, max(rightmost, columns)
    yield lowest, rightmost


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


_MEASURES: tuple[tuple[re.Pattern[str], Callable[[Iterator[bytes]], Iterator[Reach]]], ...] = (
    (re.compile(r"^/?xl/.+\.xml$", re.IGNORECASE), _reach_of_xml),
    (re.compile(r"^/?xl/(?!printerSettings/).+\.bin$", re.IGNORECASE), _reach_of_binary),
    (re.compile(r"^/?content\.xml$", re.IGNORECASE), _reach_of_ods),
)
