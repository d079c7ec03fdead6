"""The engine's keeper: a small process that keeps scheduler and workers alive and no run waiting in vain.

`python -m core.daemon` starts what is missing and starts again what dies. With `LESIONLAB_SCHEDULER` it starts
nothing and only looks after the runs of this artifacts folder. There is one keeper for an artifacts folder; it writes
`engine.json`, by which everybody else finds the engine.
"""

import contextlib
import os
import signal
import sys
import time
import traceback
from typing import Any

import psutil
from filelock import FileLock, Timeout

from core.base.errors import EngineError
from core.base.files import read_json, write_json
from core.base.processes import ProcessId, start_python
from core.base.settings import settings_for_processes
from core.engine.dask_client import TaskSender, answers, external_scheduler
from core.engine.engine_folder import SCHEDULER, WORKER, daemons, engine_folder, read_record, record_file
from core.engine.hardware import devices
from core.engine.queue import claimable, statuses
from core.engine.worker import EMBEDDED
from core.runs.trash import empty_trash
from core.searches.revive import revive_searches
from core.searches.search_folder import list_searches

QUIET_DASK = {
    # A task whose worker died is given to another one, however often.
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1000000",
    # Fifty ticks a second and a profiler are for many short tasks; here they would be all that an idle engine does.
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "60s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5s",
}
"""Settings of Dask, as environment variables, for the engine's scheduler and workers."""
TICK_SECONDS = 0.5
TEND_SECONDS = 2.0
"""How often it looks for runs and searches that nobody looks after."""
TRASH_SECONDS = 600.0
IDLE_SECONDS = 600.0
"""How long the keeper of an engine elsewhere stays without work."""
START_SECONDS = 60.0
SILENT_SCHEDULER = 3
"""A scheduler that took no task so often in a row is started anew."""
LONGEST_PAUSE_SECONDS = 30.0
"""How long it waits at most before it starts again what keeps dying."""


class Keeper:
    """Scheduler and workers of this machine as they should be, brought about step by step."""

    def __init__(self) -> None:
        self.folder = engine_folder()
        self.sender = TaskSender()
        self.record: dict[str, Any] = {"keeper": ProcessId.of(os.getpid()).to_json(), "address": "", "workers": []}
        self.failures, self.problem = 0, ""
        self._not_before = 0.0
        self._children: dict[int, Any] = {}

    def tick(self) -> None:
        """Start what is missing; something that dies again and again is started less and less often."""
        if time.monotonic() < self._not_before:
            return
        try:
            if address := external_scheduler():
                self.record["address"] = address
            else:
                self._keep_scheduler()
                self._keep_workers()
            self.failures, self.problem = 0, ""
        except (EngineError, OSError) as error:
            traceback.print_exc()
            self.problem = str(error)
            self.failures += 1
            self._not_before = time.monotonic() + min(LONGEST_PAUSE_SECONDS, 2.0**self.failures)
        self._write()

    def tend(self) -> None:
        """Have searches driven on, and a device look at the runs that wait or whose process died."""
        revive_searches()
        address = self.record["address"]
        if not address or (external_scheduler() and not answers(address)):
            return
        fresh = [worker for worker in self.record["workers"] if not worker.get("warm")]
        if fresh or claimable():
            minute = int(time.time() // 60)  # a task may hang in a machine that was cut off
            many = max(1, len(self.record["workers"]))
            self.sender.send(address, [f"tend-{number}-{minute}" for number in range(many)])
            for worker in fresh:
                worker["warm"] = True

    def end(self) -> None:
        """Let go of the connection; scheduler and workers live on."""
        self.sender.close()

    def _keep_scheduler(self) -> None:
        known = self.record.get("scheduler")
        if known and ProcessId.from_json(known).alive() and self.sender.failures < SILENT_SCHEDULER:
            return
        self.sender.close()
        self._end(known)
        for worker in self.record["workers"]:  # they know another scheduler; the runs they looked after go on
            self._end(worker["process"])
        self.record |= {"address": "", "scheduler": None, "workers": []}
        self._write()
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        process = self._spawn(
            "scheduler",
            [SCHEDULER, *"--host 127.0.0.1 --port 0 --no-dashboard --no-jupyter".split()]
            + ["--scheduler-file", str(file)],
            {},
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.alive():
            with contextlib.suppress(OSError, ValueError, KeyError):
                address = read_json(file)["address"]
                if answers(address):
                    self.record |= {"address": address, "scheduler": process.to_json()}
                    return
            time.sleep(0.02)
        process.kill_group()
        raise EngineError(f"The engine could not be started; {self.folder / 'scheduler.log'} says why.")

    def _keep_workers(self) -> None:
        """One worker for each device, and none beside them."""
        wanted = devices()
        kept = []
        for worker in self.record["workers"]:
            if worker["device"] in wanted and ProcessId.from_json(worker["process"]).alive():
                kept.append(worker)
            else:
                self._end(worker["process"])
        self.record["workers"] = kept
        for device in wanted:
            if device not in {worker["device"] for worker in kept}:
                process = self._spawn(
                    f"worker-{device}",
                    [WORKER, *"--no-nanny --nworkers 1 --nthreads 1 --memory-limit 0".split()]
                    + ["--resources", "device=1", "--no-dashboard", "--death-timeout", "30", "--name", device]
                    + ["--local-directory", str(self.folder / "work"), self.record["address"]],
                    worker_environment(device, len(wanted)),
                )
                kept.append({"device": device, "process": process.to_json()})

    def _spawn(self, name: str, module: list[str], environment: dict[str, str]) -> ProcessId:
        settings = {**settings_for_processes(), **QUIET_DASK, EMBEDDED: "1"}
        child = start_python(module, self.folder / f"{name}.log", {**settings, **environment})
        self._children[child.pid] = child
        return ProcessId.of(child.pid)

    def _end(self, process: dict[str, Any] | None) -> None:
        if process is not None:
            ProcessId.from_json(process).kill_group()

    def _write(self) -> None:
        for pid, child in list(self._children.items()):
            if child.poll() is not None:  # which also takes the zombie away
                del self._children[pid]
        written = {**self.record, "problem": self.problem}
        if written != read_record():
            write_json(record_file(), written)

    def adopt(self) -> None:
        """Go on with the scheduler and the workers that an earlier keeper left, and end what it did not note down."""
        earlier = read_record() or {}
        with contextlib.suppress(KeyError, TypeError, ValueError):
            if not external_scheduler() and ProcessId.from_json(earlier["scheduler"]).alive():
                self.record |= {name: earlier[name] for name in ("address", "scheduler", "workers")}
        noted = [self.record.get("scheduler"), *(worker["process"] for worker in self.record["workers"])]
        known = {ProcessId.from_json(process) for process in noted if process}
        for process in daemons(SCHEDULER, WORKER):
            if process not in known:
                process.kill_group()


def worker_environment(device: str, workers: int) -> dict[str, str]:
    """What a worker and its trainings see of the machine: their own GPUs, or their share of the cores."""
    if device.startswith("gpu-"):
        return {"CUDA_VISIBLE_DEVICES": device.removeprefix("gpu-")}
    hidden = {"CUDA_VISIBLE_DEVICES": "-1"}
    if workers == 1:
        return hidden
    return {**hidden, "TF_NUM_INTRAOP_THREADS": str(max(1, (psutil.cpu_count() or 1) // workers))}


def work_ahead() -> bool:
    """True if a run waits or is worked on, or a search is driven or should be."""
    searches = (search.written_status().state for search in list_searches())
    return any(not status.state.over for _, status in statuses()) or any(state.active for state in searches)


def main() -> int:
    """Keep the engine until told to end (SIGTERM), an engine elsewhere as long as there is work for it."""
    folder = engine_folder()
    folder.mkdir(parents=True, exist_ok=True)
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    try:
        lock = FileLock(folder / "keeper.lock")
        lock.acquire(timeout=0)
    except Timeout:
        return 0
    with lock:
        keeper = Keeper()
        keeper.adopt()
        tended = emptied = -TRASH_SECONDS
        needed = time.monotonic()
        while not told:
            keeper.tick()
            now = time.monotonic()
            if not external_scheduler() or work_ahead():
                needed = now
            elif now - needed > IDLE_SECONDS:
                break
            try:
                if now - tended > TEND_SECONDS:
                    tended = now
                    keeper.tend()
                if now - emptied > TRASH_SECONDS:
                    emptied = now
                    empty_trash()
            except Exception:  # whatever is wrong with one run or the disk, the others must be looked after
                traceback.print_exc()
            time.sleep(TICK_SECONDS)
        keeper.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
