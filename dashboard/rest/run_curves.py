"""Following the metrics of runs as they are appended: every line is read once, whoever and however many look."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.errors import DataError
from core.data.splits.splits import TRAIN, VALIDATION, Split
from core.runs.metric_lines import json_line, metric_line
from core.runs.run_folder import RunFolder

KEPT_BATCHES = 200
"""Batch points shown; older ones are thinned out, for a chart has only so many pixels."""
MARK_BYTES = 400
"""So much of the end of what was read must still stand there, or the file has been replaced."""
LOOK_SECONDS = 0.25
"""Those who look at a run within so long of each other see the same, which is then drawn once for all of them."""
FOLLOWED = 200
"""Runs whose curves are kept in memory."""


@dataclass(frozen=True)
class Curves:
    """What a run has told so far, one entry a line of `metrics.jsonl`; the same object while nothing is new.

    Of the same `telling`, later curves only go on: another one means that the file was written anew.
    """

    telling: int = 0
    epochs: tuple[dict[str, Any], ...] = ()
    batches: tuple[dict[str, Any], ...] = ()
    last_time: float | None = None

    def epoch_table(self) -> pd.DataFrame:
        """One row per epoch."""
        return pd.DataFrame(self.epochs)

    def batch_table(self) -> pd.DataFrame:
        """One row per few batches."""
        return pd.DataFrame(self.batches)


class Follower:
    """Reads one run's `metrics.jsonl` on and on; safe to be asked by many threads."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._looked = -LOOK_SECONDS
        self._stamp: tuple[int, int, int] | None = None
        self._offset, self._mark = 0, b""
        self._curves = Curves()

    def read_on(self, max_age: float = 0.0) -> Curves:
        """The curves as they were at most `max_age` seconds ago; read anew if it is not the file read so far.

        A last line still being written is left for the next call; a line that is not JSON is passed over.
        """
        with self._lock:
            now = time.monotonic()
            if now - self._looked < max_age:
                return self._curves
            self._looked = now
            try:
                stat = os.stat(self._file)  # noqa: PTH116 - asked every second for everybody who looks
                stamp = stat.st_ino, stat.st_size, stat.st_mtime_ns
                if stamp != self._stamp:
                    self._take_in()
                    self._stamp = stamp
            except OSError:
                if self._offset and not self._file.exists():
                    self._start_over()
            return self._curves

    def _take_in(self) -> None:
        with self._file.open("rb") as file:
            file.seek(self._offset - len(self._mark))
            data = file.read()
            if not data.startswith(self._mark):
                self._start_over()
                file.seek(0)
                data = file.read()
        whole = data[len(self._mark) : data.rfind(b"\n") + 1]
        if not whole:
            return
        self._offset += len(whole)
        self._mark = (self._mark + whole)[-MARK_BYTES:]
        known = self._curves
        told = (metric_line(json_line(text)) for text in whole.splitlines())
        lines = [line for line in told if line is not None]
        batches = [*known.batches, *(line for line in lines if line.get("kind") != "epoch")]
        while len(batches) > KEPT_BATCHES:
            batches = [*batches[:-1:2], batches[-1]]
        times = [line["time"] for line in lines if "time" in line]
        self._curves = Curves(
            telling=known.telling,
            epochs=(*known.epochs, *(line for line in lines if line.get("kind") == "epoch")),
            batches=tuple(batches),
            last_time=times[-1] if times else known.last_time,
        )

    def _start_over(self) -> None:
        self._stamp, self._offset, self._mark = None, 0, b""
        self._curves = Curves(telling=self._curves.telling + 1)


_followers: OrderedDict[str, Follower] = OrderedDict()
_followers_lock = threading.Lock()


def follow(run: RunFolder, max_age: float = 0.0) -> Curves:
    """The curves of a run as they were at most `max_age` seconds ago, read on for all sessions together."""
    with _followers_lock:
        follower = _followers.setdefault(str(run.path), Follower(run.metrics_file))
        _followers.move_to_end(str(run.path))
        if len(_followers) > FOLLOWED:
            _followers.popitem(last=False)
    return follower.read_on(max_age)


def batch_at(line: Mapping[str, Any]) -> float:
    """Where a batch line stands on the axis of epochs: 2.5 is the middle of the third one."""
    return line["epoch"] + line["step"] / line["steps"]


def counted_epochs(epochs: pd.DataFrame) -> pd.DataFrame:
    """The numbers behind the curves, one row per epoch, counted from 1 as in the chart."""
    return epochs.drop(columns="kind").assign(epoch=epochs["epoch"] + 1) if len(epochs) else epochs


@dataclass(frozen=True)
class SplitSize:
    """Training pictures, the class that most of them have, and validation accuracy of always answering that one.

    `groups` counts those of the validation part.
    """

    images: int = 0
    majority_baseline: float | None = None
    majority: str = ""
    groups: int = 0


@lru_cache(maxsize=100)
def split_size(split_file: str, written: int) -> SplitSize:  # noqa: ARG001 - part of the key
    """How much a run learns from and is judged on while it learns.

    Empty where the file is damaged: the curves of a run are shown all the same.
    """
    try:
        split = Split.load(Path(split_file))
    except DataError:
        return SplitSize()
    train, validation = split.part(TRAIN)["label"], split.part(VALIDATION)
    majority = str(train.value_counts().idxmax())
    baseline = float((validation["label"] == majority).mean())
    return SplitSize(len(train), baseline, majority, validation["group_id"].nunique())
