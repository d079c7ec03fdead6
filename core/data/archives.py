"""Unpacking archives that may be hostile: nothing outside the folder, no links, no bombs."""

import contextlib
import gzip
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from core.errors import CancelledError, DataError
from core.progress import Progress, silent

_BLOCK = 1 << 20
_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True)
class Limits:
    """What an archive may hold: entries, bytes after unpacking, and how many times its own size that may be."""

    entries: int = 500_000
    total_bytes: int = 64_000_000_000
    ratio: float = 100.0


@dataclass(frozen=True)
class _Entry:
    """One file in an archive; `open` gives its content."""

    path: PurePosixPath
    size: int
    open: Callable[[], IO[bytes]]


def unpack(
    archive: Path,
    folder: Path,
    limits: Limits = Limits(),
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Unpack a zip or tar archive (also `.tar.gz`) into `folder`; returns the number of files.

    What kind it is tells its content, not its name. A folder around everything is left away; files of operating
    systems (`__MACOSX`, `.DS_Store`) are passed over; files get the permissions of new ones. `folder` must be one
    that is thrown away when this raises.

    Raises:
        DataError: it is damaged, cut off, of another kind or encrypted, or holds a path that leads outside, a link,
            a device, the same file twice, or more than `limits` allow.
        CancelledError: `cancelled()` became true.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _opened(archive) as (entries, done_bytes):
            entries = _checked(archive, entries, limits)
            _refuse_too_much(archive, sum(entry.size for entry in entries), limits)
            total = archive.stat().st_size
            top = _common_top(entries)
            for entry in entries:
                target = folder.joinpath(*entry.path.parts[top:])
                _make_folder(archive, target.parent)
                with entry.open() as content, _created(archive, target) as file:
                    _copy(archive, content, file, entry.size, cancelled)
                progress(min(done_bytes(), total), total, f"Unpacking {archive.name}")
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, NotImplementedError) as error:
        raise _damaged(archive, error) from error
    except RuntimeError as error:  # zipfile's word for a password
        raise DataError(f"{archive.name} is protected by a password and cannot be unpacked.") from error
    return len(entries)


def unpack_one(
    compressed: Path,
    target: Path,
    limits: Limits = Limits(),
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Unpack a file that is only compressed with gzip.

    Raises:
        DataError: it is damaged, cut off, no gzip, or grows beyond `limits`.
        CancelledError: `cancelled()` became true.
    """
    total = compressed.stat().st_size
    most = min(limits.total_bytes, int(max(total, 1 << 16) * limits.ratio))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with compressed.open("rb") as raw, gzip.open(raw) as content, target.open("xb") as file:
            written = 0
            while block := content.read(_BLOCK):
                written += len(block)
                if written > most:
                    raise _bomb(compressed)
                file.write(block)
                progress(raw.tell(), total, f"Unpacking {compressed.name}")
                _stop_if(cancelled)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise _damaged(compressed, error) from error


def unpacked_size(archive: Path) -> int | None:
    """Bytes that a zip says it takes when unpacked; None for what does not say."""
    try:
        with zipfile.ZipFile(archive) as content:
            return sum(info.file_size for info in content.infolist())
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return None


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[tuple[Iterator[_Entry], Callable[[], int]]]:
    """Gives the entries of an archive, and a function that says how many of its bytes are read."""
    with archive.open("rb") as file:
        head = file.read(512)
        file.seek(0)
        if head.startswith(b"PK"):
            with zipfile.ZipFile(file) as content:
                yield _zip_entries(archive, content), file.tell
        elif head.startswith(b"\x1f\x8b") or head[257:262] == b"ustar":
            with tarfile.open(fileobj=file, mode="r:*") as content:
                yield _tar_entries(archive, content), file.tell
        else:
            raise DataError(
                f"{archive.name} is no zip or tar archive, whatever its name says. It was not unpacked; see the home "
                "page of the data set."
            )


def _zip_entries(archive: Path, content: zipfile.ZipFile) -> Iterator[_Entry]:
    for info in content.infolist():
        mode = info.external_attr >> 16
        if stat.S_ISLNK(mode) or (stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)):
            raise _refused(archive, info.filename, "is a link or a device")
        path = _safe_path(archive, info.orig_filename)
        if not info.is_dir():
            yield _Entry(path, info.file_size, lambda info=info: content.open(info))


def _tar_entries(archive: Path, content: tarfile.TarFile) -> Iterator[_Entry]:
    for member in content:
        if not (member.isreg() or member.isdir()):
            raise _refused(archive, member.name, "is a link or a device")
        path = _safe_path(archive, member.name)
        if member.isreg():
            yield _Entry(path, member.size, lambda member=member: content.extractfile(member))


def _safe_path(archive: Path, name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or (len(name) > 1 and name[1] == ":"):
        raise _refused(archive, name, "leads out of the folder")
    return path


def _checked(archive: Path, entries: Iterator[_Entry], limits: Limits) -> list[_Entry]:
    """All entries but junk, after looking at every one, so that nothing is written of an archive that is refused."""
    kept: list[_Entry] = []
    size = 0
    for count, entry in enumerate(entries, start=1):
        size += entry.size
        if count > limits.entries:
            raise _bomb(archive)
        _refuse_too_much(archive, size, limits)
        if entry.path.parts and not any(part in _JUNK for part in entry.path.parts):
            kept.append(entry)
    if not kept:
        raise DataError(f"{archive.name} is empty.")
    if len({str(entry.path).casefold() for entry in kept}) < len(kept):
        raise DataError(f"{archive.name} holds the same file twice. It was not unpacked.")
    return kept


def _refuse_too_much(archive: Path, size: int, limits: Limits) -> None:
    if size > limits.total_bytes or size > max(archive.stat().st_size, 1 << 16) * limits.ratio:
        raise _bomb(archive)


def _common_top(entries: list[_Entry]) -> int:
    """1 if everything lies in one folder, else 0."""
    tops = {entry.path.parts[0] for entry in entries}
    return int(len(tops) == 1 and all(len(entry.path.parts) > 1 for entry in entries))


def _make_folder(archive: Path, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise _damaged(archive, error) from error


def _created(archive: Path, target: Path) -> IO[bytes]:
    try:
        return target.open("xb")
    except (FileExistsError, IsADirectoryError) as error:
        raise DataError(f"{archive.name} holds “{target.name}” twice. It was not unpacked.") from error


def _copy(archive: Path, content: IO[bytes], file: IO[bytes], size: int, cancelled: Callable[[], bool]) -> None:
    written = 0
    while block := content.read(_BLOCK):
        written += len(block)
        if written > size:
            raise _bomb(archive)
        file.write(block)
        _stop_if(cancelled)
    _stop_if(cancelled)
    if written != size:
        raise EOFError(f"an entry has {written:,} of {size:,} bytes")


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise CancelledError("Unpacking was stopped. The download is kept for another time.")


def _refused(archive: Path, name: str, why: str) -> DataError:
    return DataError(f"{archive.name} is not safe to unpack: “{name[:80]}” {why}. Nothing was unpacked.")


def _bomb(archive: Path) -> DataError:
    return DataError(f"{archive.name} would grow beyond all measure when unpacked. It was not unpacked.")


def _damaged(archive: Path, error: Exception) -> DataError:
    return DataError(f"{archive.name} is damaged or cut off ({error}). Download it again.")
