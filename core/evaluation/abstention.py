"""Answering only where a model is sure enough: how sure that has to be for a given share of wrong answers.

Selective classification (Geifman & El-Yaniv 2017, "Selective classification for deep neural networks", NeurIPS), by the
probability of the most likely class.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.predictions import sure_and_right
from core.evaluation.small_samples import wilson_interval

RISKS = (0.02, 0.05, 0.1, 0.2)
"""Shares of wrong answers among those given that can be asked for."""
FEWEST_LESIONS = 20
"""So many have to be answered before a share is believed."""


@dataclass(frozen=True)
class Abstained:
    """What comes of answering only where the model is sure enough; shares are 0…1, over lesions.

    `wrong` is the share of wrong answers among those that are given, from `low` to `high` (95 % interval by Wilson),
    None where none is given.
    """

    lesions: int
    answered: float
    wrong: float | None
    low: float
    high: float


def least_confidence(table: pd.DataFrame, class_keys: Sequence[str], risk: float) -> float | None:
    """From which probability of the most likely class on at most `risk` of the answers are wrong.

    Args:
        table: predictions that the model has not learnt from, and that no figure shown beside it comes from.
        class_keys: classes in the order of the probability columns.
        risk: 0…1.

    Returns:
        0…1, the smallest with which at least 20 lesions are answered and that share is kept; None without any.
    """
    confidence, right, weight = _by_lesion(table, class_keys)
    order = np.argsort(-confidence, kind="stable")
    answered = np.cumsum(weight[order])
    wrong = np.cumsum((weight * ~right)[order])
    last_of_ties = np.append(np.diff(confidence[order]) != 0, True) if len(order) else np.empty(0, bool)
    kept = np.flatnonzero(last_of_ties & (answered >= FEWEST_LESIONS - 1e-9) & (wrong <= risk * answered + 1e-9))
    return float(confidence[order][kept[-1]]) if len(kept) else None


def abstained(table: pd.DataFrame, class_keys: Sequence[str], least: float) -> Abstained:
    """What comes of it on a table of predictions, answering from a probability of `least` on."""
    confidence, right, weight = _by_lesion(table, class_keys)
    sure = confidence >= least
    lesions, given = float(weight.sum()), float(weight[sure].sum())
    if given <= 0:
        return Abstained(round(lesions), 0.0, None, 0.0, 1.0)
    wrong = float((weight * ~right)[sure].sum()) / given
    low, high = wilson_interval(round(wrong * round(given)), max(1, round(given))) or (0.0, 1.0)
    return Abstained(round(lesions), given / lesions, wrong, min(low, wrong), max(high, wrong))


def _by_lesion(table: pd.DataFrame, class_keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability of the most likely class, whether it is right, and a weight that is 1 in all for each lesion."""
    confidence, right = sure_and_right(table, class_keys)
    photos = table.groupby("group_id")["group_id"].transform("size").to_numpy()
    return confidence, right, 1 / photos
