"""The catalog: which data sets are known, which of them are here, and opening one.

Each folder in a data root is looked at, and so is the root: what has the layout of a known download is that data set,
whatever the folder is called, and any other folder with a sub-folder per class is a data set under its own name.

`look` gives a snapshot. Who asks several things takes one and hands it on.
"""

import hashlib
import logging
import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import pandas as pd
from filelock import FileLock

from core.base.errors import DataError, DatasetNotFoundError, LesionLabError
from core.base.files import remove_abandoned
from core.base.printable import said_by
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir, data_roots
from core.data.adapters.adapter import Adapter
from core.data.adapters.ham10000 import read_ham10000
from core.data.adapters.listing import changed_at, one_look, stamps
from core.data.adapters.one_hot_folder import cache_name
from core.data.catalog_entries import (
    KNOWN,
    CatalogEntry,
    folder_problem,
    gene_tables,
    looked_into,
    missing_entry,
    present_entries,
    refused_entries,
    root_problem,
    unusable_entry,
)
from core.data.demo.demo import DEMO_SPEC, generate_demo
from core.data.demo.planted import PLANTED_FILE, PLANTED_SPEC
from core.data.genes.gene_table import gene_spec, refuse_unclear_genes
from core.data.joined_sets import JoinedSet, joined_sets, joined_spec
from core.data.read_joined import read_joined
from core.data.reading.any_folder import ANY_FOLDER
from core.data.reading.understood import unlabelled_pictures
from core.data.recognition import recognise
from core.data.spec import TIDY_COLUMNS, Dataset, DatasetSpec
from core.data.splits.merged_groups import merges_version, with_merged_groups
from core.data.trainable import refuse_untrainable

DEMO_METADATA = "demo_metadata.csv"


@dataclass(frozen=True)
class Catalog:
    """What the data roots held when it was looked; it never changes.

    `entries` has every known data set, those that are here first; `gene_tables` name and place, a folder or
    a file, of each gene-expression table; `problems` says of each data root that cannot be looked into why not.
    """

    roots: tuple[Path, ...]
    entries: tuple[CatalogEntry, ...]
    gene_tables: tuple[tuple[str, Path], ...] = ()
    problems: tuple[str, ...] = ()
    stamps: tuple[tuple[str, int], ...] = field(default=(), repr=False)

    @cached_property
    def _by_name(self) -> dict[str, CatalogEntry]:
        return {entry.spec.name: entry for entry in self.entries}

    def entry(self, name: str) -> CatalogEntry | None:
        """A data set by its name, here or not; None if the name is not known."""
        return self._by_name.get(name)

    def spec(self, name: str) -> DatasetSpec:
        """Specification of a known data set.

        Raises:
            DatasetNotFoundError: the name is not known.
            DataError: its folder is there and cannot be used; the message says why.
        """
        entry = self.entry(name)
        if entry is None:
            raise self._unknown(name)
        if entry.adapter is None:
            raise DataError(entry.note)
        return entry.spec

    def trainable(self, name: str) -> DatasetSpec:
        """Specification of a known data set that may be trained on, as far as that is known before it is opened.

        Of a gene-expression table no class is known then.

        Raises:
            DatasetNotFoundError: the name is not known.
            DataError: it is not trained on as it is; the message says why and what to do.
        """
        if self.holds(name) == "genes":
            place = dict(self.gene_tables)[name]
            refuse_unclear_genes(name, place)
            return gene_spec(name, place)
        spec, entry = self.spec(name), self.entry(name)
        if entry is not None:
            refuse_untrainable(spec, entry.folder)
        return spec

    def holds(self, name: str) -> Literal["pictures", "genes"]:
        """What a data set of this name has; pictures where nothing is called so."""
        entry = self.entry(name)
        pictured = entry is not None and entry.present
        return "genes" if name in dict(self.gene_tables) and not pictured else "pictures"

    def _unknown(self, name: str) -> DatasetNotFoundError:
        """Why there is no data set of this name: what its folder lacks, or that nothing is called so."""
        if name in dict(self.gene_tables):
            return DatasetNotFoundError(
                f"{name} is a gene-expression table, without a picture. A model is trained on it on the page Genes, or "
                f"with: python -m core train dense-genes --dataset {name}"
            )
        places = [Path(name)] if os.sep in name else [root / name for root in self.roots if name.strip(".")]
        if problem := next(filter(None, map(folder_problem, places)), ""):
            return DatasetNotFoundError(problem)
        here = [each.spec.name for each in self.entries if each.present]
        known = ", ".join(dict.fromkeys([DEMO_SPEC.name, *KNOWN, *here]))
        return DatasetNotFoundError(f"No data set is called “{name}”. Known are: {known}.")

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that something is known by: data sets that are here or not, and gene tables."""
        return frozenset(self._by_name) | {name for name, _ in self.gene_tables}

    def needs_preparing(self, name: str) -> bool:
        """Whether opening a data set draws or unpacks its pictures first, which may take minutes."""
        entry = self.entry(name)
        return entry is not None and entry.present and bool(entry.note)

    def version_of(self, name: str) -> str:
        """Changes whenever the answer of `open` may: settings, folders of data sets, tables, image folders, merges."""
        entry = self.entry(name)
        parts = [merges_version(name), str(artifacts_dir()), *map(str, self.roots), *map(str, self.stamps)]
        if entry is not None:
            parts += [str(entry.folder), *map(str, entry.stamps)]
        return hashlib.blake2b("|".join(parts).encode(errors="surrogateescape"), digest_size=16).hexdigest()

    def open(self, name: str, progress: Progress = silent) -> Dataset:
        """Read the tidy metadata of a data set.

        The demo is drawn first, and pictures that come as arrays are unpacked, where that has not been done yet.
        Groups that people merged have one `group_id`.

        Raises:
            DatasetNotFoundError: the name is unknown or the data set is not in any data root.
            DataError: its files cannot be used.
            DiskFullError: there is no space to draw or unpack.
        """
        entry = self.entry(name)
        if entry is None:
            raise self._unknown(name)
        if entry.adapter is None:
            raise DataError(entry.note)
        if not (entry.present or entry.folder.is_dir()):
            places = ", ".join(str(root / name) for root in self.roots)
            raise DatasetNotFoundError(
                f"{entry.spec.title} is not here. Looked for {places}. Put the download there, or set LESIONLAB_DATA "
                "to the folder that holds it."
            )
        return with_merged_groups(_read(entry.adapter, entry.folder, entry.spec, progress))


def unlabelled_in(entry: CatalogEntry | None) -> pd.DataFrame:
    """Pictures without a class, with `TIDY_COLUMNS`: of somebody's own folder, or of a known layout that has such.

    Raises:
        DataError: the folder cannot be read.
    """
    if entry is not None and entry.present and entry.adapter is ANY_FOLDER:
        return unlabelled_pictures(entry.folder)
    if entry is not None and entry.present and entry.adapter is not None and entry.adapter.unlabelled is not None:
        return entry.adapter.unlabelled(entry.folder)
    return pd.DataFrame(columns=list(TIDY_COLUMNS))


def look() -> Catalog:
    """Look into the data roots now. Asks once about each folder and file.

    Reads no image, and a table once, until it changes.
    """
    with one_look():
        roots = data_roots()
        problems = {root: root_problem(root) for root in roots}
        found = [each for root in roots if not problems[root] for each in looked_into(root)]
        demo = _demo()
        planted = _planted(demo.folder.with_name(PLANTED_SPEC.name))
        taken = {entry.spec.name for entry in planted}
        entries = [demo, *planted, *(each for each in present_entries(found) if each.spec.name not in taken)]
        entries += refused_entries(found, {entry.spec.name for entry in entries})
        here = {entry.spec.name for entry in entries}
        entries += [missing_entry(name, roots, found) for name in KNOWN if name not in here]
        entries += [unusable_entry(each) for each in found if each.problem and each.folder.name not in KNOWN]
        entries += _joined(entries)
        order = {name: number for number, name in enumerate([DEMO_SPEC.name, *KNOWN])}
        entries.sort(key=lambda e: (not e.present, order.get(e.spec.name, len(order)), e.spec.name))
        genes = gene_tables(found)
        return Catalog(
            roots,
            tuple(entries),
            tuple(genes.items()),
            tuple(filter(None, problems.values())),
            tuple(stamp for root in roots for stamp in stamps(root, 1)),
        )


def list_datasets() -> tuple[CatalogEntry, ...]:
    """Every known data set as it is now, those that are here first."""
    return look().entries


def dataset_spec(name: str) -> DatasetSpec:
    """Specification of a known data set, as `Catalog.spec`."""
    return DEMO_SPEC if name == DEMO_SPEC.name else look().spec(name)


def trainable_spec(name: str) -> DatasetSpec:
    """Specification of a data set of pictures or genes that may be trained on, as `Catalog.trainable`."""
    return DEMO_SPEC if name == DEMO_SPEC.name else look().trainable(name)


def is_synthetic(name: str) -> bool:
    """True if a program drew the pictures of the data set of this name, known or not; no folder is looked at."""
    return name in (DEMO_SPEC.name, PLANTED_SPEC.name)


def open_dataset(name: str, progress: Progress = silent) -> Dataset:
    """Read the tidy metadata of a data set as it is now, as `Catalog.open`."""
    return look().open(name, progress)


def needs_preparing(name: str) -> bool:
    """Whether opening a data set draws or unpacks its pictures first, as `Catalog.needs_preparing`."""
    return look().needs_preparing(name)


def version_of(name: str) -> str:
    """Changes whenever the answer of `open_dataset` may, as `Catalog.version_of`."""
    return look().version_of(name)


def open_folder(folder: Path, progress: Progress = silent) -> Dataset | None:
    """Read a folder anywhere that has the layout of a known download or a sub-folder per class, None if it has not.

    Raises:
        DataError: it has such a layout and cannot be used.
    """
    found = recognise(folder.absolute())
    if found.problem:
        raise DataError(found.problem)
    for spec, adapter in found.known or found.own:
        return _read(adapter, found.folder, replace(spec, name=cache_name(folder)), progress)
    for spec, _ in found.refused:
        raise DataError(spec.problem)
    return None


def demo_folder() -> Path:
    """Where the demo pictures are drawn to."""
    return artifacts_dir() / "data" / "demo"


def ensure_demo(progress: Progress = silent) -> Path:
    """Draw the demo data set unless it is there; only one process draws at a time."""
    folder = demo_folder()
    if not (folder / DEMO_METADATA).is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / "demo.lock"):
            if not (folder / DEMO_METADATA).is_file():
                remove_abandoned(folder)
                generate_demo(folder, progress=progress)
    return folder


def _read_drawn(folder: Path, spec: DatasetSpec) -> Dataset:
    dataset = read_ham10000(folder, spec, DEMO_METADATA)
    if dataset.table.empty:
        raise DataError(f"No usable picture is left in {folder.name}. Remove the folder to have it drawn anew.")
    return dataset


_DEMO = Adapter(
    lambda listing: (),  # noqa: ARG005
    lambda folder, spec, progress: _read_drawn(ensure_demo(progress), spec),  # noqa: ARG005
)


def _demo() -> CatalogEntry:
    folder = demo_folder()
    drawn = (folder / DEMO_METADATA).is_file()
    note = "" if drawn else "Will be drawn when you first use it (about 10 s)."
    return CatalogEntry(DEMO_SPEC, True, folder, note, _DEMO, tuple(stamps(folder, 2)))


_PLANTED = Adapter(
    lambda listing: (),  # noqa: ARG005
    lambda folder, spec, progress: _read_drawn(folder, spec),  # noqa: ARG005
)


def _planted(folder: Path) -> list[CatalogEntry]:
    """The demo with planted copies, once somebody has had it made."""
    if not (folder / PLANTED_FILE).is_file():
        return []
    return [CatalogEntry(PLANTED_SPEC, True, folder, "", _PLANTED, tuple(stamps(folder, 2)))]


def _joined(entries: list[CatalogEntry]) -> list[CatalogEntry]:
    """Joined sets of the data sets that are listed; one that lacks one of its own is not here."""
    here = {entry.spec.name: entry for entry in entries if entry.present}
    specs = {name: entry.spec for name, entry in here.items()}
    found = []
    for joined in joined_sets():
        if joined.name in here:
            continue  # a folder took its name
        lacking = [each.dataset for each in joined.members if each.dataset not in here]
        note = f"It is joined from {', '.join(lacking)} too, which cannot be used here now." if lacking else ""
        changed = (str(joined.file), changed_at(str(joined.file)))
        inner = tuple(stamp for each in joined.members if each.dataset in here for stamp in here[each.dataset].stamps)
        found.append(
            CatalogEntry(
                joined_spec(joined, specs),
                not lacking,
                joined.file.parent,
                note,
                None if lacking else _joining(joined),
                (changed, *inner),
            )
        )
    return found


def _joining(joined: JoinedSet) -> Adapter:
    return Adapter(
        lambda listing: (),  # noqa: ARG005
        lambda folder, spec, progress: read_joined(joined, spec, open_dataset, progress),  # noqa: ARG005
    )


def _read(adapter: Adapter, folder: Path, spec: DatasetSpec, progress: Progress) -> Dataset:
    """What an adapter reads; whatever else a file of somebody makes it raise is an error of the data."""
    if spec.problem:
        raise DataError(spec.problem)
    try:
        dataset = adapter.read(folder, spec, progress)
        if dataset.described.empty:
            raise DataError(f"Nothing is described in {folder.name}: its tables have no row that can be used.")
        labels = dataset.table["label"].unique()
        single = str(labels[0]) if len(labels) == 1 else ""
        return replace(dataset, spec=replace(dataset.spec, unpictured=dataset.table.empty, single_class=single))
    except (LesionLabError, MemoryError):
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("The files in %r could not be read", str(folder))
        raise DataError(
            f"The files in {folder.name} cannot be read: {type(error).__name__}: {said_by(error)}. Use them as they "
            "were published."
        ) from error
