"""Writing files so that a reader never sees half of one, and a full disk leaves nothing behind."""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from core.base.errors import DiskFullError, LesionLabError

DEEPEST = 60
"""Lists and objects in a JSON text stand in each other at most so deep; nothing that is written here comes near."""
UNREADABLE = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What is raised where a file cannot be read, or holds something else than it should."""
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
"""Permissions of what holds answers, names, logs or predictions: for its owner alone."""


def is_disk_full(error: OSError) -> bool:
    """True if the operating system says that the disk, or the share of it that a person may use, has no space left."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def disk_full_named(target: Path) -> Iterator[None]:
    """Turn the operating system's "no space left" into a `DiskFullError` that names the place."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise DiskFullError(
                f"The disk that holds {target} is full. Free some space (old runs and caches are under the "
                "artifacts folder) and try again; nothing half-written was kept."
            ) from error
        raise


def aside_of(target: Path, suffix: str = "") -> Path:
    """A hidden name beside `target` that nobody else uses, on the same disk; it begins `.NAME.building-`."""
    name = os.fsencode(target.name)[:200].decode(errors="ignore")  # names have at most 255 bytes
    return target.with_name(f".{name}.building-{secrets.token_hex(6)}{suffix}")


def write_atomically(
    path: Path,
    content: bytes | str,
    *,
    private: bool = False,
    durable: bool = False,
    new_folders: bool = True,
    last_check: Callable[[], object] | None = None,
) -> None:
    """Replace `path` with `content` in one step.

    Args:
        path: the file.
        content: all of it; text is written as UTF-8.
        private: only its owner may read it, and look into its folder; otherwise whom the umask lets.
        durable: it is on the disk, under its name, when this returns, so that a power cut does not undo it.
        new_folders: whether folders above it that are not there are made.
        last_check: called right before the new file takes its place; what it raises leaves the old one there.

    Raises:
        DiskFullError: the old file is then still whole.
        FileNotFoundError: its folder is not there, and is not to be made.
    """
    data = content.encode() if isinstance(content, str) else content
    if new_folders and private:
        private_folder(path.parent)
    elif new_folders:
        path.parent.mkdir(parents=True, exist_ok=True)
    aside = aside_of(path)
    with disk_full_named(path):
        # The system takes the umask away by itself; asking for it would change it for all threads for a moment.
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE if private else 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            if last_check is not None:
                last_check()
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        if durable:
            sync(path.parent)


def with_home(path: str | Path) -> Path:
    """A path that somebody wrote, with the home that a `~` at its beginning means; as it is where that is nobody's."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk; file systems that cannot are left alone."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(handle)


def open_regular(path: Path) -> BufferedReader:
    """Open a file for reading, and nothing else: a pipe would keep whoever opens it until somebody writes into it.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0)))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return file


def open_private(path: Path, mode: str = "ab", buffering: int = -1) -> IO[Any]:
    """Open a file to write into it that only its owner may read; an older one is made so."""
    encoding = None if "b" in mode else "utf-8"
    file = open(path, mode, buffering, encoding, opener=lambda name, flags: os.open(name, flags, PRIVATE_FILE))  # noqa: SIM115
    with contextlib.suppress(OSError):  # of another owner, or on a file system without permissions
        os.fchmod(file.fileno(), PRIVATE_FILE)
    return file


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may look into, with those above it; an older one is made so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    with contextlib.suppress(OSError):
        path.chmod(PRIVATE_FOLDER)
    return path


def write_for_owner(path: Path, content: bytes | str) -> None:
    """As `write_atomically`, a file that only its owner may read, in a folder that a person has chosen.

    The folder, with those above it, is made where it is not there, and stays as open as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content, private=True, new_folders=False)


def write_json(path: Path, value: Any, **how: Any) -> None:
    """Write `value` as indented JSON, atomically; `how` as in `write_atomically`."""
    write_atomically(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", **how)


def read_json(path: Path) -> Any:
    """Read one JSON file, as `parse_json` does."""
    return parse_json(path.read_text(encoding="utf-8"))


def parse_json(text: str | bytes, *, no_number_is_none: bool = False) -> Any:
    """What a JSON text says.

    Args:
        text: one JSON value, in UTF-8.
        no_number_is_none: take NaN and infinity for None instead of refusing them.

    Raises:
        ValueError: it is not JSON, has a number that is none, a text that cannot be written as UTF-8, or lists and
            objects in each other deeper than `DEEPEST`, which whoever walks through them would not survive.
    """
    if isinstance(text, bytes):
        text = text.decode()
    try:
        value = json.loads(text, parse_constant=_none if no_number_is_none else _no_number)
    except RecursionError as error:
        raise ValueError("Its lists stand in each other too deep.") from error
    if text.count("[") + text.count("{") > DEEPEST and _deeper_than(DEEPEST, value):
        raise ValueError("Its lists stand in each other too deep.")
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # half of a character may stand there, as an escape
    return value


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not a number.")


def _none(_: str) -> None:
    return None


def _deeper_than(depth: int, value: Any) -> bool:
    layer = [value]
    while depth and layer:
        inner = [each.values() if isinstance(each, dict) else each for each in layer if isinstance(each, dict | list)]
        layer, depth = [each for several in inner for each in several], depth - 1
    return any(isinstance(each, dict | list) for each in layer)


@contextlib.contextmanager
def unreadable_named(error: LesionLabError) -> Iterator[None]:
    """Raise the error where the block cannot read a file, or finds something else in it than it should."""
    try:
        yield
    except UNREADABLE as cause:
        raise error from cause


def written_at(file: Path) -> int:
    """When a file was last changed, in nanoseconds since 1970; 0 where it cannot be looked at."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def sha256_of(file: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal digits.

    Raises:
        OSError, ValueError: as `open_regular`.
    """
    with open_regular(file) as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def sha256_if_readable(file: Path) -> str:
    """As `sha256_of`; "" where the file cannot be read."""
    try:
        return sha256_of(file)
    except (OSError, ValueError):
        return ""


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, without hidden ones such as those still being built; none where there is no folder."""
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except FileNotFoundError:
        return []


def read_tail(path: Path, size: int) -> str:
    """The last `size` bytes of a text file to which another process may be writing; empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - size))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


@contextlib.contextmanager
def file_built_aside(target: Path) -> Iterator[Path]:
    """Give a path beside `target`, with its suffixes, that becomes `target` only if the block ends well.

    For files that a library writes by itself. The block must write the file; whatever goes wrong, none stays.

    Raises:
        DiskFullError: the old file is then still whole.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = aside_of(target, "".join(target.suffixes[-2:]))  # Keras asks for both in .weights.h5
    with disk_full_named(target):
        try:
            yield aside
            sync(aside)
            aside.replace(target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def folder_built_aside(target: Path) -> Iterator[Path]:
    """Give a temporary sibling folder that becomes `target` only if the block ends well.

    An existing `target` is replaced. Whatever goes wrong, no half-built folder stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with disk_full_named(target):
        aside = aside_of(target)
        try:
            aside.mkdir()
            yield aside
            if target.exists():
                _replace_folder(target, aside)
            else:
                aside.replace(target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise


def move_folder(folder: Path, target: Path) -> None:
    """Give a folder another place; where that is on another disk, it is copied and goes once the copy is whole.

    Raises:
        OSError: it is not there, or `target` is a folder with something in it already.
    """
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with folder_built_aside(target) as aside:
            shutil.copytree(folder, aside, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(folder)


def remove_abandoned(target: Path) -> None:
    """Remove what killed processes left of `folder_built_aside` and the like; the caller holds the lock of it."""
    for abandoned in target.parent.glob(f".{target.name}.*"):
        shutil.rmtree(abandoned, ignore_errors=True)


def _replace_folder(target: Path, successor: Path) -> None:
    """Put `successor` in the place of `target`, or leave `target` as it was."""
    retired = target.with_name(aside_of(target).name.replace(".building-", ".retired-"))
    retired.mkdir()
    try:
        target.replace(retired / target.name)
        try:
            successor.replace(target)
        except BaseException:
            (retired / target.name).replace(target)
            raise
    finally:
        shutil.rmtree(retired, ignore_errors=True)
