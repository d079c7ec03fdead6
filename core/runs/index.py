"""What lists show of all runs, kept in memory: a run is read again only when one of its files has changed."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from core.base.ids import when_made
from core.runs.labels import Labels, read_labels
from core.runs.run_folder import RunFolder, RunSummary, runs_folder, summarise
from core.runs.run_states import State

FILES = ("recipe.json", "status.json", "labels.json", "leakage.json", "evaluation/metrics.json")
"""Files of a run from which lists are made; every run has the first two."""

Stamps = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True)
class IndexedRun:
    """What a list shows of one run."""

    summary: RunSummary
    labels: Labels

    def listed_like(self, other: "IndexedRun") -> bool:
        """True if a list shows the same of both; progress and heartbeat are no part of that."""
        return self is other or self._listed == other._listed

    @property
    def _listed(self) -> tuple:
        s = self.summary
        return s.run, s.status.state, s.leaking, self.labels, s.metrics


@dataclass(frozen=True)
class Snapshot:
    """All runs at one moment, newest first; `version` goes up whenever a list of them would look otherwise."""

    runs: tuple[IndexedRun, ...]
    version: int


class RunsIndex:
    """All runs whose files can be read. Safe to be asked by many threads, of which one looks for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Stamps, IndexedRun | None]] = {}
        self._folder = ""
        self._began = 0.0
        self._snapshot = Snapshot((), 0)

    def snapshot(self, max_age: float = 0.0) -> Snapshot:
        """All runs, as they were at most `max_age` seconds ago."""
        asked = time.monotonic()
        with self._lock:
            folder = str(runs_folder())
            if folder != self._folder or self._began < asked - max_age:
                self._folder, self._began = folder, time.monotonic()
                self._look()
            return self._snapshot

    def _look(self) -> None:
        known = {}
        for path, stamps in _stamped(self._folder):
            old = self._known.get(path)
            known[path] = old if old and old[0] == stamps and not _changes_by_itself(old[1]) else (stamps, _read(path))
        self._known = known
        ages = {path: when_made(os.path.basename(path), (stamps[0] or (0,))[0]) for path, (stamps, _) in known.items()}  # noqa: PTH119
        newest_first = sorted(known, key=ages.__getitem__, reverse=True)
        runs = tuple(run for _, run in map(known.__getitem__, newest_first) if run is not None)
        before = self._snapshot
        same = len(runs) == len(before.runs) and all(map(IndexedRun.listed_like, runs, before.runs))
        self._snapshot = Snapshot(runs, before.version + (not same))


_index = RunsIndex()


def all_runs(max_age: float = 0.0) -> Snapshot:
    """All runs of this artifacts folder whose files can be read, as they were at most `max_age` seconds ago."""
    return _index.snapshot(max_age)


def _read(path: str) -> IndexedRun | None:
    run = RunFolder(Path(path))
    summary = summarise(run)
    return IndexedRun(summary, read_labels(run)) if summary else None


def _changes_by_itself(run: IndexedRun | None) -> bool:
    """True for a run that can be lost without a word, or heard of again."""
    return run is not None and (run.summary.status.state.active or run.summary.status.state is State.LOST)


def _stamped(folder: str) -> list[tuple[str, Stamps]]:
    """Every run's folder, as text for speed, with what tells whether its files have changed."""
    try:
        with os.scandir(folder) as entries:
            # Without hidden ones, such as a run that is still being put together, or was when its maker was killed.
            paths = [entry.path for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except FileNotFoundError:
        return []
    stamped = ((path, tuple(_stamp(f"{path}/{name}") for name in FILES)) for path in paths)
    return [(path, stamps) for path, stamps in stamped if stamps[0] and stamps[1]]


def _stamp(file: str) -> tuple[int, int, int] | None:
    try:
        stat = os.stat(file)  # noqa: PTH116 - thousands of files on every look
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
