"""Writing files so that a reader never sees half of one, and a full disk leaves nothing behind."""

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.base.errors import DiskFullError, LesionLabError


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


def write_atomically(path: Path, content: bytes | str) -> None:
    """Replace `path` with `content` in one step.

    Raises:
        DiskFullError: the old file is then still whole.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    with disk_full_named(path):
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), 0o666 & ~_umask())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically."""
    write_atomically(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read one JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


@contextlib.contextmanager
def unreadable_named(error: LesionLabError) -> Iterator[None]:
    """Raise the error where the block cannot read a file, or finds something else in it than it should."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
        raise error from cause


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
    """Give a path beside `target`, with its suffix, that becomes `target` only if the block ends well.

    For files that a library writes by itself. The block must write the file; whatever goes wrong, none stays.

    Raises:
        DiskFullError: the old file is then still whole.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.stem}.building{target.suffix}")
    with disk_full_named(target):
        try:
            yield aside
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
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.building-", dir=target.parent))
        try:
            aside.chmod(0o777 & ~_umask())
            yield aside
            if target.exists():
                _replace_folder(target, aside)
            else:
                aside.replace(target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise


@lru_cache(maxsize=1)
def _umask() -> int:
    """Permissions that this process takes away from new files; temporary files are made for their owner alone."""
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _replace_folder(target: Path, successor: Path) -> None:
    """Put `successor` in the place of `target`, or leave `target` as it was."""
    retired = Path(tempfile.mkdtemp(prefix=f".{target.name}.retired-", dir=target.parent))
    try:
        target.replace(retired / target.name)
        try:
            successor.replace(target)
        except BaseException:
            (retired / target.name).replace(target)
            raise
    finally:
        shutil.rmtree(retired, ignore_errors=True)
