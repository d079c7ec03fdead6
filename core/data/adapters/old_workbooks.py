"""Workbooks of Excel 97 to 2003 (.xls): how many cells their sheets would take, told before anything reads them.

They are a small file system (MS-CFB) with one stream of records (MS-XLS), each with its kind and length.
"""

import struct
from collections.abc import Iterator

import numpy as np

from core.base.errors import DataError

BEGINS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_RECORDS = 20_000_000
_FIRST_OF_NO_SECTOR = 0xFFFFFFFA
_FATS_IN_HEADER = 109
_ENTRY_BYTES = 128
_END, _PROTECTED, _SHEET, _MANY_NUMBERS, _MANY_BLANKS = 0x000A, 0x002F, 0x0085, 0x00BD, 0x00BE
_CELLS = frozenset({0x0006, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, _MANY_NUMBERS, _MANY_BLANKS})
"""Formula, formatted text, shared text, blank, number, text, truth or error, short number, and rows of two of them."""


def cells_of(data: bytes) -> int:
    """How many cells the rectangles of all sheets have, as the list of sheets leads to them.

    Raises:
        DataError: it is protected by a password, or holds macros; what follows “The workbook …”.
        ValueError: it is damaged.
    """
    try:
        stream, names = _stream(data)
        if any("vba" in name.lower() for name in names):
            raise DataError("holds macros. Save it as .xlsx without them, or as CSV.")
        begins = []
        for kind, at, _ in _records(stream, 0):
            if kind == _PROTECTED:
                raise DataError("is protected by a password. Save it without one.")
            if kind == _SHEET:
                begins.append(struct.unpack_from("<I", stream, at)[0])
        cells = walked = 0
        for begin in begins:
            lowest = rightmost = 0
            for kind, at, length in _records(stream, begin):
                walked += 1
                if kind in _CELLS:
                    row, column = struct.unpack_from("<HH", stream, at)
                    if kind in (_MANY_NUMBERS, _MANY_BLANKS):
                        (column,) = struct.unpack_from("<H", stream, at + length - 2)
                    lowest, rightmost = max(lowest, row + 1), max(rightmost, column + 1)
                if walked > _MOST_RECORDS:
                    raise ValueError
            cells += lowest * rightmost
    except (struct.error, IndexError) as error:
        raise ValueError from error
    return cells


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and length of each record from a place to the end of its part."""
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, at + 4, length
        if kind == _END:
            return
        at += 4 + length


def _stream(data: bytes) -> tuple[bytes, list[str]]:
    """The stream of the workbook, and the names of all streams and folders."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    if size not in (512, 4096):
        raise ValueError
    first_of_names, small, more = (struct.unpack_from("<I", data, at)[0] for at in (48, 56, 68))
    listed = list(struct.unpack_from(f"<{_FATS_IN_HEADER}I", data, 76))
    while more < _FIRST_OF_NO_SECTOR and len(listed) <= len(data) // size:
        *rest, more = struct.unpack(f"<{size // 4}I", _sector(data, size, more))
        listed += rest
    fat = np.frombuffer(
        b"".join(_sector(data, size, number) for number in listed if number < _FIRST_OF_NO_SECTOR), "<u4"
    )

    def chain(number: int) -> bytes:
        pieces: list[bytes] = []
        while number < _FIRST_OF_NO_SECTOR:
            if len(pieces) > len(fat):
                raise ValueError  # it leads back to itself
            pieces.append(_sector(data, size, number))
            number = int(fat[number])
        return b"".join(pieces)

    names = chain(first_of_names)
    found: dict[str, tuple[int, int]] = {}
    for at in range(0, len(names) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        (length,) = struct.unpack_from("<H", names, at + 64)
        name = names[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", errors="replace")
        found[name] = struct.unpack_from("<II", names, at + 116)
    start, length = found.get("Workbook") or found.get("Book") or (0, 0)
    if length < small:
        raise ValueError  # Excel fills a stream up, so that none is so small
    return chain(start)[:length], list(found)


def _sector(data: bytes, size: int, number: int) -> bytes:
    piece = data[(number + 1) * size : (number + 2) * size]
    if not piece:
        raise ValueError
    return piece
