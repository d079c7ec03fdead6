"""Training one model from a recipe and its examples."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from core.base.errors import OutOfMemory
from core.base.progress import Progress, silent
from core.data.images.cache import ImageCache
from core.data.images.pipeline import EpochOrder, batches, read_ahead
from core.data.metadata_encoding import EncodedMetadata
from core.data.splits.balance import balanced_positions, class_weights
from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split
from core.data.training_examples import Examples
from core.models.fusion import together
from core.models.registry import build_model, model_spec
from core.training.callbacks import (
    FinishOnRequest,
    KeepBest,
    MetricsLog,
    ReportProgress,
    StopOnRequest,
)
from core.training.computed_weights import TrainingPart, compute_weights
from core.training.frozen import finite_ways, frozen_outputs
from core.training.learner import at_stage, learner_for
from core.training.losses import balance_classes
from core.training.memory import EXHAUSTED, largest_that_fits
from core.training.mixing import mixed_batches
from core.training.optimization import JudgeAverage
from core.training.recipe import Recipe, monitor_sign
from core.training.state import KeepState, stage_of
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
    metadata: EncodedMetadata | None = None,
    stop_requested: Callable[[], bool] = lambda: False,
    finish_requested: Callable[[], bool] = lambda: False,
    progress: Progress = silent,
    report: Callable[[float, int, float | None], None] = lambda *_: None,
) -> Fit:
    """Train the recipe's model and leave the epoch that is kept, the best or the last, in `files.best`.

    A training that was killed and goes on from `files.state` ends as one that was left alone: same weights,
    same metric lines but for the clock. Learning that was over is not done again.

    Args:
        recipe: what to train.
        examples: pictures at `recipe.image_size`, or samples of a gene-expression table.
        split: parts; learns from "train" alone, chooses the epoch on "validation", never sees "test".
        class_keys: classes in the order of the outputs.
        files: where to write, and where to go on from.
        metadata: what is known of each row of the examples beside its picture, where the recipe takes metadata.
        stop_requested: asked twice a second; training ends after the batch in which it is true.
        finish_requested: asked after each epoch; training ends when it is true.
        progress: told how far it is with looking at all pictures once, where a frozen part does.
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
    width = metadata.encoding.width if metadata else 0
    learner = learner_for(recipe, len(class_keys), len(learnt_from), size, width)
    model, deployed_model = learner.model, learner.deployed_model
    compute_weights(model, learnt_part)
    weights = class_weights(train["label"], class_keys, recipe.balance) if recipe.balance.weighs else None
    counts = learnt_from["label"].value_counts().reindex(list(class_keys), fill_value=0).to_numpy()
    watched = watched_pictures(validation, class_keys, recipe.seed)
    if model_spec(recipe.model).takes == "genes":
        watched = watched.iloc[:0]  # there is nothing to look at
    write_watched(files.watched, watched, class_keys)
    shown = examples.rows(watched["image_id"])
    pictures = together(examples.values[shown], *([metadata.values[shown]] if metadata else []))
    read_ahead(examples.values)
    log = MetricsLog(
        files.metrics,
        len(learnt_from),
        learner.batch_size,
        learner.confusion_metric,
        lambda: deployed_model.predict_on_batch(pictures) if len(shown) else np.empty((0, len(class_keys))),
    )
    keep = KeepBest(files.best, recipe.monitor, deployed_model, log, keeps_last=recipe.keep == "last")
    stop = StopOnRequest(stop_requested)
    evaluated_fraction = predicted_at_the_end(recipe, split)

    def learn_stage(number: int, state: KeepState) -> None:
        """Let one stage learn, from where `state` says that it has come to."""
        here = recipe.at_stage(number)
        training_model, ways = learner.training_model, finite_ways(recipe) or ()
        balance_classes(training_model.loss, counts, weights, recipe.logit_tau)
        order = EpochOrder(recipe.seed)
        frozen = None
        if learner.frozen is not None and isinstance(examples, ImageCache):
            frozen = frozen_outputs(learner.frozen, examples, ways, progress)

        def fed(rows: pd.DataFrame, batch_size: int, order: EpochOrder | None) -> tf.data.Dataset:
            labels = rows["label"].map(numbers).to_numpy(dtype=np.int32)
            taken = examples.rows(rows["image_id"])
            more: dict[str, Any] = {"order": order, "metadata": metadata}
            if frozen is None:
                return batches(examples.values, taken, labels, batch_size, **more)
            return batches(frozen.values, taken, labels, batch_size, ways=len(ways), read=frozen.read, **more)

        def learn(batch_size: int, steps: int | None = None, **more: Any) -> None:
            given = fed(learnt_from, batch_size, order)
            if recipe.mixes:
                given = mixed_batches(given, len(class_keys), recipe, order)
            given = given.take(steps) if steps else given
            by_class = None if recipe.mixes else weights  # the loss itself weighs labels that are shares of classes
            training_model.fit(given, class_weight=by_class, verbose=0, shuffle=False, **more)  # the pipeline shuffles

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
            *state.others,
            ReportProgress(
                report,
                evaluated_fraction,
                epochs_after=sum(each.epochs for each in recipe.as_stages[number + 1 :]),
            ),
            *([JudgeAverage()] if recipe.ema_momentum else []),
            state,
        ]
        try:
            learn(
                learner.batch_size,
                validation_data=fed(validation, max(learner.batch_size, 256), None),
                initial_epoch=log.epochs,
                epochs=state.began + here.epochs,
                callbacks=callbacks,
            )
        except EXHAUSTED as error:
            largest = largest_that_fits(learner.batch_size, lambda size: learn(size, steps=1))
            raise OutOfMemory(learner.batch_size, largest) from error

    first = stage_of(files.state) if files.state.is_file() else 0
    for number in range(first, len(recipe.as_stages)):
        if number:
            learner = at_stage(learner, recipe, number)
        log.stage = number if recipe.stages else None
        state = KeepState(files.state, log, keep, _schedule(recipe.at_stage(number)), model, number)
        over = False
        if number == first and files.state.is_file():
            over = state.restore(learner.training_model).over
            stop.stopped = stop_requested() and not (over and number + 1 == len(recipe.as_stages))
        elif number and keep.weights:
            deployed_model.set_weights(keep.weights)
            model.set_weights(keep.weights)
        if stop.stopped or log.diverged or (log.epochs and finish_requested()):
            break
        if not over:
            learn_stage(number, state)
    return Fit(
        parameters=model.count_params(),
        epochs=log.epochs,
        best_epoch=keep.best_epoch,
        seconds=log.seconds,
        images_per_second=log.examples_seen / log.seconds if log.seconds else None,
        stopped=stop.stopped,
        diverged=log.diverged,
    )


def predicted_at_the_end(recipe: Recipe, split: Split) -> float:
    """How many times as many pictures as in the validation part the evaluation predicts: each in all its ways."""
    return recipe.test_time_augmentation.ways * (1 + len(split.part(TEST)) / len(split.part(VALIDATION)))


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
