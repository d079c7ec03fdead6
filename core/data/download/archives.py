"""Unpacking archives that may be hostile: nothing outside the folder, no links, no bombs."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import CancelledError, DiskFullError
from core.base.progress import Progress, silent
from core.data.download.archive_entries import (
    BLOCK,
    USUAL,
    Entry,
    Limits,
    blamed_on,
    bomb,
    checked,
    opened_archive,
    unpacker_for,
)

__all__ = ["ENDINGS", "Contents", "Limits", "is_compressed_whole", "look_into", "unpack", "unpack_one"]

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
"""What the names of archives end in that can be unpacked here."""
_NAMED = 50


@dataclass(frozen=True)
class Contents:
    """What an archive would become: number of files, their bytes, and the first of their paths.

    `top` is the folder around everything, which is left away when it is unpacked; empty if there is none.
    """

    files: int
    bytes: int
    first: tuple[str, ...]
    top: str = ""


def is_compressed_whole(archive: Path) -> bool:
    """Whether all of an archive has to be read to list it, told by its first bytes."""
    with archive.open("rb") as file:
        return unpacker_for(file.read(6)) is not None


def look_into(archive: Path, limits: Limits = USUAL) -> Contents:
    """List an archive without unpacking it; one that is compressed as a whole is read to its end.

    Raises:
        DataError: as `unpack`, as far as that is told by names and sizes.
    """
    with opened_archive(archive, limits) as (listed, _), blamed_on(archive):
        entries = checked(archive, listed, limits)
    top = _common_top(entries)
    first = tuple("/".join(entry.path.parts[top:]) for entry in entries[:_NAMED])
    around = entries[0].path.parts[0] if top else ""
    return Contents(len(entries), sum(entry.size for entry in entries), first, around)


def unpack(
    archive: Path,
    folder: Path,
    limits: Limits = USUAL,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    keep_top: bool = False,
) -> int:
    """Unpack a zip or tar archive (also `.tar.gz`, `.tar.bz2`, `.tar.xz`) into `folder`; returns the number of files.

    What kind it is tells its content, not its name. A folder around everything is left away unless `keep_top`; files
    of operating systems (`__MACOSX`, `.DS_Store`) are passed over; files get the permissions of new ones. `folder` must
    be one that is thrown away when this raises.

    Raises:
        DataError: it is damaged, cut off, of another kind or encrypted, or holds a path that leads outside, a link,
            a device, the same file twice, or more than `limits` allow.
        DiskFullError: it is larger than the room that `limits` names; nothing is written then.
        CancelledError: `cancelled()` became true.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with opened_archive(archive, limits) as (listed, done_bytes):
        with blamed_on(archive):
            entries = checked(archive, listed, limits)
        _refuse_too_little_room(archive, sum(entry.size for entry in entries), limits)
        total = archive.stat().st_size
        top = 0 if keep_top else _common_top(entries)
        for entry in entries:
            target = folder.joinpath(*entry.path.parts[top:])
            with blamed_on(archive):
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
    limits: Limits = USUAL,
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
            with blamed_on(compressed):
                block = content.read(BLOCK)
            if not block:
                return
            written += len(block)
            if written > most:
                raise bomb(compressed)
            _refuse_too_little_room(compressed, written, limits)
            file.write(block)
            progress(raw.tell(), total, f"Unpacking {compressed.name}")
            _stop_if(cancelled)


def _refuse_too_little_room(archive: Path, size: int, limits: Limits) -> None:
    if limits.room is not None and size > limits.room:
        raise DiskFullError(
            f"{archive.name} takes {size / 1e6:,.1f} MB or more when unpacked, and there is room for "
            f"{max(limits.room, 0) / 1e6:,.1f} MB on the disk. Free some space and start again; the archive is kept."
        )


def _common_top(entries: list[Entry]) -> int:
    """1 if everything lies in one folder, else 0."""
    tops = {entry.path.parts[0] for entry in entries}
    return int(len(tops) == 1 and all(len(entry.path.parts) > 1 for entry in entries))


def _blocks(archive: Path, entry: Entry) -> Iterator[bytes]:
    """The content of an entry, as much as it says."""
    read = 0
    with blamed_on(archive), entry.open() as content:
        while block := content.read(BLOCK):
            read += len(block)
            if read > entry.size:
                raise bomb(archive)
            yield block
        if read != entry.size:
            raise EOFError(f"an entry has {read:,} of {entry.size:,} bytes")


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise CancelledError("Unpacking was stopped. The archive is kept for another time.")
