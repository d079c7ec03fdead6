"""Saying in a status file that a process lives, and telling from it whether one does."""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self

from core.base.clocks import Moment
from core.base.errors import DiskFullError
from core.base.processes import ProcessId, host_name

HEARTBEAT_SECONDS = 2.0
"""How often a process writes into its status that it lives."""
STALE_SECONDS = 30.0
"""What has not been heard of for so long is lost."""
WRITE_SECONDS = 0.3
"""What changes often is not written more often than this."""
END_PAUSES = (1.0, 2.0)
"""A disk that is too full for the last status gets so many more chances, after so many seconds."""


class Living(Protocol):
    """The part of a status that tells whether its process lives; times are seconds since the epoch."""

    @property
    def created(self) -> float:
        """When the record was made."""

    @property
    def heartbeat(self) -> float | None:
        """When the process last said that it lives; None if it never did."""

    @property
    def process(self) -> ProcessId | None:
        """The process that works on it; None while there is none."""

    @property
    def host(self) -> str:
        """Name of the machine of that process."""

    @property
    def written(self) -> Moment | None:
        """When the status was written; None in records of old versions."""


def here(status: Living) -> bool:
    """True if the process is or was on this machine."""
    return status.host == host_name()


def lives_here(status: Living) -> bool:
    """True if the process lives on this machine, heard of or not."""
    return here(status) and status.process is not None and status.process.alive()


def gone(status: Living) -> bool:
    """True if the process was on this machine and lives no more, which is certain."""
    return here(status) and status.process is not None and not status.process.alive()


def silence(status: Living) -> float:
    """Seconds for which nothing has been heard of the process, whoever has set the clock meanwhile."""
    last = status.heartbeat or status.created
    if status.written is None:
        return time.time() - last
    return status.written.time - last + status.written.seconds_ago()


def heard_of(status: Living) -> bool:
    """False if the process is gone for certain, or has not said anything for `STALE_SECONDS`."""
    return not gone(status) and silence(status) < STALE_SECONDS


class Written(Protocol):
    """What a writer must be able to do with a record."""

    @property
    def path(self) -> Path:
        """Its folder."""

    def written_status(self) -> Any:
        """The status as it stands in the file, whether its process lives or not."""

    def write_status(self, status: Any, last_check: Callable[[], object] | None = None) -> None:
        """Put a status in place of the one in the file, unless the check that is made right before raises."""


class StatusWriter:
    """Keeps `status.json` of a record up to date, with a heartbeat from a thread of its own.

    As a context it is left without a heartbeat, ended or not: some writers end their whole process once their folder
    is gone.

    Args:
        folder: the run, the search or the job.
    """

    def __init__(self, folder: Written):
        self.folder = folder
        self.status = folder.written_status()
        self._written = 0.0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._beating = threading.Thread(target=self._beat, daemon=True)
        self._beating.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._beating.join()

    def update(self, **changes: Any) -> None:
        """Change some fields and write the file."""
        with self._lock:
            self._write(changes)

    def progress(self, done: float, total: float, what: str, **changes: Any) -> None:
        """A `core.base.progress.Progress`, where the status has a phase; the next beat
        writes what is not written now."""
        hurried = what != self.status.phase or done >= total
        with self._lock:
            self.status = replace(self.status, phase=what, done=float(done), total=float(total), **changes)
            if time.monotonic() - self._written > (WRITE_SECONDS / 3 if hurried else WRITE_SECONDS):
                self._write({})

    def end(self, state: Any, **changes: Any) -> None:
        """Write the last status of this process; a disk that is full for a moment gets more than one chance."""
        self._over.set()
        last = {"state": state, "ended": time.time(), **changes}
        for pause in END_PAUSES:
            try:
                self.update(**last)
                return
            except (OSError, DiskFullError):
                traceback.print_exc()
                time.sleep(pause)
        self.update(**last)

    def before_writing(self) -> dict[str, Any]:
        """Fields that are read anew for every writing; asked once more right before the file takes its place."""
        return {}

    def folder_gone(self) -> None:
        """Called once nothing can be written any more, for somebody has removed the record."""

    def _write(self, changes: dict[str, Any]) -> None:
        self.status = replace(self.status, heartbeat=time.time(), **self.before_writing(), **changes)
        self._written = time.monotonic()
        self.folder.write_status(self.status, self.before_writing)

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT_SECONDS):
            with self._lock:
                if self._over.is_set():  # the last status is written, or is about to be
                    return
                try:
                    self._write({})
                except Exception:  # a full disk must not end the heartbeat; the next beat tries again
                    traceback.print_exc()
                    if self.folder.path.is_dir():
                        continue
                else:
                    continue
            # Not asked of `_over`: it is also set by who ends the record while this beat is being written.
            self._over.set()
            self.folder_gone()
