"""What is in an archive that may be hostile, told before anything is unpacked: no path outside, no link, no bomb."""

import bz2
import contextlib
import errno
import gzip
import lzma
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from core.base.errors import DataError, LesionLabError

BLOCK = 1 << 20
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
_XZ_MEMORY = 256_000_000
"""Bytes that reading an `.xz` may take; `xz -9` needs 65 million."""
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


USUAL = Limits()


@dataclass(frozen=True)
class Entry:
    """One file in an archive; `open` gives its content."""

    path: PurePosixPath
    size: int
    open: Callable[[], IO[bytes]]


@contextlib.contextmanager
def blamed_on(archive: Path) -> Iterator[None]:
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
def opened_archive(archive: Path, limits: Limits) -> Iterator[tuple[Iterator[Entry], Callable[[], int]]]:
    """Gives the entries of an archive, and a function that says how many of its bytes are read."""
    with contextlib.ExitStack() as opened:
        file = opened.enter_context(archive.open("rb"))
        head = file.read(512)
        file.seek(0)
        with blamed_on(archive):
            if head.startswith(b"PK"):
                entries = _zip_entries(archive, opened.enter_context(zipfile.ZipFile(file)))
            elif (unpacker := unpacker_for(head)) is not None or head[257:262] == b"ustar":
                stream: Any = file if unpacker is None else opened.enter_context(unpacker(file))
                # Headers, padding and the gaps between entries come on top of what the entries hold.
                bounded = _BoundedStream(archive, stream, 2 * limits.most(archive))
                content = opened.enter_context(tarfile.open(fileobj=bounded, mode="r:"))  # type: ignore[call-overload]  # it never writes
                entries = _tar_entries(archive, content, bounded)
            else:
                raise DataError(
                    f"{archive.name} is no zip or tar archive, whatever its name says. It was not unpacked."
                )
        yield entries, file.tell


def unpacker_for(head: bytes) -> Callable[[IO[bytes]], Any] | None:
    """What reads a file that is compressed as a whole, told by its first bytes; None if it is not compressed so."""
    if head.startswith(b"\x1f\x8b"):
        return lambda file: gzip.GzipFile(fileobj=file)
    if head.startswith(b"BZh"):
        return bz2.BZ2File
    if head.startswith(b"\xfd7zXZ\0"):
        return _xz_file
    return None


def _xz_file(file: IO[bytes]) -> lzma.LZMAFile:
    """Reads `.xz`; it says how much memory it wants, up to 4 GB, and what is more than is given raises."""
    lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY).decompress(file.read(512), max_length=1)
    file.seek(0)
    return lzma.LZMAFile(file)


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
        if size < 0 or self._stream.tell() + size > self._end + BLOCK:
            raise bomb(self._archive)
        if self.headers_left is not None:
            self.headers_left -= size
            if self.headers_left < 0:
                raise bomb(self._archive)
        block = self._stream.read(size)
        if self.headers_left is not None and _MANY_DIGITS.search(block):
            raise bomb(self._archive)
        return block

    def seek(self, position: int) -> int:
        """Go to a place, counted from the beginning."""
        if position > self._end + BLOCK:
            raise bomb(self._archive)
        return self._stream.seek(position)

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._stream.tell()


def _zip_entries(archive: Path, content: zipfile.ZipFile) -> Iterator[Entry]:
    for info in content.infolist():
        mode = info.external_attr >> 16
        if stat.S_ISLNK(mode) or (stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)):
            raise _refused(archive, info.filename, "is a link or a device")
        path = _safe_path(archive, info.orig_filename)
        if info.flag_bits & 0x1:
            raise DataError(f"{archive.name} is protected by a password and cannot be unpacked.")
        if not info.is_dir():
            yield Entry(path, info.file_size, partial(content.open, info))


def _content_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(member)
    if content is None:
        raise tarfile.ReadError(f"{member.name} is no file")
    return content


def _tar_entries(archive: Path, content: tarfile.TarFile, stream: _BoundedStream) -> Iterator[Entry]:
    for member in content:
        if not (member.isreg() or member.isdir()):
            raise _refused(archive, member.name, "is a link or a device")
        path = _safe_path(archive, member.name)
        if member.isreg():
            yield Entry(path, member.size, partial(_content_of, content, member))
        member.pax_headers = {}  # they would stay in memory for every entry
        if len(content.pax_headers) > _MOST_GLOBAL_HEADERS:
            raise bomb(archive)
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


def checked(archive: Path, entries: Iterator[Entry], limits: Limits) -> list[Entry]:
    """All entries but junk, after looking at every one, so that nothing is written of an archive that is refused."""
    kept: list[Entry] = []
    size = 0
    for count, entry in enumerate(entries, start=1):
        size += entry.size
        if count > limits.entries:
            raise bomb(archive)
        if entry.size < 0 or size > limits.most(archive):
            raise bomb(archive)
        if entry.path.parts and not any(part in _JUNK for part in entry.path.parts):
            kept.append(entry)
    if not kept:
        raise DataError(f"{archive.name} is empty.")
    if len({str(entry.path).casefold() for entry in kept}) < len(kept):
        raise DataError(f"{archive.name} holds the same file twice. It was not unpacked.")
    return kept


def _refused(archive: Path, name: str, why: str) -> DataError:
    return DataError(f"{archive.name} is not safe to unpack: “{name[:80]}” {why}. Nothing was unpacked.")


def bomb(archive: Path) -> DataError:
    """What is raised of an archive that holds more than its limits."""
    return DataError(f"{archive.name} would become far too large when unpacked. It was not unpacked.")


def _damaged(archive: Path, error: Exception) -> DataError:
    return DataError(f"{archive.name} is damaged or cut off: {str(error) or type(error).__name__}.")
