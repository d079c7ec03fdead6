"""All that lies in a folder, at any depth, looked at once: pictures by the folder they lie in, tables, the rest."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
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
    split_ending,
    stem,
    why_no_file,
)
from core.data.adapters.spreadsheets import NOT_READ, SUFFIXES
from core.data.adapters.table_files import is_table_name
from core.data.compact_texts import Names
from core.data.images import heif
from core.data.reading.notes import NOTE_SUFFIXES, is_readme
from core.data.reading.sidecars import ENDINGS

MOST_TABLES, MOST_UNNAMED = 100, 50
_MOST_LIKE_PICTURES = 3
LIKE_PICTURES = "texts that are called like the pictures and hold no boxes in the form of YOLO"
MOST_FOLDERS, MOST_FILES = 100_000, 3_000_000
"""More is no data set but somebody's whole disk."""
_ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"})
_DICOM = "files of DICOM (save them as PNG to have them read)"
_NO_PICTURES = {
    **dict.fromkeys((".dcm", ".dicom"), _DICOM),
    **dict.fromkeys((".svs", ".ndpi", ".mrxs", ".scn", ".vms", ".bif"), "whole slides (cut tiles out of them)"),
    **dict.fromkeys((".h5", ".hdf5", ".mat", ".npy", ".nii"), "arrays (save them as pictures, or as .npz with labels)"),
    **dict.fromkeys(".mp4 .avi .mov .mkv .wmv .mpg .m4v .webm".split(), "videos (cut pictures out of them)"),
    **dict.fromkeys((".mdb", ".accdb", ".sqlite", ".db"), "data bases (save the table that is needed as CSV)"),
}


@dataclass
class Tree:
    """What lies in `folder`.

    `pictures` has, for each folder with pictures by its path from there ("" for itself), their names in order; `tables`
    the paths of tables from there, `archives` those of packed files, `notes` those of JSON and YAML files, of which
    `MOST_TABLES` are looked into; `texts` those of texts that are called like pictures, `sidecars` those of other such
    files by their ending; `unnamed` the first `MOST_UNNAMED` of those whose names tell nothing; `others` counts what
    is neither picture nor table by what it is; `strange` names files that no program should open or no table could
    hold, each with the reason; `folders` are all that were looked into, with their modification times in ns.
    """

    folder: Path
    pictures: dict[str, Sequence[str]] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    others: Counter = field(default_factory=Counter)
    archives: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    strange: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    sidecars: dict[str, list[str]] = field(default_factory=dict)
    unnamed: list[str] = field(default_factory=list)
    folders: dict[str, int] = field(default_factory=dict)

    def stamps(self) -> list[tuple[str, int]]:
        """Paths and modification times (ns) of tables and folders: one changes whenever what was found here does."""
        tables = [str(self.folder / inside) for inside in dict.fromkeys((*self.tables, *self.notes, *self.unnamed))]
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
                inner, count = _sort(tree, inside, entries)
        except OSError as error:
            if not inside:
                raise DataError(f"The folder {printable(folder.name)} cannot be read: {error.strerror}.") from error
            tree.strange.append((printable(inside), f"The folder cannot be read: {error.strerror}."))
            continue
        tree.folders[place] = found.st_mtime_ns
        files += count
        if len(tree.folders) > MOST_FOLDERS or files > MOST_FILES:
            raise DataError(
                f"{printable(folder.name)} has more than {MOST_FOLDERS:,} folders or {MOST_FILES:,} files. Give the "
                "folder of one data set."
            )
        waiting += reversed(inner)
    _set_texts_apart(tree)
    if tree.others[_DICOM] and (unnamed := tree.others.pop(called_by(""), 0)):
        tree.others[_DICOM] += unnamed  # which an index of DICOM lists
    return tree


def _set_texts_apart(tree: Tree) -> None:
    """Take texts that are called like pictures, such as boxes of objects or captions, out of the tables, and other
    such files out of the notes."""
    texts = [inside for inside in tree.tables if inside.lower().endswith(".txt")]
    tree.sidecars = {ending: each for ending, each in tree.sidecars.items() if len(each) > _MOST_LIKE_PICTURES}
    stems: set[str] = set()
    if len(texts) > _MOST_LIKE_PICTURES or tree.sidecars:
        stems = {stem(name) for names in tree.pictures.values() for name in names}
    for ending, files in tree.sidecars.items():
        tree.sidecars[ending] = [inside for inside in files if stem(inside) in stems]
        if len(tree.sidecars[ending]) > _MOST_LIKE_PICTURES:
            taken = set(tree.sidecars[ending])
            tree.notes = [inside for inside in tree.notes if inside not in taken]
        else:
            tree.sidecars[ending] = []
    if len(texts) > _MOST_LIKE_PICTURES:
        alike = {inside for inside in texts if stem(inside) in stems}
        if len(alike) > _MOST_LIKE_PICTURES:
            tree.texts = sorted(alike)
            tree.tables = [inside for inside in tree.tables if inside not in alike]
    for _ in tree.tables[MOST_TABLES:]:
        tree.others[f"tables beyond the first {MOST_TABLES}"] += 1
    del tree.tables[MOST_TABLES:]


def _sort(tree: Tree, inside: str, entries: Iterable[os.DirEntry[str]]) -> tuple[list[str], int]:
    """Put the entries of one folder where they belong; gives the folders among them by their paths, and their count."""
    pictures: list[str] = []
    others: list[os.DirEntry[str]] = []  # an entry takes three times what its name does
    for entry in entries:
        is_plain = is_picture_name(entry.name) and entry.is_file(follow_symlinks=False) and is_printable(entry.name)
        if is_plain and not is_hidden(entry.name):
            pictures.append(entry.name)
        else:
            others.append(entry)
    count, folders = len(pictures) + len(others), []
    prefix = f"{inside}/" if inside else ""
    for entry in sorted(others, key=lambda entry: entry.name):
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
        tree.pictures[inside] = Names(sorted(pictures))
    return folders, count


def _why_left_out(entry: os.DirEntry[str]) -> str:
    """Why no program should open a file, or no table could hold its name, in a sentence; "" if it is of use."""
    if not is_printable(entry.name):
        return "Its name is no text in UTF-8. Rename it to use it."
    if is_heif_without_decoder(entry.name):
        return heif.NO_DECODER
    return why_no_file(entry)


def _note_other(tree: Tree, prefix: str, name: str) -> None:
    ending = split_ending(name)[1].lower()
    if name.upper() == "DICOMDIR":
        tree.others[_DICOM] += 1
    elif is_readme(name) and len(tree.notes) < MOST_TABLES:
        tree.notes.append(prefix + name)
    elif is_table_name(name):
        tree.tables.append(prefix + name)
    elif ending in NOT_READ or ending in SUFFIXES:
        tree.others[NOT_READ.get(ending, "workbooks (install python-calamine, or save them as CSV)")] += 1
    elif ending in _NO_PICTURES:
        tree.others[_NO_PICTURES[ending]] += 1
    elif ending in _ARCHIVES:
        tree.others["archives that are still packed"] += 1
        tree.archives.append(prefix + name)
    else:
        if ending in ENDINGS:
            tree.sidecars.setdefault(ending, []).append(prefix + name)
        if ending in NOTE_SUFFIXES and len(tree.notes) < MOST_TABLES:
            tree.notes.append(prefix + name)
        elif (not ending or ending not in ENDINGS) and len(tree.unnamed) < MOST_UNNAMED:
            tree.unnamed.append(prefix + name)
        tree.others[called_by(ending)] += 1


def called_by(ending: str) -> str:
    """What files that are neither pictures nor tables are counted as."""
    return f"files ending in {printable(ending)}" if ending else "files without an ending"
