"""The daemon: a small process that keeps the engine's workers alive, searches driven and no run waiting in vain.

`python -m core.daemon ENGINE_FOLDER` starts a worker for each device of this machine, and again where it dies or does
not answer. With `LESIONLAB_SCHEDULER` it starts none and calls the workers of that Dask cluster instead. There is one
daemon for an artifacts folder; it writes `engine.json`, by which everybody else finds the engine.
"""

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from core.base.files import UNREADABLE, read_json
from core.base.processes import ProcessId, host_name
from core.combined.join_finished import join_finished
from core.engine.daemon_process import DAEMON_NAME, daemon_answers, daemon_lock
from core.engine.dask_client import Cluster, external_scheduler
from core.engine.engine import EngineStatus, engine_status, ensure_engine, submit
from core.engine.engine_folder import (
    DAEMON,
    WORKER,
    EngineRecord,
    call_for_work,
    engine_folder,
    last_call,
    processes_of_engine,
    read_record,
    record_file,
    write_record,
)
from core.engine.engine_heartbeat import Heartbeat
from core.engine.queue import claimable, statuses
from core.engine.standby import waiting_standbys
from core.engine.workers import Workers
from core.runs.trash import empty_trash
from core.searches.revive import revive_searches
from core.searches.search_folder import active_searches

TICK_SECONDS = 0.5
TEND_SECONDS = 2.0
"""How often it looks for runs and searches that nobody looks after."""
STRANGERS_SECONDS = 5.0
"""How often it looks for processes of this folder that are not the engine's of now."""
TRASH_SECONDS = 600.0
IDLE_SECONDS = 600.0
"""How long the daemon of an engine elsewhere stays without work."""


def work_ahead() -> bool:
    """True if a run waits or is worked on, or a search is driven or should be."""
    return any(not status.state.over for _, status in statuses()) or bool(active_searches())


def revive_engine() -> bool:
    """Start the engine again where it does not answer, or died and there is work for it; True if it did so.

    Not where somebody stopped it.

    Raises:
        EngineError: it cannot be started.
    """
    record = read_record()
    if record is None or daemon_answers(record) or not (record.daemon.alive() or work_ahead()):
        return False
    ensure_engine()
    return True


def start_engine() -> EngineStatus:
    """Start the engine if it does not run; it takes up the runs and searches that wait.

    Raises:
        EngineError: it cannot be started.
    """
    submit()
    return engine_status()


class Daemon:
    """What the daemon does, one step at a time."""

    def __init__(self, address: str):
        self.process = ProcessId.of(os.getpid())
        self.address = address
        earlier = read_record()
        known = earlier.workers if earlier is not None and earlier.host == host_name() else {}
        self.engine = Cluster(address) if address else Workers(known)
        self._called = 0

    @property
    def workers(self) -> dict[str, ProcessId]:
        """Those of this machine, by their devices."""
        return self.engine.processes if isinstance(self.engine, Workers) else {}

    def keep(self) -> None:
        """Keep the workers alive, or pass a call on to those of the cluster, and write down how it stands."""
        before, self._called = self._called, last_call()
        if isinstance(self.engine, Workers):
            self.engine.keep()
        elif self._called != before:
            self.engine.call(f"launch-{self._called}")
        record = EngineRecord(self.process, host_name(), self.address, self.workers, self.engine.problem)
        if record != read_record():
            write_record(record)

    def tend(self) -> None:
        """Have searches driven on, folds brought together, and devices look at runs that wait or whose process died."""
        revive_searches()
        join_finished()
        work = bool(claimable())
        if isinstance(self.engine, Workers):
            if work:
                call_for_work()
        elif work or self.engine.problem:
            minute = int(time.monotonic() // 60)  # a task may hang in a machine that was cut off
            self.engine.call(f"tend-{minute}")

    def end_strangers(self) -> None:
        """End processes of this folder that are not the engine's of now, such as those of a daemon that was killed."""
        ours = {self.process, *self.workers.values()}
        for process in processes_of_engine(DAEMON, WORKER):
            if process not in ours:
                process.kill_group()
        for process in waiting_standbys():
            with contextlib.suppress(psutil.NoSuchProcess):
                if psutil.Process(process.pid).ppid() not in {each.pid for each in ours}:
                    process.kill_group()


def end_engine_of_0_1_0() -> None:
    """End the processes of an engine that version 0.1.0 has started and that still runs."""
    with contextlib.suppress(*UNREADABLE):
        value = read_json(record_file())
        others = [value["scheduler"], *(worker["process"] for worker in value["workers"])]
        for process in (value["keeper"], *filter(None, others)):
            ProcessId.from_json(process).kill_group()


def main() -> int:
    """Keep the engine until told to end (SIGTERM), an engine elsewhere as long as there is work for it."""
    engine_folder().mkdir(parents=True, exist_ok=True)
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    lock = daemon_lock()
    try:
        lock.acquire()
    except Timeout:
        return 0
    with lock:
        end_engine_of_0_1_0()
        daemon, heartbeat = Daemon(external_scheduler()), Heartbeat(DAEMON_NAME)
        steps = {daemon.keep: TICK_SECONDS, daemon.end_strangers: STRANGERS_SECONDS, daemon.tend: TEND_SECONDS}
        steps[_empty_trash] = TRASH_SECONDS
        done = dict.fromkeys(steps, -TRASH_SECONDS)
        needed, inode = time.monotonic(), _inode(lock)
        # One whose lock was taken away, with its folder or by another machine, has been replaced.
        while not told and inode == _inode(lock):
            heartbeat.beat()
            for step, seconds in steps.items():
                if (now := time.monotonic()) - done[step] >= seconds:
                    done[step] = now
                    try:
                        step()
                    except Exception:  # whatever is wrong with one run or the disk, the others must be looked after
                        traceback.print_exc()
            if not daemon.address or work_ahead():
                needed = time.monotonic()
            elif time.monotonic() - needed > IDLE_SECONDS:
                break
            time.sleep(TICK_SECONDS)
        if isinstance(daemon.engine, Cluster):
            daemon.engine.close()
    return 0


def _inode(lock: FileLock) -> int:
    try:
        return Path(lock.lock_file).stat().st_ino
    except OSError:
        return 0


def _empty_trash() -> None:
    """In a thread: it may take longer than the daemon may be silent."""
    threading.Thread(target=empty_trash, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
