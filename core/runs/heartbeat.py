"""Saying in a status file that a process lives, and telling from it whether one does."""

import threading
import time
import traceback
from dataclasses import replace
from typing import Any, Protocol

from core.runs.processes import HEARTBEAT_SECONDS, STALE_SECONDS, ProcessId, host_name


class Living(Protocol):
    """The part of a status that tells whether its process lives; times are seconds since the epoch."""

    @property
    def created(self) -> float: ...
    @property
    def heartbeat(self) -> float | None: ...
    @property
    def process(self) -> ProcessId | None: ...
    @property
    def host(self) -> str: ...


def heard_of(status: Living) -> bool:
    """False if the process is gone for certain, or has not said anything for `STALE_SECONDS`."""
    if status.host == host_name() and status.process is not None and not status.process.alive():
        return False
    return time.time() - (status.heartbeat or status.created) < STALE_SECONDS


class StatusKeeper:
    """Keeps `status.json` of a run or a search up to date, with a heartbeat from a thread of its own.

    Args:
        folder: the run or the search, with `written_status` and `write_status`.
    """

    def __init__(self, folder: Any):
        self.folder = folder
        self.status = folder.written_status()
        self._lock = threading.Lock()
        self._over = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def update(self, **changes: Any) -> None:
        """Change some fields and write the file."""
        with self._lock:
            self.status = replace(self.status, heartbeat=time.time(), **self.before_writing(), **changes)
            self.folder.write_status(self.status)

    def end(self, state: Any, **changes: Any) -> None:
        """Write the last status of this process."""
        self._over.set()
        self.update(state=state, ended=time.time(), **changes)

    def before_writing(self) -> dict[str, Any]:
        """Fields that are read anew for every writing."""
        return {}

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT_SECONDS):
            try:
                self.update()
            except Exception:  # a full disk must not end the heartbeat; the next beat tries again
                traceback.print_exc()
