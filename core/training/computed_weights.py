"""Weights that are computed from the training part instead of learnt: shares of classes, chosen genes, linear rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.data.genes.gene_expression import CEILING, FLOOR, most_at_floor, read_scale
from core.data.splits.balance import Balance, balanced_positions, class_weights
from core.models.baseline import set_fractions
from core.models.brightness import fit_brightness
from core.models.genes import CHOSEN
from core.training.recipe import Recipe

_NEVER = -50.0
"""The sum of a class of which training has no sample, beside sums near 0."""


@dataclass(frozen=True)
class TrainingPart:
    """What a model learns from: `rows` of `values` (examples, …), int (rows,), and class numbers `labels` (rows,)."""

    recipe: Recipe
    values: np.ndarray
    rows: np.ndarray
    labels: np.ndarray


def compute_weights(model: keras.Model, part: TrainingPart) -> None:
    """Set all weights of the recipe's model that follow from the training part without learning, if it has such.

    Raises:
        DataError: there is nothing to learn from: one class, or genes that never vary.
    """
    compute = _COMPUTED.get(part.recipe.model)
    if compute is not None:
        compute(model, part)


def _fractions(model: keras.Model, part: TrainingPart) -> None:
    set_fractions(model, part.labels)


def _brightness(model: keras.Model, part: TrainingPart) -> None:
    """Each picture counts as often as the recipe's balancing shows it, or as much as its class weighs."""
    labels, balance = pd.Series(part.labels), part.recipe.balance
    positions = balanced_positions(labels, balance, part.recipe.seed)
    weights = np.bincount(positions, minlength=len(labels)).astype(float)
    if balance.weighs:
        numbers = tuple(map(str, range(model.output_shape[-1])))
        of_class = class_weights(labels.map(str), numbers, balance)
        weights *= [of_class[label] for label in labels]
    fit_brightness(model, part.values, part.rows, part.labels, weights)


def choose_genes(model: keras.Model, part: TrainingPart) -> np.ndarray:
    """Choose the genes that differ most between the classes of the training part, and how they are standardised.

    They are those with the highest F statistic of a one-way analysis of variance (Dudoit, Fridlyand and Speed, JASA 97,
    77, 2002, rank by the same ratio), on the scale of the recipe. Chosen on more than the training part, even noise
    seems to tell classes apart (Ambroise and McLachlan, PNAS 99, 6562, 2002).

    Returns:
        What the network makes of the training part, (rows, chosen genes).

    Raises:
        DataError: there is one class alone, or every gene is the same in all samples.
    """
    from sklearn.feature_selection import f_classif

    if len(np.unique(part.labels)) < 2:
        raise DataError("The training part has samples of one class alone: there is nothing to tell apart.")
    layer = model.get_layer(CHOSEN)
    measured = np.asarray(part.values[part.rows], dtype=np.float64)
    scale = scale_of(measured, layer.asked)
    scaled = np.log10(np.clip(measured, scale[1], scale[2]) + scale[3]) if scale[0] else measured
    with np.errstate(invalid="ignore", divide="ignore"):
        known = ~np.isnan(scaled)
        means = np.where(known, scaled, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        filled = np.where(known, scaled, means)
        varying = (filled != filled[:1]).any(axis=0)
        if not varying.any():
            raise DataError("Every gene is the same in all samples to train on, so there is nothing to learn from.")
        difference = np.full(filled.shape[1], -1.0)
        difference[varying] = np.nan_to_num(f_classif(filled[:, varying], part.labels)[0], nan=0.0)
    chosen = np.argsort(-difference, kind="stable")[: layer.count]
    deviations = np.where(varying, filled.std(axis=0), 0.0)
    weights = [chosen.astype(np.int32), means[chosen], deviations[chosen], np.asarray(scale)]
    layer.set_weights([each.astype(w.dtype) for each, w in zip(weights, layer.get_weights(), strict=True)])
    return np.asarray(layer(np.asarray(part.values[part.rows], np.float32)))


def scale_of(measured: np.ndarray, wanted: str) -> tuple[float, float, float, float]:
    """Whether the logarithm is taken (1 or 0), and of what: a lowest value, a highest one, and what is added.

    Args:
        measured: (samples, genes), NaN where a value is missing.
        wanted: "logarithm", "as-measured", or "auto", which tells intensities as `read_scale` does.
    """
    known = pd.DataFrame(measured[~np.isnan(measured)][:, None])
    if wanted == "as-measured" or (wanted == "auto" and (known.empty or read_scale(known).logarithmic)):
        return 0.0, 1.0, 1.0, 0.0
    if most_at_floor(known):  # counts, or logarithms already
        return 1.0, 0.0, float(np.finfo(np.float32).max), 1.0
    return 1.0, FLOOR, CEILING, 0.0


def _logistic_regression(model: keras.Model, part: TrainingPart) -> None:
    """Regularised (C = 0.1): there are far more genes than samples."""
    from sklearn.linear_model import LogisticRegression

    standardised, labels, recipe = choose_genes(model, part), part.labels, part.recipe
    learnt = balanced_positions(pd.Series(labels), recipe.balance, recipe.seed)
    weight = "balanced" if recipe.balance is Balance.WEIGHTS else None
    found = LogisticRegression(C=0.1, class_weight=weight, max_iter=2000).fit(standardised[learnt], labels[learnt])
    slopes, intercepts = found.coef_, found.intercept_
    if len(found.classes_) == 2:  # one row, for the second class against the first
        slopes, intercepts = np.concatenate([-slopes, slopes]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    _set_linear(model, found.classes_, slopes, intercepts)


def _nearest_centroid(model: keras.Model, part: TrainingPart) -> None:
    """The class with the nearest mean of its samples; shares fall with the mean squared distance of a gene.

    Distances are measured in the spread of samples around the mean of their class, as if all genes said the same: they
    do not add up to certainty by being many.
    """
    standardised, labels = choose_genes(model, part), part.labels
    kinds = np.unique(labels)
    centroids = np.stack([standardised[labels == kind].mean(axis=0) for kind in kinds])
    within = ((standardised - centroids[np.searchsorted(kinds, labels)]) ** 2).sum(axis=1).mean()
    spread = max(float(within), 1e-6)
    # Softmax of −d²/2 per spread: what all classes have in common, the square of the sample itself, falls out.
    _set_linear(model, kinds, centroids / spread, -(centroids**2).sum(axis=1) / (2 * spread))


def _set_linear(model: keras.Model, kinds: np.ndarray, slopes: np.ndarray, intercepts: np.ndarray) -> None:
    layer = model.get_layer("probabilities")
    kernel, bias = (np.zeros_like(weight) for weight in layer.get_weights())
    bias[:] = _NEVER
    kernel[:, kinds], bias[kinds] = slopes.T, intercepts - np.max(intercepts)
    layer.set_weights([kernel, bias])


_COMPUTED: dict[str, Callable[..., Any]] = {
    "majority": _fractions,
    "brightness-logreg": _brightness,
    "majority-genes": _fractions,
    "dense-genes": choose_genes,
    "logreg-genes": _logistic_regression,
    "centroid-genes": _nearest_centroid,
}
"""What is computed for each model that has such weights."""
