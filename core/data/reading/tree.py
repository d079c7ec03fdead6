"""All that lies in a folder, at any depth, looked at once: pictures by the folder they lie in, tables, the rest."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.base.errors import DataError
from core.base.printable import is_printable, printable
from core.data.adapters.listing import changed_at
from core.data.adapters.picture_files import (
    is_folder,
    is_heif_without_decoder,
    is_hidden,
    is_picture_name,
    stem,
    why_no_file,
)
from core.data.adapters.spreadsheets import NOT_READ, SUFFIX
from core.data.adapters.table_files import is_table_name
from core.data.images import heif
from core.data.reading.notes import NOTE_SUFFIXES

MOST_TABLES = 100
_MOST_LIKE_PICTURES = 3
LIKE_PICTURES = "texts that are called like the pictures"
MOST_FOLDERS, MOST_FILES = 100_000, 3_000_000
"""More is no data set but somebody's whole disk."""
_ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"})


@dataclass
class Tree:
    """What lies in `folder`.

    `pictures` has, for each folder with pictures by its path from there ("" for itself), the names of the pictures in
    order; `tables` the paths of tables from there, `archives` those of packed files, `notes` those of JSON and YAML
    files, of which `MOST_TABLES` are looked into; `others` counts what is neither
    picture nor table by what it is; `strange` names files that no program should open or no table could hold, each with
    the reason; `folders` are all that were looked into, with their modification times in ns.
    """

    folder: Path
    pictures: dict[str, list[str]] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    others: Counter = field(default_factory=Counter)
    archives: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    strange: list[tuple[str, str]] = field(default_factory=list)
    folders: dict[str, int] = field(default_factory=dict)

    def stamps(self) -> list[tuple[str, int]]:
        """Paths and modification times (ns) of tables and folders: one changes whenever what was found here does."""
        tables = [str(self.folder / inside) for inside in (*self.tables, *self.notes)]
        return [*((path, changed_at(path)) for path in tables), *self.folders.items()]


def look_through(folder: Path) -> Tree:
    """Look through a folder, each real folder once whatever links lead to it; opens no file.

    Raises:
        DataError: the folder itself cannot be read, or holds too much. One in it that cannot is named in `strange`.
    """
    tree = Tree(folder)
    visited: set[tuple[int, int]] = set()
    waiting, files = [""], 0
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
            tree.strange.append((printable(inside), f"The folder cannot be read: {error.strerror}."))
            continue
        tree.folders[place] = found.st_mtime_ns
        files += len(listed)
        if len(tree.folders) > MOST_FOLDERS or files > MOST_FILES:
            raise DataError(
                f"{printable(folder)} has more than {MOST_FOLDERS:,} folders or {MOST_FILES:,} files. Give the folder "
                "of one data set."
            )
        inner = _sort(tree, inside, listed)
        waiting += reversed(inner)
    _set_texts_apart(tree)
    return tree


def _set_texts_apart(tree: Tree) -> None:
    """Count texts that are called like pictures, such as boxes of objects or captions, which are no tables."""
    texts = [inside for inside in tree.tables if inside.lower().endswith(".txt")]
    if len(texts) > _MOST_LIKE_PICTURES:
        stems = {stem(name) for names in tree.pictures.values() for name in names}
        alike = {inside for inside in texts if stem(inside) in stems}
        if len(alike) > _MOST_LIKE_PICTURES:
            tree.others[f"{LIKE_PICTURES} (boxes or captions, no tables)"] += len(alike)
            tree.tables = [inside for inside in tree.tables if inside not in alike]
    for _ in tree.tables[MOST_TABLES:]:
        tree.others[f"tables beyond the first {MOST_TABLES}"] += 1
    del tree.tables[MOST_TABLES:]


def _sort(tree: Tree, inside: str, listed: list[os.DirEntry[str]]) -> list[str]:
    """Put the entries of one folder where they belong; gives the folders among them by their paths."""
    folders, pictures = [], []
    prefix = f"{inside}/" if inside else ""
    for entry in listed:
        name = entry.name
        if is_hidden(name):
            continue
        if why := _why_left_out(entry):
            tree.strange.append((printable(prefix + name), why))
        elif is_folder(entry):
            folders.append(prefix + name)
        elif is_picture_name(name):
            pictures.append(name)
        else:
            _note_other(tree, prefix, name)
    if pictures:
        tree.pictures[inside] = pictures
    return folders


def _why_left_out(entry: os.DirEntry[str]) -> str:
    """Why no program should open a file, or no table could hold its name, in a sentence; "" if it is of use."""
    if not is_printable(entry.name):
        return "Its name is no text in UTF-8. Rename it to use it."
    if is_heif_without_decoder(entry.name):
        return heif.NO_DECODER
    return why_no_file(entry)


def _note_other(tree: Tree, prefix: str, name: str) -> None:
    ending = os.path.splitext(name)[1].lower()  # noqa: PTH122
    if is_table_name(name):
        tree.tables.append(prefix + name)
    elif ending in NOT_READ or ending == SUFFIX:
        tree.others[NOT_READ.get(ending, "workbooks (install python-calamine, or save them as CSV)")] += 1
    elif ending in _ARCHIVES:
        tree.others["archives that are still packed"] += 1
        tree.archives.append(prefix + name)
    else:
        if ending in NOTE_SUFFIXES and len(tree.notes) < MOST_TABLES:
            tree.notes.append(prefix + name)
        tree.others[f"files ending in {printable(ending)}" if ending else "files without an ending"] += 1
