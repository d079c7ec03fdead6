"""Starting a process of ours, telling for certain whether it still lives, and ending its whole group."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from core.base.settings import PROJECT_ROOT

_FOR_LOGS = {"PYTHONUNBUFFERED": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
"""What a process says stands in its log at once, without what TensorFlow's own parts have to tell but for errors."""


def host_name() -> str:
    """Name of this machine, by which statuses tell where their process is: `LESIONLAB_HOST`, else that of the system.

    Process ids mean something on one machine alone, so machines (or containers) that share an artifacts folder must
    differ in it.
    """
    return os.environ.get("LESIONLAB_HOST", "").strip() or socket.gethostname()


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


def start_python(
    module: Sequence[str], log: Path, environment: Mapping[str, str], *, stdin: bool = False
) -> subprocess.Popen[bytes]:
    """Start `python -m …` in the background, leading a group and session of its own so that it outlives this process.

    Args:
        module: name of the module, then its arguments.
        log: file to whose end its output and errors are written.
        environment: variables that it gets beside those of this process.
        stdin: whether its standard input is a pipe to be written to; otherwise it has none.

    Raises:
        OSError: it could not be started.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=PROJECT_ROOT,
            env={**os.environ, **_FOR_LOGS, **environment},
            start_new_session=True,
        )


def wait_in_background(process: subprocess.Popen[bytes]) -> None:
    """Have a thread wait for its end, so that it leaves no zombie behind."""
    threading.Thread(target=process.wait, daemon=True).start()
