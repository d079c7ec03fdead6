"""How much worse a model is on other data than on its own test part, as a whole and by class."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.intervals import COVERAGE, Ranking, mean_of_defined, resampled, weighted_auc
from core.evaluation.predictions import predicted_labels, probabilities
from core.evaluation.small_samples import difference_limits, mean_limits, share_limits, told_limits

RESAMPLES = 2000
ACCURACY, BALANCED, AUC, SENSITIVITY, CLASS_AUC = (
    "accuracy",
    "balanced accuracy",
    "macro AUC",
    "sensitivity",
    "AUC",
)


@dataclass(frozen=True)
class Drop:
    """A figure on the run's own part and elsewhere, each 0…1, and what it changes by, with 95 % limits.

    `key` is the class, "" for a figure of all classes. `difference` is elsewhere less own. Limits are None where a part
    has fewer than two groups, or where resampling shows no spread of a figure that is no share. Those of the
    differences of classes hold for all classes together (Bonferroni).
    """

    metric: str
    key: str
    own: float
    own_limits: tuple[float, float] | None
    elsewhere: float
    elsewhere_limits: tuple[float, float] | None
    limits: tuple[float, float] | None
    own_images: int
    elsewhere_images: int

    @property
    def difference(self) -> float:
        """Elsewhere less own."""
        return self.elsewhere - self.own

    @property
    def beyond_chance(self) -> bool:
        """Whether the limits of the difference leave out 0."""
        return self.limits is not None and not self.limits[0] <= 0 <= self.limits[1]


def drops(own: pd.DataFrame, elsewhere: pd.DataFrame, class_keys: Sequence[str], *, seed: int = 0) -> list[Drop]:
    """Compare two parts that a model was judged on, which share no picture.

    Accuracy is over all rows; balanced accuracy and macro AUC are over the classes that both parts have, since a class
    that only one of them has would be compared with nothing. Groups of each part are resampled by themselves.

    Args:
        own: predictions of the run's own test part.
        elsewhere: predictions of other data.
        class_keys: classes in the order of the probability columns.
        seed: the same seed gives the same limits.

    Returns:
        The figures over all classes, then sensitivity and AUC of each class that both have; none where a part is empty.
    """
    if own.empty or elsewhere.empty:
        return []
    both = [key for key in class_keys if (own["true"] == key).any() and (elsewhere["true"] == key).any()]
    one, other = (_judged(part, class_keys, both, seed + n) for n, part in enumerate((own, elsewhere)))
    found = []
    for name in one.whole:
        if name not in other.whole:
            continue
        metric, key = name
        alike = max(len(both), 1) if key else 1
        found.append(
            Drop(
                metric=metric,
                key=key,
                own=one.whole[name],
                own_limits=_limits_of(one, name),
                elsewhere=other.whole[name],
                elsewhere_limits=_limits_of(other, name),
                limits=_limits_of_difference(one, other, name, alike),
                own_images=one.images[key],
                elsewhere_images=other.images[key],
            )
        )
    return found


@dataclass(frozen=True)
class _Judged:
    """Figures of a part by metric and class, as they are and in each draw (draws,); pictures by class.

    `groups` are those that a share rests on, by metric and class.
    """

    whole: dict[tuple[str, str], float]
    drawn: dict[tuple[str, str], np.ndarray]
    images: dict[str, int]
    groups: dict[tuple[str, str], int]


def _judged(table: pd.DataFrame, class_keys: Sequence[str], both: Sequence[str], seed: int) -> _Judged:
    figures = _figures_of(table, class_keys, both)
    ones = np.ones((1, len(table)), dtype=np.int32)
    whole = {name: float(values[0]) for name, values in figures(ones).items()}
    drawn: dict[tuple[str, str], list[np.ndarray]] = {name: [] for name in whole}
    if table["group_id"].nunique() > 1:
        for _, weights in resampled(table["group_id"], RESAMPLES, seed):
            for name, values in figures(weights).items():
                drawn[name].append(values)
    images = {key: int((table["true"] == key).sum()) for key in both} | {"": len(table)}
    groups = {(SENSITIVITY, key): int(table.loc[table["true"] == key, "group_id"].nunique()) for key in both}
    groups[ACCURACY, ""] = int(table["group_id"].nunique())
    kept = {name: value for name, value in whole.items() if np.isfinite(value)}
    return _Judged(kept, {name: np.concatenate([np.empty(0), *drawn[name]]) for name in kept}, images, groups)


def _figures_of(
    table: pd.DataFrame, class_keys: Sequence[str], both: Sequence[str]
) -> Callable[[np.ndarray], dict[tuple[str, str], np.ndarray]]:
    """A function from weights of the rows, (draws, rows), to each figure, (draws,)."""
    values, true = probabilities(table, class_keys), table["true"].to_numpy(dtype=str)
    right = (predicted_labels(table, class_keys) == true).astype(float)
    belongs = {key: (true == key).astype(float) for key in both}
    rankings = {
        key: Ranking.of(values[:, list(class_keys).index(key)], true == key) for key in both if (true != key).any()
    }

    def figures(weights: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
        found = {(ACCURACY, ""): weights @ right / weights.sum(axis=1)}
        sensitivity = {key: _ratio(weights @ (of * right), weights @ of) for key, of in belongs.items()}
        areas = {key: weighted_auc(ranking, weights) for key, ranking in rankings.items()}
        if sensitivity:
            found[BALANCED, ""] = mean_of_defined(np.column_stack(list(sensitivity.values())))
        if areas:
            found[AUC, ""] = mean_of_defined(np.column_stack(list(areas.values())))
        for key in both:
            found[SENSITIVITY, key] = sensitivity[key]
            if key in areas:
                found[CLASS_AUC, key] = areas[key]
        return found

    return figures


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _limits(drawn: np.ndarray, alike: int = 1) -> tuple[float, float] | None:
    defined = drawn[np.isfinite(drawn)]
    if not len(defined):
        return None
    tail = (1 - COVERAGE) / 2 / alike
    lower, upper = np.quantile(defined, [tail, 1 - tail])
    return float(lower), float(upper)


def _limits_of(judged: _Judged, name: tuple[str, str], alike: int = 1) -> tuple[float, float] | None:
    """Limits of a figure of one part; of shares, where all draws come to the same, by the numbers of groups."""
    limits = _limits(judged.drawn[name], alike)
    if name in judged.groups:
        return share_limits(judged.whole[name], limits, judged.groups[name], 1 - (1 - COVERAGE) / alike)
    if name[0] != BALANCED:
        return told_limits(limits)
    of_classes = [each for each in judged.groups if each[0] == SENSITIVITY]
    return mean_limits(
        [judged.whole[each] for each in of_classes], limits, [judged.groups[each] for each in of_classes]
    )


def _limits_of_difference(
    own: _Judged, elsewhere: _Judged, name: tuple[str, str], alike: int
) -> tuple[float, float] | None:
    if not len(own.drawn[name]) or not len(elsewhere.drawn[name]):
        return None
    if all(told_limits(_limits(each.drawn[name], alike)) for each in (own, elsewhere)):
        return _limits(elsewhere.drawn[name] - own.drawn[name], alike)
    there, here = _limits_of(elsewhere, name, alike), _limits_of(own, name, alike)
    if there is None or here is None:
        return None
    return difference_limits(elsewhere.whole[name], there, own.whole[name], here)
