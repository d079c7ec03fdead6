"""How far a metric would move if other groups (lesions, patients, slides) had been seen.

Photos of one group resemble each other, so whole groups are drawn with replacement, never single images: the
cluster bootstrap (Field & Welsh 2007, "Bootstrapping clustered data", J. R. Stat. Soc. B 69:369-390), with
percentile intervals (Efron & Tibshirani 1993, "An introduction to the bootstrap", chapter 13). A resample is
a vector of group weights, so that every metric is a weighted sum and no table is ever copied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.predictions import predicted_labels, probabilities

COVERAGE = 0.95
SMALLEST_PROBABILITY = 1e-7
"""Probabilities are clipped here before their logarithm is taken, so that one sure mistake costs 16.1."""
CHUNK_ELEMENTS = 1_000_000
"""Rows times resamples held at once: some 50 MB with all that is derived from them."""
LARGEST_SAFE_FOR_INT32 = 2**16
"""With fewer rows, twice the weight of a resample stays below 2³¹, even if one group holds half of them."""


def row_losses(table: pd.DataFrame, class_keys: Sequence[str]) -> np.ndarray:
    """Log loss of each row in nats, shape (n,), range 0…16.1: −ln of the true class's clipped probability."""
    values = probabilities(table, class_keys)
    true = pd.Index(class_keys).get_indexer(table["true"])
    return -np.log(np.clip(values[np.arange(len(table)), true], SMALLEST_PROBABILITY, 1.0))


def group_weights(n_groups: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Multinomial counts of each group, shape (resamples, n_groups), rows sum to `n_groups`."""
    drawn = rng.integers(n_groups, size=(resamples, n_groups), dtype=np.int32)
    offsets = np.arange(resamples, dtype=np.int64)[:, None] * n_groups
    counts = np.bincount((drawn + offsets).ravel(), minlength=resamples * n_groups)
    return counts.reshape(resamples, n_groups)


def numbered_groups(group_id: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """The number of each row's group, and the groups in this order: that of their names, so that the order of rows
    changes no draw. Sums by group that meet the weights of `resampled` are in it, too."""
    return pd.factorize(group_id, sort=True)


def resampled(group_id: pd.Series, resamples: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draw whole groups with replacement, as many at once as fit into some 50 MB.

    Args:
        group_id: the group of each row, (rows,), not empty.
        resamples: number of draws in all.
        seed: the same seed gives the same draws.

    Yields:
        How often each group was drawn, int (draws, groups) with groups in the order of their names, so that the order
        of rows changes nothing, and the same by row, int (draws, rows).
    """
    group_of_row, groups = numbered_groups(group_id)
    rng = np.random.default_rng(seed)
    chunk = max(1, CHUNK_ELEMENTS // len(group_of_row))
    for start in range(0, resamples, chunk):
        weights = group_weights(len(groups), min(chunk, resamples - start), rng)
        row_weights = weights.take(group_of_row, axis=1)
        if len(group_of_row) < LARGEST_SAFE_FOR_INT32:
            row_weights = row_weights.astype(np.int32)
        yield weights, row_weights


def percentile_interval(draws: np.ndarray) -> tuple[float, float] | None:
    """The 95 % percentile interval of a resampled figure, (draws,); None where it is undefined in every draw."""
    defined = draws[np.isfinite(draws)]
    if not len(defined):
        return None
    tail = (1 - COVERAGE) / 2
    lower, upper = np.quantile(defined, [tail, 1 - tail])
    return float(lower), float(upper)


def mean_interval(
    values: np.ndarray, group_id: pd.Series, *, resamples: int = 1000, seed: int = 0
) -> tuple[float, float] | None:
    """95 % interval over groups of a mean over rows, (rows,); None with fewer than two groups."""
    if group_id.nunique() < 2 or resamples < 1:
        return None
    draws = [weights @ values / weights.sum(axis=1) for _, weights in resampled(group_id, resamples, seed)]
    return percentile_interval(np.concatenate(draws))


@dataclass(frozen=True)
class Ranking:
    """One class's scores in ascending order: all that areas under curves need of them, whatever the weights."""

    order: np.ndarray
    """Row at each rank, shape (n,)."""
    positives: np.ndarray
    """Rows of the class, by rank, shape (positives,)."""
    below: np.ndarray
    """How many rows score less than each positive, shape (positives,)."""
    through: np.ndarray
    """How many rows score at most as much as each positive, shape (positives,)."""

    @classmethod
    def of(cls, scores: np.ndarray, positive: np.ndarray) -> "Ranking":
        """Rank `scores`, shape (n,), of rows that are `positive`, shape (n,), bool, or not."""
        order = np.argsort(scores, kind="stable")
        ranked = scores[order]
        positives = order[positive[order]]
        return cls(
            order=order,
            positives=positives,
            below=np.searchsorted(ranked, scores[positives], side="left"),
            through=np.searchsorted(ranked, scores[positives], side="right"),
        )


def weighted_auc(ranking: Ranking, weights: np.ndarray) -> np.ndarray:
    """Area under the ROC curve for many weightings of the same rows at once.

    The weighted share of (positive, negative) pairs in which the positive has the higher score, ties counting
    half (Mann & Whitney 1947): with C the cumulative weight in the order of the scores, sum over positives of
    w·(C below + C up to and including its ties)/2, less the pairs of positives among themselves.

    Args:
        ranking: the scores of n rows.
        weights: shape (resamples, n), not negative; integers are twice as fast as floats.

    Returns:
        Shape (resamples,), range 0…1, NaN where no positive or no negative has weight.
    """
    cumulative = np.zeros((len(weights), weights.shape[1] + 1), dtype=weights.dtype)
    np.cumsum(weights.take(ranking.order, axis=1), axis=1, out=cumulative[:, 1:])
    positive_weights = weights.take(ranking.positives, axis=1).astype(np.float64)
    positives = positive_weights.sum(axis=1)
    negatives = cumulative[:, -1] - positives
    beaten = cumulative.take(ranking.below, axis=1) + cumulative.take(ranking.through, axis=1)
    won = (np.einsum("rn,rn->r", positive_weights, beaten) - positives**2) / 2
    pairs = positives * negatives
    return np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def weighted_average_precision(ranking: Ranking, weights: np.ndarray) -> np.ndarray:
    """Average precision for many weightings of the same rows at once.

    The weighted mean, over the positives, of the precision among all rows that score at least as much: the area under
    the precision–recall curve in steps, as scikit-learn's `average_precision_score` has it.

    Args:
        ranking: the scores of n rows.
        weights: shape (resamples, n), not negative.

    Returns:
        Shape (resamples,), range 0…1, NaN where no positive has weight.
    """
    positive_weights = weights.take(ranking.positives, axis=1).astype(np.float64)
    positives = positive_weights.sum(axis=1, keepdims=True)
    cumulative = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights.take(ranking.order, axis=1), axis=1, out=cumulative[:, 1:])
    found = np.zeros((len(weights), len(ranking.positives) + 1))
    np.cumsum(positive_weights, axis=1, out=found[:, 1:])
    first_tie = np.searchsorted(ranking.below, ranking.below, side="left")  # of each positive, among the positives
    at_least = cumulative[:, -1:] - cumulative.take(ranking.below, axis=1)
    precision = (positives - found.take(first_tie, axis=1)) / np.where(at_least > 0, at_least, 1)
    sums = np.einsum("rn,rn->r", positive_weights, precision)
    return np.divide(sums, positives[:, 0], out=np.full(len(weights), np.nan), where=positives[:, 0] > 0)


def group_bootstrap(
    table: pd.DataFrame, class_keys: Sequence[str], *, resamples: int = 1000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of accuracy, balanced accuracy, macro AUC and log loss.

    A class that a resample misses is left out of that resample's means. A metric that is undefined in every
    resample has no interval, and with fewer than two groups or no resamples nothing has one.

    Args:
        table: predictions of one part.
        class_keys: classes in the order of the probability columns.
        resamples: number of draws; with 1,000 a limit is off by some 2 % of the width of the interval.
        seed: the same seed gives the same intervals.

    Returns:
        `(lower, upper)` by name: "accuracy", "balanced_accuracy", "macro_auc", "log_loss".
    """
    group_of_row, groups = numbered_groups(table["group_id"])
    if len(groups) < 2 or resamples < 1:
        return {}
    values = probabilities(table, class_keys)
    true = table["true"].to_numpy(dtype=str)
    belongs = true[:, None] == np.asarray(class_keys, dtype=str)
    correct = predicted_labels(table, class_keys) == true
    per_row = np.column_stack([belongs, belongs & correct[:, None], row_losses(table, class_keys)])
    per_group = np.zeros((len(groups), per_row.shape[1]))
    np.add.at(per_group, group_of_row, per_row)
    rankings = [
        Ranking.of(values[:, number], belongs[:, number])
        for number in range(len(class_keys))
        if 0 < belongs[:, number].sum() < len(table)
    ]

    metrics = []
    for weights, row_weights in resampled(table["group_id"], resamples, seed):
        aucs = [weighted_auc(ranking, row_weights) for ranking in rankings]
        metrics.append(_resampled_metrics(weights @ per_group, aucs))
    return _percentile_intervals(pd.concat(metrics))


def _resampled_metrics(sums: np.ndarray, aucs: list[np.ndarray]) -> pd.DataFrame:
    """One row per resample and one column per figure.

    `sums` has shape (resamples, 2·classes + 1): rows of each class, hits of each class, log loss.
    """
    n_classes = sums.shape[1] // 2
    support, hits, loss = sums[:, :n_classes], sums[:, n_classes:-1], sums[:, -1]
    rows = support.sum(axis=1)
    sensitivity = np.divide(hits, support, out=np.full(support.shape, np.nan), where=support > 0)
    return pd.DataFrame(
        {
            "accuracy": hits.sum(axis=1) / rows,
            "balanced_accuracy": mean_of_defined(sensitivity),
            "macro_auc": mean_of_defined(np.column_stack(aucs)) if aucs else np.nan,
            "log_loss": loss / rows,
        }
    )


def mean_of_defined(values: np.ndarray) -> np.ndarray:
    """Mean of each row of `values` without its NaNs; NaN where nothing else is in it."""
    defined = np.isfinite(values)
    count = defined.sum(axis=1)
    sums = np.where(defined, values, 0).sum(axis=1)
    return np.divide(sums, count, out=np.full(len(values), np.nan), where=count > 0)


def _percentile_intervals(metrics: pd.DataFrame) -> dict[str, tuple[float, float]]:
    tail = (1 - COVERAGE) / 2
    limits = metrics.quantile([tail, 1 - tail])
    return {
        name: (float(limits[name].iloc[0]), float(limits[name].iloc[1]))
        for name in metrics.columns
        if metrics[name].notna().any()
    }
