"""The Brier score: how far probabilities lie from what happened, and what that is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.calibration import DEFAULT_BINS, bin_of, binned
from core.evaluation.intervals import numbered_groups, percentile_interval, resampled
from core.evaluation.predictions import probabilities
from core.evaluation.small_samples import share_limits


@dataclass(frozen=True)
class Brier:
    """The Brier score of a part; 0 is best, 2 is worst. It is `reliability − resolution + uncertainty + within_bins`.

    Murphy 1973, "A new vector partition of the probability score", J. Appl. Meteorology 12:595-600, for each class and
    summed; what binning leaves over as in Stephenson et al. 2008, Weather and Forecasting 23:752-757.
    """

    score: float
    reliability: float
    """How far stated probabilities lie from what happened, bin by bin; a calibrated model has 0."""
    resolution: float
    """How far what happened in the bins lies from the mean of all: the larger, the more the model knows."""
    uncertainty: float
    """The score of always stating how frequent each class is here."""
    within_bins: float
    """What is left over because probabilities within a bin differ."""
    limits: dict[str, tuple[float, float]]
    """95 % over groups, of each of these by its name; empty with fewer than two."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the score; None with fewer than two groups."""
        return self.limits.get("score")


def brier(
    table: pd.DataFrame, class_keys: Sequence[str], *, bins: int = DEFAULT_BINS, resamples: int = 1000, seed: int = 0
) -> Brier | None:
    """The Brier score over all classes (Brier 1950, Monthly Weather Review 78:1-3) and its parts.

    Args:
        table: predictions of one part; None comes of an empty one.
        class_keys: classes in the order of the probability columns.
        bins: of equal width, for each class's probability.
        resamples: number of draws of whole groups for the intervals.
        seed: the same seed gives the same intervals.
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
    found = {"score": score, "reliability": reliability, "resolution": resolution, "uncertainty": uncertainty}
    found["within_bins"] = score - (reliability - resolution + uncertainty)
    limits = {}
    if table["group_id"].nunique() > 1 and resamples:
        drawn = _drawn(values, happened, losses, table["group_id"], bins, resamples, seed)
        for name, value in found.items():
            of = _limits_of_squares if name in ("reliability", "resolution") else _percentiles
            limits[name] = of(value, drawn[name])
    return Brier(**found, limits=limits)


def _drawn(
    values: np.ndarray,
    happened: np.ndarray,
    losses: np.ndarray,
    group_id: pd.Series,
    bins: int,
    resamples: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """The score and its parts in each draw of whole groups, (draws,)."""
    group_of_row, groups = numbered_groups(group_id)
    per_class = np.zeros((values.shape[1], len(groups), 3, bins))
    for number, of_class in enumerate(per_class):
        place = bin_of(values[:, number], bins)
        for what, each in enumerate((np.ones(len(values)), happened[:, number], values[:, number])):
            np.add.at(of_class[:, what], (group_of_row, place), each)
    flat = per_class.reshape(len(per_class), len(groups), -1)
    lost = np.bincount(group_of_row, losses)
    parts = []
    for weights, row_weights in resampled(group_id, resamples, seed):
        drawn, rows = weights.astype(float), row_weights.sum(axis=1)
        sums = np.stack([drawn @ each for each in flat]).reshape(len(flat), len(weights), 3, bins)
        counted, came, stated = sums[:, :, 0], sums[:, :, 1], sums[:, :, 2]
        held = np.maximum(counted, 1)  # a bin without rows has no sums either
        base = came.sum(axis=2) / rows
        reliability = ((stated - came) ** 2 / held).sum(axis=(0, 2)) / rows
        resolution = (came**2 / held).sum(axis=(0, 2)) / rows - (base**2).sum(axis=0)
        uncertainty = (base * (1 - base)).sum(axis=0)
        score = drawn @ lost / rows
        parts.append([score, reliability, resolution, uncertainty, score - (reliability - resolution + uncertainty)])
    names = ("score", "reliability", "resolution", "uncertainty", "within_bins")
    return dict(zip(names, np.concatenate(parts, axis=1), strict=True))


def _percentiles(found: float, drawn: np.ndarray) -> tuple[float, float]:
    return percentile_interval(drawn) or (found, found)


def _limits_of_squares(found: float, drawn: np.ndarray) -> tuple[float, float]:
    """The interval of a mean of squares, of those in resamples.

    Chance adds to squares, and once more in a resample: the limits of `core.evaluation.calibration_intervals`, which
    have it out of both, without their roots.
    """
    high = _percentiles(found, drawn)[1]
    return max(0.0, min(found, 2 * found - high)), max(found, high - (float(drawn.mean()) - found))


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
        many = (per_group[:, :bins] > 0).sum(axis=0)
        for number, share in enumerate(diagram["accuracy"]):
            limits[number] = share_limits(share, percentile_interval(shares[:, number]), int(many[number])) or np.nan
    return diagram.assign(low=limits[:, 0], high=limits[:, 1])
