"""Answering only where a model is sure enough: how sure that has to be for a given share of wrong answers.

Selective classification (Geifman & El-Yaniv 2017, "Selective classification for deep neural networks", NeurIPS), by the
probability of the most likely class.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.intervals import COVERAGE, numbered_groups, resampled
from core.evaluation.predictions import sure_and_right
from core.evaluation.small_samples import share_limits, wilson_interval

RISKS = (0.02, 0.05, 0.1, 0.2)
"""Shares of wrong answers among those given that can be asked for."""
FEWEST_LESIONS = 20
"""So many have to be answered before a share is believed."""
CURVE_POINTS = 101
"""Shares of answers at which the curve of accuracy against coverage is worked out."""


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


def abstention_curve(
    table: pd.DataFrame, class_keys: Sequence[str], *, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """How often answers are right when only the surest are given, from few answers to all: accuracy against coverage.

    Args:
        table: predictions of one part; may be empty.
        class_keys: classes in the order of the probability columns.
        resamples: number of draws of whole groups for the intervals; with fewer than two groups there are none.
        seed: the same seed gives the same intervals.

    Returns:
        Rows by falling `least` (from which probability of the most likely class on it answers), with `answered` (share
        of the lesions, 0…1), `right` (share of those answers, 0…1), and its 95 % interval `low` to `high`, NaN without
        one. It begins where 20 lesions are answered; a part with fewer has the last row alone, where all are.
    """
    confidence, right, weight = _by_lesion(table, class_keys)
    if not len(confidence):
        return pd.DataFrame(columns=["least", "answered", "right", "low", "high"], dtype=float)
    order = np.argsort(-confidence, kind="stable")
    given = np.cumsum(weight[order])
    first = min(int(np.searchsorted(given, FEWEST_LESIONS - 1e-9)), len(given) - 1)
    wanted = np.linspace(given[first], given[-1], CURVE_POINTS)
    places = np.minimum(np.searchsorted(given, wanted - 1e-9), len(given) - 1)
    least = np.unique(confidence[order][places])[::-1]
    sure = confidence[:, None] >= least
    groups, names = numbered_groups(table["group_id"])
    of_groups = np.zeros((2, len(names), len(least)))
    for sums, values in zip(of_groups, (weight, weight * right), strict=True):
        np.add.at(sums, groups, values[:, None] * sure)
    answered, hits = of_groups.sum(axis=1)
    limits = np.full((2, len(least)), np.nan)
    if len(names) > 1 and resamples:
        drawn = [
            np.divide(weights @ of_groups[1], each, out=np.full(each.shape, np.nan), where=each > 0)
            for weights, _ in resampled(table["group_id"], resamples, seed)
            for each in [weights @ of_groups[0]]
        ]
        tail = (1 - COVERAGE) / 2
        limits = np.nanquantile(np.concatenate(drawn), [tail, 1 - tail], axis=0)
        many = (of_groups[0] > 0).sum(axis=0)
        for number, right_here in enumerate(hits / answered):
            limits[:, number] = (
                share_limits(right_here, (limits[0, number], limits[1, number]), int(many[number])) or np.nan
            )
    return pd.DataFrame(
        {"least": least, "answered": answered / answered[-1], "right": hits / answered, "low": limits[0],
         "high": limits[1]}
    )  # fmt: skip


def _by_lesion(table: pd.DataFrame, class_keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability of the most likely class, whether it is right, and a weight that is 1 in all for each lesion."""
    confidence, right = sure_and_right(table, class_keys)
    photos = table.groupby("group_id")["group_id"].transform("size").to_numpy()
    return confidence, right, 1 / photos
