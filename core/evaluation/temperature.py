"""Temperature scaling: one number by which a model's probabilities come nearer to how often it is right."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.evaluation.predictions import probabilities

RANGE = (0.05, 20.0)
"""Between these a temperature is sought: below, every answer would be certain; above, none would say anything."""
_SMALLEST = 1e-12
"""Probabilities that a network has rounded to 0 count as this."""


def at_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (rows, classes) as they are when the logits are divided by a temperature.

    Above 1 they come closer to each other, below 1 they move apart; which class is the most likely stays.
    """
    if temperature == 1.0:
        return probabilities
    logits = _log(probabilities) / temperature
    scaled = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (scaled / scaled.sum(axis=1, keepdims=True)).astype(probabilities.dtype)


def without_temperature(table: pd.DataFrame, class_keys: Sequence[str], temperature: float) -> pd.DataFrame:
    """Predictions as they were before a temperature, which can be taken back: the classes' order is no other.

    Args:
        table: predictions with the temperature.
        class_keys: classes in the order of the probability columns.
        temperature: by which the logits were divided.
    """
    before = at_temperature(probabilities(table, class_keys), 1 / temperature)
    return table.assign(**{f"p_{key}": before[:, number] for number, key in enumerate(class_keys)})


def fitted_temperature(probabilities: np.ndarray, true: np.ndarray) -> float:
    """The temperature with the smallest log loss (Guo et al. 2017, "On calibration of modern neural networks", ICML).

    Where every row is answered right, the log loss alone would have every answer certain, be it of two rows. There each
    true class counts as (rows + 1) / (rows + 2), the others share the rest (Platt 1999, "Probabilistic outputs for
    support vector machines").

    Args:
        probabilities: (rows, classes), of pictures that the model has not learnt from.
        true: class number of each row, int (rows,).

    Returns:
        A number in `RANGE`; 1 where there is no row.
    """
    from scipy.optimize import minimize_scalar

    if not len(true):
        return 1.0
    logits = _log(probabilities)
    rows, others = np.arange(len(true)), probabilities.shape[1] - 1
    rest = 1 / (len(true) + 2) if others and (logits.argmax(axis=1) == true).all() else 0.0

    def log_loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        of_true = scaled[rows, true]
        said = (1 - rest) * of_true + (rest * (scaled.sum(axis=1) - of_true) / others if rest else 0)
        return float((np.log(np.exp(scaled).sum(axis=1)) - said).mean())

    ends = np.log(RANGE)
    found = minimize_scalar(log_loss, bounds=ends, method="bounded")  # which comes close to the ends, never to them
    return float(np.clip(np.exp(min(found.x, *ends, key=log_loss)), *RANGE))


def _log(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.clip(probabilities.astype(np.float64), _SMALLEST, None))
