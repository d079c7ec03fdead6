"""The runs that wait: at which position, when each is likely to start, and why it waits although a device is free."""

import math
import os
import shutil
import statistics
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import LesionLabError
from core.engine.engine import engine_status
from core.engine.engine_settings import load_engine_settings
from core.engine.hardware import devices
from core.engine.queue import has_died, holds_device, in_order, statuses, supervised
from core.runs.run_folder import RunFolder, runs_folder
from core.runs.run_states import State
from core.runs.run_status import Status
from core.runs.trained import read_trained

if TYPE_CHECKING:
    from core.training.recipe import Recipe

Kind = tuple[str, str, int]
"""Runs that take alike: model, data set, picture size."""
_EXAMPLES = 5
"""Finished runs of a kind from which the duration of the next one is told."""

ROOM_BYTES = 1_000_000
"""With less than that a run cannot even write down how it stands."""


@dataclass(frozen=True)
class Queued:
    """One run that waits.

    `position` counts from 1; `expected_start` is in seconds from now, None if not known. `reason` says why it waits
    where it does not just wait for others to end.
    """

    run: RunFolder
    status: Status
    position: int
    expected_start: float | None
    reason: str = ""


def waiting() -> list[Queued]:
    """The runs that wait, in the order in which they start but for who is at the limit per person."""
    known = statuses()
    queue = in_order(known)
    starts, reasons = _expected_starts(queue, known), _reasons(queue, known)
    return [
        Queued(run, status, position, start if start < math.inf else None, reason)
        for position, ((run, status), start, reason) in enumerate(zip(queue, starts, reasons, strict=True), 1)
    ]


def _reasons(queue: list[tuple[RunFolder, Status]], known: list[tuple[RunFolder, Status]]) -> list[str]:
    """For each run of the queue why nobody takes it although a device is free, empty where there is nothing to say."""
    if not queue:
        return []
    engine = engine_status()
    if not engine.running:
        return [" ".join(("The engine is not running.", *engine.notices))] * len(queue)
    busy = Counter(status.owner for _, status in known if holds_device(status))
    if engine.embedded and busy.total() >= engine.workers:
        return [""] * len(queue)
    limit, disk = load_engine_settings().per_person, shutil.disk_usage(runs_folder())

    def reason(run: RunFolder, status: Status) -> str:
        if limit and status.owner and busy[status.owner] >= limit:
            return f"{status.owner} has {busy[status.owner]} being trained; more than {limit} at once are not allowed."
        if supervised(run):
            return "Whoever looked after its last try has not let go of it yet."
        if not os.access(run.path, os.W_OK):
            return "Nobody may write into its folder."
        return "The disk is full." if disk.free < ROOM_BYTES else ""

    return [reason(run, status) for run, status in queue]


def _expected_starts(queue: list[tuple[RunFolder, Status]], known: list[tuple[RunFolder, Status]]) -> list[float]:
    """In how many seconds each run of the queue is taken, infinite where nobody knows; who is at the limit waits."""
    free, pace, limit = _free_devices(known), _usual_paces(known), load_engine_settings().per_person
    ends: dict[str, list[float]] = defaultdict(list)
    for status in (status for _, status in known if holds_device(status)):
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
        free[device] = math.inf if recipe is None or seconds is None else start + seconds * recipe.epochs
        ends[owner].append(free[device])
    return starts


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
