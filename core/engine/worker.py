"""A device takes runs from the queue, one after another.

On one machine `python -m core.engine.worker DEVICE ENGINE_FOLDER` does so for as long as the engine wants it; on a
cluster it is a task of a Dask worker (`core.engine.dask_client`). It imports nothing heavy: it waits most of the time.
"""

import contextlib
import os
import sys
import time
import traceback
from collections.abc import Callable

import psutil
from filelock import FileLock

from core.base.errors import LesionLabError
from core.base.processes import ProcessId
from core.engine.daemon_process import revive_daemon
from core.engine.engine_folder import last_call, read_record
from core.engine.engine_heartbeat import Heartbeat
from core.engine.hardware import devices
from core.engine.queue import claim
from core.engine.standby import Standby
from core.engine.supervise import supervise
from core.runs.run_folder import RunFolder

CALL_SECONDS = 0.1
"""How often an idle worker looks whether it was called."""
LOOK_SECONDS = 10.0
"""How often it looks at the queue without a call."""
AROUND_SECONDS = 2.0
"""How often it looks whether the daemon answers and still wants it."""
UNWANTED_SECONDS = 10.0
"""A worker that the engine's record does not name for so long ends."""
FAILED_SECONDS = 20.0
"""For how long a run is passed by that could not be looked after, as on a full disk."""
_failed_at: dict[RunFolder, float] = {}
"""When that was, by this process's clock."""


def worker_name(device: str) -> str:
    """Name of a device's worker, by which people, its log and its heartbeat tell it."""
    return f"worker-{device}"


def take_runs(standby: Standby, own: Callable[[], dict[str, str]], beat: Callable[[], None] = lambda: None) -> int:
    """Take every run that this device can take, each to its end; returns how many.

    Args:
        standby: gives the process of a run if it has one waiting.
        own: environment variables for trainings that stand over what the runs say.
        beat: called all the time.
    """
    taken = 0
    while (claimed := _claim()) is not None:
        run, lock = claimed
        taken += 1
        try:
            supervise(str(run.path), own(), lock, standby, beat)
        except Exception:  # whatever is wrong with one run or the disk, the others must be looked after
            _failed_at[run] = time.monotonic()
            _say_what_went_wrong()
    return taken


def _claim() -> tuple[RunFolder, FileLock] | None:
    """The next run, none that could not be looked after a moment ago."""
    failed = [run for run, moment in _failed_at.items() if time.monotonic() - moment < FAILED_SECONDS]
    try:
        return claim(failed)
    except (OSError, LesionLabError):  # the next call may find it better
        _say_what_went_wrong()
        return None


def _say_what_went_wrong() -> None:
    with contextlib.suppress(OSError):  # the log may be on a full disk, too
        traceback.print_exc()


class Worker:
    """The worker of a device of this machine."""

    def __init__(self, device: str):
        self.device = device
        self.process = ProcessId.of(os.getpid())
        self.standby = Standby(self.environment)
        self._heartbeat = Heartbeat(worker_name(device))
        self._looked = self._wanted = time.monotonic()

    def environment(self) -> dict[str, str]:
        """What its trainings see of the machine: their own GPUs, or their part of the cores."""
        if self.device.startswith("gpu-"):
            return {"CUDA_VISIBLE_DEVICES": self.device.removeprefix("gpu-")}
        hidden, workers = {"CUDA_VISIBLE_DEVICES": "-1"}, len(devices())
        if workers == 1:
            return hidden
        return {**hidden, "TF_NUM_INTRAOP_THREADS": str(max(1, (psutil.cpu_count() or 1) // workers))}

    def beat(self) -> None:
        """Say that it works, and look after the daemon now and then."""
        self._heartbeat.beat()
        if time.monotonic() - self._looked > AROUND_SECONDS:
            self._looked = time.monotonic()
            revive_daemon()
            record = read_record()
            if record is not None and record.workers.get(self.device) == self.process:
                self._wanted = self._looked

    def wanted(self) -> bool:
        """False once the engine was stopped, or has another worker in its place."""
        return time.monotonic() - self._wanted < UNWANTED_SECONDS

    def work(self) -> None:
        """Take runs whenever called, until it is not wanted any more."""
        called = True
        while self.wanted():
            call = last_call()
            if take_runs(self.standby, self.environment, self.beat) or called:
                self.standby.prepare()
            deadline = time.monotonic() + LOOK_SECONDS
            while last_call() == call and time.monotonic() < deadline and self.wanted():
                self.beat()
                time.sleep(CALL_SECONDS)
            called = last_call() != call


def main(arguments: list[str]) -> int:
    """Work for the device that is named."""
    Worker(arguments[0]).work()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
