"""Trains in a process of its own: `python one_training.py [--die-at POINT] [--devices N] [--in-two FOLDER] FOLDER...`.

A folder holds `recipe.json`, `images.npy` and `rows.parquet`; `fit.json` is added when learning is over. With
"small" in its recipe a small network takes the place of that of the zoo. POINT
is "EPOCH:STEP" to end by SIGKILL after the metric line of that step, or "EPOCH:best" between the saving of the
best epoch and that of the state. N is how many devices the CPU is taken for. In two, the training of that folder
is ended after its first epoch, and goes on.
"""

import argparse
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from core.data.images.cache import ImageCache
from core.data.splits.splits import Split, SplitKind
from core.training.callbacks import MetricsLog
from core.training.fit import OutputFiles, fit
from core.training.recipe import make_recipe
from core.training.state import KeepState

CLASSES = ("dark", "grey", "bright")


def small_network(name: str, size: int, classes: int, architecture: dict[str, Any]) -> keras.Model:
    """What is traced in a moment; as the network of that name it has batch normalization or not, and its dropout."""
    layers = keras.layers
    inputs = keras.Input((size, size, 3))
    x = layers.Flatten()(layers.AveragePooling2D(2)(layers.Rescaling(1 / 255)(inputs)))
    x = layers.Dense(16, activation="relu")(x)
    if name != "lstm-rows":
        x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Dropout(architecture.get("dropout", 0.0))(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


@contextmanager
def traced_never() -> Iterator[None]:
    """What few steps compute is computed without a graph."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def train(folder: Path, *, first_epoch_alone: bool = False) -> None:
    """Train, or go on with, the recipe of a folder."""
    fields = json.loads((folder / "recipe.json").read_text())
    small = mock.patch("core.training.learner.build_model", small_network) if fields.pop("small", False) else None
    rows = pd.read_parquet(folder / "rows.parquet")
    cache = ImageCache(np.load(folder / "images.npy"), pd.Index(rows["image_id"]), (), "", folder)
    names = ("checkpoints/best.keras", "metrics.jsonl", "tensorboard", "checkpoints/state.npz", "watched.json")
    files = OutputFiles(*(folder / name for name in names))
    split = Split(SplitKind.GROUPED, 0, rows)
    with small or nullcontext(), traced_never() if fields.pop("eager", False) else nullcontext():
        out = fit(make_recipe(**fields), cache, split, CLASSES, files, finish_requested=lambda: first_epoch_alone)
    (folder / "fit.json").write_text(json.dumps(asdict(out)))


def die_at(point: str) -> None:
    """Arrange for the end of this process; what is written before is written as ever."""
    epoch, moment = point.split(":")
    if moment == "best":
        save = KeepState.on_epoch_end

        def save_or_die(self, number, logs=None):
            if number == int(epoch):
                os.kill(os.getpid(), signal.SIGKILL)
            save(self, number, logs)

        KeepState.on_epoch_end = save_or_die
        return
    write = MetricsLog._write

    def write_and_die(self, kind, **values):
        write(self, kind, **values)
        if (self._epoch, values.get("step")) == (int(epoch), int(moment)):
            os.kill(os.getpid(), signal.SIGKILL)

    MetricsLog._write = write_and_die


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--die-at")
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--in-two", type=Path)
    parser.add_argument("folders", nargs="*", type=Path)
    asked = parser.parse_args()
    if asked.die_at:
        die_at(asked.die_at)
    if asked.devices > 1:
        [cpu] = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * asked.devices)
    if asked.in_two:
        train(asked.in_two, first_epoch_alone=True)
        train(asked.in_two)
    for each in asked.folders:
        train(each)
