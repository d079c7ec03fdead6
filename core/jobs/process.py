"""The process of a job: `python -m core.jobs.process JOB_FOLDER` does one job from start to end.

It is the only writer of the job's status while it lives, and holds a lock so that no second process can do the
same job.
"""

import importlib
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.errors import LesionLabError
from core.files import is_disk_full, write_json
from core.jobs.folder import Job
from core.jobs.states import JobState
from core.runs.processes import HEARTBEAT_SECONDS, ProcessId

_WRITE_SECONDS = 0.3
"""The status is not written more often than this, however often a function reports."""
_WINDOW_SECONDS = 20.0
"""Time left is told from the pace of so many last seconds."""


class Pace:
    """Time left of a phase, from how fast it went lately."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque()
        self._total = 0.0

    def seconds_left(self, now: float, done: float, total: float) -> float | None:
        """Note how far the work is; returns the seconds left, or None where they cannot be told yet."""
        if total != self._total or (self._seen and done < self._seen[-1][1]):
            self._seen.clear()  # another phase
            self._total = total
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()
        then, before = self._seen[0]
        if now - then < 1.0 or done <= before or total <= 0:
            return None
        return max(total - done, 0.0) * (now - then) / (done - before)


class StatusKeeper:
    """Keeps `status.json` up to date, with a heartbeat from a thread of its own."""

    def __init__(self, job: Job):
        self._job = job
        self._status = replace(
            job.written_status(), process=ProcessId.of(os.getpid()), host=socket.gethostname(), phase="Starting"
        )
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._pace = Pace()
        self._written = 0.0
        self._write()
        threading.Thread(target=self._beat, daemon=True).start()

    def progress(self, done: int, total: int, what: str) -> None:
        """A `core.progress.Progress` that goes to the status file."""
        now = time.monotonic()
        with self._lock:
            left = self._pace.seconds_left(now, float(done), float(total))
            change = {"phase": what, "done": float(done), "total": float(total), "eta_seconds": left}
            hurried = what != self._status.phase or done >= total
            self._status = replace(self._status, **change)
            if now - self._written > (_WRITE_SECONDS / 3 if hurried else _WRITE_SECONDS):
                self._written = now
                self._write()

    def end(self, state: JobState, message: str = "") -> None:
        """Write the last status; a disk that is full for a moment gets a second and a third chance."""
        self._over.set()
        with self._lock:
            self._status = replace(self._status, state=state, message=message, eta_seconds=None, ended=time.time())
            for chance in (1, 2, 3):
                try:
                    self._write()
                    return
                except (OSError, LesionLabError):
                    traceback.print_exc()
                    time.sleep(chance)

    def _write(self) -> None:
        self._status = replace(self._status, heartbeat=time.time())
        self._job.write_status(self._status)

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT_SECONDS):
            with self._lock:
                if self._over.is_set():
                    return
                try:
                    self._write()
                except Exception:  # a full disk must not end the heartbeat; the next beat tries again
                    traceback.print_exc()


def main(arguments: list[str]) -> int:
    """Do the job in the folder given; the exit code is 0 when it finished or was cancelled."""
    job = Job(Path(arguments[0]))
    lock = FileLock(job.path / "job.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return 1
    with lock:
        if not job.written_status().state.active:
            return 0
        told = threading.Event()

        def cancelled() -> bool:
            if not told.is_set() and job.cancel_asked():
                told.set()
            return told.is_set()

        signal.signal(signal.SIGTERM, lambda *_: told.set())
        keeper = StatusKeeper(job)
        try:
            if not cancelled():
                result = _function(job.asked()["function"])(job.arguments, keeper.progress, cancelled)
                if not told.is_set():
                    write_json(job.path / "result.json", result)
        except BaseException as error:
            traceback.print_exc()
            if not told.is_set():
                keeper.end(JobState.FAILED, message_of(error))
                return 1
        state = JobState.CANCELLED if told.is_set() else JobState.FINISHED
        keeper.end(state, "Stopped by a person." if told.is_set() else "")
    return 0


def message_of(error: BaseException) -> str:
    """What a person is told about an exception; the traceback stands in the log."""
    text = str(error).strip()
    if isinstance(error, OSError) and is_disk_full(error):
        text = "The disk is full. Free some space (old runs and caches are under the artifacts folder) and try again."
    elif isinstance(error, MemoryError):
        text = "There is not enough memory. End other programs and try again."
    elif not isinstance(error, LesionLabError):
        text = f"It ended with an error that was not foreseen ({type(error).__name__}: {text}). Its log says more."
    return text if len(text) <= 600 else text[:600] + " …"


def _function(name: str) -> Callable[..., dict[str, Any]]:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
