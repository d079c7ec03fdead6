"""The catalog: which data sets are known, which of them are here, and opening one.

Each folder in a data root is looked at, and so is the root: what has the layout of a known download is that data set,
whatever the folder is called, and any other folder with a sub-folder per class is a data set under its own name.

`look` gives a snapshot. Who asks several things takes one and hands it on.
"""

import hashlib
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from core.base.errors import DataError, DatasetNotFoundError, LesionLabError
from core.base.printable import is_printable, printable, shortened
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir, data_roots
from core.data.adapters.adapter import Adapter
from core.data.adapters.ham10000 import read_ham10000
from core.data.adapters.listing import list_folder, one_look, stamps
from core.data.adapters.one_hot_folder import cache_name
from core.data.adapters.registry import ADAPTERS
from core.data.demo.demo import DEMO_SPEC, generate_demo
from core.data.recognition import Recognised, recognise
from core.data.spec import Dataset, DatasetSpec, unlike
from core.data.splits.merged_groups import merges_version, with_merged_groups

DEMO_METADATA = "demo_metadata.csv"

_KNOWN = {spec.name: (spec, adapter) for adapter in ADAPTERS for spec in adapter.known}


@dataclass(frozen=True)
class CatalogEntry:
    """A known data set and whether it can be opened now.

    `folder` is where it lies, or would lie; `note` tells in one sentence what to do if it is not here, or what
    the first use will cost where pictures have to be drawn or unpacked. `adapter` reads it, None if nothing can;
    `stamps` are paths with their modification times (ns) that change whenever what it reads may have changed.
    """

    spec: DatasetSpec
    present: bool
    folder: Path
    note: str
    adapter: Adapter | None = field(default=None, repr=False)
    stamps: tuple[tuple[str, int], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Catalog:
    """What the data roots held when it was looked; it never changes.

    `entries` has every known data set, those that are here first; `gene_tables` name and folder of each
    gene-expression table; `problems` says of each data root that cannot be looked into why not.
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
        """
        entry = self.entry(name)
        if entry is None or entry.adapter is None:
            raise self._unknown(name)
        return entry.spec

    def _unknown(self, name: str) -> DatasetNotFoundError:
        here = [each.spec.name for each in self.entries if each.present]
        known = ", ".join(dict.fromkeys([DEMO_SPEC.name, *_KNOWN, *here]))
        return DatasetNotFoundError(f"No data set is called “{name}”. Known are: {known}.")

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


def look() -> Catalog:
    """Look into the data roots now. Reads no image and no table but headers; asks once about each folder and file."""
    with one_look():
        roots = data_roots()
        problems = {root: _root_problem(root) for root in roots}
        found = [each for root in roots if not problems[root] for each in _looked_into(root)]
        entries = [_demo(), *_present(found)]
        entries += _refused(found, {entry.spec.name for entry in entries})
        here = {entry.spec.name for entry in entries}
        entries += [_missing(name, roots, found) for name in _KNOWN if name not in here]
        entries += [_unusable(each) for each in found if each.problem and each.folder.name not in _KNOWN]
        order = {name: number for number, name in enumerate([DEMO_SPEC.name, *_KNOWN])}
        entries.sort(key=lambda e: (not e.present, order.get(e.spec.name, len(order)), e.spec.name))
        genes: dict[str, Path] = {}
        for each in found:
            if each.genes:
                genes.setdefault(each.folder.name, each.folder)
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


def is_synthetic(name: str) -> bool:
    """True if a program drew the pictures of the data set of this name, known or not; no folder is looked at."""
    return name == DEMO_SPEC.name


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
                for abandoned in folder.parent.glob(f".{folder.name}.*"):
                    shutil.rmtree(abandoned, ignore_errors=True)  # of a process that was killed; we hold the lock
                generate_demo(folder, progress=progress)
    return folder


_DEMO = Adapter(
    lambda listing: (),  # noqa: ARG005
    lambda folder, spec, progress: read_ham10000(ensure_demo(progress), spec, DEMO_METADATA),  # noqa: ARG005
)


def _demo() -> CatalogEntry:
    folder = demo_folder()
    drawn = (folder / DEMO_METADATA).is_file()
    note = "" if drawn else "Drawn on first use, once."
    return CatalogEntry(DEMO_SPEC, True, folder, note, _DEMO, tuple(stamps(folder, 2)))


def _read(adapter: Adapter, folder: Path, spec: DatasetSpec, progress: Progress) -> Dataset:
    """What an adapter reads; whatever else a file of somebody makes it raise is an error of the data."""
    if spec.problem:
        raise DataError(spec.problem)
    try:
        dataset = adapter.read(folder, spec, progress)
        if dataset.described.empty:
            raise DataError(f"Nothing is described in {folder}: its tables have no row that can be used.")
        return dataset
    except (LesionLabError, MemoryError):
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("The files in %r could not be read", str(folder))
        raise DataError(
            f"The files in {folder} cannot be read: {type(error).__name__}: {error}. Use them as they were published."
        ) from error


def _looked_into(root: Path) -> Iterator[Recognised]:
    """What the folders of a data root are, and the root where it is a known download that none of them is."""
    inner = [recognise(root / name) for name in list_folder(root).folders]
    yield from inner
    itself = recognise(root)
    names = {spec.name for each in inner for spec, _ in each.known}
    known = tuple((spec, adapter) for spec, adapter in itself.known if spec.name not in names)
    if known or itself.refused:
        yield Recognised(root, known, refused=itself.refused, stamps=itself.stamps)


def _present(found: list[Recognised]) -> Iterator[CatalogEntry]:
    """Data sets that are here.

    A known data set takes its own name, the folder that is called so before others, the first data root before
    the second. Further folders of the same kind, and folders per class, go by the names of their folders.
    """
    names: set[str] = set()
    rest = []
    known = [(each, spec, adapter) for each in found for spec, adapter in each.known]
    for each, spec, adapter in sorted(known, key=lambda item: item[0].folder.name != item[1].name):
        if spec.name in names or _is_taken(spec.name, adapter):
            rest.append((each, spec, adapter))
            continue
        names.add(spec.name)
        yield _entry(each, spec, adapter)
    own = [(each, spec, adapter) for each in found for spec, adapter in each.own]
    for each, spec, adapter in [*rest, *own]:
        name = each.folder.name
        if spec.name not in (name, *_KNOWN):
            name = f"{name}-{spec.name}"
        if _is_taken(name, None):
            if spec.name in _KNOWN and not _is_taken(spec.name, adapter):
                continue  # the same download again in another data root; the first one counts
            name = f"{name}-folder"
        if name not in names:
            names.add(name)
            title = each.folder.name if each.own else f"{spec.title} ({each.folder.name})"
            yield _entry(each, replace(spec, name=name, title=title), adapter)


def _is_taken(name: str, adapter: Adapter | None) -> bool:
    """Whether a name belongs to the demo or to a download that another adapter reads."""
    return name == DEMO_SPEC.name or (name in _KNOWN and _KNOWN[name][1] is not adapter)


def _entry(found: Recognised, spec: DatasetSpec, adapter: Adapter) -> CatalogEntry:
    note = adapter.note(spec, list_folder(found.folder))
    return CatalogEntry(spec, True, found.folder, note, adapter, found.stamps)


def _refused(found: list[Recognised], names: set[str]) -> Iterator[CatalogEntry]:
    """Data sets that are understood and cannot be used, each with the reason."""
    for each in found:
        for spec, adapter in each.refused:
            taken = names | {spec.name} if _is_taken(spec.name, adapter) else names
            name = unlike(spec.name, taken, each.folder.name)
            names.add(name)
            renamed = replace(spec, name=name)
            yield CatalogEntry(renamed, False, each.folder, spec.problem, adapter, each.stamps)


def _missing(name: str, roots: tuple[Path, ...], found: list[Recognised]) -> CatalogEntry:
    """A known data set that is not here, and why not where a folder is called so."""
    spec, adapter = _KNOWN[name]
    called = next((each for each in found if each.folder.name == name), None)
    if called is not None:
        note = called.problem or f"Put {adapter.wanted} into {called.folder}."
        return CatalogEntry(spec, False, called.folder, note, adapter, called.stamps)
    folder = next((root for root in roots if not _root_problem(root)), roots[0]) / name
    note = "Set LESIONLAB_DATA to a folder that can be read." if _root_problem(folder.parent) else ""
    return CatalogEntry(spec, False, folder, note or f"Put {adapter.wanted} into {folder}.", adapter)


def _root_problem(root: Path) -> str:
    """Why a data root cannot be looked into; one that is not there, such as an unplugged disk, is no problem."""
    listing = list_folder(root)
    if not is_printable(str(root)):
        why = "its path is no text in UTF-8"
    elif listing.problem and not listing.absent:
        why = listing.problem
    else:
        return ""
    return f"The data folder {shortened(printable(root))} cannot be looked into: {why}."


def _unusable(found: Recognised) -> CatalogEntry:
    """Stands in the list for a folder that would be a data set but for a problem."""
    name = printable(found.folder.name)
    spec = DatasetSpec(name, name, found.problem, (), "picture", "not known", "")
    return CatalogEntry(spec, False, found.folder, found.problem, stamps=found.stamps)
