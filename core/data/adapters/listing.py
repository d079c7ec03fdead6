"""What lies directly in a folder, kept until the folder changes, so that pages may ask at every rerun."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from core.data.adapters.picture_files import is_folder, is_hidden, is_picture_name, why_no_file

SETTLED_NS = 2_000_000_000
"""A folder changed more recently may change again within one tick of the clock, so it is looked at anew."""
MOST_KEPT = 20_000

_listings: dict[str, tuple[int, "Listing"]] = {}


@dataclass
class _Seen:
    """What the system has answered during one look."""

    listings: dict[str, "Listing"] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)


_seen: ContextVar[_Seen | None] = ContextVar("seen", default=None)


@dataclass(frozen=True)
class Listing:
    """Visible folders and files directly in a folder, by name; `problem` says why it could not be read.

    `absent` is true where the problem is that there is no such folder. `pictures` counts the picture files, of which
    there may be very many; `files` are all others. What is no file (pipes, sockets, devices, links that lead nowhere)
    is not among them, for whoever opened a pipe would wait for ever.
    """

    folder: Path
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    pictures: int = 0
    problem: str = ""
    absent: bool = False

    def inner(self) -> "list[Listing]":
        """Listings of the folders in it."""
        return [list_folder(self.folder / name) for name in self.folders]


@contextmanager
def one_look() -> Iterator[None]:
    """In this block, the system is asked once about each folder and file: what is listed fits together and is cheap."""
    if _seen.get() is not None:
        yield
        return
    token = _seen.set(_Seen())
    try:
        yield
    finally:
        _seen.reset(token)


def list_folder(folder: Path) -> Listing:
    """List a folder; one that is gone or may not be read is empty and has a `problem`."""
    place, seen = str(folder), _seen.get()
    if seen is None:
        return _listed(folder, place)
    if place not in seen.listings:
        seen.listings[place] = _listed(folder, place)
    return seen.listings[place]


def _listed(folder: Path, place: str) -> Listing:
    try:
        changed = _changed(place)
        kept = _listings.get(place)
        if kept is not None and kept[0] == changed:
            return kept[1]
        files, folders, pictures = [], [], 0
        with os.scandir(place) as entries:
            for entry in entries:
                if is_folder(entry):
                    folders.append(entry.name)
                elif is_picture_name(entry.name):
                    pictures += entry.is_file(follow_symlinks=False) or entry.is_symlink()
                elif not is_hidden(entry.name) and not why_no_file(entry):
                    files.append(entry.name)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        absent = isinstance(error, FileNotFoundError)
        return Listing(folder, problem=getattr(error, "strerror", None) or str(error), absent=absent)
    listing = Listing(folder, tuple(sorted(files)), tuple(sorted(folders)), pictures)
    _keep(place, changed, listing)
    return listing


def holds_pictures(folder: Path, depth: int = 2) -> bool:
    """Whether a picture lies in a folder or, with a depth of 2, in one of its sub-folders."""
    listing = list_folder(folder)
    return listing.pictures > 0 or (
        depth > 1 and any(holds_pictures(folder / name, depth - 1) for name in listing.folders)
    )


def stamps(folder: Path, depth: int) -> list[tuple[str, int]]:
    """Paths and modification times (ns) of a folder, of all in it that are no pictures, and so on, `depth` levels deep.

    What is gone has the time 0.
    """
    listing = list_folder(folder)
    said = [_stamp(folder), *(_stamp(folder / name) for name in listing.files)]
    for name in listing.folders:
        said += stamps(folder / name, depth - 1) if depth > 1 else [_stamp(folder / name)]
    return said


def settled(changed: int) -> bool:
    """Whether something of this modification time (ns) has stayed as it is long enough to be remembered."""
    return time.time_ns() - changed > SETTLED_NS


def changed_at(place: str) -> int:
    """When a folder or file was changed last, in ns since the epoch; 0 if it is not there."""
    try:
        return _changed(place)
    except (OSError, ValueError):
        return 0


def _stamp(path: Path) -> tuple[str, int]:
    return str(path), changed_at(str(path))


def _changed(place: str) -> int:
    """When a folder or file was changed last, in ns since the epoch."""
    seen = _seen.get()
    if seen is not None and place in seen.changed:
        return seen.changed[place]
    changed = os.stat(place).st_mtime_ns  # noqa: PTH116 - pages ask for hundreds of folders
    if seen is not None:
        seen.changed[place] = changed
    return changed


def _keep(place: str, changed: int, listing: Listing) -> None:
    if not settled(changed):
        _listings.pop(place, None)
        return
    if len(_listings) >= MOST_KEPT:
        _listings.clear()
    _listings[place] = (changed, listing)
