"""Samples that a model of genes is asked about: a table with or without classes, whichever way round it lies."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.base.errors import DataError
from core.base.printable import printable
from core.data.genes.gene_evidence import MOST_DESCRIPTIONS, sample_key
from core.data.genes.gene_files import read_head
from core.data.genes.gene_folders import ExpressionFile
from core.data.genes.gene_reading import read_genes_in_rows, read_samples_in_rows

_NAMED = 5


@dataclass(frozen=True)
class Samples:
    """Expression of the genes of a model in some samples, in its order.

    `values` is (samples, genes) float32 as measured, NaN where a value is missing; `absent` are the genes that the
    table does not have, `unknown` how many it has beside those of the model.
    """

    names: tuple[str, ...]
    values: np.ndarray
    absent: frozenset[str]
    unknown: int


def read_samples(table: Path, genes: Sequence[str]) -> Samples:
    """Read a table of expression for a model; genes are found by their names, wherever they stand.

    Args:
        table: CSV, TSV, GCT or series matrix, with genes in rows or in columns; other columns do not matter.
        genes: names of the genes of the model, in its order.

    Raises:
        DataError: it cannot be read, or has none of the genes.
    """
    head = read_head(table)
    known = set(genes)
    in_columns = sum(name in known for name in head.columns)
    naming = {
        n: sum(text in known for text in head.column(n)) for n in range(min(len(head.columns), MOST_DESCRIPTIONS))
    }
    key = max(naming, key=lambda n: naming[n])
    if not in_columns and not naming[key]:
        raise DataError(
            f"{printable(table.name)} has none of the {len(genes):,} genes that the model has learnt from, such as "
            f"{', '.join(genes[:_NAMED])}. It needs a table with the names of genes in one column or in its header."
        )
    if in_columns >= naming[key]:
        part = read_samples_in_rows(ExpressionFile(head, sample_key(head)), None)
    else:
        part = read_genes_in_rows(ExpressionFile(head, key), None)
    if part.values.empty:
        raise DataError(f"{printable(table.name)} has genes and not one sample with numbers.")
    columns = part.values.columns
    return Samples(
        names=tuple(map(str, part.values.index)),
        values=np.ascontiguousarray(part.values.reindex(columns=list(genes)).to_numpy(np.float32)),
        absent=frozenset(known.difference(columns)),
        unknown=int((~columns.isin(genes)).sum()),
    )


def read_brought_samples(content: bytes, name: str, genes: Sequence[str]) -> Samples:
    """As `read_samples`, of the content of a file that somebody brings.

    Raises:
        DataError: as `read_samples`.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"table{'.csv.gz' if name.lower().endswith('.gz') else '.csv'}"
        file.write_bytes(content)
        try:
            return read_samples(file, genes)
        except DataError as error:
            raise DataError(
                str(error).replace(str(file), printable(name)).replace(file.name, printable(name))
            ) from error
