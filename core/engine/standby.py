"""A standby: a training process that has TensorFlow loaded already, so that the next run starts at once."""

import contextlib
import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import psutil

from core.base.processes import ProcessId, start_python
from core.engine.engine_folder import engine_folder, processes_of_engine
from core.engine.engine_settings import load_engine_settings
from core.engine.queue import statuses

STANDBY = "--standby"


class Standby:
    """At most one process that waits for a run. It ends by itself with its parent, or when it has waited too long.

    `environment` gives variables that it is started with.
    """

    def __init__(self, environment: Callable[[], dict[str, str]] = dict) -> None:
        self._environment = environment
        self._process: subprocess.Popen | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Start one if none waits and the settings want one; returns at once."""
        minutes = load_engine_settings().standby_minutes
        with self._lock:
            if minutes and not self._waits():
                folder = engine_folder()
                folder.mkdir(parents=True, exist_ok=True)
                command = ["core.engine.training_process", STANDBY, str(60 * minutes), str(folder)]
                self._process = start_python(command, folder / "standby.log", self._environment(), stdin=True)

    def take(self, folder: Path, environment: dict[str, str]) -> subprocess.Popen | None:
        """Give the run to the waiting process and return that; None if none waits."""
        with self._lock:
            if not self._waits() or self._process is None or (its_input := self._process.stdin) is None:
                return None
            process, self._process = self._process, None
            message = json.dumps({"run": str(folder), "environment": environment}) + "\n"
            with contextlib.suppress(OSError):
                its_input.write(message.encode())
                its_input.flush()
                return process
            return None

    def _waits(self) -> bool:
        """Whether it waits and would answer; one that somebody has halted is ended."""
        if self._process is None or self._process.poll() is not None:
            return False
        if psutil.Process(self._process.pid).status() == psutil.STATUS_STOPPED:
            self._process.kill()
            self._process.wait()
            return False
        return True


def waiting_standbys() -> list[ProcessId]:
    """Standby processes of this artifacts folder, on this machine, that have no run yet."""
    waiting = processes_of_engine(STANDBY)  # before the statuses: one that is given a run meanwhile is in there then
    training = {status.process for _, status in statuses() if status.state.active}
    return [process for process in waiting if process not in training]
