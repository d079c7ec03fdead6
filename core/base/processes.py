"""Starting a process of ours, telling for certain whether it still lives, and ending its whole group."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil

from core.base.clocks import boot_id
from core.base.files import open_private
from core.base.settings import PROJECT_ROOT

_FOR_LOGS = {"PYTHONUNBUFFERED": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
"""What a process says stands in its log at once, without what TensorFlow's own parts have to tell but for errors."""

_LAST = 19
"""The lowest priority that there is, as `nice` counts."""


def host_name() -> str:
    """Name of this machine, by which statuses tell where their process is: `LESIONLAB_HOST`, else that of the system.

    Process ids mean something on one machine alone, so machines (or containers) that share an artifacts folder must
    differ in it.
    """
    return os.environ.get("LESIONLAB_HOST", "").strip() or socket.gethostname()


@contextlib.contextmanager
def main_unknown() -> Iterator[None]:
    """While a process is spawned by `multiprocessing`: it would run the main module again, and needs it for nothing.

    That module is the page while Streamlit runs one, in tests of pages a file that is gone afterwards.
    """
    main, nothing = sys.modules["__main__"], ModuleType("__main__")
    sys.modules["__main__"] = nothing
    try:
        yield
    finally:
        if sys.modules["__main__"] is nothing:  # else another page has begun meanwhile
            sys.modules["__main__"] = main


@dataclass(frozen=True)
class ProcessId:
    """A process by its id and start, so that a reused id is not mistaken, and a clock that is set changes nothing.

    `started` is in clock ticks since the start of the machine that is named by `boot`, as Linux tells it. Where
    `boot` is empty (another system, or written by version 0.1.0) it is in seconds since the epoch.
    """

    pid: int
    started: float
    boot: str = ""

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        """The process that has this id now.

        Raises:
            psutil.NoSuchProcess: there is none.
        """
        if boot_id() and (found := _state_and_start(pid)):
            return cls(pid, found[1], boot_id())
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ProcessId":
        """What `to_json` gave."""
        return cls(int(value["pid"]), float(value["started"]), str(value.get("boot", "")))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {"pid": self.pid, "started": self.started, "boot": self.boot}

    def alive(self) -> bool:
        """True if this very process runs (a zombie does not)."""
        if self.boot:
            found = _state_and_start(self.pid) if self.boot == boot_id() else None
            return found is not None and found[0] not in "ZX" and found[1] == self.started
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
        log: file to whose end its output and errors are written; only its owner may read it.
        environment: variables that it gets beside those of this process.
        stdin: whether its standard input is a pipe to be written to; otherwise it has none.

    Raises:
        OSError: it could not be started.
    """
    with open_private(log) as output:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=PROJECT_ROOT,
            env={**os.environ, **_FOR_LOGS, **environment},
            start_new_session=True,
        )


def _state_and_start(pid: int) -> tuple[str, int] | None:
    """Letter of a process's state and the ticks of its start (proc(5), fields 3 and 22); None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()  # its name may hold anything
        return fields[0].decode(), int(fields[19])
    except (OSError, IndexError):
        return None


def give_way(process: subprocess.Popen[bytes]) -> None:
    """Let a process that leads a session of its own, and all that it starts, come after all others on this machine.

    Linux may weigh whole sessions against each other (sched(7), autogroup); then what a process says of itself counts
    only within its session.
    """
    with contextlib.suppress(OSError):  # it is over already
        os.setpriority(os.PRIO_PROCESS, process.pid, _LAST)
    with contextlib.suppress(OSError):  # another system, or one that weighs no sessions
        Path(f"/proc/{process.pid}/autogroup").write_text(str(_LAST))


def wait_in_background(process: subprocess.Popen[bytes]) -> None:
    """Have a thread wait for its end, so that it leaves no zombie behind."""
    threading.Thread(target=process.wait, daemon=True).start()
