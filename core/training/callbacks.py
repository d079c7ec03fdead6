"""What happens beside the learning itself; one callback does one thing."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import keras
import numpy as np

from core.base.files import file_built_aside, open_private
from core.training.keras_metrics import BalancedAccuracy
from core.training.recipe import monitor_sign
from core.training.timed_model import TimedModel

LINES_AN_EPOCH = 100
"""About as many batch lines does an epoch get, if it has as many steps."""


ASKING_SECONDS = 0.5
"""So often at most is asked whether to stop, and told how far training is."""


class MetricsLog(keras.callbacks.Callback):
    """Appends JSON lines to a file: one after the first step of an epoch, about one per cent of it, one at its end.

    A batch line has `kind` "batch", `epoch` (from 0), `step`, `steps`, `time`, the running means of the epoch so far
    and, since the line before, `images_per_second` and `input_wait`. An epoch line has `kind` "epoch", `epoch`, `time`,
    `seconds`, `images_per_second`, `input_wait`, `learning_rate` of its first step, `stage` (from 0, where there are
    stages), `complete` (False if it was cut short; then `learnt` is the share of its steps), every training and
    validation metric, `confusion` of the validation part (rows true, columns predicted), `train_sensitivity` of each
    class and `pictures`, the probabilities of each watched picture. `input_wait` is the share of the learning time in
    which it waited for its next batch, 0…1, where the model measures it. But for `time`, `seconds`, `images_per_second`
    and `input_wait`, two trainings of one recipe write the same lines. The file is for its owner alone, as predictions
    are.

    Args:
        path: the file.
        examples: how many examples an epoch has.
        batch_size: how many a step has.
        confusion_metric: the model's metric, from which the confusion matrix is read.
        watched: gives the probabilities of the watched pictures, (pictures, classes), by the model as it is.
        clock: seconds that only ever grow.
    """

    def __init__(
        self,
        path: Path,
        examples: int,
        batch_size: int,
        confusion_metric: BalancedAccuracy,
        watched: Callable[[], np.ndarray],
        clock: Callable[[], float] = time.perf_counter,
    ):
        super().__init__()
        self.path, self.examples, self.batch_size = path, examples, batch_size
        self.confusion_metric, self.watched, self.clock = confusion_metric, watched, clock
        self.seconds = 0.0
        self.examples_seen = 0
        self.epochs = 0
        self.diverged = False
        self.complete = False
        """True if the last epoch was not cut short."""
        self.stage: int | None = None
        """Number of the stage, from 0; None where there are no stages."""

    def on_train_begin(self, logs=None):  # noqa: ARG002
        self._file: IO[str] = open_private(self.path, "a", buffering=1)

    def on_train_end(self, logs=None):  # noqa: ARG002
        self._file.close()

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self._epoch, self._step, self._written_step = epoch, 0, 0
        self._began = self._written = self.clock()
        self._waited_before_epoch = self._waited_before_line = self._waited()

    def on_train_batch_begin(self, batch, logs=None):  # noqa: ARG002
        if batch == 0:
            self._rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))

    def on_train_batch_end(self, batch, logs=None):
        steps = self.params["steps"]
        self._step = min(batch + 1, steps)  # the last of bundled batches counts as whole
        apart = max(1, steps // LINES_AN_EPOCH)
        if self._written_step == 0 or self._step // apart > self._written_step // apart:
            now = self.clock()
            seen = self._seen(self._step) - self._seen(self._written_step)
            self._write(
                "batch",
                step=self._step,
                steps=steps,
                **_numbers(logs),
                **self._speed(seen, now - self._written, self._waited_before_line),
            )
            self._written, self._written_step, self._waited_before_line = now, self._step, self._waited()

    def on_test_begin(self, logs=None):  # noqa: ARG002 - validation starts: the learning of this epoch is over
        self._learnt = self.clock() - self._began
        self._train_sensitivity = self.confusion_metric.sensitivity()  # before it is reset to count the validation part

    def on_epoch_end(self, epoch, logs=None):
        seen = self._seen(self._step)
        self.seconds += self._learnt
        self.examples_seen += seen
        self.epochs = epoch + 1
        self.complete = self._step == self.params["steps"]
        self.diverged |= not (math.isfinite(logs["loss"]) and math.isfinite(logs["val_loss"]))
        self._write(
            "epoch",
            seconds=round(self.clock() - self._began, 3),
            **self._speed(seen, self._learnt, self._waited_before_epoch),
            learning_rate=self._rate,
            **({} if self.stage is None else {"stage": self.stage}),
            complete=self.complete,
            **({} if self.complete else {"learnt": round(self._step / self.params["steps"], 3)}),
            **{k: v for k, v in _numbers(logs).items() if k != "learning_rate"},
            confusion=self.confusion_metric.confusion().tolist(),
            train_sensitivity=[None if fraction is None else _number(fraction) for fraction in self._train_sensitivity],
            pictures=[[_number(fraction) for fraction in row] for row in self.watched()],
        )

    def _waited(self) -> float | None:
        return self.model.waited if isinstance(self.model, TimedModel) else None

    def _speed(self, seen: int, seconds: float, waited_before: float | None) -> dict[str, float]:
        seconds = max(seconds, 1e-9)
        speed = {"images_per_second": round(seen / seconds, 1)}
        waited = self._waited()
        if waited is not None and waited_before is not None:
            speed["input_wait"] = round(min((waited - waited_before) / seconds, 1.0), 4)
        return speed

    def _seen(self, step: int) -> int:
        return min(self.examples, step * self.batch_size)

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
        if now - self._asked >= ASKING_SECONDS:
            self._asked = now
            if self.requested():
                self.stopped = True
                self.model.stop_training = True


class FinishOnRequest(keras.callbacks.Callback):
    """Ends training after the epoch in which `requested()` has become true."""

    def __init__(self, requested: Callable[[], bool]):
        super().__init__()
        self.requested = requested

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        if self.requested():
            self.model.stop_training = True


class KeepBest(keras.callbacks.Callback):
    """Saves `deployed_model` whenever `monitor` is the best so far, or after every epoch where the last is kept.

    `deployed_model` is the model that is trained, or the part of it that is to be used later, without augmentation.

    Unlike `ModelCheckpoint` it replaces the file in one step, so that a killed process leaves the last
    whole one. A metric that is not finite is never the best, and an epoch that was cut short only where no
    whole one has been.
    """

    def __init__(
        self, path: Path, monitor: str, deployed_model: keras.Model, log: MetricsLog, *, keeps_last: bool = False
    ):
        super().__init__()
        self.path, self.monitor, self.deployed_model, self.log = path, monitor, deployed_model, log
        self.keeps_last = keeps_last
        self.sign = monitor_sign(monitor)
        self.best_epoch: int | None = None
        self.best = -math.inf
        self.weights: list[np.ndarray] = []

    def on_epoch_end(self, epoch, logs=None):
        value = self.sign * float(logs[self.monitor])
        better = math.isfinite(value) and (self.keeps_last or value > self.best)
        if better and (self.log.complete or self.best_epoch is None):
            self.best, self.best_epoch, self.weights = value, epoch, self.deployed_model.get_weights()
            self._save()

    def restore(self, weights: list[np.ndarray]) -> None:
        """Put the best epoch's file back as it was when it had these weights; none if there are none."""
        self.weights = weights
        if not weights:
            self.path.unlink(missing_ok=True)
            return
        self.deployed_model.set_weights(weights)
        self._save()

    def _save(self) -> None:
        with file_built_aside(self.path) as aside:
            self.deployed_model.save(aside)


LATEST = 8
"""So many epochs tell how long the next ones take: other work on the machine comes and goes."""


class ReportProgress(keras.callbacks.Callback):
    """Calls `report(epochs done, epochs in all, seconds left or None)`, at most twice a second.

    What is left are the epochs to come, each as long as the latest ones and what is saved after them, and the
    evaluation. The first epoch of a process also traces the graphs, so it counts only until there is another; the
    evaluation traces its own once more.

    Args:
        report: told.
        evaluated_fraction: pictures that are predicted at the end, as a multiple of those of the validation part.
        clock: seconds that only ever grow.
        epochs_after: epochs of the stages that follow.
    """

    def __init__(
        self,
        report: Callable[[float, int, float | None], None],
        evaluated_fraction: float,
        clock: Callable[[], float] = time.perf_counter,
        epochs_after: int = 0,
    ):
        super().__init__()
        self.report, self.clock = report, clock
        self.evaluated_fraction, self.epochs_after = evaluated_fraction, epochs_after
        self._said = -math.inf

    def on_train_begin(self, logs=None):  # noqa: ARG002
        self._learning: list[float] = []
        self._validation: list[float] = []
        self._saving: list[float] = []

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self._epoch, self._began = epoch, self.clock()
        if self._learning:
            self._saving.append(self._began - self._ended)

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        now = self.clock()
        if now - self._said >= ASKING_SECONDS:
            self._said = now
            fraction = min(1.0, (batch + 1) / self.params["steps"])
            self._tell(self._epoch + fraction, fraction)

    def on_test_begin(self, logs=None):  # noqa: ARG002
        self._learnt = self.clock()

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        self._learning.append(self._learnt - self._began)
        self._ended = self.clock()
        self._validation.append(self._ended - self._learnt)
        self._tell(epoch + 1, None)

    def _tell(self, done: float, learnt_fraction: float | None) -> None:
        epochs = self.params["epochs"] + self.epochs_after
        self.report(done, epochs, self._left(epochs - self._epoch - 1, learnt_fraction) if self._learning else None)

    def _left(self, epochs_to_come: int, learnt_fraction: float | None) -> float:
        """Seconds left, with `learnt_fraction` of the current epoch's steps done, or None if it is over."""
        learning, validation, saving = map(_usual, (self._learning, self._validation, self._saving))
        tracing = max(0.0, self._validation[0] - validation)
        rest = saving + (0.0 if learnt_fraction is None else learning * (1 - learnt_fraction) + validation)
        evaluation = tracing + validation * self.evaluated_fraction
        return epochs_to_come * (learning + validation + saving) + rest + evaluation


def _usual(seconds: list[float]) -> float:
    """The mean of the latest few but the first; 0 if there are none."""
    usual = seconds[1:][-LATEST:] or seconds
    return sum(usual) / len(usual) if usual else 0.0


def _numbers(logs: dict[str, Any] | None) -> dict[str, float | None]:
    return {key: _number(value) for key, value in (logs or {}).items()}


def _number(value: float) -> float | None:
    """A metric rounded for a log; one that is not finite is None, for JSON has no NaN."""
    return round(float(value), 6) if math.isfinite(value) else None
