"""Reading tables that people have: any encoding, separator and width, with every value as the text that it is."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.files import open_regular
from core.data.adapters.arff_tables import ARFF, read_arff
from core.data.adapters.json_records import read_lines
from core.data.adapters.odd_forms import in_single_quotes, lines_in_quotes, rows_have_names, without_single_quotes
from core.data.adapters.parquet_tables import read_parquet
from core.data.adapters.picture_files import split_ending
from core.data.adapters.spreadsheets import is_workbook_name, read_sheets
from core.data.adapters.table_errors import EmptyTableError, TableError
from core.data.adapters.text_pieces import BLANKS, first_undecodable, open_text, read_pieces
from core.data.group_words import is_bare_id

JSON_LINES = frozenset({".jsonl", ".ndjson"})
PARQUET = ".parquet"
TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt", PARQUET, ARFF}) | JSON_LINES
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_WORDS = SEPARATORS | {" ": "blanks"}
_MOST_BLANK_SEPARATED = 8
MOST_COLUMNS = 20_000
"""TCGA has 11,000 samples."""
LARGEST_BYTES = 1_000_000_000
_LOOKED_AT_BYTES = 1_000_000
_LOOKED_AT_LINES = 50
_MOST_ABOVE = 12
"""Lines of comments or titles above a header."""
_NUMBER = re.compile(r"[-+]?[\d.,]+$")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?\r?\n', re.IGNORECASE)


def is_table_name(name: str) -> bool:
    """Whether a file of this name is taken for a table; HAM10000's has no ending at Harvard."""
    return name == "HAM10000_metadata" or split_ending(name)[1].lower() in TABLE_SUFFIXES or is_workbook_name(name)


@dataclass(frozen=True)
class Form:
    """How a table is written: `encoding` as Python calls it, and `separator`, one character of `SEPARATORS`; "" of what
    is no text with separators, whose kind is the encoding then, in words."""

    encoding: str
    separator: str

    @property
    def words(self) -> str:
        """In words, such as "UTF-16, separated by tabs"."""
        if not self.separator:
            return self.encoding
        return f"{self.encoding.upper().removesuffix('-SIG')}, separated by {_WORDS[self.separator]}"


@dataclass(frozen=True)
class Table:
    """A table as texts.

    `rows` has the texts without blanks around them, "" where nothing is written, and columns by their names, each
    once; its index holds the numbers of their lines in the file, as far as no value has line breaks.
    """

    path: Path
    rows: pd.DataFrame
    form: Form
    has_header: bool = True

    @property
    def columns(self) -> list[str]:
        """Names of the columns in the order of the file."""
        return [str(name) for name in self.rows.columns]


def sniff(path: Path) -> Form:
    """Tell encoding and separator from the beginning of a file.

    Raises:
        EmptyTableError: it is empty.
        TableError: it holds null characters, or cannot be opened.
    """
    try:
        with open_regular(path) as file:
            start = file.read(_LOOKED_AT_BYTES)
    except OSError as error:
        raise TableError(path, f"cannot be read as a table: {error.strerror}.") from error
    encoding = encoding_of(start, whole=len(start) < _LOOKED_AT_BYTES)
    text = start.decode(encoding, errors="replace")
    if not text.strip():
        raise EmptyTableError(path, "cannot be read as a CSV table: it is empty.")
    if "\0" in text:
        raise TableError(path, "is no table of text: it holds null characters. Save it as CSV.")
    return Form(encoding, _separator(text))


def encoding_of(start: bytes, *, whole: bool = True) -> str:
    """The encoding of the beginning of a text: by its mark, by its null bytes, or as UTF-8; Windows-1252 otherwise.

    Args:
        start: the first bytes.
        whole: whether that is all, so that a character cut at the end is an error.
    """
    if start.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if start.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    even, odd = start[0:2000:2], start[1:2000:2]
    if odd and odd.count(0) > 0.4 * len(odd) and not even.count(0):
        return "utf-16-le"
    if even and even.count(0) > 0.4 * len(even) and not odd.count(0):
        return "utf-16-be"
    try:
        (start if whole else start[: start.rfind(b"\n") + 1]).decode("utf-8")
    except UnicodeDecodeError:
        try:
            start.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
        return "cp1252"
    return "utf-8"


def read_table(path: Path, most_columns: int = MOST_COLUMNS) -> Table:
    """Read a table as texts.

    Columns without a name and without a value are left out; another one without a name is called "column 1" by its
    place. Names that stand twice are numbered. Of a workbook it is the sheet with the most cells.

    Raises:
        TableError: it is no table, has more columns than `most_columns`, or lines of another length than its header;
            the message names line and separator, and what to do.
    """
    if is_workbook_name(path.name):
        return max(read_tables(path, most_columns).values(), key=lambda table: table.rows.size)
    if path.suffix.lower() == PARQUET:
        return Table(path, read_parquet(path, most_columns), Form("Parquet", ""))
    form = _form_of(path)
    if path.suffix.lower() in JSON_LINES:
        return _of_json_lines(path, _text_of(path, form))
    if path.suffix.lower() == ARFF:
        return Table(path, read_arff(path, form.encoding, most_columns), Form("ARFF", ""))
    with open_text(path, form.encoding) as file:
        start = file.read(_LOOKED_AT_BYTES)
    begin = 0
    if said := _SEPARATOR_LINE.match(start):  # as Excel writes it
        form, begin = replace(form, separator=said[1]), said.end()
    before, above = _preamble(start[begin:], form.separator)
    begin += above
    header = _header(path, form, begin)
    if len(header) > most_columns:
        raise TableError(path, f"has more than {most_columns:,} columns. Is it turned, or no table at all?")
    if len(header) == 1 and (lines := lines_in_quotes(path, form.encoding, form.separator, begin)) is not None:
        header = lines[0]
        rows = pd.DataFrame(lines[1:], index=range(2, len(lines) + 1), dtype=str)
    else:
        header, rows = _parsed(path, form, begin, header)
    if in_single_quotes(header):
        header, rows = [name[1:-1].strip() for name in header], without_single_quotes(rows)
    return Table(path, _named(rows.set_axis(rows.index + before, axis=0), header), form)


def read_tables(path: Path, most_columns: int = MOST_COLUMNS) -> dict[str, Table]:
    """The table in a file, or one for each sheet of a workbook, by the names of sheets; "" where there is one alone.

    Raises:
        EmptyTableError: nothing stands in it, in no sheet of a workbook.
        TableError: as `read_table`.
    """
    if not is_workbook_name(path.name):
        return {"": read_table(path, most_columns)}
    tables: dict[str, Table] = {}
    for name, first, rows in read_sheets(path):
        above = _lines_above([[bool(field) for field in row] for row in rows[: _MOST_ABOVE + 1]])
        header, below = rows[above], rows[above + 1 :]
        if len(header) > most_columns or not below:
            continue
        texts = pd.DataFrame(below, index=range(first + above + 1, first + len(rows)), dtype=str)
        texts = _named(texts, header)
        tables[name] = Table(path, texts[(texts != "").any(axis=1)], Form("a workbook", ""))
    if not tables:
        raise EmptyTableError(path, "cannot be read as a table: no sheet holds a header and rows below it.")
    return tables if len(tables) > 1 else {"": next(iter(tables.values()))}


def _of_json_lines(path: Path, text: str) -> Table:
    try:
        rows = read_lines(text)
    except ValueError as error:
        raise TableError(path, f"cannot be read as lines of JSON: {error}.") from error
    if rows is None:
        raise TableError(path, "cannot be read as lines of JSON: these are no objects with a few keys each.")
    return Table(path, rows, Form("lines of JSON", ""))


def _form_of(path: Path) -> Form:
    """How a text is written, from its first to its last byte."""
    form = sniff(path)
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise TableError(path, f"has {size / 1e9:.1f} GB; tables of up to 1 GB are read.")
        wrong = first_undecodable(path, form.encoding)
        if wrong is not None and form.encoding == "utf-8":  # an accent further down
            form, wrong = replace(form, encoding="cp1252"), first_undecodable(path, "cp1252")
            if wrong is not None:
                return replace(form, encoding="latin-1")
    except OSError as error:
        raise TableError(path, f"cannot be read as a table: {error.strerror}.") from error
    if wrong is not None:
        raise TableError(path, f"is not all {form.encoding.upper()}; byte {wrong:,} fits nothing. Save as UTF-8.")
    return form


def _text_of(path: Path, form: Form) -> str:
    with open_text(path, form.encoding) as file:
        return file.read()


def _preamble(start: str, separator: str) -> tuple[int, int]:
    """How many lines stand above the header, which are comments or a title, and how many characters.

    Comments begin with "#"; the last one is the header where it has as many fields as the line below. A title is a
    line of which only the first field is written, above one of which more are.
    """
    lines = start.split("\n", _MOST_ABOVE + 1)[:-1]
    above = 0
    while above < len(lines) and lines[above].startswith("#"):
        above += 1
    if above and above < len(lines):
        last = _fields(lines[above - 1].lstrip("# "), separator)
        if len(last) > 1 and len(last) == len(_fields(lines[above], separator)):
            above -= 1
    else:
        above = _lines_above([[bool(field.strip()) for field in _fields(line, separator)] for line in lines])
    rest = start.split("\n", above)[above]
    header = rest.lstrip("# ") if above or rest.startswith("#") else rest
    return above, len(start) - len(header)


def _lines_above(written: list[list[bool]]) -> int:
    """How many lines with a title, of which only the first field is written, stand above one with more fields."""
    header = next((n for n, each in enumerate(written) if sum(each) > 1), 0)
    is_title = header and written[header][0] and not any(any(each[1:]) for each in written[:header])
    return header if is_title else 0


def _fields(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def blank_separated(path: Path, *, padded: bool = False) -> Table | None:
    """A list such as "images/a.jpg 1", whose fields blanks or tabs separate, without a header; None if it is none.

    Where lines differ in the number of their fields, for names hold blanks, what stands last is the second field; or,
    with `padded`, lines lack their last fields.

    Raises:
        TableError: it cannot be read.
    """
    form = _form_of(path)
    lines = [line for line in _text_of(path, form).splitlines() if line.strip()]
    if any(line.startswith('"') for line in lines[:2]):  # as R writes them
        fields = [
            list(filter(None, each)) for each in csv.reader((line.replace("\t", " ") for line in lines), delimiter=" ")
        ]
        if len(fields) > 1 and all(len(each) == len(fields[0]) + 1 for each in fields[1:]):
            fields[0] = ["", *fields[0]]
    else:
        fields = [line.split() for line in lines]
    longest = max(map(len, fields))
    if padded:
        fields = [[*each, *[""] * (longest - len(each))] for each in fields]
    elif len({len(each) for each in fields}) > 1:
        fields = [line.rsplit(None, 1) for line in lines]
    width = len(fields[0])
    if not 2 <= width <= _MOST_BLANK_SEPARATED or any(len(each) != width for each in fields):
        return None
    rows = pd.DataFrame(fields, index=range(1, len(fields) + 1), dtype=str)
    rows.columns = [f"column {number + 1}" for number in range(width)]
    return Table(path, rows, replace(form, separator=" "), has_header=False)


def without_header(table: Table) -> Table:
    """The same table where its first line is no header but a row: columns are "column 1", "column 2", …"""
    first = pd.DataFrame([list(table.rows.columns)], index=[1])
    rest = table.rows.set_axis(range(table.rows.shape[1]), axis=1)
    rows = pd.concat([first, rest]).set_axis([f"column {n + 1}" for n in range(table.rows.shape[1])], axis=1)
    return replace(table, rows=rows, has_header=False)


def with_header(table: Table) -> Table:
    """The same table where the first line of a list is a header: different words, none of which stands below it."""
    first, rest = table.rows.iloc[0], table.rows.iloc[1:]
    said = [name for name in first if name]
    if table.has_header or len(rest) < 1 or not said or len(set(said)) < len(said) or any(map(_NUMBER.match, said)):
        return table
    if any((rest[column] == name).any() for column, name in first.items() if name):
        return table
    return replace(table, rows=_named(rest, [str(name) for name in first]), has_header=True)


def numbers(texts: pd.Series) -> pd.Series:
    """Texts as float64, also with decimal commas; what is no number is missing (NaN)."""
    found = pd.to_numeric(texts, errors="coerce")
    written = texts[found.isna() & texts.notna()]
    if len(written):  # .str is refused where nothing is written
        found = found.fillna(pd.to_numeric(written.astype(str).str.replace(",", ".", n=1), errors="coerce"))
    return found.astype("float64")


def _separator(text: str) -> str:
    """The separator with which most of the first lines have as many fields as the header, and the most of these."""
    text = "\n".join(line for line in text.split("\n") if not line.startswith("#"))
    best, highest = ",", (0.0, 0)
    for separator in SEPARATORS:
        try:
            lines = [line for line in islice(csv.reader(_lines(text), delimiter=separator), _LOOKED_AT_LINES) if line]
        except csv.Error:
            continue
        if not lines or len(lines[0]) < 2:
            continue
        if len(lines) > 2 and text.count("\n") <= _LOOKED_AT_LINES:
            lines = lines[:-1] if len(text) >= _LOOKED_AT_BYTES else lines  # the last one may be cut
        fitting = np.mean([len(line) == len(lines[0]) for line in lines])
        if (round(float(fitting), 1), len(lines[0])) > highest:
            best, highest = separator, (round(float(fitting), 1), len(lines[0]))
    return best


def _header(path: Path, form: Form, begin: int) -> list[str]:
    try:
        with open_text(path, form.encoding, begin) as file:
            lines = csv.reader(file, delimiter=form.separator)
            return [name.strip(BLANKS) for name in next((line for line in lines if line), [])]
    except csv.Error:
        return []


def _lines(text: str) -> Iterator[str]:
    """The lines one by one: a StringIO would hold four bytes for each letter of all of them."""
    return (line[0] for line in _LINE.finditer(text))


def _parsed(path: Path, form: Form, begin: int, header: list[str]) -> tuple[list[str], pd.DataFrame]:
    """The header, with a column more where rows have names, and the texts below it, so many characters behind the
    beginning."""
    width = len(header)
    try:
        try:
            rows = read_pieces(path, form.encoding, begin, form.separator, width)
        except pd.errors.ParserError:
            longest, line = _longest_line(path, form, begin, width)
            if line and rows_have_names(path, form.encoding, form.separator, begin, width):
                return _parsed(path, form, begin, ["", *header])
            if line or longest <= width:
                raise
            rows = read_pieces(path, form.encoding, begin, form.separator, longest).iloc[:, :width]  # else empty
    except (ValueError, OverflowError, csv.Error) as error:  # pandas' parser errors are ValueErrors
        said = str(error).strip().removesuffix(".")
        if isinstance(error, pd.errors.ParserError) and (line := _longest_line(path, form, begin, width)[1]):
            said = (
                f"line {line} has more fields than its header, which has {width}. Put values that contain "
                f"{SEPARATORS[form.separator]} into quotes"
            )
        raise TableError(path, f"cannot be read as a CSV table ({form.words}): {said}.") from error
    return header, rows.set_axis(range(2, len(rows) + 2), axis=0)


def _longest_line(path: Path, form: Form, begin: int, width: int) -> tuple[int, int]:
    """Fields of the longest line, and the number of the first with a value beyond the header; 0 if there is none."""
    with open_text(path, form.encoding, begin) as file:
        lines, longest = csv.reader(file, delimiter=form.separator), width
        for line in lines:
            longest = max(longest, len(line))
            if any(field.strip() for field in line[width:]):
                return longest, lines.line_num
    return longest, 0


def _named(rows: pd.DataFrame, header: list[str]) -> pd.DataFrame:
    rows, header = _below_merged(rows, header)
    names: list[str] = []
    for number, name in enumerate(header):
        wanted = name or f"column {number + 1}"
        again = 1
        while wanted in names:
            again += 1
            wanted = f"{name} (again)" if again == 2 else f"{name} (again {again - 1})"
        names.append(wanted)
    rows = rows.set_axis(names, axis=1)
    empty = [name for name, said in zip(names, header, strict=True) if not said and (rows[name] == "").all()]
    rows = rows.drop(columns=empty)
    return rows


def _below_merged(rows: pd.DataFrame, header: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """The rows and names of columns of a table with two lines of names, as merged cells of a workbook make them.

    Names of the first line stand above several columns; a name of the second that says nothing alone, such as "ID",
    is put behind it.
    """
    if len(rows) < 2 or not any(name and not following for name, following in pairwise(header)):
        return rows, header
    lower = [str(each) for each in rows.iloc[0]]
    if not all(lower) or any(map(_NUMBER.match, lower)):
        return rows, header
    below = rows.iloc[1:_LOOKED_AT_LINES]
    numeric = any(numbers(below[column]).notna().all() for column in below)
    if not numeric or any((below[column] == name).any() for column, name in zip(below, lower, strict=True)):
        return rows, header
    upper, names = "", []
    for above, name in zip(header, lower, strict=True):
        upper = above or upper
        names.append(f"{upper} {name}".strip() if is_bare_id(name) or lower.count(name) > 1 else name)
    return rows.iloc[1:], names


def numbers_lines(texts: pd.Series) -> bool:
    """Whether the values of a column without a name are those that pandas writes: whole numbers, each once."""
    found = pd.to_numeric(texts, errors="coerce")
    return bool(found.notna().all()) and bool(found.is_unique) and bool((found % 1 == 0).all())
