"""All that lies in a folder, at any depth, looked at once: pictures by the folder that they lie in, tables, the rest."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.base.errors import DataError
from core.base.printable import is_printable, printable
from core.data.adapters.picture_files import is_folder, is_hidden, is_picture_name
from core.data.reading.table_files import TABLE_SUFFIXES

MOST_TABLES = 100
_ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"})


@dataclass
class Tree:
    """What lies in `folder`.

    `pictures` has, for each folder with pictures by its path from there ("" for itself), the names of the pictures in
    order; `tables` the paths of tables from there; `others` counts what is neither by what it is; `strange` names
    files that no program should open or no table could hold, each with the reason; `folders` are all that were looked
    into, with their modification times in ns.
    """

    folder: Path
    pictures: dict[str, list[str]] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    others: Counter = field(default_factory=Counter)
    strange: list[tuple[str, str]] = field(default_factory=list)
    folders: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many files are pictures by their names."""
        return sum(len(names) for names in self.pictures.values())


def look_through(folder: Path) -> Tree:
    """Look through a folder, each real folder once whatever links lead to it; opens no file.

    Raises:
        DataError: the folder itself cannot be read. One in it that cannot is named in `strange`.
    """
    tree = Tree(folder)
    visited: set[tuple[int, int]] = set()
    waiting = [""]
    while waiting:  # not by recursion: folders may lie in one another a thousand times
        inside = waiting.pop()
        place = os.path.join(folder, inside) if inside else str(folder)  # noqa: PTH118 - asked 300,000 times
        try:
            found = os.stat(place)  # noqa: PTH116
            if (found.st_dev, found.st_ino) in visited:
                continue
            visited.add((found.st_dev, found.st_ino))
            with os.scandir(place) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not inside:
                raise DataError(f"The folder {printable(folder)} cannot be read: {error.strerror}.") from error
            tree.strange.append((printable(inside), f"a folder that cannot be read ({error.strerror})"))
            continue
        tree.folders[place] = found.st_mtime_ns
        inner = _sort(tree, inside, listed)
        waiting += reversed(inner)
    return tree


def _sort(tree: Tree, inside: str, listed: list[os.DirEntry[str]]) -> list[str]:
    """Put the entries of one folder where they belong; gives the folders among them by their paths."""
    folders, pictures = [], []
    prefix = f"{inside}/" if inside else ""
    for entry in listed:
        name = entry.name
        if is_picture_name(name):
            if why := _not_usable(entry):
                tree.strange.append((printable(prefix + name), why))
            elif not _is_directory(entry):
                pictures.append(name)
                continue
            if not _is_directory(entry):
                continue
        if is_folder(entry):
            if is_printable(name):
                folders.append(prefix + name)
            else:
                tree.strange.append((printable(prefix + name), "a folder whose name is no text in UTF-8"))
        elif not is_hidden(name):
            _note_other(tree, prefix, entry)
    if pictures:
        tree.pictures[inside] = pictures
    return folders


def _note_other(tree: Tree, prefix: str, entry: os.DirEntry[str]) -> None:
    ending = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122
    if why := _not_usable(entry):
        tree.strange.append((printable(prefix + entry.name), why))
    elif (ending in TABLE_SUFFIXES or entry.name == "HAM10000_metadata") and len(tree.tables) < MOST_TABLES:
        tree.tables.append(prefix + entry.name)
    elif ending in (".xlsx", ".xls", ".ods"):
        tree.others["spreadsheets (save them as CSV to have them read)"] += 1
    elif ending in _ARCHIVES:
        tree.others["archives that are still packed"] += 1
    else:
        tree.others[f"files ending in {printable(ending)}" if ending else "files without an ending"] += 1


def _not_usable(entry: os.DirEntry[str]) -> str:
    """Why a file cannot be used by what kind of thing it is; "" if it can."""
    if not is_printable(entry.name):
        return "a name that is no text in UTF-8"
    try:
        if entry.is_file() or entry.is_dir():
            return ""
        return "a link that leads nowhere" if entry.is_symlink() else "no plain file but a pipe, socket or device"
    except OSError:
        return "a link that leads nowhere"


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
