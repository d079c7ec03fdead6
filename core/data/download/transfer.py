"""Fetching one file over HTTPS: goes on after a break, tries again, and keeps only what its checksum confirms."""

import contextlib
import random
import re
import shutil
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from core import __version__
from core.base.errors import CancelledError, DataError, DiskFullError
from core.base.files import is_disk_full
from core.base.printable import printable, shortened
from core.data.download.partial_file import PartialFile, find_fault
from core.data.download.public_transport import SOURCE, PublicTransport
from core.data.download.sources import SourceFile

SPARE_BYTES = 200_000_000
"""Space that stays free on the disk."""
SPACE_LOOKED_AT_BYTES = 64_000_000
"""After so many bytes it is looked at again how much is free: sizes may be unknown, and others write too."""
TRIES = 8
"""So many breaks in a row without one new byte end a download."""
FIRST_WAIT_SECONDS = 1.0
"""Before the second try; then twice as long each time."""
LONGEST_WAIT_SECONDS = 120.0
SILENCE_SECONDS = 20.0
"""A server that sends nothing for so long is asked again."""
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_NUMBER = re.compile(r"[0-9]{1,18}")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")
_TESTS_ITSELF = (".zip", ".gz", ".tgz", ".tar")
"""Files that are known to be whole once they are unpacked."""

Arrived = Callable[[int, float | None], None]
"""Called as `arrived(bytes_so_far, bytes_per_second)` of one file; bytes may fall back where it starts anew, and the
speed is None while nothing comes because the server is given time before it is asked again."""


class Speed:
    """Bytes per second over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        self._sum = 0

    def add(self, count: int) -> float:
        """Note that so many bytes came; returns the speed now."""
        now = time.monotonic()
        self._sum += count
        self._seen.append((now, self._sum))
        while len(self._seen) > 2 and now - self._seen[0][0] > 5.0:
            self._seen.popleft()
        then, before = self._seen[0]
        return (self._sum - before) / (now - then) if now - then > 0.2 else 0.0


_NO_ADDRESS = (httpx.InvalidURL, httpx.TooManyRedirects, UnicodeError)
"""What a redirect to a nonsense address raises."""


class _TryAgainError(Exception):
    """The transfer broke in a way that may pass; `wait` is how long the server asked to wait, in seconds."""

    def __init__(self, why: str, wait: float = 0.0):
        super().__init__(why)
        self.wait = wait


def new_client() -> httpx.Client:
    """An HTTP client that follows redirects, but over https and to public addresses alone."""
    return httpx.Client(
        follow_redirects=True,
        timeout=httpx.Timeout(SILENCE_SECONDS),
        headers={"User-Agent": f"lesion-lab/{__version__}", "Accept-Encoding": "identity"},
        transport=PublicTransport(),
    )


def size_told_by_server(client: httpx.Client, file: SourceFile) -> int | None:
    """Bytes of a file as its server says now; None if it does not say, or cannot be reached."""
    try:
        response = client.head(file.url, extensions={SOURCE: file.url})
    except (httpx.HTTPError, *_NO_ADDRESS):
        return None  # fetching the file will say so
    return (_number(response.headers.get("content-length", "")) or None) if response.status_code == 200 else None


def fetch(
    client: httpx.Client, file: SourceFile, folder: Path, arrived: Arrived, cancelled: Callable[[], bool]
) -> Path:
    """Bring one file into `folder`, going on from what lies there of an earlier try.

    A partial file stays where anything goes wrong that may pass, and where the person cancels; one whose checksum
    is wrong is deleted.

    Raises:
        DataError: the server does not have it, gives something else, or cannot be reached any more.
        DiskFullError: the disk is full, or too small once the server says how much it sends; what has come stays.
        CancelledError: `cancelled()` became true; what has come stays.
    """
    whole = folder / file.name
    if whole.is_file() and find_fault(whole, file) == "":
        arrived(whole.stat().st_size, 0.0)
        return whole
    folder.mkdir(parents=True, exist_ok=True)
    partial = PartialFile.open(folder / f"{file.name}.part", file.url)
    resumed = partial.size > 0
    _until_complete(client, file, partial, arrived, cancelled)
    wrong = find_fault(partial.path, file)
    if wrong and resumed:  # what lay there may have been of another file
        partial.forget()
        _until_complete(client, file, partial, arrived, cancelled)
        wrong = find_fault(partial.path, file)
    if wrong:
        partial.forget()
        raise DataError(
            f"{file.name} is not the file that was published: {wrong}. It was deleted. Try again; if it stays so, the "
            "file has been changed at its source."
        )
    partial.path.replace(whole)
    partial.forget()
    return whole


def _until_complete(
    client: httpx.Client, file: SourceFile, partial: PartialFile, arrived: Arrived, cancelled: Callable[[], bool]
) -> None:
    failures = 0
    while True:
        before = partial.size
        try:
            _receive(client, file, partial, arrived, cancelled)
            return
        except _NO_ADDRESS as error:
            raise DataError(
                f"{file.name} cannot be fetched: {urlsplit(file.url).hostname} sends on to an address that leads "
                f"nowhere ({shortened(printable(error))}). See the home page of the data set."
            ) from error
        except (httpx.HTTPError, _TryAgainError) as error:
            _stop_if(cancelled)
            failures = 1 if partial.size > before else failures + 1
            if failures >= TRIES:
                reason = str(error) or type(error).__name__
                raise DataError(
                    f"{file.name} cannot be fetched from {urlsplit(file.url).hostname}: {reason}. What has come "
                    "is kept; start the download again later to go on."
                ) from error
            arrived(partial.size, None)
            asked = error.wait if isinstance(error, _TryAgainError) else 0.0
            _wait(max(asked, FIRST_WAIT_SECONDS * 2.0 ** (failures - 1) * random.uniform(0.5, 1.0)), cancelled)


def _receive(
    client: httpx.Client, file: SourceFile, partial: PartialFile, arrived: Arrived, cancelled: Callable[[], bool]
) -> None:
    """One request, from where the partial file ends."""
    start, validator = partial.size, partial.origin.get("validator", "")
    checked = bool(file.md5 or file.sha256)
    if start and not validator and not checked:
        partial.forget()  # nothing would tell if the rest were of another file
        start = 0
    if start and file.size is not None and start >= file.size:
        if start == file.size:
            return
        partial.forget()
        start = 0
    headers = {"Range": f"bytes={start}-"} if start else {}
    if start and validator:
        headers["If-Range"] = validator
    with client.stream("GET", file.url, headers=headers, extensions={SOURCE: file.url}) as response:
        if start and response.status_code in (206, 416) and partial.is_of_another(response):
            partial.forget()
            raise _TryAgainError("the file is another one now")
        if response.status_code == 416 and start:
            if response.headers.get("content-range", "").endswith(f"/{start}"):
                return
            partial.forget()
            raise _TryAgainError("the file has another size now")
        _refuse(response, file)
        if response.status_code == 206:
            match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
            if match is None or int(match[1]) != start:
                partial.forget()
                raise _TryAgainError("the server sent another part than was asked for")
            total = None if match[2] == "*" else int(match[2])
        else:
            start = 0  # the server does not resume, or the file has changed
            total = _number(response.headers.get("content-length", ""))
        if file.size is not None and total is not None and total != file.size:
            partial.forget()
            raise DataError(
                f"{file.name} is not the file that was published: the server has {total:,} bytes instead of "
                f"{file.size:,}. Nothing was kept."
            )
        _refuse_full_disk(partial, to_come=0 if total is None else total - start)
        _write(response, partial, start, arrived, cancelled, file.size)
        if file.size is not None and partial.size > file.size:
            partial.forget()
            raise DataError(
                f"{file.name} is not the file that was published: the server sends more than its {file.size:,} bytes. "
                "Nothing was kept."
            )
        chunked = "chunked" in response.headers.get("transfer-encoding", "").lower()  # says where it ends
    if partial.size == 0:
        raise _TryAgainError("the server sent nothing")
    if total is None and not (checked or chunked or file.size):
        total = file.told_size
        if total is None and not file.name.endswith(_TESTS_ITSELF):
            _ask_for_more(client, file, partial)
    if total is not None and partial.size != total:
        raise _TryAgainError(f"the connection ended after {partial.size:,} of {total:,} bytes")


def _ask_for_more(client: httpx.Client, file: SourceFile, partial: PartialFile) -> None:
    """Ask for what follows where nothing else tells whether all has come: a server that resumes says if that is all."""
    headers = {"Range": f"bytes={partial.size}-"}
    with client.stream("GET", file.url, headers=headers, extensions={SOURCE: file.url}) as response:
        said, another = response.headers.get("content-range", ""), partial.is_of_another(response)
        if response.status_code == 416 and said.endswith(f"/{partial.size}") and not another:
            return
        if response.status_code == 206 and partial.origin.get("validator") and not another:
            raise _TryAgainError(f"the connection ended after {partial.size:,} bytes")
    partial.forget()
    raise DataError(
        f"{file.name} cannot be used: its server does not say how long it is, so that nobody can tell whether all of "
        "it came. Get it from the home page of the data set."
    )


def _write(
    response: httpx.Response,
    partial: PartialFile,
    start: int,
    arrived: Arrived,
    cancelled: Callable[[], bool],
    most: int | None,
) -> None:
    """Write what comes into the partial file, until it has more than `most` bytes: a server may never end."""
    speed = Speed()
    try:
        with partial.path.open("r+b" if start else "wb") as target:
            target.seek(start)
            partial.remember(response)
            size = start
            arrived(size, 0.0)
            with _ended_when(cancelled, response):
                looked_at = size
                for block in response.iter_raw():
                    target.write(block)
                    size += len(block)
                    if size - looked_at >= SPACE_LOOKED_AT_BYTES:
                        looked_at = size
                        _refuse_full_disk(partial)
                    arrived(size, speed.add(len(block)))
                    if most is not None and size > most:
                        break
                    _stop_if(cancelled)
    except OSError as error:
        if is_disk_full(error):
            raise _disk_full(partial) from error
        raise


def _refuse_full_disk(partial: PartialFile, to_come: int = 0) -> None:
    if shutil.disk_usage(partial.path.parent).free < to_come + SPARE_BYTES:
        raise _disk_full(partial)


def _disk_full(partial: PartialFile) -> DiskFullError:
    return DiskFullError(
        f"The disk that holds {partial.path.parent} is full, or too small for what is to come. Free some space and "
        "start the download again; it goes on where it stopped."
    )


def _refuse(response: httpx.Response, file: SourceFile) -> None:
    status = response.status_code
    if status in _TRY_AGAIN:
        asked = _number(response.headers.get("retry-after", "")) or 0
        raise _TryAgainError(f"the server answered {status} {response.reason_phrase}", min(asked, LONGEST_WAIT_SECONDS))
    if status not in (200, 206):
        raise DataError(
            f"{file.name} cannot be fetched: {response.url.host} answered {status} {response.reason_phrase}. It may "
            "have moved; see the home page of the data set."
        )
    if response.headers.get("content-type", "").startswith("text/html"):
        raise DataError(
            f"{file.name} cannot be fetched: {response.url.host} answered with a web page instead of the file. Open "
            "the home page of the data set to see whether it has moved."
        )


def _wait(seconds: float, cancelled: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        _stop_if(cancelled)
        time.sleep(min(left, 0.2))


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise CancelledError("The download was stopped. What has come is kept for another time.")


@contextlib.contextmanager
def _ended_when(cancelled: Callable[[], bool], response: httpx.Response) -> Iterator[None]:
    """Ends the connection once `cancelled()` is true, for a server that is silent would be waited for."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            if cancelled():
                with contextlib.suppress(OSError):
                    response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _number(text: str) -> int | None:
    """A whole number in the digits 0 to 9, as headers have it; None if it is nothing of the kind."""
    return int(text) if _NUMBER.fullmatch(text) else None
