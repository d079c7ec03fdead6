"""Reading columns of a table of expression: texts as they are, and very many numbers fast."""

from collections.abc import Iterator, Sequence

import numpy as np

from core.base.errors import DataError
from core.data.genes.gene_files import MISSING, TableHead, fields_of, read_lines

_AT_ONCE = 500_000
"""So many numbers are parsed at once."""


def read_texts(head: TableHead, columns: Sequence[int]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Number of each line in the file, and what it says in some columns.

    Raises:
        DataError: the file cannot be read, or a line has other fields than the header.
    """
    last = max(columns, default=0) + 1
    for line, text in read_lines(head):
        if _is_plain(head, text):
            fields = text.split(head.separator, last)
            yield line, tuple(fields[number].strip() for number in columns)
        else:
            fields = fields_of(head, text, line)
            yield line, tuple(fields[number] for number in columns)


def read_columns(
    head: TableHead, texts: Sequence[int], numbers: Sequence[int]
) -> tuple[list[tuple[str, ...]], np.ndarray]:
    """What the lines say in some columns, and the numbers in others: (lines, columns) float32, NaN where missing.

    Args:
        head: of the table.
        texts: columns to read as texts.
        numbers: columns to read as numbers.

    Raises:
        DataError: the file cannot be read, a line has other fields than the header, or a field is no number.
    """
    first, count = min(numbers, default=0), len(numbers)
    to_the_end = list(numbers) == list(range(first, len(head.columns)))
    said: list[tuple[str, ...]] = []
    done: list[np.ndarray] = []
    waiting: list[str] = []
    lines: list[int] = []

    def parse() -> None:
        done.append(_parsed(head, waiting, numbers, lines))
        waiting.clear()
        lines.clear()

    last = max((*texts, *numbers), default=0) + 1
    for line, text in read_lines(head):
        if not _is_plain(head, text):
            fields = fields_of(head, text, line)
            chosen = "\n".join([fields[number] for number in numbers])
        elif to_the_end and max(texts, default=0) < first:
            *fields, chosen = text.split(head.separator, first)
            chosen = chosen.replace(head.separator, "\n")
        else:
            fields = text.split(head.separator, last)
            chosen = "\n".join([fields[number] for number in numbers])
        said.append(tuple(fields[number].strip() for number in texts))
        waiting.append(chosen)
        lines.append(line)
        if len(waiting) * count >= _AT_ONCE:
            parse()
    if waiting:
        parse()
    return said, np.concatenate(done) if done else np.empty((0, count), np.float32)


def _is_plain(head: TableHead, text: str) -> bool:
    """Whether a line is its fields with separators between them and nothing else."""
    return '"' not in text and text.count(head.separator) + 1 == len(head.columns)


def _parsed(head: TableHead, rows: list[str], numbers: Sequence[int], lines: list[int]) -> np.ndarray:
    """Numbers of several lines, each line's fields one below the other."""
    import pyarrow as pa
    from pyarrow import csv

    kinds = {form for each in MISSING for form in (each, each.upper(), each.capitalize(), "NaN", "N/a")}
    try:
        table = csv.read_csv(
            pa.BufferReader("\n".join(rows).encode()),
            csv.ReadOptions(column_names=["value"], use_threads=False),
            csv.ParseOptions(delimiter="\x1f", quote_char=False, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types={"value": pa.float32()}, null_values=sorted(kinds), decimal_point=head.decimal
            ),
        )
        found = table.column("value").to_numpy()
        if len(found) == len(rows) * len(numbers):
            return found.reshape(len(rows), len(numbers))
    except pa.ArrowInvalid:
        pass  # read one by one, which tells which is no number
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is told later
        return np.array(
            [
                [
                    _number(head, text.strip(), line, column)
                    for text, column in zip(row.split("\n"), numbers, strict=True)
                ]
                for row, line in zip(rows, lines, strict=True)
            ]
        ).astype(np.float32)


def _number(head: TableHead, text: str, line: int, column: int) -> float:
    if text.lower() in MISSING:
        return np.nan
    try:
        return float(text.replace(head.decimal, "."))
    except ValueError:
        raise DataError(
            f"{head.called} has expression values that are not numbers: line {line:,}, column "
            f"“{head.columns[column]}” says “{text[:40]}”. Correct it, or leave it empty if it is missing."
        ) from None
