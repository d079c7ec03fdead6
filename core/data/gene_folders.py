"""Knowing a folder with a gene-expression table by the headers of its files."""

import csv
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from core.data.adapters.groups_file import LABEL_NAMES
from core.data.adapters.listing import Listing
from core.data.adapters.metadata_file import column_named

LABEL_FILES = ("actual.csv", "labels.csv")
"""Files that say the class of each sample."""

_SAMPLE_NAMES = ("patient", "sample", "sample_id", "patient_id", "id")
_LABEL_NAMES = (*LABEL_NAMES, "cancer", "type")
_GENE_NAMES = ("gene accession number", "accession", "gene", "gene_id", "probe", "probe_id", "id")
_LOOKED_AT = 1000
"""So many labels are compared with the columns of a table to know it."""


def sample_column(columns: Iterable[str]) -> str | None:
    """The column of a file of labels that names the sample."""
    return column_named(columns, _SAMPLE_NAMES)


def label_column(columns: Iterable[str]) -> str | None:
    """The column of a file of labels that gives the class."""
    return column_named(columns, _LABEL_NAMES)


def gene_column(columns: Iterable[str]) -> str | None:
    """The column of a table of expression that names the gene."""
    return column_named(columns, _GENE_NAMES)


def is_gene_folder(listing: Listing) -> bool:
    """Whether a folder has a file of labels and beside it a table with a column of genes and one of a labelled sample.

    Reads headers and the first labels alone.
    """
    tables = [name for name in listing.files if name.lower().endswith(".csv")]
    labels_file = next((name for name in LABEL_FILES if name in tables), None)
    if labels_file is None or listing.pictures:
        return False
    headers = [set(_header(listing.folder / name)) for name in tables if name != labels_file]
    columns = {name for header in headers if gene_column(header) for name in header}
    return bool(columns) and any(sample in columns for sample in _first_samples(listing.folder / labels_file))


def _header(path: Path) -> list[str]:
    """Names of the columns of a CSV; none where it cannot be read."""
    return next(_fields(path), [])


def _first_samples(path: Path) -> Iterator[str]:
    """The first labelled samples; none where a column for them or for their labels is lacking."""
    lines = _fields(path)
    header = next(lines, [])
    sample = sample_column(header)
    if sample is not None and label_column(header) is not None:
        at = header.index(sample)
        yield from (line[at] for line in islice(lines, _LOOKED_AT) if len(line) > at)


def _fields(path: Path) -> Iterator[list[str]]:
    """The lines of a CSV as texts without blanks around them, as far as they can be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from ([text.strip() for text in line] for line in csv.reader(file))
    except (OSError, ValueError, csv.Error):
        return
