"""How far the figures of each class would move if other groups (lesions, patients, slides) had been seen."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from core.evaluation.intervals import Ranking, numbered_groups, percentile_interval, resampled, weighted_auc
from core.evaluation.predictions import predicted_labels, probabilities
from core.evaluation.small_samples import wilson_interval

SENSITIVITY, SPECIFICITY, PRECISION, F1, AUC = CLASS_FIGURES = ("sensitivity", "specificity", "precision", "f1", "auc")
"""As `core.evaluation.metrics.ClassMetrics` names them."""
Intervals = dict[str, dict[str, tuple[float, float]]]


def class_intervals(
    table: pd.DataFrame,
    class_keys: Sequence[str],
    *,
    figures: Collection[str] = CLASS_FIGURES,
    resamples: int = 1000,
    seed: int = 0,
) -> Intervals:
    """95 % intervals of each class's figures, whole groups being resampled.

    Resampling shows no spread where all groups are alike, as when every melanoma is found: there the interval of Wilson
    over groups stands for sensitivity, specificity and precision, and F1 and AUC have none.

    Args:
        table: predictions of one part.
        class_keys: classes in the order of the probability columns.
        figures: which of `CLASS_FIGURES` are wanted; AUC takes most of the time, and none changes another.
        resamples: number of draws.
        seed: the same seed gives the same intervals.

    Returns:
        By class key and figure (`CLASS_FIGURES`) `(lower, upper)`, 0…1; a figure that has none is left out, and so is
        every one with fewer than two groups.
    """
    group_of_row, groups = numbered_groups(table["group_id"])
    if len(groups) < 2 or resamples < 1:
        return {key: {} for key in class_keys}
    values, keys = probabilities(table, class_keys), np.asarray(class_keys, dtype=str)
    true = table["true"].to_numpy(dtype=str)[:, None] == keys
    said = predicted_labels(table, class_keys)[:, None] == keys
    per_row = np.concatenate([np.ones((len(table), 1)), true, said, true & said], axis=1)
    per_group = np.zeros((len(groups), per_row.shape[1]))
    np.add.at(per_group, group_of_row, per_row)
    rankings = [
        Ranking.of(values[:, number], of) if AUC in figures and 0 < of.sum() < len(table) else None
        for number, of in enumerate(true.T)
    ]
    draws = [
        _figures(
            weights @ per_group,
            [None if ranking is None else weighted_auc(ranking, rows) for ranking in rankings],
        )
        for weights, rows in resampled(table["group_id"], resamples, seed)
    ]
    drawn = np.concatenate(draws, axis=1)
    found: Intervals = {}
    for number, key in enumerate(class_keys):
        limits = {name: percentile_interval(drawn[place, :, number]) for place, name in enumerate(CLASS_FIGURES)}
        alike = _where_alike(true[:, number], said[:, number], group_of_row)
        found[key] = {
            name: each
            for name, of_draws in limits.items()
            if name in figures
            and of_draws is not None
            and (each := of_draws if of_draws[0] < of_draws[1] else alike.get(name)) is not None
        }
    return found


def _figures(sums: np.ndarray, areas: list[np.ndarray | None]) -> np.ndarray:
    """`CLASS_FIGURES` of each draw and class, (figures, draws, classes), NaN where undefined."""
    classes = (sums.shape[1] - 1) // 3
    rows = sums[:, :1]
    support, predicted, hits = (sums[:, 1 + start * classes : 1 + (start + 1) * classes] for start in range(3))
    nothing = np.full(len(sums), np.nan)
    return np.stack(
        [
            _ratio(hits, support),
            _ratio(rows - support - predicted + hits, rows - support),
            _ratio(hits, predicted),
            _ratio(2 * hits, support + predicted),
            np.column_stack([nothing if each is None else each for each in areas]),
        ]
    )


def _where_alike(true: np.ndarray, said: np.ndarray, group: np.ndarray) -> dict[str, tuple[float, float]]:
    """Wilson's interval over groups of figures that are the same in every group: all right, or all wrong."""
    found = {}
    for name, counted, right in ((SENSITIVITY, true, said), (SPECIFICITY, ~true, ~said), (PRECISION, said, true)):
        many = len(np.unique(group[counted]))
        if limits := wilson_interval(many if right[counted].all() else 0, many):
            found[name] = limits
    return found


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
