"""What a folder is, told by the names in it: a data set, several, a gene-expression table, or why it is unusable."""

import logging
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import DataError
from core.base.printable import is_printable, printable
from core.data.adapters.listing import changed_at, holds_pictures, list_folder, settled, stamps
from core.data.adapters.registry import ADAPTERS
from core.data.decided_layouts import Layouts, decided_arrays, decided_files
from core.data.genes.gene_folders import gene_places
from core.data.picture_shards import PICTURE_SHARDS
from core.data.reading.any_folder import ANY_FOLDER
from core.data.reading.choices import choices_of, choices_stamp
from core.data.reading.understood import understand

LONGEST_NAME = 200
"""Bytes of a folder's name; files that are named after it have endings, and the system allows 255."""
_MOST_KEPT = 2000

_kept: dict[str, tuple[tuple[tuple[str, int], ...], "Recognised"]] = {}


@dataclass(frozen=True)
class Recognised:
    """What a folder is.

    `known` has data sets in a known layout, each with its adapter (which does as it was decided), or else `own` the one
    that is a folder of classes;
    `refused` are data sets of known layouts that cannot be used, each with its `problem`.
    `genes` has name and place of each gene-expression table directly in it.
    `problem` says why it cannot be used. `stamps` change whenever something in it may have changed; those of `deep` are
    further down, and of decisions about it.
    """

    folder: Path
    known: Layouts = ()
    own: Layouts = ()
    refused: Layouts = ()
    genes: tuple[tuple[str, Path], ...] = ()
    problem: str = ""
    stamps: tuple[tuple[str, int], ...] = ()
    deep: tuple[tuple[str, int], ...] = ()


def recognise(folder: Path, *, layouts_alone: bool = False) -> Recognised:
    """What a folder is; kept until something in it changes. A fault of one folder is its `problem`, never an error.

    With `layouts_alone` known layouts and gene-expression tables alone are looked for, by what lies directly in it.
    """
    now = tuple(stamps(folder, 2))
    place = f"{folder}\0" if layouts_alone else str(folder)
    kept = _kept.get(place)
    if kept is not None and kept[0] == now and all(changed_at(path) == changed for path, changed in kept[1].deep):
        return kept[1]
    found = _looked_at(folder, now, layouts_alone=layouts_alone)
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    if settled(max(changed for _, changed in (*now, *found.deep))):
        _kept[place] = (now, found)
    return found


def _looked_at(folder: Path, now: tuple[tuple[str, int], ...], *, layouts_alone: bool) -> Recognised:
    listing, shown = list_folder(folder), printable(folder.name)
    deep: tuple[tuple[str, int], ...] = (choices_stamp(folder),)
    try:
        if listing.problem:
            raise DataError(f"The folder {shown} cannot be read: {listing.problem}.")
        _refuse_name(folder)
        of_layouts = [(spec, adapter) for adapter in (*ADAPTERS, PICTURE_SHARDS) for spec in adapter.recognise(listing)]
        known = tuple(each for each in of_layouts if not each[0].problem)
        refused = tuple(each for each in of_layouts if each[0].problem)
        genes = () if known else gene_places(listing)
        own: Layouts = ()
        choices = choices_of(folder)
        if choices.decides and known and known[0][1] is not PICTURE_SHARDS:
            files = tuple(each for each in known if not each[1].arrays)
            known, single = decided_arrays(tuple(each for each in known if each[1].arrays), choices)
            refused += single
            if files:
                found = understand(folder)
                deep = found.stamps
                decided, own, unusable = decided_files(folder, files, found)
                known, refused = (*decided, *known), (*refused, *unusable)
        elif not of_layouts and not layouts_alone and (not genes or holds_pictures(folder, 3)):
            found = understand(folder)
            deep = found.stamps
            if found.problem:
                raise DataError(found.problem)
            own = ((found.spec, ANY_FOLDER),) if found.kind != "nothing" else ()
        _refuse_class_names(own)
    except DataError as error:
        return Recognised(folder, problem=printable(error), stamps=(*now, *deep), deep=deep)
    except Exception as error:  # whatever lies in one folder, the others are still there
        logging.getLogger(__name__).exception("The folder %r could not be looked at", shown)
        problem = f"The folder {shown} cannot be looked at: {type(error).__name__}. The log says more."
        return Recognised(folder, problem=problem, stamps=now)
    return Recognised(folder, known, own, refused=refused, genes=genes, stamps=(*now, *deep), deep=deep)


def _refuse_name(folder: Path) -> None:
    if not is_printable(folder.name):
        raise DataError(f"The name of the folder {printable(folder.name)} is no text in UTF-8. Rename it to use it.")
    if (length := len(folder.name.encode())) > LONGEST_NAME:
        raise DataError(
            f"The name of the folder {folder.name} has {length} bytes; {LONGEST_NAME} are possible. Rename it to use "
            "it."
        )


def _refuse_class_names(specs: Layouts) -> None:
    for spec, _ in specs:
        for key in spec.class_keys:
            if not is_printable(key):
                raise DataError(
                    f"The name of the class {printable(key)} in {spec.name} is no text in UTF-8. Rename it."
                )
