"""The gene-expression tables that are here: listed, described and opened by their names.

Any folder in a data root is one that has a table of numbers with genes in rows or in columns, and says the class of
each sample: in a column, in another table, or above the table as a series matrix of GEO does.
"""

from pathlib import Path

from core.base.errors import DataError, DatasetNotFoundError
from core.data.adapters.listing import settled, stamps
from core.data.catalog import Catalog, look
from core.data.genes.gene_folders import layout_of
from core.data.genes.gene_table import GeneTable, has_test_part, read_gene_table
from core.data.splits.splits import SplitKind

_LARGEST_TRIED = 50_000_000
"""Bytes; a larger table is read only when it is opened."""
_readable: dict[str, tuple[list[tuple[str, int]], bool]] = {}


def list_gene_tables(catalog: Catalog | None = None) -> tuple[tuple[str, Path], ...]:
    """Name and folder of each gene-expression table of the catalog, as it is now; the first can be used if any can.

    Where there are several, tables are read until one can be used, and again when they change.
    """
    tables = (catalog or look()).gene_tables
    if len(tables) > 1:
        first = next((number for number, (_, folder) in enumerate(tables) if _can_be_read(folder)), 0)
        tables = tables[first:] + tables[:first]
    return tables


def describe_gene_table(place: Path) -> str:
    """How the files of a gene-expression table are understood, in sentences, by their headers and first lines alone."""
    try:
        return layout_of(place).words
    except DataError as error:
        return str(error)


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


def own_split(name: str) -> dict[str, SplitKind]:
    """The split of a recipe for a gene-expression table that its publishers divided; nothing for any other data set.

    So what is said of a table such as that of Golub et al. is said of its independent samples unless somebody asks for
    another split.
    """
    catalog = look()
    divided = catalog.holds(name) == "genes" and has_test_part(dict(catalog.gene_tables)[name])
    return {"split": SplitKind.OFFICIAL} if divided else {}


def is_large(place: Path) -> bool:
    """Whether reading the files of a gene-expression table takes so long that a page had better not wait for it."""
    files = [Path(path) for path, _ in stamps(place, 1)]
    return sum(file.stat().st_size for file in files if file.is_file()) > _LARGEST_TRIED


def _can_be_read(folder: Path) -> bool:
    now = stamps(folder, 1)
    kept = _readable.get(str(folder))
    if kept is not None and kept[0] == now:
        return kept[1]
    if is_large(folder):
        return True
    try:
        read_gene_table(folder)
        readable = True
    except DataError:
        readable = False
    if settled(max(changed for _, changed in now)):
        _readable[str(folder)] = (now, readable)
    return readable
