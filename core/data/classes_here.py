"""Whether anything can be learnt from a known download, told without opening it: are there pictures, of two classes?

The classes of the pictures that are here are read one after another, until there are two; what was found is kept until
a folder or a table changes, for the catalog asks at every rerun of a page.
"""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from core.base.errors import DataError
from core.data.adapters.adapter import Adapter
from core.data.adapters.listing import settled, stamps
from core.data.spec import DatasetSpec

_DEPTH, _DEEPER = 2, 6
"""So many levels of folders are watched for changes; more where nothing can be learnt, for pictures may come."""
_MOST_KEPT = 500


@dataclass(frozen=True)
class _Found:
    """`spec` with what was found, from `asked`, as long as the `stamps` of `depth` levels of folders stay."""

    asked: DatasetSpec
    spec: DatasetSpec
    depth: int
    stamps: tuple[tuple[str, int], ...]


_kept: dict[str, _Found] = {}


def with_what_is_here(spec: DatasetSpec, adapter: Adapter, folder: Path) -> DatasetSpec:
    """The specification, marked where none of its pictures is here, all are of one class, or its table is unreadable.

    Reads labels the first time and whenever something has changed. A fault of one data set is its `problem`.
    """
    if adapter.classes_here is None or spec.problem:
        return spec
    places = (folder, *adapter.elsewhere(folder))
    key = f"{folder}\0{spec.name}"
    kept = _kept.get(key)
    if kept is not None and kept.asked == spec and kept.stamps == _stamps(places, kept.depth):
        return kept.spec
    found = _looked_at(spec, adapter, folder)
    depth = _DEPTH if found == spec else _DEEPER
    seen = _stamps(places, depth)
    if settled(max(changed for _, changed in seen)):
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[key] = _Found(spec, found, depth, seen)
    return found


def _looked_at(spec: DatasetSpec, adapter: Adapter, folder: Path) -> DatasetSpec:
    assert adapter.classes_here is not None
    try:
        classes = iter(adapter.classes_here(folder, spec))
        first = next(classes, None)
        if first is None:
            return replace(spec, unpictured=True)
        return spec if any(each != first for each in classes) else replace(spec, single_class=first)
    except DataError as error:
        return replace(spec, problem=str(error))
    except Exception:  # whatever lies in one folder, the others are still there; opening it says what is wrong
        logging.getLogger(__name__).exception("The classes in %r could not be looked at", str(folder))
        return spec


def _stamps(places: tuple[Path, ...], depth: int) -> tuple[tuple[str, int], ...]:
    return tuple(stamp for place in places for stamp in stamps(place, depth))
