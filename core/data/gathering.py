"""Gathering the pictures that somebody names: files, folders, archives, tables, or a data set.

A folder gives all its pictures at any depth but masks; an archive those in it; a table those that it names and that lie
in its folder, at any depth; a data set, by its name, those whose class is not known.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from core.base.errors import DataError
from core.base.files import disk_full_named
from core.base.printable import printable
from core.base.progress import Progress, silent
from core.data.adapters.table_files import is_table_name
from core.data.catalog import Catalog, look, unlabelled_in
from core.data.catalog_entries import CatalogEntry
from core.data.download.archives import Limits, unpack
from core.data.download.transfer import SPARE_BYTES
from core.data.packed import is_archive_name, stem_of_archive
from core.data.reading.image_columns import read_naming
from core.data.reading.joining_by_keys import why_nameless
from core.data.reading.masks import masks_in, said_of_masks, without_masks
from core.data.reading.picture_names import PictureNames
from core.data.reading.tree import Tree, look_through
from core.data.reading.understood import unlabelled_pictures


@dataclass(frozen=True)
class Asked:
    """A picture that is asked about: what the answer calls it, where it lies, and why it cannot be had, if so."""

    name: str
    path: Path
    problem: str = ""


@dataclass
class Gathered:
    """The pictures that are asked about, in order, and how many files are left out by reason."""

    pictures: list[Asked] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


@contextmanager
def gathered(paths: Sequence[Path], progress: Progress = silent) -> Iterator[Gathered]:
    """The pictures that paths mean; those of archives lie in a temporary folder until the end of the block.

    A path that cannot be used becomes a picture with its `problem`; the others are not disturbed.

    Raises:
        DiskFullError: an archive is larger than the room for it.
    """
    found = Gathered()
    catalog = cache(look)
    with ExitStack() as stack:

        def unpacked(archive: Path) -> Path:
            return stack.enter_context(unpacked_aside(archive, progress, keep_top=True))

        for path in paths:
            try:
                _add(found, path, catalog, unpacked)
            except DataError as error:
                found.pictures.append(Asked(str(path), path, str(error)))
        yield found


@contextmanager
def unpacked_aside(archive: Path, progress: Progress = silent, *, keep_top: bool = False) -> Iterator[Path]:
    """A folder, called as the archive, with what is in it, until the end of the block; `keep_top` as in `unpack`.

    Raises:
        DataError, DiskFullError: as `core.data.download.archives.unpack`.
    """
    with tempfile.TemporaryDirectory(prefix="lesionlab-", ignore_cleanup_errors=True) as place:
        folder = Path(place) / stem_of_archive(archive.name)
        with disk_full_named(folder):
            limits = Limits(room=shutil.disk_usage(place).free - SPARE_BYTES)
            unpack(archive, folder, limits, progress, keep_top=keep_top)
        yield folder


def _add(found: Gathered, path: Path, catalog: Callable[[], Catalog], unpacked: Callable[[Path], Path]) -> None:
    if os.path.isfile(path):  # noqa: PTH113 - Path.is_file fails on names that are too long
        if is_archive_name(path.name):
            _add_folder(found, unpacked(path), "", path)
        elif is_table_name(path.name):
            _add_table(found, path)
        else:
            found.pictures.append(Asked(str(path), path))
        return
    entry = catalog().entry(str(path)) if path.name == str(path) else None
    if entry is not None and entry.folder.is_dir():
        _add_unlabelled(found, entry)
    elif os.path.isdir(path):  # noqa: PTH112
        _add_folder(found, path, str(path), path)
    else:
        found.pictures.append(Asked(str(path), path))


def _add_folder(found: Gathered, folder: Path, shown: str, named: Path) -> None:
    files, left_out = _pictures_in(folder)
    found.left_out += left_out
    if not files:
        why = "; ".join(f"{count:,} {reason}" for reason, count in left_out.items())
        raise DataError(f"No picture is in {printable(named)}." + f" Left out: {why}." * bool(why))
    found.pictures += [Asked(os.path.join(shown, inside), folder / inside) for inside in files]  # noqa: PTH118


def _pictures_in(folder: Path) -> tuple[list[str], Counter[str]]:
    """Paths of the pictures in a folder from there, without masks, and what is left out, by reason."""
    tree = look_through(folder)
    masks = masks_in(tree)
    left_out = Counter(why.rstrip(".") for _, why in tree.strange) + tree.others
    if masks:
        left_out[said_of_masks(masks)] += sum(map(len, masks.values()))
    if tree.tables:
        left_out["tables"] += len(tree.tables)
    return _files(without_masks(tree, masks)), left_out


def _files(pictures: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{place}/{name}" if place else name for place, names in pictures.items() for name in names]


def _add_table(found: Gathered, path: Path) -> None:
    tree: Tree = look_through(path.parent)
    files = _files(without_masks(tree, masks_in(tree)))
    names = PictureNames(files)
    table, columns = read_naming(path, names)
    if not columns:
        raise DataError(why_nameless(table, path.name, names))
    again = 0
    seen: set[int] = set()
    for position, line in enumerate(table.rows.index):
        for column, numbers in columns:
            number, text = int(numbers[position]), table.rows[column].iat[position]
            if number in seen:
                again += 1
            elif number >= 0:
                seen.add(number)
                place = path.parent / files[number]
                found.pictures.append(Asked(str(place), place))
            else:
                said = f"there is no picture {printable(text)} beside it, or there are several"
                problem = f"Line {line} of {printable(path.name)}: {said if text else 'no picture is named'}."
                found.pictures.append(Asked(text or f"{path}, line {line}", path, f"{problem} Correct it."))
    if again:
        found.left_out["rows that name a picture again"] += again


def _add_unlabelled(found: Gathered, entry: CatalogEntry) -> None:
    known = entry.adapter is not None and entry.adapter.unlabelled is not None
    rows = unlabelled_in(entry) if known else unlabelled_pictures(entry.folder)
    paths = rows["path"].tolist()
    if not paths:
        raise DataError(
            f"{entry.spec.title} has no picture without a class. To judge a run on its pictures, use "
            f"`evaluate --on`. To predict all of them, name the folder {printable(entry.folder)}."
        )
    found.pictures += [Asked(path, Path(path)) for path in paths]
