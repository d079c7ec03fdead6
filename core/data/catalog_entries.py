"""The lines of the catalog: what lies in the data roots, what of it cannot be used and why, and what is missing.

A known data set goes by its own name wherever it lies; what else is there goes by the name of its folder.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.base.printable import is_printable, printable, shortened
from core.data.adapters.adapter import Adapter
from core.data.adapters.folder_names import is_bare_part
from core.data.adapters.listing import Listing, list_folder
from core.data.adapters.registry import ADAPTERS
from core.data.adapters.table_files import TABLE_SUFFIXES
from core.data.classes_here import with_what_is_here
from core.data.demo.demo import DEMO_SPEC
from core.data.recognition import Recognised, recognise
from core.data.spec import DatasetSpec, unlike

KNOWN = {spec.name: (spec, adapter) for adapter in ADAPTERS for spec in adapter.known}
"""Data sets that are listed even where they are not here, each with what reads it."""


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


MOST_BELOW = 50
"""A folder with more folders in it, of which nothing is known, is none that a download unpacked."""


def looked_into(root: Path) -> Iterator[Recognised]:
    """What the folders of a data root are, and the root where it is a data set itself.

    It is one where it is a known download that none of them is; or where none of them is a data set, or they are its
    parts, and all together are. Where the names of folders alone make it one, whoever reads the folder asks.
    """
    here = list_folder(root)
    inner = [recognise(root / name) for name in here.folders]
    itself = recognise(root, layouts_alone=True)
    sets = [each for each in inner if each.known or each.own or each.genes]
    pieces = here.pictures or any(each.problem or each.own for each in inner)
    parts = all(is_bare_part(each.folder.name) for each in sets)
    if not itself.known and pieces and parts:
        whole = recognise(root)
        if _is_one_data_set(whole, here) or (whole.own and (len(sets) > 1 or _are_bare(inner))):
            yield whole
            return
    yield from (each for each in inner if not (itself.known and each.problem))  # which are its pieces
    names = {spec.name for each in inner for spec, _ in each.known}
    known = tuple((spec, adapter) for spec, adapter in itself.known if spec.name not in names)
    if known or itself.refused or itself.genes:
        yield Recognised(root, known, refused=itself.refused, genes=itself.genes, stamps=itself.stamps)


def gene_tables(found: list[Recognised]) -> dict[str, Path]:
    """Places of the gene-expression tables by name: in the folders found, or one below where nothing else is.

    A single one goes by the name of the folder found.
    """
    tables: dict[str, Path] = {}
    for each in found:
        places = each.genes
        if not (places or each.known or each.own or each.refused):
            folders = list_folder(each.folder).folders[:MOST_BELOW]
            inner = [place for below in folders for place in recognise(each.folder / below).genes]
            name = each.folder.name
            places = tuple((name if len(inner) == 1 else f"{name}-{below}", place) for below, place in inner)
        for name, place in places:
            tables.setdefault(name, place)
    return tables


def _is_one_data_set(root: Recognised, here: Listing) -> bool:
    """Whether the folders of a data root are one data set no mere neighbours: a table or their names must say so."""
    tables = any(Path(name).suffix.lower() in TABLE_SUFFIXES for name in here.files)
    return any(
        tables or here.pictures or 2 * sum(c.malignant is not None for c in spec.classes) >= len(spec.classes)
        for spec, _ in root.own
    )


def _are_bare(inner: list[Recognised]) -> bool:
    """Whether all folders with pictures hold nothing else, and none is a data set: they may be the classes of one."""
    holding = [each for each in inner if each.problem]
    bare = all(list_folder(each.folder).pictures and not list_folder(each.folder).folders for each in holding)
    return bare and not any(each.known or each.own or each.genes or each.refused for each in inner)


def present_entries(found: list[Recognised]) -> Iterator[CatalogEntry]:
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
        if spec.name not in (name, *KNOWN):
            name = f"{name}-{spec.name}"
        if _is_taken(name, None):
            if spec.name in KNOWN and not _is_taken(spec.name, adapter):
                continue  # the same download again in another data root; the first one counts
            name = f"{name}-folder"
        if name not in names:
            names.add(name)
            title = each.folder.name if each.own else f"{spec.title} ({each.folder.name})"
            yield _entry(each, replace(spec, name=name, title=title), adapter)


def _is_taken(name: str, adapter: Adapter | None) -> bool:
    """Whether a name belongs to the demo or to a download that another adapter reads."""
    return name == DEMO_SPEC.name or (
        name in KNOWN and (adapter is None or KNOWN[name][1].recognise is not adapter.recognise)
    )


def _entry(found: Recognised, spec: DatasetSpec, adapter: Adapter) -> CatalogEntry:
    note = adapter.note(spec, list_folder(found.folder))
    spec = with_what_is_here(spec, adapter, found.folder)
    return CatalogEntry(spec, True, found.folder, note, adapter, found.stamps)


def refused_entries(found: list[Recognised], names: set[str]) -> Iterator[CatalogEntry]:
    """Data sets that are understood and cannot be used, each with the reason."""
    for each in found:
        for spec, adapter in each.refused:
            taken = names | {spec.name} if _is_taken(spec.name, adapter) else names
            name = unlike(spec.name, taken, each.folder.name)
            names.add(name)
            renamed = replace(spec, name=name)
            yield CatalogEntry(renamed, False, each.folder, spec.problem, adapter, each.stamps)


def missing_entry(name: str, roots: tuple[Path, ...], found: list[Recognised]) -> CatalogEntry:
    """A known data set that is not here, and why not where a folder is called so."""
    spec, adapter = KNOWN[name]
    called = next((each for each in found if each.folder.name == name), None)
    if called is not None:
        note = called.problem or f"Put {adapter.wanted} into {called.folder}."
        return CatalogEntry(spec, False, called.folder, note, adapter, called.stamps)
    folder = next((root for root in roots if not root_problem(root)), roots[0]) / name
    note = "Set LESIONLAB_DATA to a folder that can be read." if root_problem(folder.parent) else ""
    return CatalogEntry(spec, False, folder, note or f"Put {adapter.wanted} into {folder}.", adapter)


def folder_problem(folder: Path) -> str:
    """Why nothing in the catalog goes by the name of a folder; "" where there is no such folder."""
    if not os.path.isdir(folder):  # noqa: PTH112 - a Path raises for names that no file system takes
        return ""
    listing, shown = list_folder(folder), shortened(printable(folder))
    found = recognise(folder)
    names = [spec.name for spec, _ in (*found.known, *found.own)] + [name for name, _ in found.genes]
    if names:
        return (
            f"The folder {shown} holds {', '.join(names)}. Use that name where the folder lies in a data folder; else "
            "add it on the page Data, or set LESIONLAB_DATA to the folder that holds it."
        )
    refused = [spec.problem for spec, _ in found.refused]
    why = found.problem or listing.problem or next(iter(refused), "")
    return why or f"The folder {shown} holds no picture and no table that describes any, so it is no data set."


def root_problem(root: Path) -> str:
    """Why a data root cannot be looked into; one that is not there, such as an unplugged disk, is no problem."""
    listing = list_folder(root)
    if not is_printable(str(root)):
        why = "its path is no text in UTF-8"
    elif listing.problem and not listing.absent:
        why = listing.problem
    else:
        return ""
    return f"The data folder {shortened(printable(root))} cannot be looked into: {why}."


def unusable_entry(found: Recognised) -> CatalogEntry:
    """Stands in the list for a folder that would be a data set but for a problem."""
    title = name = printable(found.folder.name)
    if name == DEMO_SPEC.name:
        name = f"{name}-folder"
    spec = DatasetSpec(name, title, found.problem, (), "picture", "not known", "")
    return CatalogEntry(spec, False, found.folder, found.problem, stamps=found.stamps)
