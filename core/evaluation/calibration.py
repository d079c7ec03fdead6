"""How far the probability that a model gives can be taken at its word."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.evaluation.intervals import row_losses
from core.evaluation.predictions import probabilities, sure_and_right

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
    return binned(*sure_and_right(table, class_keys), bins)


def binned(stated: np.ndarray, happened: np.ndarray, bins: int = DEFAULT_BINS) -> pd.DataFrame:
    """The rows of `reliability` for any stated probability (n,), 0…1, of something that happened (n,), bool, or not."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    number = bin_of(stated, bins)
    images = np.bincount(number, minlength=bins)
    occupied = images > 0

    def mean_per_bin(values: np.ndarray) -> np.ndarray:
        sums = np.bincount(number, weights=values, minlength=bins)
        return np.divide(sums, images, out=np.full(bins, np.nan), where=occupied)

    return pd.DataFrame(
        {
            "lower": edges[:-1],
            "upper": edges[1:],
            "confidence": mean_per_bin(stated),
            "accuracy": mean_per_bin(happened),
            "images": images,
        }
    )


def bin_of(stated: np.ndarray, bins: int = DEFAULT_BINS) -> np.ndarray:
    """Number of the bin of each probability, int (n,), from 0."""
    return np.digitize(stated, np.linspace(0.0, 1.0, bins + 1)[1:-1], right=True)


def expected_calibration_error(
    table: pd.DataFrame, class_keys: Sequence[str], bins: int = DEFAULT_BINS
) -> float | None:
    """Mean gap between confidence and accuracy over the bins of `reliability`, weighted by their images.

    Range 0…1, 0 is best; None where the table is empty (Guo et al. 2017, equation 3).
    """
    if table.empty:
        return None
    return _weighted_gap(reliability(table, class_keys, bins))


def classwise_calibration_error(
    table: pd.DataFrame, class_keys: Sequence[str], bins: int = DEFAULT_BINS
) -> dict[str, float]:
    """The same for the probability of each class, which also counts where it is not the top one.

    Range 0…1 by class key, 0 is best; empty where the table is. Their mean is the classwise calibration error (Kull et
    al. 2019, "Beyond temperature scaling", NeurIPS, arXiv 1910.12656).
    """
    if table.empty:
        return {}
    values, true = probabilities(table, class_keys), table["true"].to_numpy(dtype=str)
    return {key: _weighted_gap(binned(values[:, n], true == key, bins)) for n, key in enumerate(class_keys)}


def _weighted_gap(diagram: pd.DataFrame) -> float:
    gap = (diagram["confidence"] - diagram["accuracy"]).abs().fillna(0.0)
    return float((gap * diagram["images"]).sum() / diagram["images"].sum())


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
