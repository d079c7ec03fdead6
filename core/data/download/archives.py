"""Unpacking archives that may be hostile: nothing outside the folder, no links, no bombs."""

import contextlib
import errno
import gzip
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from core.base.errors import CancelledError, DataError, DiskFullError, LesionLabError
from core.base.progress import Progress, silent

_BLOCK = 1 << 20
_HEADERS = 1 << 14
"""What a tar archive may tell of one entry, in bytes; a path has 4,096 at most, times and owner a few hundred."""
_MOST_GLOBAL_HEADERS = 1000
_MANY_DIGITS = re.compile(rb"\d{64}")
"""`tarfile` looks for a number in headers in a way that takes the square of its digits."""
_LONGEST_NAME = 255
"""Bytes that the usual file systems take in a name."""
_CAUSED_BY_CONTENT = frozenset(
    {None, errno.EINVAL, errno.EOVERFLOW, errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ}
)
"""Numbers of the OSErrors that an archive can cause; others, such as a full disk, are the machine's."""
_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True)
class Limits:
    """What an archive may hold: entries, bytes after unpacking, and how many times its own size that may be.

    `room` is how many bytes the disk takes, None if that is not looked at; what needs more is no fault of the archive.
    """

    entries: int = 500_000
    total_bytes: int = 64_000_000_000
    ratio: float = 100.0
    room: int | None = None

    def most(self, archive: Path) -> int:
        """Bytes that an archive may become."""
        return min(self.total_bytes, int(max(archive.stat().st_size, 1 << 16) * self.ratio))


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
        DiskFullError: it is larger than the room that `limits` names; nothing is written then.
        CancelledError: `cancelled()` became true.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _opened(archive, limits) as (listed, done_bytes):
        with _blamed_on(archive):
            entries = _checked(archive, listed, limits)
        _refuse_too_little_room(archive, sum(entry.size for entry in entries), limits)
        total = archive.stat().st_size
        top = _common_top(entries)
        for entry in entries:
            target = folder.joinpath(*entry.path.parts[top:])
            with _blamed_on(archive):
                target.parent.mkdir(parents=True, exist_ok=True)
                file = target.open("xb")
            with file:
                for block in _blocks(archive, entry):
                    file.write(block)
                    _stop_if(cancelled)
            _stop_if(cancelled)
            progress(min(done_bytes(), total), total, f"Unpacking {archive.name}")
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
        DiskFullError: it grows beyond the room that `limits` names.
        CancelledError: `cancelled()` became true.
    """
    total, most = compressed.stat().st_size, limits.most(compressed)
    target.parent.mkdir(parents=True, exist_ok=True)
    with compressed.open("rb") as raw, gzip.open(raw) as content, target.open("xb") as file:
        written = 0
        while True:
            with _blamed_on(compressed):
                block = content.read(_BLOCK)
            if not block:
                return
            written += len(block)
            if written > most:
                raise _bomb(compressed)
            _refuse_too_little_room(compressed, written, limits)
            file.write(block)
            progress(raw.tell(), total, f"Unpacking {compressed.name}")
            _stop_if(cancelled)


@contextlib.contextmanager
def _blamed_on(archive: Path) -> Iterator[None]:
    """Whatever goes wrong in the block is the fault of what the archive holds, but for what the machine says.

    The readers of the standard library raise nearly anything on bytes that nobody meant: decoding errors, overflows,
    too deep recursion. For blocks that only read; reports to others and writing do not belong in them.
    """
    try:
        yield
    except (LesionLabError, MemoryError):
        raise
    except OSError as error:
        if error.errno not in _CAUSED_BY_CONTENT:
            raise
        raise _damaged(archive, error) from error
    except Exception as error:
        raise _damaged(archive, error) from error


@contextlib.contextmanager
def _opened(archive: Path, limits: Limits) -> Iterator[tuple[Iterator[_Entry], Callable[[], int]]]:
    """Gives the entries of an archive, and a function that says how many of its bytes are read."""
    with contextlib.ExitStack() as opened:
        file = opened.enter_context(archive.open("rb"))
        head = file.read(512)
        file.seek(0)
        with _blamed_on(archive):
            if head.startswith(b"PK"):
                entries = _zip_entries(archive, opened.enter_context(zipfile.ZipFile(file)))
            elif (packed := head.startswith(b"\x1f\x8b")) or head[257:262] == b"ustar":
                stream: Any = opened.enter_context(gzip.GzipFile(fileobj=file)) if packed else file
                # Headers, padding and the gaps between entries come on top of what the entries hold.
                bounded = _BoundedStream(archive, stream, 2 * limits.most(archive))
                content = opened.enter_context(tarfile.open(fileobj=bounded, mode="r:"))  # type: ignore[call-overload]  # it never writes
                entries = _tar_entries(archive, content, bounded)
            else:
                raise DataError(
                    f"{archive.name} is no zip or tar archive, whatever its name says. It was not unpacked; see the "
                    "home page of the data set."
                )
        yield entries, file.tell


class _BoundedStream:
    """What `tarfile` reads a tar archive from: it ends where a bomb begins.

    `tarfile` takes a long name or a PAX header into memory in one piece, however large it says that it is, and asks
    nobody. While entries are listed, it reads headers only and leaps over content, so that what it reads is counted.
    """

    def __init__(self, archive: Path, stream: IO[bytes], end: int):
        self._archive, self._stream, self._end = archive, stream, end
        self.headers_left: int | None = _HEADERS
        """Bytes that may still be read for the headers of the next entry; None once content is read."""

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes from here on."""
        if size < 0 or self._stream.tell() + size > self._end + _BLOCK:
            raise _bomb(self._archive)
        if self.headers_left is not None:
            self.headers_left -= size
            if self.headers_left < 0:
                raise _bomb(self._archive)
        block = self._stream.read(size)
        if self.headers_left is not None and _MANY_DIGITS.search(block):
            raise _bomb(self._archive)
        return block

    def seek(self, position: int) -> int:
        """Go to a place, counted from the beginning."""
        if position > self._end + _BLOCK:
            raise _bomb(self._archive)
        return self._stream.seek(position)

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._stream.tell()


def _zip_entries(archive: Path, content: zipfile.ZipFile) -> Iterator[_Entry]:
    for info in content.infolist():
        mode = info.external_attr >> 16
        if stat.S_ISLNK(mode) or (stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)):
            raise _refused(archive, info.filename, "is a link or a device")
        path = _safe_path(archive, info.orig_filename)
        if info.flag_bits & 0x1:
            raise DataError(f"{archive.name} is protected by a password and cannot be unpacked.")
        if not info.is_dir():
            yield _Entry(path, info.file_size, partial(content.open, info))


def _content_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(member)
    if content is None:
        raise tarfile.ReadError(f"{member.name} is no file")
    return content


def _tar_entries(archive: Path, content: tarfile.TarFile, stream: _BoundedStream) -> Iterator[_Entry]:
    for member in content:
        if not (member.isreg() or member.isdir()):
            raise _refused(archive, member.name, "is a link or a device")
        path = _safe_path(archive, member.name)
        if member.isreg():
            yield _Entry(path, member.size, partial(_content_of, content, member))
        member.pax_headers = {}  # they would stay in memory for every entry
        if len(content.pax_headers) > _MOST_GLOBAL_HEADERS:
            raise _bomb(archive)
        stream.headers_left = _HEADERS
    stream.headers_left = None
    stream.seek(content.offset)
    if any(end := stream.read(tarfile.BLOCKSIZE)) or len(end) < tarfile.BLOCKSIZE:
        raise EOFError("its end is missing")  # `tarfile` takes an archive that is cut between two entries for whole


def _safe_path(archive: Path, name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or (len(name) > 1 and name[1] == ":"):
        raise _refused(archive, name, "leads out of the folder")
    try:
        longest = max((len(part.encode()) for part in path.parts), default=0)
    except UnicodeEncodeError as error:
        raise _refused(archive, ascii(name), "is no text in UTF-8") from error
    if longest > _LONGEST_NAME:
        raise _refused(archive, name, "has too long a name")
    return path


def _checked(archive: Path, entries: Iterator[_Entry], limits: Limits) -> list[_Entry]:
    """All entries but junk, after looking at every one, so that nothing is written of an archive that is refused."""
    kept: list[_Entry] = []
    size = 0
    for count, entry in enumerate(entries, start=1):
        size += entry.size
        if count > limits.entries:
            raise _bomb(archive)
        if entry.size < 0 or size > limits.most(archive):
            raise _bomb(archive)
        if entry.path.parts and not any(part in _JUNK for part in entry.path.parts):
            kept.append(entry)
    if not kept:
        raise DataError(f"{archive.name} is empty.")
    if len({str(entry.path).casefold() for entry in kept}) < len(kept):
        raise DataError(f"{archive.name} holds the same file twice. It was not unpacked.")
    return kept


def _refuse_too_little_room(archive: Path, size: int, limits: Limits) -> None:
    if limits.room is not None and size > limits.room:
        raise DiskFullError(
            f"{archive.name} takes {size / 1e6:,.1f} MB or more when unpacked, and there is room for "
            f"{max(limits.room, 0) / 1e6:,.1f} MB on the disk. Free some space and start again; the download is kept."
        )


def _common_top(entries: list[_Entry]) -> int:
    """1 if everything lies in one folder, else 0."""
    tops = {entry.path.parts[0] for entry in entries}
    return int(len(tops) == 1 and all(len(entry.path.parts) > 1 for entry in entries))


def _blocks(archive: Path, entry: _Entry) -> Iterator[bytes]:
    """The content of an entry, as much as it says."""
    read = 0
    with _blamed_on(archive), entry.open() as content:
        while block := content.read(_BLOCK):
            read += len(block)
            if read > entry.size:
                raise _bomb(archive)
            yield block
        if read != entry.size:
            raise EOFError(f"an entry has {read:,} of {entry.size:,} bytes")


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise CancelledError("Unpacking was stopped. The download is kept for another time.")


def _refused(archive: Path, name: str, why: str) -> DataError:
    return DataError(f"{archive.name} is not safe to unpack: “{name[:80]}” {why}. Nothing was unpacked.")


def _bomb(archive: Path) -> DataError:
    return DataError(f"{archive.name} would grow beyond all measure when unpacked. It was not unpacked.")


def _damaged(archive: Path, error: Exception) -> DataError:
    return DataError(f"{archive.name} is damaged or cut off: {str(error) or type(error).__name__}.")
