"""Long tables in texts, read piece by piece: never is the whole of a file in memory beside the table it becomes."""

import codecs
import csv
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa

from core.base.files import open_regular
from core.data.compact_texts import as_series

_BYTES_AT_ONCE = 1_000_000
_CELLS_AT_ONCE = 200_000
_FEWEST_ROWS = 100
_LONGEST_FIELD = 10_000_000

BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u200e\u200f\u2060\ufeff"
"""What is no part of a value at its ends: blanks of all kinds, and signs without width that copying leaves."""

csv.field_size_limit(_LONGEST_FIELD)


def open_text(path: Path, encoding: str, begin: int = 0) -> io.TextIOWrapper:
    """Open a text so many characters behind its beginning; ends of lines are left as they are.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    file = io.TextIOWrapper(open_regular(path), encoding=encoding, newline="")
    if begin:
        file.read(begin)
    return file


def first_undecodable(path: Path, encoding: str) -> int | None:
    """The number of the first byte that an encoding cannot read, None if it reads all.

    Raises:
        OSError: the file cannot be read.
    """
    decoder, before = codecs.getincrementaldecoder(encoding)(), 0
    with open_regular(path) as file:
        while True:
            some = file.read(_BYTES_AT_ONCE)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(some, final=not some)
            except UnicodeDecodeError as error:
                return before - waiting + error.start
            if not some:
                return None
            before += len(some)


def read_pieces(path: Path, encoding: str, begin: int, separator: str, width: int) -> pd.DataFrame:
    """The lines below the header of a text as texts without blanks around them, in columns 0, 1, …

    Args:
        path: the file.
        encoding: as Python calls it.
        begin: so many characters stand above the header.
        separator: one character.
        width: so many columns are expected; missing ones at the end of a line are "".

    Raises:
        pandas.errors.ParserError: a line has a value in a further one.
        ValueError: it cannot be read.
    """
    pieces: list[list[pa.ChunkedArray]] = [[] for _ in range(width)]
    at_once = max(_FEWEST_ROWS, _CELLS_AT_ONCE // max(1, width))
    with open_text(path, encoding, begin) as file, pd.read_csv(
        file, sep=separator, dtype=str, keep_default_na=False, na_filter=False, skipinitialspace=True, index_col=False,
        header=None, names=range(width + 1), on_bad_lines="error", chunksize=at_once,
    ) as reader:  # fmt: skip
        for number, rows in enumerate(reader):
            below = rows.iloc[1:] if number == 0 else rows
            if (rows[width].str.strip() != "").any():  # pandas itself does not look at the first line of a piece
                raise pd.errors.ParserError("a line has more fields than the header")
            for column, piece in enumerate(pieces):
                piece.append(pa.array(below[column].str.strip(BLANKS).array, pa.large_string()))
    return pd.DataFrame({column: _together(piece) for column, piece in enumerate(pieces)})


def _together(pieces: list[pa.ChunkedArray]) -> pd.Series:
    chunks = [chunk for piece in pieces for chunk in (piece.chunks if isinstance(piece, pa.ChunkedArray) else [piece])]
    return as_series(pa.chunked_array(chunks, pa.large_string()))
