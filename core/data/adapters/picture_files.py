"""Finding picture files in folders, however deep, whatever links or rubbish lie between them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.base.errors import DataError
from core.base.printable import is_printable, printable
from core.data.spec import Skip

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})


def is_picture_name(name: str) -> bool:
    """Whether a file of this name is taken for a picture; hidden files never are."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES  # noqa: PTH122


def is_hidden(name: str) -> bool:
    """Whether people did not put this there: hidden files and folders, and what macOS adds to archives."""
    return name.startswith(".") or name == "__MACOSX"


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether a folder (or a link to one) may hold data: not if hidden or of macOS, nor a link that leads nowhere."""
    if is_hidden(entry.name):
        return False
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def picture_files(folder: Path, elsewhere: Iterable[Path] = (), skipped: list[Skip] | None = None) -> Iterator[str]:
    """Absolute paths of the pictures in a folder, first its own, then those of its sub-folders, by name.

    Follows links to folders, each real folder once, but not into the folders `elsewhere`. As text, for 200,000
    `Path` objects are slow. A picture whose path is no text in UTF-8 is left out, for no table could hold it, and
    added to `skipped`.

    Raises:
        DataError: a folder cannot be read.
    """
    visited = {_identity(each) for each in elsewhere}
    waiting = [str(folder.absolute())]
    while waiting:  # not by recursion: folders may lie in one another a thousand times
        place = waiting.pop()
        if (real := _identity(place)) in visited:
            continue
        visited.add(real)
        try:
            with os.scandir(place) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
            folders = [entry.path for entry in listed if is_folder(entry)]
            pictures = [entry.path for entry in listed if is_picture_name(entry.name) and entry.is_file()]
        except OSError as error:
            raise _unreadable(error) from error
        for path in pictures:
            if is_printable(path):
                yield path
            elif skipped is not None:
                shown = printable(path)
                skipped.append(Skip(stem(shown), shown, "Its name is no text in UTF-8. Rename it to use it."))
        waiting += reversed(folders)


def _identity(place: str | Path) -> tuple[int, int]:
    """Which folder it is, whatever links lead to it: its path, resolved, would be looked up part by part each time."""
    try:
        found = os.stat(place)  # noqa: PTH116 - asked for every folder
    except OSError as error:
        raise _unreadable(error) from error
    return found.st_dev, found.st_ino


def _unreadable(error: OSError) -> DataError:
    return DataError(f"The image folder {error.filename} cannot be read: {error.strerror}.")


def pictures_by_stem(folders: Iterable[Path]) -> dict[str, str]:
    """Path of each picture by its file name without ending; the first one found counts.

    Raises:
        DataError: a folder cannot be read.
    """
    found: dict[str, str] = {}
    for folder in folders:
        for path in picture_files(folder):
            found.setdefault(stem(path), path)
    return found


def stem(path: str) -> str:
    """File name of a path without its ending."""
    return os.path.splitext(os.path.basename(path))[0]  # noqa: PTH119, PTH122 - asked 200,000 times
