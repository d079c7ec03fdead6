"""The process of a job: `python -m core.jobs.job_process JOB_FOLDER` does one job from start to end.

It is the only writer of the job's status while it lives, and holds a lock so that no second process can do the
same job.
"""

import importlib
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import Timeout

from core.base.errors import LesionLabError
from core.base.files import is_disk_full, write_json
from core.base.heartbeat import StatusWriter
from core.base.processes import ProcessId, host_name
from core.jobs.job_folder import Job
from core.jobs.job_states import JobState

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


class JobWriter(StatusWriter):
    """Also tells how much time is left."""

    def __init__(self, job: Job):
        super().__init__(job)
        self._pace = Pace()

    def progress(self, done: float, total: float, what: str, **changes: Any) -> None:
        left = self._pace.seconds_left(time.monotonic(), float(done), float(total))
        super().progress(done, total, what, eta_seconds=left, **changes)

    def end(self, state: JobState, **changes: Any) -> None:
        super().end(state, **{"message": "", "eta_seconds": None, **changes})


def main(arguments: list[str]) -> int:
    """Do the job in the folder given; the exit code is 0 when it finished or was cancelled."""
    job = Job(Path(arguments[0]))
    lock = job.lock
    try:
        lock.acquire()
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
        with JobWriter(job) as writer:
            writer.update(process=ProcessId.of(os.getpid()), host=host_name())
            try:
                if not cancelled():
                    result = _function(job.read_arguments().function)(job.arguments, writer.progress, cancelled)
                    if not told.is_set():
                        write_json(job.path / "result.json", result)
            except BaseException as error:
                traceback.print_exc()
                if not told.is_set():
                    writer.end(JobState.FAILED, message=message_of(error))
                    return 1
            state = JobState.CANCELLED if told.is_set() else JobState.FINISHED
            writer.end(state, message="Stopped by a person." if told.is_set() else "")
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
