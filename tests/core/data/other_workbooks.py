"""Workbooks in other forms than .xlsx for tests: OpenDocument, Excel 97 and binary, as far as a reader looks."""

import struct
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

Rows = Sequence[Sequence[object]]
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
_NO_SECTOR, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def opendocument(path: Path, sheets: dict[str, Rows], more: str = "", manifest: str = "") -> Path:
    """Write sheets of numbers and texts as .ods; `more` stands behind the rows of each sheet."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + f"{more}</table:table>"
        for name, rows in sheets.items()
    )
    spaces = " ".join(f'xmlns:{each}="{_OFFICE}:{each}:1.0"' for each in ("office", "table", "text"))
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>{tables}</office:spreadsheet>"
        "</office:body></office:document-content>"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        packed.writestr("META-INF/manifest.xml", f"<manifest:manifest>{manifest}</manifest:manifest>")
        packed.writestr("content.xml", content)
    return path


def _ods_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'  # noqa: E501 - one cell
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'


def excel_97(path: Path, sheets: dict[str, Rows], more: bytes = b"", in_globals: bytes = b"") -> Path:
    """Write sheets of numbers and texts as .xls; `more` are records behind the cells, others stand before sheets."""
    parts = [_biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0)) + b"".join(_biff_cells(rows)) + more
             + _biff(0x000A) for rows in sheets.values()]  # fmt: skip
    begin = _biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x05, 0, 0, 0, 0)) + in_globals
    at = len(begin) + sum(4 + 8 + len(name) for name in sheets) + 4
    listed = b""
    for name, part in zip(sheets, parts, strict=True):
        listed += _biff(0x0085, struct.pack("<IBBBB", at, 0, 0, len(name), 0) + name.encode("latin-1"))
        at += len(part)
    stream = begin + listed + _biff(0x000A) + b"".join(parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_compound(stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")))
    return path


def _biff(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def number_97(row: int, column: int, value: float) -> bytes:
    """The record of a number in a cell."""
    return _biff(0x0203, struct.pack("<HHHd", row, column, 0, value))


def _biff_cells(rows: Rows) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                yield number_97(number, column, value)
            elif value is not None:
                text = str(value)
                begin = struct.pack("<HHHHB", number, column, 0, len(text), 1)
                yield _biff(0x0204, begin + text.encode("utf-16-le"))


def _compound(stream: bytes) -> bytes:
    """A file system with one stream: a sector of the table, one of names, then the stream."""
    sectors = len(stream) // 512
    fat = [_FAT, _END, *range(3, sectors + 2), _END]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0) + struct.pack("<I", 0)
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff")
    names = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _NO_SECTOR, 2, len(stream))
    return header.ljust(512, b"\xff") + table + names.ljust(512, b"\0") + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    begin = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text) + 2, kind, 1, _NO_SECTOR, _NO_SECTOR, child)
    return begin + bytes(36) + struct.pack("<IQ", start, size)


def excel_binary(path: Path, sheets: dict[str, Rows], more: bytes = b"") -> Path:
    """Write sheets of numbers and texts as .xlsb; `more` are records behind the cells."""
    bundle = b"".join(
        _record(0x9C, struct.pack("<II", 0, number) + _wide(f"rId{number}") + _wide(name))
        for number, name in enumerate(sheets, 1)
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="x/worksheet" Target="worksheets/sheet{n}.bin"/>'
        for n in range(1, len(sheets) + 1)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/_rels/workbook.bin.rels", f"<Relationships>{targets}</Relationships>")
        packed.writestr(
            "xl/workbook.bin",
            _record(0x83) + _record(0x8F) + bundle + _record(0x90) + _record(0x9D, bytes(26)) + _record(0x84),
        )
        for number, rows in enumerate(sheets.values(), 1):
            extent = struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
            cells = b"".join(_binary_cells(rows)) + more
            data = _record(0x81) + _record(0x94, extent) + _record(0x91) + cells + _record(0x92) + _record(0x82)
            packed.writestr(f"xl/worksheets/sheet{number}.bin", data)
    return path


def _record(kind: int, data: bytes = b"") -> bytes:
    numbers = [kind] if kind < 0x80 else [kind & 0x7F | 0x80, kind >> 7]
    length, left = [], len(data)
    while not length or left:
        length.append(left & 0x7F | (0x80 if left > 0x7F else 0))
        left >>= 7
    return bytes(numbers) + bytes(length) + data


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def cell_binary(row: int, column: int, value: float) -> bytes:
    """The records of a row and of a number in it."""
    return _record(0, struct.pack("<I", row) + bytes(13)) + _record(5, struct.pack("<IId", column, 0, value))


def _binary_cells(rows: Rows) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        yield _record(0, struct.pack("<I", number) + bytes(13))
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                yield _record(5, struct.pack("<IId", column, 0, value))
            elif value is not None:
                yield _record(6, struct.pack("<II", column, 0) + _wide(str(value)))
