"""The Brier score: how far probabilities lie from what happened, and what that is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.calibration import DEFAULT_BINS, bin_of, binned
from core.evaluation.intervals import numbered_groups, percentile_interval, resampled
from core.evaluation.predictions import probabilities


@dataclass(frozen=True)
class Brier:
    """The Brier score of a part; 0 is best, 2 is worst. It is `reliability − resolution + uncertainty + within_bins`.

    Murphy 1973, "A new vector partition of the probability score", J. Appl. Meteorology 12:595-600, for each class and
    summed; what binning leaves over as in Stephenson et al. 2008, Weather and Forecasting 23:752-757.
    """

    score: float
    interval: tuple[float, float] | None
    """95 % over groups; None with fewer than two."""
    reliability: float
    """How far stated probabilities lie from what happened, bin by bin; a calibrated model has 0."""
    resolution: float
    """How far what happened in the bins lies from the mean of all: the larger, the more the model knows."""
    uncertainty: float
    """The score of always stating how frequent each class is here."""
    within_bins: float
    """What is left over because probabilities within a bin differ."""


def brier(
    table: pd.DataFrame, class_keys: Sequence[str], *, bins: int = DEFAULT_BINS, resamples: int = 1000, seed: int = 0
) -> Brier | None:
    """The Brier score over all classes (Brier 1950, Monthly Weather Review 78:1-3) and its parts.

    Args:
        table: predictions of one part; None comes of an empty one.
        class_keys: classes in the order of the probability columns.
        bins: of equal width, for each class's probability.
        resamples: number of draws of whole groups for the interval.
        seed: the same seed gives the same interval.
    """
    if table.empty:
        return None
    values = probabilities(table, class_keys)
    happened = table["true"].to_numpy(dtype=str)[:, None] == np.asarray(class_keys, dtype=str)
    losses = ((values - happened) ** 2).sum(axis=1)
    reliability = resolution = uncertainty = 0.0
    for number in range(len(class_keys)):
        diagram = binned(values[:, number], happened[:, number], bins)
        diagram = diagram[diagram["images"] > 0]
        share = diagram["images"] / len(table)
        base = happened[:, number].mean()
        reliability += float((share * (diagram["confidence"] - diagram["accuracy"]) ** 2).sum())
        resolution += float((share * (diagram["accuracy"] - base) ** 2).sum())
        uncertainty += float(base * (1 - base))
    score = float(losses.mean())
    return Brier(
        score=score,
        interval=_mean_interval(losses, table["group_id"], resamples, seed),
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        within_bins=score - (reliability - resolution + uncertainty),
    )


def with_bin_intervals(
    stated: np.ndarray,
    happened: np.ndarray,
    group_id: pd.Series,
    *,
    bins: int = DEFAULT_BINS,
    resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """`binned` with `low` and `high`, 95 % limits of each bin's accuracy over groups; NaN with fewer than two groups.

    Args:
        stated: probabilities, (n,), 0…1.
        happened: whether it came so, bool (n,).
        group_id: the group of each row.
        bins, resamples, seed: as elsewhere here.
    """
    diagram = binned(stated, happened, bins)
    member = np.eye(bins)[bin_of(stated, bins)]
    limits = np.full((bins, 2), np.nan)
    if group_id.nunique() > 1 and resamples:
        group_of_row, groups = numbered_groups(group_id)
        per_group = np.zeros((len(groups), 2 * bins))
        np.add.at(per_group, group_of_row, np.hstack([member, member * np.asarray(happened)[:, None]]))
        sums = np.concatenate([weights @ per_group for weights, _ in resampled(group_id, resamples, seed)])
        counted, right = sums[:, :bins], sums[:, bins:]
        shares = np.divide(right, counted, out=np.full(counted.shape, np.nan), where=counted > 0)
        for number in range(bins):
            limits[number] = percentile_interval(shares[:, number]) or np.nan
    return diagram.assign(low=limits[:, 0], high=limits[:, 1])


def _mean_interval(values: np.ndarray, group_id: pd.Series, resamples: int, seed: int) -> tuple[float, float] | None:
    """95 % interval over groups of a mean over rows; None with fewer than two groups."""
    if group_id.nunique() < 2 or resamples < 1:
        return None
    draws = [weights @ values / weights.sum(axis=1) for _, weights in resampled(group_id, resamples, seed)]
    return percentile_interval(np.concatenate(draws))
