"""Tables of gene expression as files: what their first lines tell, and all their lines, however they are written."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from core.base.errors import DataError
from core.base.files import open_regular
from core.base.printable import printable, said_by
from core.data.adapters.arff_tables import ARFF
from core.data.adapters.spreadsheets import is_workbook_name
from core.data.adapters.table_files import encoding_of, read_table
from core.data.genes.gct_files import said_of_samples

TABLE_ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".gct")
MISSING = frozenset(
    {"", "na", "n/a", "n.a.", "nan", "null", "none", "<na>", "missing", "nd", "n.d.", "-", "--", ".", "?"}
    | {"#n/a", "#nv", "#value!", "#wert!", "#num!", "#zahl!", "#div/0!", "#ref!", "#bezug!", "#null!"}
)
"""What stands where a value is missing, in small letters; also what Excel writes instead of one."""
_MOST_WITHOUT_ENDING = 10
_MOST_COLUMNS = 200_000
_LONGEST_LINE = 64_000_000
"""Bytes; 850,000 probes of methylation need 10 million."""
_LOOKED_AT, _LOOKED_AT_LINES = 600_000, 12
"""So many characters below the header tell what a table is, and so many lines at least."""
_FEWEST_SAMPLES, _MOST_OF_SAMPLES = 5, 5
"""Columns, and lines of words below the header that say something of the samples."""
_JUDGED_LINES, _JUDGED_IF_WIDE, _WIDE = 40, 4, 2000
_R_NUMBER = re.compile(r"x(?=\d)")
_LATIN_1 = "lesionlab-latin-1"
"""What is no UTF-8 after all is read as Latin-1: a description with a µ far below, a name with an umlaut."""
_WITHOUT_NAME = re.compile(r"column \d+")
"""How `read_table` calls columns without a name."""
_ABOVE = ("#", "!", "sep=")
"""How lines above the header begin: comments, a series of GEO, what Excel writes."""
_SERIES_ENDS = "!series_matrix_table_end"
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")
_SAID = ("!Sample_geo_accession", "!Sample_characteristics", "!Sample_source_name", "!Sample_title")
_DECIMAL_POINT = re.compile(r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class TableHead:
    """How a table is written, its columns and first lines.

    `skipped` lines stand above the header. `described` has what a series matrix of GEO says of each sample, or what
    `of_samples` lines of words below the header do, by names of what is said; its first entry names the samples.
    `whole` says whether `lines` are all there are.
    """

    path: Path
    encoding: str
    separator: str
    decimal: str
    skipped: int
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...] = field(repr=False)
    whole: bool
    described: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    of_samples: int = 0

    @property
    def called(self) -> str:
        """The name of the file, to be shown."""
        return printable(self.path.name)

    def column(self, number: int) -> list[str]:
        """What stands in a column of the first lines."""
        return [line[number] for line in self.lines if len(line) > number]

    @cached_property
    def numeric(self) -> list[bool]:
        """Whether each column has mostly numbers, as far as its first lines tell; one without any value counts too."""
        return [bool(self.lines) and self._mostly_numbers(number) for number in range(len(self.columns))]

    @cached_property
    def plain_columns(self) -> frozenset[str]:
        """Names of the columns of numbers as `plain_sample` makes them."""
        return frozenset(plain_sample(name) for name, each in zip(self.columns, self.numeric, strict=True) if each)

    def _mostly_numbers(self, number: int) -> bool:
        judged = _JUDGED_LINES if len(self.columns) < _WIDE else _JUDGED_IF_WIDE
        said = [text for line in self.lines[:judged] if (text := _at(line, number).lower()) not in MISSING]
        return sum(is_number(text, self.decimal) for text in said) * 2 >= len(said)


def is_table(name: str) -> bool:
    """Whether a file is called like a table."""
    return name.lower().removesuffix(".gz").endswith(TABLE_ENDINGS) or _is_made(name)


def tables_without_ending(folder: Path, names: Collection[str]) -> list[str]:
    """Of the files of a folder those without an ending that have tabs in their first line, as those of UCSC Xena.

    None where there are more than a few of such files: then they are pictures of DICOM.
    """
    bare = [name for name in names if "." not in name]
    if not 0 < len(bare) <= _MOST_WITHOUT_ENDING:
        return []
    return [name for name in bare if _begins_with_tabs(folder / name)]


def _begins_with_tabs(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            begin = file.read(4096)
    except (OSError, DataError):
        return False
    return b"\0" not in begin and b"\t" in begin.partition(b"\n")[0]


def _is_made(name: str) -> bool:
    """Whether a table is no text of lines, which is made of it."""
    return is_workbook_name(name) or name.lower().endswith(ARFF)


def plain_sample(name: str) -> str:
    """A sample's name as R and people may have changed it: without its case, with dots for signs, without R's X."""
    return _R_NUMBER.sub("", re.sub(r"[^0-9a-z]+", ".", name.casefold()).strip("."), count=1)


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether a field is a number."""
    try:
        float(text if decimal == "." else text.replace(decimal, "."))
    except ValueError:
        return False
    return True


def read_head(path: Path) -> TableHead:
    """Read the header and the first lines of a table.

    Raises:
        DataError: it cannot be read or is no table.
    """
    try:
        with _opened(path) as file:
            encoding = encoding_of(file.read(65_536), whole=False)
        with _text(path, encoding) as text:
            above, header = _up_to_header(text)
            if len(header) >= _LONGEST_LINE:
                raise DataError(f"Line {len(above) + 1} of {printable(path.name)} is longer than any of a table.")
            rest = text.readlines(_LOOKED_AT)
            rest += [line for _ in range(_LOOKED_AT_LINES - len(rest)) if (line := text.readline(_LONGEST_LINE))]
            whole = not text.read(1)
    except (OSError, UnicodeError, EOFError, zlib.error) as error:
        raise DataError(f"{printable(path.name)} cannot be read: {said_by(error)}.") from error
    return _head(path, encoding, above, header, rest, whole)


def read_lines(head: TableHead) -> Iterator[tuple[int, str]]:
    """Number in the file and text of each line below the header that is not empty; one in quotes may be several.

    Raises:
        DataError: the file cannot be read.
    """
    opens_quotes = re.compile(f'(?:^|{re.escape(head.separator)}) *"')
    line = head.skipped + 1 + head.of_samples
    try:
        with _text(head.path, head.encoding) as text:
            for _ in range(line):
                text.readline()
            for each in text:
                line, number, whole = line + 1, line + 1, each
                while '"' in whole and whole.count('"') % 2 and opens_quotes.search(whole):
                    more = text.readline(_LONGEST_LINE)
                    if not more:
                        break
                    line, whole = line + 1, whole + more
                whole = whole.rstrip("\r\n")
                if whole.startswith(_SERIES_ENDS):
                    return
                if whole.strip(head.separator + " "):
                    yield number, whole
    except (OSError, UnicodeError, EOFError, zlib.error) as error:
        raise DataError(f"{head.called} cannot be read as a table: {error}.") from error


def fields_of(head: TableHead, text: str, line: int) -> list[str]:
    """The fields of a line, without blanks around them.

    Raises:
        DataError: it has other fields than the header.
    """
    try:
        fields = next(csv.reader([text], delimiter=head.separator, skipinitialspace=True), [])
    except csv.Error as error:
        raise DataError(f"Line {line:,} of {head.called} cannot be read: {error}.") from error
    wanted = len(head.columns)
    if len(fields) > wanted and not any(fields[wanted:]):
        fields = fields[:wanted]  # separators at the end
    if len(fields) != wanted:
        raise DataError(
            f"Line {line:,} of {head.called} has {len(fields):,} fields and its header {wanted:,}. Was "
            "the download cut? Use the file as it was published."
        )
    return [each.strip() for each in fields]


def _head(path: Path, encoding: str, above: list[str], header: str, rest: list[str], whole: bool) -> TableHead:
    rest = [line for line in rest if not line.startswith(_SERIES_ENDS)]
    separator = _separator(header, rest)
    try:
        rows = list(csv.reader(chain([header], rest), delimiter=separator, skipinitialspace=True))
    except csv.Error as error:
        raise DataError(f"{printable(path.name)} cannot be read as a table: {error}.") from error
    stripped = [tuple(each.strip() for each in row) for row in rows]
    columns, lines = (stripped[0] if stripped else ()), [line for line in stripped[1:] if any(line)]
    try:
        described = _described(above)
    except csv.Error as error:
        raise DataError(f"{printable(path.name)} cannot be read as a series matrix: {error}.") from error
    of_samples = 0
    if not described:
        described, of_samples = said_of_samples(path, above, columns, lines)
    if not described and not of_samples and (words := _lines_of_words(columns, lines)):
        described, of_samples = {"sample": columns[1:], **{line[0]: line[1:] for line in words}}, len(words)
    lines = lines[of_samples:]
    unnamed = bool(lines) and all(len(line) == len(columns) + 1 for line in lines)  # as R's write.table writes it
    if len(columns) + unnamed < 2 or not (lines or described):
        raise DataError(f"{printable(path.name)} is no table with a header and lines below it.")
    return TableHead(
        path,
        encoding,
        separator,
        _decimal(lines),
        len(above),
        ("", *columns) if unnamed else columns,
        tuple(lines),
        whole,
        described,
        of_samples,
    )


def _lines_of_words(columns: tuple[str, ...], lines: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The first lines of a table with genes in rows that say in words what each sample is, such as its class."""
    in_words = [bool(line[1:]) and not any(is_number(text.replace(",", ".")) for text in line[1:]) for line in lines]
    count = in_words.index(False) if False in in_words else 0
    fits = all(len(line) == len(columns) and all(line) for line in lines[:count])
    wide = len(columns) >= _FEWEST_SAMPLES and len(set(columns)) == len(columns)
    below = lines[count : count + _LOOKED_AT_LINES]
    numbers = all(
        is_number(text.replace(",", ".")) for line in below for text in line[1:] if text.lower() not in MISSING
    )
    return lines[:count] if count <= _MOST_OF_SAMPLES and fits and wide and numbers else []


def _at(line: tuple[str, ...], number: int) -> str:
    return line[number] if number < len(line) else ""


def _up_to_header(text: io.TextIOWrapper) -> tuple[list[str], str]:
    """The lines above the header, and it: above stand comments, a series of GEO, the first two lines of a GCT file."""
    above: list[str] = []
    while True:
        line = text.readline(_LONGEST_LINE)
        after_version = bool(above) and above[-1].startswith("#1.")
        if not line or not (after_version or line.startswith(_ABOVE) or not line.strip()):
            return above, line
        above.append(line)


def _described(above: list[str]) -> dict[str, tuple[str, ...]]:
    """What a series matrix of GEO says of its samples; the lines “key: value” of one key are one entry."""
    lines = [next(csv.reader([line], delimiter="\t")) for line in above if line.startswith(_SAID)]
    lines.sort(key=lambda line: next(n for n, said in enumerate(_SAID) if line[0].startswith(said)))
    described: dict[str, list[str]] = {}
    for name, *values in lines:
        if len(values) != len(lines[0]) - 1:
            continue  # cut, so that it is not known which sample it is of
        for number, value in enumerate(values):
            key, colon, rest = value.partition(":")
            if not (name.startswith("!Sample_characteristics") and colon):
                key, rest = name.removeprefix("!Sample_"), value
            described.setdefault(key.strip(), [""] * len(values))[number] = rest.strip()
    return {key: tuple(values) for key, values in described.items()} if "geo_accession" in described else {}


def _separator(header: str, lines: list[str]) -> str:
    """The separator that gives the most fields to the header and about as many to the line below it."""
    plain = [re.sub('"[^"]*"', "", line) for line in (header, *lines[:1])]

    def fields(separator: str) -> tuple[bool, int]:
        counts = [line.count(separator) for line in plain]
        return abs(counts[0] - counts[-1]) <= 1, min(counts)

    best = max("\t;,|", key=fields)
    return best if any(best in line for line in plain) else " "  # as R's write.table writes it


def _decimal(lines: list[tuple[str, ...]]) -> str:
    fields = [each for line in lines[:5] for each in line]
    comma = any(_DECIMAL_COMMA.fullmatch(each) for each in fields)
    return "," if comma and not any(_DECIMAL_POINT.fullmatch(each) for each in fields) else "."


def _opened(path: Path) -> BinaryIO:
    if _is_made(path.name):
        changed = path.stat()
        return io.BytesIO(_as_lines(path, changed.st_mtime_ns, changed.st_size))
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]


@lru_cache(maxsize=2)
def _as_lines(path: Path, changed: int, size: int) -> bytes:  # noqa: ARG001 - parts of the key
    """The largest sheet of a workbook, or a table of Weka, with tabs; kept, for it is read several times in a row."""
    rows = read_table(path, _MOST_COLUMNS).rows
    rows.columns = ["" if _WITHOUT_NAME.fullmatch(name) else name for name in rows.columns]
    return rows.to_csv(sep="\t", index=False, lineterminator="\n").encode()


def _text(path: Path, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(_opened(path), encoding, errors=_LATIN_1, newline="")


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError) or error.encoding.startswith("utf-16"):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_LATIN_1, _as_latin_1)
