"""Gene-expression tables: genes in rows, samples in columns, labels beside them.

Known is the leukaemia set of Golub et al. (1999). Any folder with such files in a data root is read: CSV tables whose
first columns describe genes and whose others are samples, and a CSV with a sample and a label in each row.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError, DatasetNotFoundError
from core.data.adapters.listing import settled, stamps
from core.data.adapters.metadata_file import read_texts, refuse_too_wide
from core.data.catalog import Catalog, look
from core.data.gene_folders import LABEL_FILES, gene_column, label_column, sample_column
from core.data.spec import ClassSpec, DatasetSpec
from core.data.splits.splits import TEST, TRAIN

MOST_CLASSES = 20
LARGEST = 1e15
"""No measure of expression comes near; the squares of larger ones do not fit the numbers."""
_HELD_OUT = ("independent", "test")
_readable: dict[str, tuple[list[tuple[str, int]], bool]] = {}

GOLUB_SPEC = DatasetSpec(
    name="golub",
    title="Leukaemia gene expression (Golub 1999)",
    description=(
        "Expression of 7,129 genes in bone marrow and blood of 72 patients with acute leukaemia, 38 for training and "
        "34 independent ones."
    ),
    classes=(
        ClassSpec("ALL", "acute lymphoblastic leukaemia", malignant=True),
        ClassSpec("AML", "acute myeloid leukaemia", malignant=True),
    ),
    group="patient",
    licence="public research data, no licence stated",
    citation=(
        "Golub T. R. et al.: Molecular classification of cancer: class discovery and class prediction by gene "
        "expression monitoring. Science 286, 531-537 (1999). doi:10.1126/science.286.5439.531"
    ),
    homepage="https://www.kaggle.com/datasets/crawford/gene-expression",
)


@dataclass(frozen=True)
class GeneTable:
    """Expression of genes in samples.

    `expression` is (samples, genes) float32 as measured, indexed by sample and gene; `labels` is the class key and
    `split` "train", "test" or missing of each sample; `descriptions` names each gene in words.
    """

    spec: DatasetSpec
    expression: pd.DataFrame
    labels: pd.Series
    split: pd.Series
    descriptions: pd.Series
    root: Path


def list_gene_tables(catalog: Catalog | None = None) -> tuple[tuple[str, Path], ...]:
    """Name and folder of each gene-expression table of the catalog, as it is now; the first can be used if any can.

    Where there are several, tables are read until one can be used, and again when they change.
    """
    tables = (catalog or look()).gene_tables
    if len(tables) > 1:
        first = next((number for number, (_, folder) in enumerate(tables) if _can_be_read(folder)), 0)
        tables = tables[first:] + tables[:first]
    return tables


def open_gene_table(name: str, catalog: Catalog | None = None) -> GeneTable:
    """Read a gene-expression table of the catalog, as it is now.

    Raises:
        DatasetNotFoundError: no folder in a data root is called so and holds one.
        DataError: its files cannot be used.
    """
    tables = dict((catalog or look()).gene_tables)
    if name not in tables:
        raise DatasetNotFoundError(
            f"No gene-expression table is called “{name}”. Here are: {', '.join(tables) or 'none'}."
        )
    return read_gene_table(tables[name])


def read_gene_table(folder: Path) -> GeneTable:
    """Read all expression tables of a folder, with genes in rows, as samples by genes.

    Columns called `call` are left out. Samples of a table with “independent” or “test” in its name are the test part,
    those of the others the training part.

    Raises:
        DataError: a file is missing or is not such a table, samples stand twice or have no label, or the tables
            have different genes.
    """
    labels_file = next((folder / name for name in LABEL_FILES if (folder / name).is_file()), None)
    if labels_file is None:
        raise DataError(f"{folder} has no {LABEL_FILES[0]} with a sample and its label in each row. Put it there.")
    labels = _labels(labels_file)
    tables = [path for path in sorted(folder.glob("*.csv")) if path != labels_file]
    if not tables:
        raise DataError(f"{folder} has no table of expression beside {labels_file.name}. Put it there.")
    parts, splits, descriptions = [], [], None
    for path in tables:
        values, described = _expression(path, labels)
        if descriptions is not None and not values.columns.equals(parts[0].columns):
            raise DataError(f"{path.name} and {tables[0].name} do not have the same genes in the same order.")
        descriptions = described
        part = TEST if any(word in path.stem.lower() for word in _HELD_OUT) else TRAIN
        parts.append(values)
        splits.append(pd.Series(part, values.index))
    expression, split = pd.concat(parts), pd.concat(splits)
    twice = expression.index[expression.index.duplicated()]
    if len(twice):
        raise DataError(f"The sample {twice[0]} stands in several columns of the tables in {folder}. Keep one.")
    if split.nunique() < 2:
        split[:] = None
    order = sorted(expression.index, key=lambda name: (len(name), name))
    expression = expression.loc[order]
    labels = labels.loc[order]
    return GeneTable(_spec(folder, labels), expression, labels, split.loc[order], descriptions, folder)


def _can_be_read(folder: Path) -> bool:
    now = stamps(folder, 1)
    kept = _readable.get(str(folder))
    if kept is not None and kept[0] == now:
        return kept[1]
    try:
        read_gene_table(folder)
        readable = True
    except DataError:
        readable = False
    if settled(max(changed for _, changed in now)):
        _readable[str(folder)] = (now, readable)
    return readable


def _labels(path: Path) -> pd.Series:
    rows = read_texts(path)
    sample, label = sample_column(rows.columns), label_column(rows.columns)
    if sample is None or label is None:
        raise DataError(
            f"{path} needs a column sample (or patient) and a column label (or cancer); it has "
            f"{', '.join(map(str, rows.columns[:12]))}."
        )
    rows = rows.dropna(subset=[sample, label])
    labels = rows.set_index(sample)[label]
    if labels.index.has_duplicates:
        raise DataError(f"{path} has the sample {labels.index[labels.index.duplicated()][0]} twice. Keep one line.")
    if not 2 <= labels.nunique() <= MOST_CLASSES:
        raise DataError(f"{path} has {labels.nunique()} different labels; 2 to {MOST_CLASSES} can be shown.")
    return labels.rename("label")


def _expression(path: Path, labels: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """Samples by genes, float32, and what is said of each gene."""
    refuse_too_wide(path)
    try:
        rows = pd.read_csv(path, low_memory=False)
    except (ValueError, OSError) as error:
        raise DataError(f"{path} cannot be read as a CSV table: {error}") from error
    rows.columns = [str(name).strip() for name in rows.columns]
    samples = [name for name in rows.columns if name in labels.index]
    gene = gene_column(rows.columns)
    if not samples or gene is None:
        raise DataError(
            f"{path} needs a column with the accession of each gene and a column for each sample of the labels; it has "
            f"{', '.join(rows.columns[:8])} …"
        )
    others = [name for name in rows.columns if name not in samples and not name.lower().startswith("call")]
    numbered = [name for name in others if name != gene and pd.api.types.is_numeric_dtype(rows[name])]
    if numbered:
        raise DataError(f"{path} has a sample {numbered[0]} without a label. Add it to the labels, or take it out.")
    try:
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is told below
            values = rows[samples].astype("float32")
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"{path} has expression values that are not numbers: {error}") from error
    genes = rows[gene].astype(str).str.strip()
    if genes.duplicated().any() or values.isna().any(axis=None):
        raise DataError(f"{path} has a gene twice, or missing values. Use the table as it was published.")
    if values.empty:
        raise DataError(f"{path} has columns but not one gene. Use the table as it was published.")
    beyond = ~(np.abs(values) < LARGEST)  # also what is infinite
    if beyond.any(axis=None):
        row, sample = (int(each[0]) for each in np.nonzero(beyond.to_numpy()))
        raise DataError(
            f"{path} has {int(beyond.to_numpy().sum()):,} values that are infinite or too large to be an expression, "
            f"the first of the gene {genes.iloc[row]} in the sample {samples[sample]}. Correct it or remove it."
        )
    words = next((rows[name].astype(str) for name in others if name != gene), genes)
    descriptions = pd.Series(words.to_numpy(), genes.to_numpy(), name="description")
    return values.set_axis(genes.to_numpy(), axis=0).T, descriptions


def _spec(folder: Path, labels: pd.Series) -> DatasetSpec:
    keys = tuple(sorted(labels.unique()))
    if keys == GOLUB_SPEC.class_keys:
        return GOLUB_SPEC
    return DatasetSpec(
        name=folder.name,
        title=folder.name,
        description=f"Gene expression of {len(labels):,} samples.",
        classes=tuple(ClassSpec(key, key, malignant=None) for key in keys),
        group="sample",
        licence="not known",
        citation=f"Own data in {folder.name}.",
    )
