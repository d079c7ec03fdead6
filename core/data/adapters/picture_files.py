"""Finding picture files in folders, however deep, whatever links or rubbish lie between them."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.base.errors import DataError
from core.base.printable import is_printable, printable
from core.data.images import heif
from core.data.spec import Skip

PICTURE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .jif .png .apng .tif .tiff .bmp .webp .gif .avif .jp2 .j2k .j2c .jpc .jpx .jpf .ppm .pgm "
    ".pbm .pnm".split()
) | (heif.SUFFIXES if heif.can_decode() else frozenset())
"""What the name of a picture ends in, in small letters: whatever `core.data.images.pictures` reads."""

_OF_SYSTEMS = frozenset(
    {"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found", "Thumbs.db", "ehthumbs.db"}
    | {"desktop.ini", "Icon\r"}
)
"""What macOS, Synology's disks, Windows and Linux put among people's files."""
_NO_FILES = (
    (stat.S_ISFIFO, "It is a pipe, no file."),
    (stat.S_ISSOCK, "It is a socket, no file."),
    (stat.S_ISCHR, "It is a device, no file."),
    (stat.S_ISBLK, "It is a device, no file."),
)


def is_picture_name(name: str) -> bool:
    """Whether a file of this name is taken for a picture; hidden files never are."""
    return not name.startswith(".") and _ending(name) in PICTURE_SUFFIXES


def is_heif_without_decoder(name: str) -> bool:
    """Whether a file of this name is a HEIC photo that nothing here can read."""
    return not name.startswith(".") and _ending(name) in heif.SUFFIXES and not heif.can_decode()


def is_hidden(name: str) -> bool:
    """Whether people did not put this there: hidden files and folders, and what programs add by themselves."""
    return name.startswith((".", "~$")) or name in _OF_SYSTEMS


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether a folder, or a link to one, may hold data: not if hidden or of a system, nor a link to nothing."""
    if is_hidden(entry.name):
        return False
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def why_no_file(entry: os.DirEntry[str]) -> str:
    """Why something that is no folder is no file to be opened either, in a sentence; empty if it is one.

    A pipe would keep whoever opens it waiting for ever, and a device may do anything.
    """
    try:
        if entry.is_file(follow_symlinks=False):  # told by the folder itself, no question to the system
            return ""
        mode = entry.stat().st_mode
    except FileNotFoundError:
        return "It is a link that leads nowhere."
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "It is a link that leads back to itself."
        return f"It cannot be looked at: {error.strerror}."
    return next((reason for is_kind, reason in _NO_FILES if is_kind(mode)), "")


def picture_files(folder: Path, elsewhere: Iterable[Path] = (), skipped: list[Skip] | None = None) -> Iterator[str]:
    """Absolute paths of the pictures in a folder, first its own, then those of its sub-folders, by name.

    Follows links to folders, each real folder once, but not into the folders `elsewhere`. As text, for 200,000
    `Path` objects are slow. Left out, and added to `skipped`: what is no file but a pipe, a socket, a device or a link
    that leads nowhere; a picture whose path is no text in UTF-8, for no table could hold it; HEIC photos where there is
    no decoder; and folders that cannot be read.

    Raises:
        DataError: a folder cannot be read, and there is no `skipped` to name it in.
    """
    left_out = skipped if skipped is not None else []
    visited = {_identity(each) for each in elsewhere if os.path.isdir(each)}  # noqa: PTH112 - never raises
    waiting = [str(folder.absolute())]
    while waiting:  # not by recursion: folders may lie in one another a thousand times
        place = waiting.pop()
        try:
            if (real := _identity(place)) in visited:
                continue
            visited.add(real)
            with os.scandir(place) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            shown = _inside(folder, place)
            reason = f"The image folder {shown} cannot be read: {error.strerror}."
            if skipped is None:
                raise DataError(reason) from error
            left_out.append(_skip(shown, reason))
            continue
        folders = []
        for entry in listed:
            if is_folder(entry):
                folders.append(entry.path)
            elif is_picture_name(entry.name):
                if reason := _why_left_out(entry):
                    left_out.append(_skip(_inside(folder, entry.path), reason))
                else:
                    yield entry.path
            elif is_heif_without_decoder(entry.name):
                left_out.append(_skip(_inside(folder, entry.path), heif.NO_DECODER))
        waiting += reversed(folders)


def _why_left_out(entry: os.DirEntry[str]) -> str:
    if reason := why_no_file(entry):
        return reason
    return "" if is_printable(entry.path) else "Its name is no text in UTF-8. Rename it to use it."


def _inside(folder: Path, path: str) -> str:
    """A path from the folder that was looked into, to be shown; of this itself its name."""
    return printable(path[len(str(folder.absolute())) :].lstrip("/") or folder.name)


def _skip(shown: str, reason: str) -> Skip:
    return Skip(stem(shown), shown, reason)


def _identity(place: str | Path) -> tuple[int, int]:
    """Which folder it is, whatever links lead to it: its path, resolved, would be looked up part by part each time."""
    found = os.stat(place)  # noqa: PTH116 - asked for every folder
    return found.st_dev, found.st_ino


def stem(path: str) -> str:
    """File name of a path without its ending."""
    return split_ending(path.rpartition("/")[2])[0]


def split_ending(path: str) -> tuple[str, str]:
    """What `os.path.splitext` gives, in a third of the time: it is asked several times for each of 300,000 pictures."""
    head, dot, ending = path.rpartition(".")
    if not dot or "/" in ending or not head.rpartition("/")[2].strip("."):
        return path, ""
    return head, dot + ending


def _ending(name: str) -> str:
    return split_ending(name)[1].lower()
