"""The queue of runs, which lives in their folders: who is next, and which runs need somebody to look after them.

Workers take the next run when they are free, so that an order changed while runs wait is the order in which they
start. Whoever looks after a run holds `supervisor.lock` in its folder, which the system lets go when its process dies.
"""

import contextlib
import math
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.base.errors import ConfigurationError, EngineError, LesionLabError
from core.base.files import folders_in
from core.base.heartbeat import STALE_SECONDS, gone, here, lives_here, silence
from core.base.locks import locked
from core.base.processes import host_name
from core.engine.engine_settings import load_engine_settings
from core.runs.run_folder import RunFolder, is_run, runs_folder
from core.runs.run_states import State
from core.runs.run_status import Status

LOCK_SECONDS = 5.0
"""How long the queue or a run may be held by somebody else, who may have been halted, before an attempt is given up."""
HIGHEST_PRIORITY = 100
"""The lowest is as far below 0, which runs have by themselves."""
_JUST_WRITTEN_SECONDS = 0.1


@contextlib.contextmanager
def queue_locked() -> Iterator[None]:
    """Only one process at a time looks for the next run or changes the order.

    Raises:
        EngineError: somebody else has held the queue for `LOCK_SECONDS`.
    """
    file = runs_folder() / ".queue.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with locked(file, _held("The queue"), LOCK_SECONDS):
        yield


def _held(what: str) -> EngineError:
    return EngineError(f"{what} is in use by another process. Try again in a moment.")


def statuses() -> list[tuple[RunFolder, Status]]:
    """Every run with its written status, if that can be read; one that did not change is not read again."""
    known = []
    for path in folders_in(runs_folder()):
        with contextlib.suppress(OSError, LesionLabError):
            stat = (path / "status.json").stat()
            # Two writings within one tick of the file system's clock cannot be told apart.
            settled = abs(time.time_ns() - stat.st_mtime_ns) > _JUST_WRITTEN_SECONDS * 1e9
            read = _status if settled else _status.__wrapped__
            known.append((RunFolder(path), read(path, stat.st_mtime_ns, stat.st_ino)))
    return known


@lru_cache(maxsize=20_000)
def _status(path: Path, written: int, inode: int) -> Status:  # noqa: ARG001 - they tell one writing from the next
    return RunFolder(path).written_status()


def move(run: RunFolder, position: int) -> None:
    """Put a waiting run at a position, from 1; it takes the priority of the place. One that no longer waits stays.

    Raises:
        RunError: its status cannot be read.
        EngineError: the queue, or the run, is held by somebody else.
    """
    with queue_locked():
        others = [(other, status) for other, status in in_order(statuses()) if other != run]
        if not others:
            return
        index = max(0, min(position - 1, len(others)))
        if index == 0:
            first = others[0][1]
            _change(run, priority=first.priority, order=order_of(first) - 1)
            return
        before = others[index - 1][1]
        after = others[index][1] if index < len(others) else None
        if after is None or after.priority != before.priority:  # before all that are launched from now on
            _change(run, priority=before.priority, order=max(math.nextafter(order_of(before), math.inf), time.time()))
        else:
            middle = (order_of(before) + order_of(after)) / 2
            if not order_of(before) < middle < order_of(after):
                middle = _spread(others, index)
            _change(run, priority=before.priority, order=middle)


def _spread(queue: list[tuple[RunFolder, Status]], index: int) -> float:
    """Give runs of one priority orders that are a second apart where halving has used up the room between two.

    They only become smaller, so that all that are launched later come after them. Returns an order before that of the
    run at `index`, in the middle of the new room.
    """
    priority = queue[index][1].priority
    [*_, last] = places = [place for place, (_, status) in enumerate(queue) if status.priority == priority]
    latest = order_of(queue[last][1])
    for place in places:
        _change(queue[place][0], order=latest - (last - place))
    return latest - (last - index) - 0.5


def set_priority(run: RunFolder, priority: int) -> None:
    """Give a waiting run a priority; those of higher priority start first. One that no longer waits stays.

    Raises:
        ConfigurationError: it is beyond `HIGHEST_PRIORITY`, or as far below 0.
        RunError: its status cannot be read.
        EngineError: the queue, or the run, is held by somebody else.
    """
    if abs(priority) > HIGHEST_PRIORITY:
        raise ConfigurationError(f"A priority is a whole number from -{HIGHEST_PRIORITY} to {HIGHEST_PRIORITY}.")
    with queue_locked():
        _change(run, priority=priority)


def claim(passed_by: Collection[RunFolder] = ()) -> tuple[RunFolder, FileLock] | None:
    """The run that a free device of this machine should look after next, with its lock held; None if there is none.

    First runs whose process lives here without a supervisor, for they use a device; then those whose process died;
    then the queue, of which the run is no longer part. None of those that are to be passed by.

    Raises:
        EngineError: the queue is held by somebody else.
    """
    with queue_locked():
        for run in (run for run in _claimable() if run not in passed_by):
            # A folder may be gone by now, or nobody can write there; the others must not wait for it.
            with contextlib.suppress(OSError, LesionLabError):
                if (lock := _claimed(run)) is not None:
                    return run, lock
    return None


def _claimed(run: RunFolder) -> FileLock | None:
    """The lock of a run that waits or lost its process, if nobody else has it."""
    status = run.written_status()
    if status.state.active and not here(status):
        # A machine that was cut off may hold the locks for ever; when it comes back, it sees that it lost.
        for name in ("supervisor.lock", "run.lock"):
            (run.path / name).unlink(missing_ok=True)
    lock = run.lock_named("supervisor.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    try:
        if status.state is State.QUEUED:  # of one that is worked on, its process holds the lock of the status
            now = {"state": State.STARTING, "host": host_name(), "heartbeat": time.time(), "process": None}
            _change(run, **now, phase="Waiting for its process")
    except BaseException:
        lock.release(force=True)
        raise
    return lock


def claimable() -> list[RunFolder]:
    """Runs that somebody should look after, the most urgent first.

    Raises:
        EngineError: the queue is held by somebody else.
    """
    with queue_locked():
        return _claimable()


def _claimable() -> list[RunFolder]:
    known = statuses()
    settings = load_engine_settings()
    active = [(run, status) for run, status in known if status.state.active]
    orphans = [each for each in active if lives_here(each[1])]
    dead = [each for each in active if has_died(each[1])] if settings.resume_lost else []
    busy = Counter(status.owner for _, status in active if holds_device(status))
    queued = []
    for run, status in in_order(known):
        if status.owner and settings.per_person and busy[status.owner] >= settings.per_person:
            continue
        queued.append(run)
    return [run for run, status in [*orphans, *dead] if not here(status) or not supervised(run)] + queued


def has_died(status: Status) -> bool:
    """True if an active run's process is gone for certain, or has been silent on another machine for too long."""
    if not here(status):
        return silence(status) > load_engine_settings().takeover_seconds
    return gone(status) or (status.process is None and silence(status) > STALE_SECONDS)


def supervised(run: RunFolder) -> bool:
    """True if somebody looks after a run."""
    try:
        with run.lock_named("supervisor.lock", timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # it is gone, or nobody can write there
        return False


def in_order(known: list[tuple[RunFolder, Status]]) -> list[tuple[RunFolder, Status]]:
    """Those of the runs that wait, in the order in which they start."""
    queued = [(run, status) for run, status in known if status.state is State.QUEUED and is_run(run.path)]
    return sorted(queued, key=lambda each: (-each[1].priority, order_of(each[1]), each[0].run_id))


def order_of(status: Status) -> float:
    """What tells the place of a run among those of its priority; smaller starts earlier."""
    return status.created if status.order is None else status.order


def _change(run: RunFolder, **changes: Any) -> None:
    with locked(run.lock_named("run.lock"), _held(f"The run {run.run_id}"), LOCK_SECONDS):
        status = run.written_status()
        if status.state is State.QUEUED:
            run.write_status(replace(status, **changes))


def holds_device(status: Status) -> bool:
    """True for a run that learns, or died and is about to be resumed."""
    return status.state.active and (load_engine_settings().resume_lost or not has_died(status))
