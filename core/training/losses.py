"""What learning makes small, for networks that answer with probabilities.

Formulas take targets and the logarithms of the answers, float (batch, classes), and give the loss of each example,
(batch,). Targets are shares of classes; they sum to 1, or to the weight of the example.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops

SMALLEST = 1e-30
"""Probabilities below are taken for this one, whose logarithm and gradient float32 still holds."""


class LossSettings(Protocol):
    """What a loss is made from; fields of the recipe."""

    @property
    def loss(self) -> str:
        """Which one; a name of the recipe."""
        ...

    focal_gamma: float
    label_smoothing: float
    mixup: float
    cutmix: float


class ClassLoss(keras.losses.Loss):
    """The mean of a formula over the examples.

    Labels are class numbers, or shares of classes, (batch, classes), as mixed pictures have them. Shares are weighted
    by `class_weights`, class numbers by what Keras gives with them.

    Args:
        formula: loss of each example from targets and the logarithms of the answers.
        classes: how many there are.
        label_smoothing: share of each label that is spread over all classes alike, 0…1 (Szegedy et al. 2016).
        class_weights: by class, (classes,).
        log_prior: τ times the log share of each class, (classes,), which is added to the answers, so that the network
            itself learns to answer without it (Menon et al. 2021, "Long-tail learning via logit adjustment"): with
            τ = 1 as if all classes were equally frequent. None adds nothing.
    """

    def __init__(
        self,
        formula: Callable[[Any, Any], Any],
        classes: int,
        label_smoothing: float = 0.0,
        class_weights: Any = 1.0,
        log_prior: Any = None,
    ):
        super().__init__(name="class_loss")
        self.formula, self.classes, self.label_smoothing = formula, classes, label_smoothing
        self.class_weights, self.log_prior = class_weights, log_prior

    def call(self, y_true, y_pred):
        logs = ops.log(ops.maximum(y_pred, SMALLEST))
        if self.log_prior is not None:
            logs = ops.log_softmax(logs + self.log_prior, axis=-1)
        if len(y_true.shape) == 2 and y_true.shape[-1] == self.classes:
            targets = ops.cast(y_true, logs.dtype) * self.class_weights
        else:
            targets = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), self.classes, dtype=logs.dtype)
        spread = ops.sum(targets, axis=-1, keepdims=True) / self.classes
        return self.formula((1 - self.label_smoothing) * targets + self.label_smoothing * spread, logs)


def cross_entropy(targets, logs):
    """−Σ target × log answer."""
    return -ops.sum(targets * logs, axis=-1)


def focal(targets, logs, gamma: float):
    """Cross-entropy, each term times (1 − answer)^gamma (Lin et al. 2017, "Focal Loss")."""
    missing = ops.maximum(1 - ops.exp(logs), 1e-7)  # the power of 0 has no gradient
    return -ops.sum(targets * missing**gamma * logs, axis=-1)


def log_prior_of(counts: np.ndarray, tau: float = 1.0) -> np.ndarray:
    """τ times the log share of each class, float32 (classes,); one that does not occur counts as with one picture."""
    counts = np.maximum(np.asarray(counts, np.float32), 1)
    return np.float32(tau) * np.log(counts / counts.sum())


def loss_for(settings: LossSettings, classes: int) -> keras.losses.Loss:
    """The loss of a training; `balance_classes` tells it of the classes before learning begins."""
    plain = settings.loss in ("cross-entropy", "binary")  # the same: the two answers to yes or no sum to 1
    if plain and not (settings.label_smoothing or settings.mixup or settings.cutmix):
        return keras.losses.SparseCategoricalCrossentropy()
    formula = partial(focal, gamma=settings.focal_gamma) if settings.loss == "focal" else cross_entropy
    weights, log_prior = (keras.Variable(np.full(classes, each, np.float32), trainable=False) for each in (1, 0))
    adjusted = log_prior if settings.loss == "logit-adjusted" else None
    return ClassLoss(formula, classes, settings.label_smoothing, weights, adjusted)


def balance_classes(
    loss: keras.losses.Loss, counts: np.ndarray, weights: dict[int, float] | None, tau: float = 1.0
) -> None:
    """Tell a loss of `loss_for` how often each class occurs in what is learnt from, and what shares of it weigh.

    Args:
        loss: it stays as it is where it has no use for that.
        counts: examples of each class, (classes,).
        weights: by class number; None for 1.
        tau: how many times the log share of each class is added, where it is.
    """
    if not isinstance(loss, ClassLoss):
        return
    loss.class_weights.assign(np.ones(loss.classes) if weights is None else np.array(list(weights.values())))
    if loss.log_prior is not None:
        loss.log_prior.assign(log_prior_of(counts, tau))
