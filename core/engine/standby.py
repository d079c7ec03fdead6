"""A spare training process that has TensorFlow loaded already, so that the next run starts at once."""

import contextlib
import json
import subprocess
import threading
from pathlib import Path

from core.base.processes import start_python
from core.engine.engine_folder import engine_folder
from core.engine.engine_settings import load_engine_settings

SPARE = "--spare"


class Spare:
    """At most one process that waits for a run. It ends by itself with its parent, or when it has waited too long."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Start one if none waits and the settings want one; returns at once."""
        minutes = load_engine_settings().spare_minutes
        with self._lock:
            if minutes and not self._waits():
                folder = engine_folder()
                folder.mkdir(parents=True, exist_ok=True)
                command = ["core.engine.training_process", SPARE, str(60 * minutes), str(folder)]
                self._process = start_python(command, folder / "spare.log", {}, stdin=True)

    def take(self, folder: Path, environment: dict[str, str]) -> subprocess.Popen | None:
        """Give the run to the waiting process and return that; None if none waits."""
        with self._lock:
            if not self._waits():
                return None
            process, self._process = self._process, None
            message = json.dumps({"run": str(folder), "environment": environment}) + "\n"
            with contextlib.suppress(OSError):
                process.stdin.write(message.encode())
                process.stdin.flush()
                return process
            return None

    def _waits(self) -> bool:
        return self._process is not None and self._process.poll() is None


worker_spare = Spare()
"""The spare of this worker process."""
