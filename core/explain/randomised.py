"""The check by random weights: a map that stays when the model forgets all it has learnt does not show what it learnt.

Adebayo et al. 2018, "Sanity checks for saliency maps", NeurIPS, arXiv 1810.03292.
"""

from typing import Any

import numpy as np

SAME = 0.5
"""Rank correlation from which on a map counts as unchanged."""


def copy_of(model: Any) -> Any:
    """A Keras model of the same layers, to be given other weights."""
    import keras

    return keras.models.clone_model(model)


def randomise(copy: Any, model: Any, seed: int, *, head_alone: bool) -> None:
    """Give a copy of a Keras model its weights with the numbers of each tensor shuffled among themselves.

    So each layer keeps the size of its weights, and nothing of what they have learnt.

    Args:
        copy: as `copy_of` makes it; it is changed.
        model: stays as it is.
        seed: the same seed shuffles alike.
        head_alone: shuffle the last layer that has weights, and leave the others as they were trained.
    """
    copy.set_weights(model.get_weights())
    drawn = np.random.default_rng(seed)
    with_weights = [layer for layer in copy.layers if layer.get_weights()]
    for layer in with_weights[-1:] if head_alone else with_weights:
        layer.set_weights([drawn.permuted(weight.ravel()).reshape(weight.shape) for weight in layer.get_weights()])


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    """Spearman's rank correlation of two maps of the same shape, −1…1.

    0 where one of them is the same everywhere, None where both are: nothing can be said of two empty maps.
    """
    flat = [bool(np.ptp(each) == 0) for each in (one, other)]
    if any(flat):
        return None if all(flat) else 0.0
    from scipy.stats import spearmanr

    return float(spearmanr(one.ravel(), other.ravel()).statistic)
