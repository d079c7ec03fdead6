"""How far the probability that a model gives can be taken at its word."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.evaluation.intervals import row_losses
from core.evaluation.predictions import predicted_labels, probabilities

DEFAULT_BINS = 15


def reliability(table: pd.DataFrame, class_keys: Sequence[str], bins: int = DEFAULT_BINS) -> pd.DataFrame:
    """Compare, bin by bin, how sure the model was of its top class with how often it was right.

    Bins have equal width and include their upper edge; the first includes 0 as well (Guo et al. 2017, "On
    calibration of modern neural networks", ICML, arXiv 1706.04599).

    Returns:
        One row per bin: `lower` and `upper` (probability), `confidence` (mean probability of the top class)
        and `accuracy` (share of rows that are right), both 0…1 and NaN in an empty bin, and `images` (number
        of rows in the bin).
    """
    confidence = probabilities(table, class_keys).max(axis=1, initial=0.0)
    correct = predicted_labels(table, class_keys) == table["true"].to_numpy(dtype=str)
    edges = np.linspace(0.0, 1.0, bins + 1)
    number = np.digitize(confidence, edges[1:-1], right=True)
    images = np.bincount(number, minlength=bins)
    occupied = images > 0

    def mean_per_bin(values: np.ndarray) -> np.ndarray:
        sums = np.bincount(number, weights=values, minlength=bins)
        return np.divide(sums, images, out=np.full(bins, np.nan), where=occupied)

    return pd.DataFrame(
        {
            "lower": edges[:-1],
            "upper": edges[1:],
            "confidence": mean_per_bin(confidence),
            "accuracy": mean_per_bin(correct),
            "images": images,
        }
    )


def expected_calibration_error(
    table: pd.DataFrame, class_keys: Sequence[str], bins: int = DEFAULT_BINS
) -> float | None:
    """Mean gap between confidence and accuracy over the bins of `reliability`, weighted by their images.

    Range 0…1, 0 is best; None where the table is empty (Guo et al. 2017, equation 3).
    """
    if table.empty:
        return None
    diagram = reliability(table, class_keys, bins)
    gap = (diagram["confidence"] - diagram["accuracy"]).abs().fillna(0.0)
    return float((gap * diagram["images"]).sum() / len(table))


def calibration_of(
    before: pd.DataFrame, after: pd.DataFrame, class_keys: Sequence[str], temperature: float
) -> dict[str, Any]:
    """What the temperature has changed, in plain JSON types.

    Args:
        before: predictions without the temperature.
        after: the same predictions with it.
        class_keys: classes in the order of the probability columns.
        temperature: as it was fitted on the validation part.

    Returns:
        `temperature`, and by part `before` and `after`, each with `ece` (0…1) and `log_loss` (nats).
    """
    of_parts = {}
    for part in after["part"].unique():
        tables = {"before": before[before["part"] == part], "after": after[after["part"] == part]}
        of_parts[str(part)] = {
            when: {
                "ece": expected_calibration_error(table, class_keys),
                "log_loss": float(row_losses(table, class_keys).mean()),
            }
            for when, table in tables.items()
        }
    return {"temperature": temperature, "fitted_on": "validation", "parts": of_parts}
