"""The queue of runs, which lives in their folders: who is next, and which runs need somebody to look after them.

Workers take the next run when they are free, so that an order changed while runs wait is the order in which they
start. Whoever looks after a run holds `supervisor.lock` in its folder, which the system lets go when its process dies.
"""

import contextlib
import math
import statistics
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from core.base.errors import LesionLabError
from core.base.files import folders_in
from core.base.heartbeat import STALE_SECONDS, gone, here, lives_here, silence
from core.base.processes import host_name
from core.engine.engine_settings import load_engine_settings
from core.engine.hardware import devices
from core.runs.run_folder import RunFolder, is_run, runs_folder
from core.runs.run_states import State
from core.runs.run_status import Status
from core.runs.trained import read_trained

if TYPE_CHECKING:
    from core.training.recipe import Recipe

Kind = tuple[str, str, int]
"""Runs that take alike: model, data set, picture size."""
_EXAMPLES = 5
"""Finished runs of a kind from which the duration of the next one is told."""


@dataclass(frozen=True)
class Queued:
    """One run that waits. `position` counts from 1; `expected_start` is in seconds from now, None if not known."""

    run: RunFolder
    status: Status
    position: int
    expected_start: float | None


@contextlib.contextmanager
def queue_locked() -> Iterator[None]:
    """Only one process at a time looks for the next run or changes the order."""
    file = runs_folder() / ".queue.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file):
        yield


def statuses() -> list[tuple[RunFolder, Status]]:
    """Every run with its written status, if that can be read; one that did not change is not read again."""
    known = []
    for path in folders_in(runs_folder()):
        with contextlib.suppress(OSError, LesionLabError):
            stat = (path / "status.json").stat()
            known.append((RunFolder(path), _status(path, stat.st_mtime_ns, stat.st_ino)))
    return known


@lru_cache(maxsize=20_000)
def _status(path: Path, written: int, inode: int) -> Status:  # noqa: ARG001 - they tell one writing from the next
    return RunFolder(path).written_status()


def waiting() -> list[Queued]:
    """The runs that wait, in the order in which they start but for who is at the limit per person."""
    known = statuses()
    queue = _in_order(known)
    starts = _expected_starts(queue, known)
    return [
        Queued(run, status, position, start if start < math.inf else None)
        for position, ((run, status), start) in enumerate(zip(queue, starts, strict=True), 1)
    ]


def _expected_starts(queue: list[tuple[RunFolder, Status]], known: list[tuple[RunFolder, Status]]) -> list[float]:
    """In how many seconds each run of the queue is taken, infinite where nobody knows; who is at the limit waits."""
    free, pace, limit = _free_devices(known), _usual_paces(known), load_engine_settings().per_person
    ends: dict[str, list[float]] = defaultdict(list)
    for status in (status for _, status in known if _holds_device(status)):
        ends[status.owner].append(_time_left(status))
    lines: dict[str, deque[int]] = defaultdict(deque)
    for place, (_, status) in enumerate(queue):
        lines[status.owner].append(place)
    starts = [math.inf] * len(queue)
    while lines and free:
        device = free.index(min(free))

        def start_of(owner: str, soonest: float = free[device]) -> float:
            over = len(ends[owner]) - limit
            return max(soonest, sorted(ends[owner])[over]) if owner and limit and over >= 0 else soonest

        owner = min(lines, key=lambda each: (start_of(each), lines[each][0]))
        starts[place := lines[owner].popleft()] = start = start_of(owner)
        if not lines[owner]:
            del lines[owner]
        recipe = _recipe(queue[place][0])
        seconds = None if recipe is None else pace(_kind(recipe))
        free[device] = math.inf if seconds is None else start + seconds * recipe.epochs
        ends[owner].append(free[device])
    return starts


def move(run: RunFolder, position: int) -> None:
    """Put a waiting run at a position, from 1; it takes the priority of the place. One that no longer waits stays.

    Raises:
        RunError: its status cannot be read.
    """
    with queue_locked():
        others = [(other, status) for other, status in _in_order(statuses()) if other != run]
        index = max(0, min(position - 1, len(others)))
        before = others[index - 1][1] if index > 0 else None
        after = others[index][1] if index < len(others) else None
        if before is None and after is None:
            return
        if before is None:
            place = {"priority": after.priority, "order": _order(after) - 1}
        elif after is None or after.priority != before.priority:
            place = {"priority": before.priority, "order": _order(before) + 1}
        else:
            place = {"priority": before.priority, "order": (_order(before) + _order(after)) / 2}
        _change(run, **place)


def set_priority(run: RunFolder, priority: int) -> None:
    """Give a waiting run a priority; those of higher priority start first. One that no longer waits stays.

    Raises:
        RunError: its status cannot be read.
    """
    with queue_locked():
        _change(run, priority=priority)


def claim() -> tuple[RunFolder, FileLock] | None:
    """The run that a free device of this machine should look after next, with its lock held; None if there is none.

    First runs whose process lives here without a supervisor, for they use a device; then those whose process died;
    then the queue, of which the run is no longer part.
    """
    with queue_locked():
        for run in _claimable():
            status = run.written_status()
            if status.state.active and not here(status):
                # A machine that was cut off may hold the locks for ever; when it comes back, it sees that it lost.
                for name in ("supervisor.lock", "run.lock"):
                    (run.path / name).unlink(missing_ok=True)
            lock = FileLock(run.path / "supervisor.lock")
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=0)
                now = {"state": State.STARTING, "host": host_name(), "heartbeat": time.time(), "process": None}
                _change(run, **now, phase="Waits for its process")
                return run, lock
    return None


def claimable() -> list[RunFolder]:
    """Runs that somebody should look after, the most urgent first."""
    with queue_locked():
        return _claimable()


def _claimable() -> list[RunFolder]:
    known = statuses()
    settings = load_engine_settings()
    active = [(run, status) for run, status in known if status.state.active]
    orphans = [each for each in active if lives_here(each[1])]
    dead = [each for each in active if has_died(each[1])] if settings.resume_lost else []
    busy = Counter(status.owner for _, status in active if _holds_device(status))
    queued = []
    for run, status in _in_order(known):
        if status.owner and settings.per_person and busy[status.owner] >= settings.per_person:
            continue
        queued.append(run)
    return [run for run, status in [*orphans, *dead] if not here(status) or not _supervised(run)] + queued


def has_died(status: Status) -> bool:
    """True if an active run's process is gone for certain, or has been silent on another machine for too long."""
    if not here(status):
        return silence(status) > load_engine_settings().takeover_seconds
    return gone(status) or (status.process is None and silence(status) > STALE_SECONDS)


def _supervised(run: RunFolder) -> bool:
    try:
        with FileLock(run.path / "supervisor.lock", timeout=0):
            return False
    except Timeout:
        return True


def _in_order(known: list[tuple[RunFolder, Status]]) -> list[tuple[RunFolder, Status]]:
    queued = [(run, status) for run, status in known if status.state is State.QUEUED and is_run(run.path)]
    return sorted(queued, key=lambda each: (-each[1].priority, _order(each[1]), each[0].run_id))


def _order(status: Status) -> float:
    return status.created if status.order is None else status.order


def _change(run: RunFolder, **changes: object) -> None:
    with FileLock(run.path / "run.lock"):
        status = run.written_status()
        if status.state is State.QUEUED:
            run.write_status(replace(status, **changes))


def _holds_device(status: Status) -> bool:
    """True for a run that learns, or died and is about to be resumed."""
    return status.state.active and (load_engine_settings().resume_lost or not has_died(status))


def _time_left(status: Status) -> float:
    return math.inf if status.eta_seconds is None else status.eta_seconds


def _free_devices(known: list[tuple[RunFolder, Status]]) -> list[float]:
    """For each device of the embedded engine, in how many seconds it is free; infinite where that is not known."""
    busy = [_time_left(status) for _, status in known if status.state.active and not has_died(status)]
    return busy + [0.0] * max(0, len(devices()) - len(busy))


def _usual_paces(known: list[tuple[RunFolder, Status]]) -> Callable[[Kind], float | None]:
    """How many seconds an epoch of a kind takes, from the latest runs of it; None where there is none."""
    finished = [each for each in known if each[1].state is State.FINISHED]
    latest = sorted(finished, key=lambda each: -(each[1].ended or 0))

    @lru_cache
    def pace(kind: Kind) -> float | None:
        paces = (seconds for run, _ in latest if (seconds := _pace(run.path, kind)) is not None)
        return statistics.median(few) if (few := list(islice(paces, _EXAMPLES))) else None

    return pace


def _recipe(run: RunFolder) -> "Recipe | None":
    try:
        return run.recipe()
    except LesionLabError:
        return None


def _kind(recipe: "Recipe") -> Kind:
    return recipe.model, recipe.dataset, recipe.image_size


@lru_cache(maxsize=20_000)
def _pace(path: Path, kind: Kind) -> float | None:
    """Seconds an epoch of a finished run of that kind, everything about it counted."""
    run = RunFolder(path)
    try:
        recipe, status, trained = run.recipe(), run.written_status(), read_trained(run)
    except LesionLabError:
        return None
    if _kind(recipe) != kind or trained is None or not status.started or not status.ended:
        return None
    return (status.ended - status.started) / max(1, trained.epochs)
