"""What a network learns from: one array with a row per example, of pictures or of the expression of genes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.progress import Progress, silent
from core.data.catalog import Catalog, look
from core.data.genes.gene_table import GeneTable, read_gene_table
from core.data.images.cache import ensure_cache
from core.data.images.fingerprint import content_hashes
from core.data.spec import Dataset, Skip, tidy


class Examples(Protocol):
    """The examples of a data set as one array; an `ImageCache` is one.

    `image_ids` names the rows of `values`; `failures` are examples that could not be read and have no row.
    """

    @property
    def values(self) -> np.ndarray:
        """Shape (examples, …): pictures (size, size, 3) uint8, or expression (genes,) float32, NaN where missing."""

    @property
    def image_ids(self) -> pd.Index:
        """Names of the rows."""

    @property
    def failures(self) -> tuple[Skip, ...]:
        """What could not be read."""

    def rows(self, image_ids: pd.Series) -> np.ndarray:
        """Row of each example, int64, −1 where it could not be read."""


@dataclass(frozen=True)
class GeneExamples:
    """Samples of a gene-expression table, as measured; `genes` names the columns of `values`."""

    values: np.ndarray
    image_ids: pd.Index
    genes: tuple[str, ...]
    failures: tuple[Skip, ...] = ()

    def rows(self, image_ids: pd.Series) -> np.ndarray:
        """Row of each sample, int64, −1 where there is none."""
        return self.image_ids.get_indexer(image_ids)


def open_examples(
    name: str, image_size: int, genes: Sequence[str] = (), progress: Progress = silent
) -> tuple[Dataset, Examples]:
    """A data set and its examples: pictures at a size, or samples of a gene-expression table.

    Args:
        name: of a data set of the catalog.
        image_size: side of a picture in pixels; means nothing for genes.
        genes: in this order, where a model has learnt from them already; means nothing for pictures.
        progress: told what is being read.

    Raises:
        DatasetNotFoundError, DataError, DiskFullError: as `open_dataset`, `ensure_cache`, `read_gene_table`.
    """
    catalog = look()
    if catalog.holds(name) == "genes":
        return gene_examples(_whole_table(catalog, name), name, genes)
    dataset = catalog.open(name, progress)
    return dataset, ensure_cache(dataset, image_size, progress)


def open_either(name: str, progress: Progress = silent) -> Dataset:
    """A data set of pictures, or the samples of a gene-expression table as one, without their values.

    Raises:
        As `open_examples`.
    """
    catalog = look()
    if catalog.holds(name) == "genes":
        return gene_dataset(_whole_table(catalog, name), name)
    return catalog.open(name, progress)


def gene_examples(table: GeneTable, name: str, genes: Sequence[str] = ()) -> tuple[Dataset, GeneExamples]:
    """The samples of a table as a data set, and the expression of their genes.

    Args:
        table: read without filling what is missing.
        name: of the data set.
        genes: which of its genes in which order; those that it lacks are missing in all samples. All where empty.

    Raises:
        DataError: it has none of the genes.
    """
    expression = table.expression
    if genes:
        if not expression.columns.isin(genes).any():
            raise DataError(f"{table.root.name} has none of the {len(genes):,} genes that were learnt from.")
        expression = expression.reindex(columns=list(genes))
    dataset = gene_dataset(table, name)
    values = np.ascontiguousarray(expression.to_numpy(np.float32))
    ids = pd.Index(dataset.table["image_id"])
    return dataset, GeneExamples(values, ids, tuple(map(str, expression.columns)))


def _whole_table(catalog: Catalog, name: str) -> GeneTable:
    return read_gene_table(dict(catalog.gene_tables)[name], fill=False)


def gene_dataset(table: GeneTable, name: str) -> Dataset:
    """The samples of a table as a data set, which has the same tidy metadata as one of pictures.

    Args:
        table: as it was read.
        name: of the data set.
    """
    rows = pd.DataFrame(
        {
            "image_id": table.labels.index.astype(str),
            "label": table.labels.to_numpy(),
            "group_id": table.groups.astype(str).to_numpy(),
            "split": table.split.to_numpy(dtype=object),
        }
    )
    return Dataset(replace(table.spec, name=name), tidy(rows), table.root)


def spread_rows(rows: int, many: int) -> np.ndarray:
    """At most so many of the numbers from 0 on below `rows`, evenly spaced and ascending, int."""
    return np.unique(np.linspace(0, rows - 1, min(many, rows)).astype(int))


def content_of(dataset: Dataset, examples: Examples) -> pd.Series:
    """A hash of each example by its id: two with one hash are the same file, or the same expression, twice.

    Raises:
        DataError: as `content_hashes`.
    """
    if isinstance(examples, GeneExamples):
        return pd.Series([_hash(row) for row in examples.values], examples.image_ids, name="content")
    return content_hashes(dataset)


def _hash(row: np.ndarray) -> str:
    return hashlib.blake2b(row.tobytes(), digest_size=16).hexdigest()
