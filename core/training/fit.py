"""Training one model from a recipe and an image cache."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from core.data.balance import Balance, balanced_positions, class_weights
from core.data.cache import ImageCache
from core.data.pipeline import batches
from core.data.splits import TRAIN, VALIDATION, Split
from core.models.baseline import set_shares
from core.models.registry import build_model, model_spec
from core.training.augmentation import with_augmentation
from core.training.callbacks import KeepBest, MetricsLog, ReportProgress, StopOnRequest, monitor_sign
from core.training.metrics import BalancedAccuracy
from core.training.recipe import Recipe

SMALL_STEP_BYTES = 2_000_000
"""A batch of pictures below this takes a CPU a few milliseconds, so Python's share of a step matters."""


@dataclass(frozen=True)
class Place:
    """Files that a training writes."""

    best: Path
    metrics: Path
    tensorboard: Path


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
    cache: ImageCache,
    split: Split,
    class_keys: tuple[str, ...],
    place: Place,
    *,
    stop_requested: Callable[[], bool] = lambda: False,
    report: Callable[[float, int, float | None], None] = lambda *_: None,
) -> Fit:
    """Train the recipe's model and leave its best epoch in `place.best`.

    Args:
        recipe: what to train.
        cache: pictures at `recipe.image_size`.
        split: parts; learns from "train" alone, chooses the epoch on "validation", never sees "test".
        class_keys: classes in the order of the outputs.
        place: where to write.
        stop_requested: asked twice a second; training ends after the batch in which it is true.
        report: told (epochs done, epochs in all, seconds left or None).
    """
    keras.utils.set_random_seed(recipe.seed)
    numbers = {key: number for number, key in enumerate(class_keys)}
    train, validation = split.part(TRAIN), split.part(VALIDATION)
    model = build_model(recipe.model, recipe.image_size, len(class_keys), recipe.architecture)
    place.best.parent.mkdir(parents=True, exist_ok=True)
    if not model_spec(recipe.model).gradient_trained:
        set_shares(model, train["label"].map(numbers).to_numpy())
        model.save(place.best)
        return Fit(model.count_params(), 0, None, 0.0, None, stopped=False, diverged=False)

    learnt_from = train.iloc[balanced_positions(train["label"], recipe.balance, recipe.seed)]
    batch_size = recipe.batch_size or suitable_batch_size(len(learnt_from))
    steps = math.ceil(len(learnt_from) / batch_size)
    learner = with_augmentation(model, recipe)
    learner.compile(
        optimizer=_optimizer(recipe),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy", BalancedAccuracy(len(class_keys))],
        steps_per_execution=steps_per_execution(batch_size, recipe.image_size, steps),
    )
    log = MetricsLog(place.metrics, len(learnt_from))
    stop = StopOnRequest(stop_requested)
    keep = KeepBest(place.best, recipe.monitor, model)
    nan = keras.callbacks.TerminateOnNaN()
    history = learner.fit(
        _examples(cache, learnt_from, numbers, batch_size, recipe.seed),
        validation_data=_examples(cache, validation, numbers, max(batch_size, 256), None),
        epochs=recipe.epochs,
        verbose=0,
        shuffle=False,  # the pipeline has shuffled already
        class_weight=class_weights(train["label"], class_keys) if recipe.balance is Balance.WEIGHTS else None,
        callbacks=[nan, keep, log, stop, ReportProgress(report), *_schedule(recipe, place)],
    )
    losses = [*history.history.get("loss", []), *history.history.get("val_loss", [])]
    return Fit(
        parameters=model.count_params(),
        epochs=log.epochs,
        best_epoch=keep.best_epoch,
        seconds=log.seconds,
        images_per_second=log.examples_seen / log.seconds if log.seconds else None,
        stopped=stop.stopped,
        diverged=not all(math.isfinite(loss) for loss in losses),
    )


def suitable_batch_size(examples: int) -> int:
    """64, halved until an epoch has at least 32 steps, but not below 16.

    Fewer steps leave a small data set with hardly any updates an epoch, and batch normalization's moving
    averages (momentum 0.99) far behind.
    """
    size = 64
    while size > 16 and examples / size < 32:
        size //= 2
    return size


def steps_per_execution(batch_size: int, image_size: int, steps: int) -> int:
    """Batches run in one call of the graph, so that Python is not what a small model waits for.

    Large batches of large pictures run one by one; small ones in groups that still give at least eight
    reports an epoch.
    """
    if batch_size * image_size * image_size * 3 > SMALL_STEP_BYTES:
        return 1
    return max(1, min(16, steps // 8))


def _optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    kinds = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
    return kinds[recipe.optimizer](learning_rate=recipe.learning_rate)


def _schedule(recipe: Recipe, place: Place) -> list[keras.callbacks.Callback]:
    mode = "max" if monitor_sign(recipe.monitor) > 0 else "min"
    callbacks: list[keras.callbacks.Callback] = [keras.callbacks.TensorBoard(place.tensorboard, write_graph=False)]
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


def _examples(cache: ImageCache, rows: pd.DataFrame, numbers: dict[str, int], batch_size: int, seed: int | None):
    labels = rows["label"].map(numbers).to_numpy(dtype=np.int32)
    return batches(cache.images, cache.rows(rows["image_id"]), labels, batch_size, shuffle_seed=seed)
