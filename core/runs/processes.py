"""Telling for certain whether a process of ours still lives, and ending its whole group."""

import contextlib
import os
import signal
from dataclasses import dataclass
from typing import Any

import psutil


@dataclass(frozen=True)
class ProcessId:
    """A process by its id and start time (seconds since the epoch), so that a reused id is not mistaken."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        """The process that has this id now."""
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ProcessId":
        """What `to_json` gave."""
        return cls(int(value["pid"]), float(value["started"]))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {"pid": self.pid, "started": self.started}

    def alive(self) -> bool:
        """True if this very process runs (a zombie does not)."""
        try:
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.started) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def kill_group(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal the process group that it leads, if it still runs."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)
