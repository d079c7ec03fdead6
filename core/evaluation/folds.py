"""How far a figure goes up and down over the folds of a cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.metrics import Metrics

FIGURES = {
    "accuracy": "accuracy",
    "floor": "majority_accuracy",
    "balanced accuracy": "balanced_accuracy",
    "macro AUC": "macro_auc",
    "log loss": "log_loss",
    "calibration error": "ece",
}
"""Figures of a fold by what people call them."""


@dataclass(frozen=True)
class OverFolds:
    """Mean of a figure over folds and its standard deviation (with n − 1); None where too few folds have it."""

    mean: float | None
    deviation: float | None
    folds: int
    """Folds in which it is defined."""


def over_folds(values: Sequence[float | None]) -> OverFolds:
    """Mean and standard deviation of the values that are defined, one for each fold.

    The standard deviation tells how much one training and test part differ from the next. It is no interval: the
    training parts of folds overlap, so the folds are not independent (Bengio & Grandvalet 2004, JMLR 5:1089-1105).
    """
    defined = [value for value in values if value is not None]
    mean = float(np.mean(defined)) if defined else None
    deviation = float(np.std(defined, ddof=1)) if len(defined) > 1 else None
    return OverFolds(mean, deviation, len(defined))


def figures_over_folds(folds: Sequence[Metrics]) -> dict[str, OverFolds]:
    """Each of `FIGURES` over the folds, by its name."""
    return {name: over_folds([getattr(each, field) for each in folds]) for name, field in FIGURES.items()}


def sensitivity_over_folds(folds: Sequence[Metrics]) -> dict[str, OverFolds]:
    """The sensitivity of each class over the folds, by class key; folds that test none of a class do not count."""
    keys = [each.key for each in folds[0].per_class] if folds else []
    return {key: over_folds([fold.per_class[n].sensitivity for fold in folds]) for n, key in enumerate(keys)}
