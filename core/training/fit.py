"""Training one model from a recipe and its examples."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from core.base.errors import OutOfMemory
from core.data.images.pipeline import EpochOrder, batches, read_ahead
from core.data.splits.balance import balanced_positions, class_weights
from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split
from core.data.training_examples import Examples
from core.models.registry import build_model, model_spec
from core.training.callbacks import (
    FinishOnRequest,
    KeepBest,
    MetricsLog,
    ReportProgress,
    StopOnRequest,
    monitor_sign,
)
from core.training.computed_weights import TrainingPart, compute_weights
from core.training.learner import learner_for
from core.training.losses import balance_classes
from core.training.memory import EXHAUSTED, largest_that_fits
from core.training.mixing import mixed_batches
from core.training.optimization import JudgeAverage
from core.training.recipe import Recipe
from core.training.state import KeepState
from core.training.watched_pictures import watched_pictures, write_watched


@dataclass(frozen=True)
class OutputFiles:
    """Files that a training writes; where `state` exists, learning goes on from it."""

    best: Path
    metrics: Path
    tensorboard: Path
    state: Path
    watched: Path


@dataclass(frozen=True)
class Fit:
    """What came out. `seconds` and `images_per_second` count learning only, not validation."""

    parameters: int
    epochs: int
    best_epoch: int | None
    seconds: float
    images_per_second: float | None
    stopped: bool
    diverged: bool


def fit(
    recipe: Recipe,
    examples: Examples,
    split: Split,
    class_keys: tuple[str, ...],
    files: OutputFiles,
    *,
    stop_requested: Callable[[], bool] = lambda: False,
    finish_requested: Callable[[], bool] = lambda: False,
    report: Callable[[float, int, float | None], None] = lambda *_: None,
) -> Fit:
    """Train the recipe's model and leave its best epoch in `files.best`.

    A training that was killed and goes on from `files.state` ends as one that was left alone: same weights,
    same metric lines but for the clock. Learning that was over is not done again.

    Args:
        recipe: what to train.
        examples: pictures at `recipe.image_size`, or samples of a gene-expression table.
        split: parts; learns from "train" alone, chooses the epoch on "validation", never sees "test".
        class_keys: classes in the order of the outputs.
        files: where to write, and where to go on from.
        stop_requested: asked twice a second; training ends after the batch in which it is true.
        finish_requested: asked after each epoch; training ends when it is true.
        report: told (epochs done, epochs in all, seconds left or None).

    Raises:
        RunError: the state to go on from cannot be used.
        OutOfMemory: a step does not fit into memory; says which would.
    """
    numbers = {key: number for number, key in enumerate(class_keys)}
    train, validation = split.part(TRAIN), split.part(VALIDATION)
    files.best.parent.mkdir(parents=True, exist_ok=True)
    size = examples.values.shape[1]  # the side of a picture, or how many genes there are
    labels = train["label"].map(numbers).to_numpy()
    learnt_part = TrainingPart(recipe, examples.values, examples.rows(train["image_id"]), labels)
    if not model_spec(recipe.model).gradient_trained:
        model = build_model(recipe.model, size, len(class_keys), recipe.architecture)
        compute_weights(model, learnt_part)
        model.save(files.best)
        return Fit(model.count_params(), 0, None, 0.0, None, stopped=False, diverged=False)

    learnt_from = train.iloc[balanced_positions(train["label"], recipe.balance, recipe.seed)]
    learner = learner_for(recipe, len(class_keys), len(learnt_from), size)
    model, batch_size = learner.model, learner.batch_size
    deployed_model, training_model = learner.deployed_model, learner.training_model
    compute_weights(model, learnt_part)
    weights = class_weights(train["label"], class_keys, recipe.balance) if recipe.balance.weighs else None
    counts = learnt_from["label"].value_counts().reindex(list(class_keys), fill_value=0).to_numpy()
    balance_classes(training_model.loss, counts, weights)
    watched = watched_pictures(validation, class_keys, recipe.seed)
    if model_spec(recipe.model).takes == "genes":
        watched = watched.iloc[:0]  # there is nothing to look at
    write_watched(files.watched, watched, class_keys)
    pictures = examples.values[examples.rows(watched["image_id"])]
    read_ahead(examples.values)
    order = EpochOrder(recipe.seed)
    log = MetricsLog(
        files.metrics,
        len(learnt_from),
        batch_size,
        learner.confusion_metric,
        lambda: deployed_model.predict_on_batch(pictures) if len(pictures) else np.empty((0, len(class_keys))),
    )
    keep = KeepBest(files.best, recipe.monitor, deployed_model, log)
    stop = StopOnRequest(stop_requested)
    schedule = _schedule(recipe)
    state = KeepState(files.state, log, keep, schedule)
    over = False
    if files.state.is_file():
        over = state.restore(training_model).over
        stop.stopped = not over and stop_requested()
        over = over or stop.stopped or finish_requested()

    def learn(batch_size: int, steps: int | None = None, **more: Any) -> None:
        fed = _batches(examples, learnt_from, numbers, batch_size, order)
        if recipe.mixes:
            fed = mixed_batches(fed, len(class_keys), recipe, order)
        fed = fed.take(steps) if steps else fed
        by_class = None if recipe.mixes else weights  # the loss itself weighs labels that are shares of classes
        training_model.fit(fed, class_weight=by_class, verbose=0, shuffle=False, **more)  # the pipeline shuffles

    if not over:
        callbacks = [
            keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda epoch, _: setattr(order, "epoch", epoch),
                on_epoch_end=lambda *_: (
                    None if deployed_model is model else deployed_model.set_weights(model.get_weights())
                ),
            ),
            keras.callbacks.TerminateOnNaN(),
            log,
            keep,
            stop,
            FinishOnRequest(finish_requested),
            keras.callbacks.TensorBoard(files.tensorboard, write_graph=False),
            *schedule,
            ReportProgress(report, evaluated_fraction=1 + len(split.part(TEST)) / len(validation)),
            *([JudgeAverage()] if recipe.ema_momentum else []),
            state,
        ]
        try:
            learn(
                batch_size,
                validation_data=_batches(examples, validation, numbers, max(batch_size, 256), None),
                initial_epoch=log.epochs,
                epochs=recipe.epochs,
                callbacks=callbacks,
            )
        except EXHAUSTED as error:
            largest = largest_that_fits(batch_size, lambda size: learn(size, steps=1))
            raise OutOfMemory(batch_size, largest) from error
    return Fit(
        parameters=model.count_params(),
        epochs=log.epochs,
        best_epoch=keep.best_epoch,
        seconds=log.seconds,
        images_per_second=log.examples_seen / log.seconds if log.seconds else None,
        stopped=stop.stopped,
        diverged=log.diverged,
    )


def _schedule(recipe: Recipe) -> list[keras.callbacks.Callback]:
    mode = "max" if monitor_sign(recipe.monitor) > 0 else "min"
    callbacks: list[keras.callbacks.Callback] = []
    if recipe.reduce_lr_patience:
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(
                monitor=recipe.monitor,
                mode=mode,
                factor=recipe.reduce_lr_factor,
                patience=recipe.reduce_lr_patience,
                min_lr=recipe.min_learning_rate,
            )
        )
    if recipe.early_stopping_patience:
        callbacks.append(
            keras.callbacks.EarlyStopping(monitor=recipe.monitor, mode=mode, patience=recipe.early_stopping_patience)
        )
    return callbacks


def _batches(
    examples: Examples, rows: pd.DataFrame, numbers: dict[str, int], batch_size: int, order: EpochOrder | None
):
    labels = rows["label"].map(numbers).to_numpy(dtype=np.int32)
    return batches(examples.values, examples.rows(rows["image_id"]), labels, batch_size, order=order)
