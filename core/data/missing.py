"""Which known data sets are not here, and what to put where: the catalog's, and those it lists only once they are."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.base.printable import printable
from core.data.adapters.ham10000 import HAM10000_SPEC, METADATA_FILE
from core.data.adapters.hmnist import HMNIST_SPEC
from core.data.adapters.listing import list_folder
from core.data.adapters.medmnist import DERMAMNIST_SPECS
from core.data.catalog import Catalog
from core.data.download.sources import SOURCES
from core.data.genes.gene_table import GOLUB_SPEC
from core.data.spec import DatasetSpec

GOLUB_FILES = ("data_set_ALL_AML_train.csv", "data_set_ALL_AML_independent.csv", "actual.csv")
"""As on Kaggle."""


@dataclass(frozen=True)
class MissingDataset:
    """A known data set that is not here; `what_to_do` says what to put where, `downloadable` if a source brings it."""

    spec: DatasetSpec
    what_to_do: str
    downloadable: bool


def list_missing(catalog: Catalog) -> tuple[MissingDataset, ...]:
    """Every known data set that is not in the data roots."""
    listed = {entry.spec.name for entry in catalog.entries}
    told = [(entry.spec, entry.note) for entry in catalog.entries if not entry.present]
    told += [(spec, what_to_do) for spec, what_to_do in _unlisted(catalog) if spec.name not in listed]
    sources = {source.name for source in SOURCES}
    return tuple(MissingDataset(spec, printable(what_to_do), spec.name in sources) for spec, what_to_do in told)


def _unlisted(catalog: Catalog) -> Iterator[tuple[DatasetSpec, str]]:
    """Data sets that the catalog knows only when they are here."""
    folders = {entry.spec.name: entry.folder for entry in catalog.entries}
    ham10000 = folders[HAM10000_SPEC.name]
    yield HMNIST_SPEC, f"Put {HMNIST_SPEC.file} of the Kaggle download beside {METADATA_FILE} into {ham10000}."
    dermamnist = folders[DERMAMNIST_SPECS[28].name]
    for spec in DERMAMNIST_SPECS.values():
        yield spec, f"Put {spec.file} into {dermamnist}."
    tables = [list_folder(folder) for _, folder in catalog.gene_tables]
    if not any(GOLUB_FILES[0] in table.files for table in tables):
        wanted = f"{', '.join(GOLUB_FILES[:-1])} and {GOLUB_FILES[-1]}"
        yield GOLUB_SPEC, f"Put {wanted} into {catalog.roots[0] / GOLUB_SPEC.name}."
