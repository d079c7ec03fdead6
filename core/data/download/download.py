"""Downloading a public data set: fetch, check, unpack beside its place, and put it there in one step at the end."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from core.base.errors import CancelledError, ConfigurationError, DataError, DiskFullError
from core.base.files import folder_built_aside
from core.base.locks import locked
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir, configured_roots
from core.data.download.archives import Limits, unpack, unpack_one
from core.data.download.sources import Source, SourceFile, find_source, sum_known
from core.data.download.transfer import SPARE_BYTES, fetch, new_client, size_told_by_server

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


@dataclass(frozen=True)
class Downloaded:
    """What a download brought: the folder of the data set, and how many bytes came for it."""

    folder: Path
    bytes: int

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {"folder": str(self.folder), "bytes": self.bytes}


def run_download_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """The job of kind "download": `source` is its name, `licence_accepted` the licence that a person accepted.

    Raises:
        ConfigurationError: there is no such source, or its licence was not accepted.
        DataError, DiskFullError, CancelledError: as `download`.
    """
    source = find_source(str(arguments.get("source", "")))
    require_accepted(source, str(arguments.get("licence_accepted", "")))
    return download(source, configured_roots()[0], progress, cancelled).to_json()


def download_arguments(source: Source) -> dict[str, str]:
    """What `start_job("download", …)` needs once a person has accepted the licence of a source."""
    return {"source": source.name, "licence_accepted": source.licence}


def require_accepted(source: Source, licence: str) -> None:
    """Refuse to fetch what nobody accepted the licence of.

    Raises:
        ConfigurationError: `licence` is not that of the source.
    """
    if licence != source.licence:
        raise ConfigurationError(
            f"{source.title} is under {source.licence}, {source.licence_url}. Read and accept that first; on the "
            "command line with --accept-licence."
        )


def partial_bytes(source: Source) -> int:
    """Bytes of an earlier download that was stopped or broke off, from which a new one goes on."""
    folder = _downloads(source)
    return sum(p.stat().st_size for p in folder.glob("*") if p.is_file() and p.suffix != ".json")


def discard_partial(source: Source) -> None:
    """Delete what has come of a download that was stopped or broke off.

    Raises:
        ConfigurationError: it is under way.
    """
    with _locked(source):
        shutil.rmtree(_downloads(source), ignore_errors=True)


def is_complete(source: Source, folder: Path) -> bool:
    """True if everything that the download would bring lies in `folder` already."""
    return all((folder / file.into).exists() for file in source.files)


def download(
    source: Source,
    root: Path,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
    client: httpx.Client | None = None,
) -> Downloaded:
    """Bring a data set into `root`, a folder of data sets; it appears there in one step, whole.

    Files on their way lie under `artifacts/downloads` and stay there when anything goes wrong that may pass, so that
    the next try goes on where this one stopped. A data set of which some files are here gets the others.

    Raises:
        DataError: a file cannot be fetched, is not the published one, or is not safe to unpack.
        DiskFullError: there is not enough space; asked before anything is fetched, as far as sizes are known, and
            on the way.
        ConfigurationError: it is being downloaded already, or the folder cannot be written to.
        CancelledError: `cancelled()` became true.
    """
    target = root / source.folder
    if is_complete(source, target):
        raise ConfigurationError(f"{source.title} is in {target} already. Delete that folder to download it again.")
    arrivals = _downloads(source)
    try:
        root.mkdir(parents=True, exist_ok=True)
        arrivals.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename} cannot be made: {error.strerror}. Set LESIONLAB_DATA and LESIONLAB_ARTIFACTS to folders "
            "that you may write to."
        ) from error
    with _locked(source), client or new_client() as http:
        for pattern in (".{}.building-*", "..{}.arrived.building-*", ".{}.arrived"):
            for abandoned in root.glob(pattern.format(source.folder)):
                shutil.rmtree(abandoned, ignore_errors=True)  # of a process that was killed; we hold the lock
        progress(0, 0, "Asking for sizes")
        files = tuple(f if f.size is not None else _with_size_told(http, f) for f in source.files)
        _refuse_too_small_disk(source, files, arrivals, root)
        arrived = _fetch_all(http, files, arrivals, progress, cancelled)
        _put_in_place(arrived, target, progress, cancelled)
        size = sum(path.stat().st_size for path in arrived.values() if path.exists())
        shutil.rmtree(arrivals, ignore_errors=True)
    return Downloaded(target, size)


def _downloads(source: Source) -> Path:
    return artifacts_dir() / "downloads" / source.name


@contextmanager
def _locked(source: Source) -> Iterator[None]:
    """Only one process at a time brings files for a data-set folder."""
    place = artifacts_dir() / "downloads"
    place.mkdir(exist_ok=True)
    busy = ConfigurationError(
        f"A download into the folder {source.folder} is under way already. Wait until it has ended."
    )
    with locked(place / f"{source.folder}.lock", busy):
        yield


def _with_size_told(client: httpx.Client, file: SourceFile) -> SourceFile:
    """For the bar and the space only: what the server says now is not what was published."""
    return replace(file, told_size=size_told_by_server(client, file))


def _bytes_here(arrivals: Path, file: SourceFile) -> int:
    """Bytes of a file that came earlier."""
    places = (arrivals / file.name, arrivals / f"{file.name}.part")
    return sum(place.stat().st_size for place in places if place.is_file())


def _refuse_too_small_disk(source: Source, files: tuple[SourceFile, ...], arrivals: Path, root: Path) -> None:
    sizes = [file.likely_size or 0 for file in files]
    unknown = ", ".join(file.name for file in files if file.likely_size is None)
    besides = f" besides {unknown}, whose size is not known," if unknown else ""
    to_come = sum(max(size - _bytes_here(arrivals, file), 0) for file, size in zip(files, sizes, strict=True))
    afterwards = sum(file.unpacked_size or size for file, size in zip(files, sizes, strict=True))
    same_disk = arrivals.stat().st_dev == root.stat().st_dev
    for folder, needed in [(root, to_come + afterwards)] if same_disk else [(arrivals, to_come), (root, afterwards)]:
        free = shutil.disk_usage(folder).free
        if needed + SPARE_BYTES > free:
            raise DiskFullError(
                f"{source.title} needs {in_bytes(needed)}{besides} on the disk of {folder}, download and unpacked "
                f"files together, and {in_bytes(free)} are free. Free some space, or set LESIONLAB_DATA and "
                "LESIONLAB_ARTIFACTS to folders on a larger disk. Nothing was fetched."
            )


def _fetch_all(
    client: httpx.Client,
    files: tuple[SourceFile, ...],
    arrivals: Path,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> dict[SourceFile, Path]:
    total = sum_known(file.expected_size for file in files) or 0
    arrived: dict[SourceFile, Path] = {}
    done = 0
    for file in files:
        if cancelled():
            raise CancelledError("The download was stopped. What has come is kept for another time.")

        def report(size: int, speed: float | None, file: SourceFile = file, before: int = done) -> None:
            if size == file.expected_size:
                what = f"Checking {file.name}"
            else:
                of = f" of {_size_of_file(file)}"
                pace = f" at {in_bytes(speed)}/s" if speed else ""
                pace = ", asking the server again" if speed is None else pace
                what = f"{file.name}: {in_bytes(size)}{of}{pace}"
            progress(before + size, total, what)

        arrived[file] = fetch(client, file, arrivals, report, cancelled)
        done += arrived[file].stat().st_size
    return arrived


def _put_in_place(
    arrived: dict[SourceFile, Path], target: Path, progress: Progress, cancelled: Callable[[], bool]
) -> None:
    """Build the folder beside its place and move it there whole; into one that exists, entry by entry."""
    here = target.is_dir()
    aside_of = target.with_name(f".{target.name}.arrived") if here else target
    try:
        with folder_built_aside(aside_of) as aside:
            for file, path in arrived.items():
                _place(file, path, aside / file.into, progress, cancelled)
        if here:
            for entry in sorted(
                aside_of.iterdir(), key=lambda each: each.is_file()
            ):  # tables last: they are looked for
                _replace_entry(entry, target / entry.name)
    except PermissionError as error:
        raise ConfigurationError(f"{error.filename} cannot be written to: {error.strerror}.") from error
    finally:
        if here:
            shutil.rmtree(aside_of, ignore_errors=True)


def _place(file: SourceFile, path: Path, target: Path, progress: Progress, cancelled: Callable[[], bool]) -> None:
    room = shutil.disk_usage(target.parent).free - SPARE_BYTES
    if file.unpacked_size is not None and file.unpacked_size > room:
        raise DiskFullError(
            f"{file.name} takes {in_bytes(file.unpacked_size)} when unpacked and there is room for "
            f"{in_bytes(max(room, 0))} on the disk of {target.parent.parent}. Free some space and start again; the "
            "download is kept."
        )
    limits = Limits(room=room)
    try:
        if file.name.endswith(_ARCHIVES):
            unpack(path, target, limits, progress, cancelled)
        elif file.name.endswith(".gz"):
            unpack_one(path, target, limits, progress, cancelled)
        else:
            _refuse_web_page(path)
            progress(0, 0, f"Copying {file.name}")
            shutil.copyfile(path, target)
    except DataError as error:
        path.unlink(missing_ok=True)  # else the next try would only find it again
        raise DataError(f"{error} What had come of it was deleted, so that the next try fetches it anew.") from error


def _refuse_web_page(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(512).lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise DataError(f"{path.name} is a web page instead of the file that was asked for.")


def _replace_entry(entry: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        retired = entry.with_name(f"{entry.name}.retired")
        target.replace(retired)
    entry.replace(target)


def in_bytes(size: float) -> str:
    """A number of bytes as people say it."""
    for unit, worth in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= worth:
            return f"{size / worth:.1f} {unit}"
    return f"{size:.0f} bytes"


def _size_of_file(file: SourceFile) -> str:
    if file.expected_size is not None:
        return in_bytes(file.expected_size)
    return f"about {in_bytes(file.about_size)}" if file.about_size is not None else "an unknown size"


def size_in_words(source: Source) -> str:
    """How much there is to download, as far as it is known without asking the server."""
    if source.size is not None:
        return in_bytes(source.size)
    if source.likely_size is not None:
        return f"about {in_bytes(source.likely_size)}"
    if source.published_size:
        return f"over {in_bytes(source.published_size)}"
    return "size unknown until the download starts"
