"""Which of two runs is better, judged on the pictures that both have never learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.intervals import (
    COVERAGE,
    Ranking,
    group_weights,
    mean_of_defined,
    numbered_groups,
    percentile_interval,
    resampled,
    weighted_auc,
)
from core.evaluation.predictions import predicted_labels
from core.evaluation.small_samples import exact_mcnemar, told_limits


@dataclass(frozen=True)
class Difference:
    """What the first is ahead by, with the 95 % interval over groups; None where it is not defined.

    Nor is there one where it is ahead, and by the same in all resamples: that is no certainty.
    """

    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Paired:
    """Two runs on the same pictures."""

    pictures: int
    groups: int
    only_first: int
    """Pictures on which only the first is right."""
    only_second: int
    p_value: float
    """Exact McNemar test, which counts each picture as independent of the others."""
    accuracy: Difference
    balanced_accuracy: Difference
    groups_first: int | None = None
    """Groups in which the first is right more often than the second; None where an older version has compared."""
    groups_second: int | None = None
    group_p_value: float | None = None
    """Sign test over groups, each of which has one vote: for the one that is right more often in it."""


def common_pictures(first: pd.DataFrame, second: pd.DataFrame, part: str = "test") -> pd.DataFrame:
    """Pictures that stand in the part of both with the same true class, one row each.

    Args:
        first, second: `image_id`, `group_id`, `part`, `true` and what was `predicted` (class keys).
        part: the part that both must have them in.

    Returns:
        `image_id`, `group_id`, `true`, `first` and `second` (predicted class keys).
    """
    sides = [
        table.loc[table["part"] == part, ["image_id", "group_id", "true", "predicted"]].drop_duplicates("image_id")
        for table in (first, second)
    ]
    both = sides[0].merge(sides[1].drop(columns="group_id"), on=["image_id", "true"], suffixes=("_first", "_second"))
    return both.rename(columns={"predicted_first": "first", "predicted_second": "second"})


def with_predicted(predictions: pd.DataFrame, class_keys: Sequence[str]) -> pd.DataFrame:
    """A table of predictions with the most probable class in the column `predicted`."""
    return predictions.assign(predicted=predicted_labels(predictions, class_keys))


def compare(common: pd.DataFrame, *, resamples: int = 1000, seed: int = 0) -> Paired:
    """Judge two runs on the same pictures, whole groups being resampled for the intervals.

    The same resample is taken of both (Efron & Tibshirani 1993, "An introduction to the bootstrap", chapter 8), so that
    what makes pictures hard for both cancels out. Balanced accuracy is over the classes that occur.

    Args:
        common: as `common_pictures` gives it, not empty.
        resamples: number of draws.
        seed: the same seed gives the same intervals.
    """
    right = np.column_stack([(common[side] == common["true"]).to_numpy() for side in ("first", "second")])
    classes, names = pd.factorize(common["true"], sort=True)
    groups, ids = numbered_groups(common["group_id"])
    of_class = np.eye(len(names))[classes]
    per_row = np.column_stack([of_class, of_class * right[:, :1], of_class * right[:, 1:]])
    per_group = np.zeros((len(ids), per_row.shape[1]))
    np.add.at(per_group, groups, per_row)
    observed = _differences(per_group.sum(axis=0, keepdims=True), len(names))[0]
    drawn = None
    if len(ids) > 1 and resamples:
        weights = group_weights(len(ids), resamples, np.random.default_rng(seed))
        drawn = _differences(weights @ per_group, len(names))
    hits = per_group[:, len(names) :].reshape(len(ids), 2, len(names)).sum(axis=2)
    groups_first, groups_second = (int((hits[:, a] > hits[:, 1 - a]).sum()) for a in (0, 1))
    only_first, only_second = (int((right[:, a] & ~right[:, 1 - a]).sum()) for a in (0, 1))
    return Paired(
        pictures=len(common),
        groups=len(ids),
        only_first=only_first,
        only_second=only_second,
        p_value=exact_mcnemar(only_first, only_second),
        groups_first=groups_first,
        groups_second=groups_second,
        group_p_value=exact_mcnemar(groups_first, groups_second),
        accuracy=_difference(observed, drawn, 0),
        balanced_accuracy=_difference(observed, drawn, 1),
    )


def compare_auc(
    common: pd.DataFrame,
    first: np.ndarray,
    second: np.ndarray,
    positive: np.ndarray,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Difference | None:
    """By how much the first run tells positives from others better, in area under the ROC curve.

    The same groups are resampled for both, which holds where groups have several pictures; the test of DeLong et al.
    1988 (Biometrics 44:837-845) takes every picture as independent of the others.

    Args:
        common: as `common_pictures` gives it.
        first, second: probability of being positive that each run gives, (pictures,), 0…1.
        positive: whether it is, bool (pictures,).
        resamples: number of draws.
        seed: the same seed gives the same interval.

    Returns:
        First less second, None where no picture is positive or every one is.
    """
    if not 0 < positive.sum() < len(positive):
        return None
    one, other = Ranking.of(first, positive), Ranking.of(second, positive)
    whole = np.ones((1, len(positive)), dtype=np.int32)
    value = float((weighted_auc(one, whole) - weighted_auc(other, whole))[0])
    if common["group_id"].nunique() < 2 or not resamples:
        return Difference(value, None, None)
    draws = [
        weighted_auc(one, weights) - weighted_auc(other, weights)
        for _, weights in resampled(common["group_id"], resamples, seed)
    ]
    return _with_limits(value, percentile_interval(np.concatenate(draws)))


def compare_macro_auc(
    common: pd.DataFrame, first: np.ndarray, second: np.ndarray, class_keys: Sequence[str], *, seed: int = 0
) -> Difference | None:
    """As `compare_auc`, of the mean over the classes, each against the rest.

    Args:
        common: as `common_pictures` gives it.
        first, second: probabilities that each run gives, (pictures, classes), 0…1.
        class_keys: classes in their order.
        seed: the same seed gives the same interval.

    Returns:
        First less second, None where no class has both pictures of it and others.
    """
    belongs = common["true"].to_numpy(dtype=str)[:, None] == np.asarray(class_keys, dtype=str)
    judged = [number for number, of in enumerate(belongs.T) if 0 < of.sum() < len(of)]
    if not judged:
        return None
    ranked = [[Ranking.of(side[:, n], belongs[:, n]) for n in judged] for side in (first, second)]

    def ahead(weights: np.ndarray) -> np.ndarray:
        one, other = (mean_of_defined(np.column_stack([weighted_auc(r, weights) for r in of])) for of in ranked)
        return one - other

    value = float(ahead(np.ones((1, len(common)), dtype=np.int32))[0])
    if common["group_id"].nunique() < 2:
        return Difference(value, None, None)
    draws = [ahead(weights) for _, weights in resampled(common["group_id"], 1000, seed)]
    return _with_limits(value, percentile_interval(np.concatenate(draws)))


def _differences(sums: np.ndarray, n_classes: int) -> np.ndarray:
    """First minus second: accuracy and balanced accuracy, shape (resamples, 2).

    `sums` has shape (resamples, 3·classes): rows of each class, hits of the first, hits of the second.
    """
    support, first, second = (sums[:, i * n_classes : (i + 1) * n_classes] for i in range(3))
    ahead = first - second
    fractions = np.divide(ahead, support, out=np.zeros(support.shape), where=support > 0)
    return np.column_stack([ahead.sum(axis=1) / support.sum(axis=1), fractions.sum(axis=1) / (support > 0).sum(axis=1)])


def _difference(observed: np.ndarray, drawn: np.ndarray | None, metric: int) -> Difference:
    if drawn is None:
        return Difference(float(observed[metric]), None, None)
    tail = (1 - COVERAGE) / 2
    lower, upper = np.quantile(drawn[:, metric], [tail, 1 - tail])
    return _with_limits(float(observed[metric]), (float(lower), float(upper)))


def _with_limits(value: float, limits: tuple[float, float] | None) -> Difference:
    return Difference(value, *((limits if value == 0 else told_limits(limits)) or (None, None)))
