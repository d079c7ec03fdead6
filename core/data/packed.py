"""Archives left packed where data sets are looked for: found by their names, and unpacked into data sets.

A zip or tar counts where it lies directly in a data root, or in a folder of one that holds no pictures and nothing
unpacked but what its archives became. Archives among pictures, and below that, are left alone.
"""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base.errors import ConfigurationError, DataError
from core.base.files import aside_of, disk_full_named, write_atomically
from core.base.locks import locked
from core.base.printable import is_printable, printable
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir, data_roots, unpacked_root
from core.data.adapters.listing import Listing, list_folder, one_look
from core.data.adapters.picture_files import is_hidden
from core.data.catalog import Catalog, look
from core.data.download.archives import ENDINGS, Contents, Limits, is_compressed_whole, look_into, unpack
from core.data.download.transfer import SPARE_BYTES

FOREIGN_ENDINGS = (".rar", ".7z")
"""Archives that nothing here unpacks."""
MOST_READ_BYTES = 20_000_000
"""An archive that is compressed as a whole is read to its end to say what is in it, up to this size."""
_LONGEST_NAME = 150
"""Bytes of a folder's name; it gets endings while it is made, and a data set's name has 200 at most."""


@dataclass(frozen=True)
class Packed:
    """An archive and where it would be unpacked to; `foreign` is true where nothing here can."""

    archive: Path
    target: Path
    foreign: bool = False


def is_archive_name(name: str) -> bool:
    """Whether a file of this name is taken for an archive that can be unpacked."""
    return not is_hidden(name) and name.lower().endswith(ENDINGS)


def list_packed(catalog: Catalog) -> tuple[Packed, ...]:
    """Every archive that was left packed, told by names alone."""
    data_sets = {entry.folder for entry in catalog.entries if entry.present}
    found: list[Packed] = []
    with one_look():
        for root in catalog.roots:
            listing = list_folder(root)
            if root not in data_sets and not listing.pictures:
                found += _packed_in(listing)
            for inner in listing.inner():
                own = {stem_of_archive(name) for name in inner.files}
                if not inner.pictures and own.issuperset(inner.folders):
                    found += _packed_in(inner)
    return tuple(found)


def contents_of(packed: Packed) -> Contents | None:
    """What is in an archive; None where telling would mean to read very much.

    Raises:
        DataError: it is damaged, or not safe to unpack.
    """
    if packed.archive.stat().st_size > MOST_READ_BYTES and is_compressed_whole(packed.archive):
        return None
    return look_into(packed.archive)


def is_unpacked(packed: Packed, contents: Contents) -> bool:
    """Whether what is in an archive lies beside it already, as where somebody unpacked it by hand."""
    beside = packed.archive.parent
    return any(
        all(os.path.lexists(place / path) for path in contents.first)
        for place in ([beside, beside / contents.top] if contents.top else [beside])
    )


def unpack_left(
    archive: Path,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
    target: Path | None = None,
) -> Path:
    """Unpack an archive into a folder where it is looked for; returns that. The archive stays.

    Args:
        archive: anywhere on this machine.
        progress: told how far it is.
        cancelled: asked whether to stop.
        target: where to, a folder that is not there yet; by default beside an archive in a data root, where that can
            be written to, otherwise in the artifacts folder.

    Raises:
        DataError: it is no archive, damaged or not safe to unpack.
        ConfigurationError: it was unpacked already, is being unpacked, or may not be read or written.
        DiskFullError, CancelledError: as `core.data.download.archives.unpack`.
    """
    if not is_archive_name(archive.name) or not archive.is_file():
        raise DataError(f"{printable(archive)} is no archive that can be unpacked. Give a file {', '.join(ENDINGS)}.")
    target = target or _target(list_folder(archive.absolute().parent), archive.name)
    with _locked(target), disk_full_named(target):
        into_own_folder = target == archive.absolute().parent
        if not into_own_folder and os.path.lexists(target):
            raise ConfigurationError(f"{target} is there already. Move or delete it to unpack {archive.name} again.")
        place = target if into_own_folder else target.parent
        aside = aside_of(place / target.name)
        try:
            aside.mkdir(parents=True)
            for abandoned in place.iterdir():  # of a process that was killed; we hold the lock
                if abandoned != aside and abandoned.name.startswith(aside.name.rpartition("-")[0]):
                    shutil.rmtree(abandoned, ignore_errors=True)
            limits = Limits(room=shutil.disk_usage(aside).free - SPARE_BYTES)
            unpack(archive, aside, limits, progress, cancelled)
            return _put_in_place(aside, target, archive, into_own_folder)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            raise ConfigurationError(f"{error.filename} cannot be used: {error.strerror}.") from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def run_unpack_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """The job of kind "unpack": `archive` is a path, `uploaded` whether it is an upload, which is deleted at the end.

    Raises:
        LesionLabError: as `unpack_left`.
    """
    archive = Path(str(arguments["archive"]))
    uploaded = bool(arguments.get("uploaded"))
    try:
        target = unpacked_root() / _free_name(stem_of_archive(archive.name)) if uploaded else None
        folder = unpack_left(archive, progress, cancelled, target)
        return {"folder": str(folder), "data_sets": list(data_sets_in(folder))}
    finally:
        if uploaded:
            shutil.rmtree(archive.parent, ignore_errors=True)


def data_sets_in(folder: Path) -> tuple[str, ...]:
    """Titles of the data sets that are found in a folder, by whoever looks for data now."""
    catalog = look()
    titled = [(entry.spec.title, entry.folder) for entry in catalog.entries if entry.present]
    return tuple(title for title, place in (*titled, *catalog.gene_tables) if folder in (place, *place.parents))


def keep_upload(content: bytes, name: str) -> Path:
    """Write an uploaded archive down for the job that unpacks it; the data set is called by its name.

    Raises:
        DataError: it is not called like an archive.
        DiskFullError: there is no space for it.
    """
    if not _ending(name):
        raise DataError(f"This file is no archive that can be unpacked. Choose one that ends in {', '.join(ENDINGS)}.")
    mark = hashlib.blake2b(content, digest_size=8).hexdigest()
    path = artifacts_dir() / "downloads" / "uploaded" / mark / f"{stem_of_archive(name)}{_ending(name).lower()}"
    write_atomically(path, content, private=True)
    return path


def list_unpacked() -> tuple[Path, ...]:
    """The folders in the artifacts folder that archives became, by name."""
    root = unpacked_root()
    return tuple(root / name for name in list_folder(root).folders)


def delete_unpacked(folder: Path) -> None:
    """Delete what an archive became in the artifacts folder; it is out of the catalog at once.

    Raises:
        ConfigurationError: it is no folder that `list_unpacked` names, or it is being unpacked.
    """
    if folder not in list_unpacked():
        raise ConfigurationError(f"{printable(folder)} was not unpacked here. Delete it where it lies.")
    with _locked(folder):
        retired = aside_of(folder)
        folder.replace(retired)
        if retired.is_symlink():
            retired.unlink()
        shutil.rmtree(retired, ignore_errors=True)


def _packed_in(listing: Listing) -> Iterator[Packed]:
    for name in listing.files:
        if not is_printable(str(listing.folder / name)):
            continue
        if is_archive_name(name):
            target = _target(listing, name)
            if target == listing.folder or not os.path.lexists(target):
                yield Packed(listing.folder / name, target)
        elif name.lower().endswith(FOREIGN_ENDINGS) and not is_hidden(name):
            yield Packed(listing.folder / name, listing.folder, foreign=True)


def _target(listing: Listing, name: str) -> Path:
    """Where an archive in a folder goes to.

    Into that folder itself if it lies there alone, else beside it under its name; where that cannot be written to, or
    data sets are not looked for, into the artifacts folder.
    """
    roots = data_roots()
    folder, below = listing.folder, listing.folder.parent in roots
    alone = below and listing.files == (name,) and not listing.folders and not listing.pictures
    if (below or folder in roots) and os.access(folder, os.W_OK):
        return folder if alone else folder / stem_of_archive(name)
    return unpacked_root() / (_safe_name(folder.name) if alone else stem_of_archive(name))


def _put_in_place(aside: Path, target: Path, archive: Path, into_own_folder: bool) -> Path:
    if not into_own_folder:
        aside.replace(target)
        return target
    entries = sorted(aside.iterdir(), key=lambda entry: entry.is_file())  # tables last: they are looked for
    if any(os.path.lexists(target / entry.name) for entry in entries):
        beside = target / stem_of_archive(archive.name)
        if os.path.lexists(beside):
            raise ConfigurationError(f"{target} holds already what is in {archive.name}. Move or delete that first.")
        aside.replace(beside)
        return beside
    for entry in entries:
        entry.replace(target / entry.name)
    return target


def stem_of_archive(name: str) -> str:
    """The name of an archive without its ending, as that of a folder."""
    return _safe_name(name[: len(name) - len(_ending(name))]) or "archive"


def _ending(name: str) -> str:
    return next((each for each in ENDINGS if name.lower().endswith(each)), "")


def _safe_name(name: str) -> str:
    """A name that a folder may have: the last part of a path, printable, not hidden and not too long."""
    last = printable(name).replace("\\", "/").rpartition("/")[2]
    text = "".join(c if c.isprintable() else "-" for c in last).strip(" .")
    return os.fsencode(text)[:_LONGEST_NAME].decode(errors="ignore")


def _free_name(name: str) -> str:
    """The name, numbered where a folder is called so already."""
    tried, number = name, 1
    while os.path.lexists(unpacked_root() / tried):
        number += 1
        tried = f"{name}-{number}"
    return tried


@contextlib.contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Only one process at a time unpacks into a folder."""
    place = artifacts_dir() / "downloads"
    place.mkdir(exist_ok=True)
    name = hashlib.blake2b(os.fsencode(target), digest_size=8).hexdigest()
    busy = ConfigurationError(f"{target} is being unpacked already. Wait until that has ended.")
    with locked(place / f"unpack-{name}.lock", busy):
        yield
