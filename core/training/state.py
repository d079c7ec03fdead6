"""What learning goes on from in another process: everything that is so after its last whole epoch."""

import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from core.base.errors import RunError
from core.base.files import file_built_aside, write_atomically
from core.training.callbacks import KeepBest, MetricsLog

CARRIED = {
    MetricsLog: ("epochs", "seconds", "examples_seen", "diverged"),
    KeepBest: ("best", "best_epoch"),
    keras.callbacks.EarlyStopping: ("best", "wait", "stopped_epoch"),
    keras.callbacks.ReduceLROnPlateau: ("best", "wait", "cooldown_counter"),
}
"""Of each kind of callback, what it must know to go on as if nothing had happened."""
UNREADABLE_STATE = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile)
"""What reading a damaged state raises."""


@dataclass(frozen=True)
class SavedState:
    """The state after a whole epoch.

    `variables` are the values of all variables of the network, of what trains it (seeds of random layers) and of the
    optimizer; `stage` is the number of the stage, `began` the epoch with which it began. `best` are the weights of the
    best epoch so far, none if no epoch was usable. `callbacks` has by name what each of them carries. `metrics_size` is
    how many bytes of the metrics file belong to whole epochs. `over` is True if no epoch of the stage was to follow.
    """

    variables: list[np.ndarray]
    best: list[np.ndarray]
    callbacks: dict[str, dict[str, Any]]
    metrics_size: int
    over: bool
    stage: int = 0
    began: int = 0


class KeepState(keras.callbacks.Callback):
    """Writes the state after each whole epoch, and puts back the one it is given; the last of the callbacks.

    The file is replaced in one step, so that a process killed at any moment leaves the state of the last whole
    epoch. What an epoch has left beyond it (metric lines, a better best epoch) is undone by `restore`, and done
    again, the same, when the epoch is gone through again.
    """

    def __init__(
        self,
        path: Path,
        log: MetricsLog,
        keep: KeepBest,
        others: Sequence[keras.callbacks.Callback],
        network: keras.Model,
        stage: int = 0,
    ):
        super().__init__()
        self.path, self.log, self.keep, self.others = path, log, keep, others
        self.network, self.stage, self.began = network, stage, log.epochs
        self.carrying = [each for each in (log, keep, *others) if type(each) in CARRIED]
        self._restored: SavedState | None = None

    def restore(self, model: keras.Model) -> SavedState:
        """Bring model, files and callbacks back to the state of the file.

        Callbacks that forget when learning begins are brought back once more then.

        Raises:
            RunError: the file is damaged, of another model, or does not belong to the metrics beside it.
        """
        state = self._read(model)
        lines = self.log.path.read_bytes() if self.log.path.is_file() else b""
        if len(lines) < state.metrics_size:
            raise RunError(
                f"This run cannot go on: its {self.log.path.name} has lost lines that were written before. "
                "Clone the run to train it from the beginning."
            )
        write_atomically(self.log.path, lines[: state.metrics_size], private=True, new_folders=False)
        self.keep.restore(state.best)
        for variable, value in zip(self._variables(model), state.variables, strict=True):
            variable.assign(value)
        self._restored, self.began = state, state.began
        self._bring_back_callbacks(state)
        return state

    def on_train_begin(self, logs=None):  # noqa: ARG002
        if self._restored:
            self._bring_back_callbacks(self._restored)

    def on_epoch_end(self, epoch, logs=None):
        if not self.log.complete:
            return
        early = any(getattr(callback, "stopped_epoch", 0) for callback in self.carrying)
        over = early or epoch + 1 == self.params["epochs"] or not math.isfinite(logs["loss"])
        record = {
            "callbacks": {_name(each): {key: getattr(each, key) for key in _carried(each)} for each in self.carrying},
            "metrics_size": self.log.path.stat().st_size,
            "over": over,
            "stage": self.stage,
            "began": self.began,
        }
        arrays = {f"variable_{n}": ops.convert_to_numpy(each) for n, each in enumerate(self._variables(self.model))}
        arrays |= {f"best_{n}": each for n, each in enumerate(self.keep.weights)}
        with file_built_aside(self.path) as aside:
            np.savez(aside, record=json.dumps(record), **arrays)

    def _bring_back_callbacks(self, restored: SavedState) -> None:
        for callback in self.carrying:
            for key, value in restored.callbacks[_name(callback)].items():
                setattr(callback, key, value)

    def _variables(self, model: keras.Model) -> list[keras.Variable]:
        """Everything that an epoch leaves changed, and what earlier stages have; metrics start each epoch anew."""
        metrics = {id(variable) for variable in model.metrics_variables}
        known = {id(each): each for each in (*model.variables, *self.network.variables) if id(each) not in metrics}
        return [*known.values(), *model.optimizer.variables]

    def _read(self, model: keras.Model) -> SavedState:
        wanted = [tuple(variable.shape) for variable in self._variables(model)]
        try:
            with np.load(self.path) as file:
                record = json.loads(str(file["record"]))
                stored = {kind: sum(name.startswith(kind) for name in file.files) for kind in ("variable_", "best_")}
                variables, best = ([file[f"{kind}{n}"] for n in range(count)] for kind, count in stored.items())
            state = SavedState(variables, best, **record)
            callbacks = {_name(each): set(_carried(each)) for each in self.carrying}
            weights = [weight.shape for weight in self.keep.deployed_model.get_weights()]
            if (
                [each.shape for each in variables] != wanted
                or [each.shape for each in best] not in (weights, [])
                or {name: set(carried) for name, carried in state.callbacks.items()} != callbacks
            ):
                raise ValueError("The state is of another model or recipe.")
        except UNREADABLE_STATE as error:
            raise RunError(
                f"This run cannot go on: its {self.path.name} is damaged or belongs to another model. "
                "Clone the run to train it from the beginning."
            ) from error
        return state


def _name(callback: keras.callbacks.Callback) -> str:
    return type(callback).__name__


def _carried(callback: keras.callbacks.Callback) -> tuple[str, ...]:
    return CARRIED[type(callback)]


def stage_of(path: Path) -> int:
    """The stage that a state belongs to; 0 where the file does not say, or is damaged, which `restore` is told of."""
    try:
        with np.load(path) as file:
            return int(json.loads(str(file["record"])).get("stage", 0))
    except UNREADABLE_STATE:
        return 0
