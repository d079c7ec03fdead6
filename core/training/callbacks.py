"""What happens beside the learning itself; one callback does one thing."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import keras

from core.files import file_built_aside


class MetricsLog(keras.callbacks.Callback):
    """Appends one JSON line per epoch, and one per half second of batches, to a file.

    A batch line has `kind` "batch", `epoch` (from 0), `step`, `steps`, `time` and the running means of the
    epoch so far. An epoch line has `kind` "epoch", `epoch`, `time`, `seconds`, `images_per_second`,
    `learning_rate`, `complete` (False if it was cut short) and every training and validation figure.
    """

    def __init__(self, path: Path, examples: int, every_seconds: float = 0.5):
        super().__init__()
        self.path, self.examples, self.every_seconds = path, examples, every_seconds
        self.seconds = 0.0
        self.examples_seen = 0
        self.epochs = 0

    def on_train_begin(self, logs=None):  # noqa: ARG002
        self._file: IO[str] = self.path.open("a", encoding="utf-8", buffering=1)

    def on_train_end(self, logs=None):  # noqa: ARG002
        self._file.close()

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self._epoch, self._step = epoch, -1
        self._began, self._learnt, self._written = time.perf_counter(), None, 0.0

    def on_train_batch_end(self, batch, logs=None):
        self._step = batch
        now = time.perf_counter()
        if now - self._written >= self.every_seconds:
            self._written = now
            self._write("batch", step=batch + 1, steps=self.params["steps"], **_numbers(logs))

    def on_test_begin(self, logs=None):  # noqa: ARG002 - validation starts: the learning of this epoch is over
        self._learnt = time.perf_counter() - self._began

    def on_epoch_end(self, epoch, logs=None):
        seconds = self._learnt or time.perf_counter() - self._began
        share = (self._step + 1) / self.params["steps"]
        seen = min(self.examples, round(self.examples * share))
        self.seconds += seconds
        self.examples_seen += seen
        self.epochs = epoch + 1
        rate = float(self.model.optimizer.learning_rate)
        figures = {k: v for k, v in _numbers(logs).items() if k != "learning_rate"}
        self._write(
            "epoch",
            seconds=round(time.perf_counter() - self._began, 3),
            images_per_second=round(seen / seconds, 1),
            learning_rate=rate,
            complete=share >= 1,
            **figures,
        )

    def _write(self, kind: str, **values: Any) -> None:
        line = {"kind": kind, "epoch": self._epoch, "time": round(time.time(), 3), **values}
        self._file.write(json.dumps(line) + "\n")


class StopOnRequest(keras.callbacks.Callback):
    """Ends training after the current batch once `requested()` is true; asks at most twice a second."""

    def __init__(self, requested: Callable[[], bool]):
        super().__init__()
        self.requested = requested
        self.stopped = False
        self._asked = 0.0

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        now = time.perf_counter()
        if now - self._asked >= 0.5:
            self._asked = now
            if self.requested():
                self.stopped = True
                self.model.stop_training = True


class KeepBest(keras.callbacks.Callback):
    """Saves `kept` whenever `monitor` is the best so far.

    `kept` is the model that is trained, or the part of it that is to be used later, without augmentation.

    Unlike `ModelCheckpoint` it replaces the file in one step, so that a killed process leaves the last
    whole one. A figure that is not finite is never the best.
    """

    def __init__(self, path: Path, monitor: str, kept: keras.Model):
        super().__init__()
        self.path, self.monitor, self.kept = path, monitor, kept
        self.sign = monitor_sign(monitor)
        self.best_epoch: int | None = None
        self._best = -math.inf

    def on_epoch_end(self, epoch, logs=None):
        value = self.sign * float(logs[self.monitor])
        if math.isfinite(value) and value > self._best:
            with file_built_aside(self.path) as aside:
                self.kept.save(aside)
            self._best, self.best_epoch = value, epoch


class ReportProgress(keras.callbacks.Callback):
    """Calls `report(epochs done, epochs in all, seconds left or None)`, at most twice a second."""

    def __init__(self, report: Callable[[float, int, float | None], None]):
        super().__init__()
        self.report = report
        self._said = 0.0

    def on_train_begin(self, logs=None):  # noqa: ARG002
        self._epoch_seconds: list[float] = []

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self._epoch, self._began = epoch, time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        now = time.perf_counter()
        if now - self._said >= 0.5:
            self._said = now
            self._tell(self._epoch + (batch + 1) / self.params["steps"])

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        self._epoch_seconds.append(time.perf_counter() - self._began)
        self._tell(epoch + 1)

    def _tell(self, done: float) -> None:
        # The first epoch also traces the graph, so it is left out as soon as there is another.
        usual = self._epoch_seconds[1:] or self._epoch_seconds
        epochs = self.params["epochs"]
        left = sum(usual) / len(usual) * (epochs - done) if usual else None
        self.report(done, epochs, left)


def monitor_sign(monitor: str) -> int:
    """−1 for a loss, which is better when smaller, 1 for everything else."""
    return -1 if monitor.endswith("loss") else 1


def _numbers(logs: dict[str, Any] | None) -> dict[str, float | None]:
    """Figures rounded for a log; one that is not finite is None, for JSON has no NaN."""
    figures = {key: float(value) for key, value in (logs or {}).items()}
    return {key: round(value, 6) if math.isfinite(value) else None for key, value in figures.items()}
