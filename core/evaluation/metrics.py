"""The metrics by which a run is judged, from its table of predictions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from core.base.typed_json import fields_as
from core.evaluation.calibration import expected_calibration_error
from core.evaluation.calibration_intervals import calibration_intervals
from core.evaluation.confusion import confusion_counts
from core.evaluation.intervals import group_bootstrap, row_losses
from core.evaluation.predictions import predicted_labels, probabilities
from core.evaluation.small_samples import mean_interval, mean_limits, share_limits, told_limits, wilson_interval


@dataclass(frozen=True)
class ClassMetrics:
    """One class against all others; a metric that is undefined in this part is None."""

    key: str
    support: int
    """Rows of this class."""
    predicted: int
    """Rows taken for this class."""
    sensitivity: float | None
    specificity: float | None
    precision: float | None
    f1: float | None
    auc: float | None
    """Area under the one-vs-rest ROC curve of this class's probability."""


@dataclass(frozen=True)
class Metrics:
    """How a model did on one part; fractions are 0…1, and a metric that is undefined is None."""

    images: int
    """Different images; a split that oversamples repeats some, and all other counts are of rows."""
    groups: int
    """Different groups (lesions, patients, slides)."""
    accuracy: float | None
    balanced_accuracy: float | None
    """Mean sensitivity of the classes that occur (Brodersen et al. 2010)."""
    macro_auc: float | None
    """Unweighted mean of the one-vs-rest AUCs that are defined."""
    log_loss: float | None
    """Mean −ln of the true class's probability, clipped at 1e-7; nats."""
    ece: float | None
    """Expected calibration error of the top class, 15 equal bins (Guo et al. 2017)."""
    majority_class: str
    """Most frequent class of the training part."""
    majority_accuracy: float | None
    """What always answering `majority_class` would score here: the majority baseline of `accuracy`."""
    per_class: tuple[ClassMetrics, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are true classes, columns predicted ones, both in the order of `per_class`."""
    intervals: dict[str, tuple[float, float]]
    """95 % intervals over groups, by name of the metric; see `core.evaluation.intervals`."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types: `per_class` as an object by class key in class order, intervals as lists."""
        return asdict(self) | {
            "per_class": {
                c.key: {name: value for name, value in asdict(c).items() if name != "key"} for c in self.per_class
            },
            "confusion": [list(row) for row in self.confusion],
            "intervals": {name: list(limits) for name, limits in self.intervals.items()},
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Metrics":
        """Read what `to_json` gave.

        Raises:
            ValueError, LookupError, TypeError, AttributeError: it is something else.
        """
        per_class = [{**values, "key": key} for key, values in content["per_class"].items()]
        read = cls(**fields_as(cls, {**content, "per_class": per_class}))
        if any(len(row) != len(read.per_class) for row in (read.confusion, *read.confusion)):
            raise ValueError("The confusion counts are of other classes.")
        return read


def evaluate(
    table: pd.DataFrame,
    class_keys: Sequence[str],
    majority_class: str,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Metrics:
    """Judge the predictions of one part.

    Args:
        table: predictions of one part, as `prediction_table` makes them; may be empty.
        class_keys: classes in the order of the probability columns.
        majority_class: the most frequent class of the training part.
        resamples: bootstrap resamples for the intervals; 0 computes none. Where all resamples come to the same, as
            where every answer is right, accuracy and balanced accuracy have intervals over the number of groups, and
            other figures have none.
        seed: seed of the bootstrap.
    """
    values = probabilities(table, class_keys)
    true = table["true"].to_numpy(dtype=str)
    counts = confusion_counts(true, predicted_labels(table, class_keys), class_keys)
    per_class = tuple(
        _class_metrics(key, number, counts, true == key, values[:, number]) for number, key in enumerate(class_keys)
    )
    n_rows = len(table)
    calibration = calibration_intervals(table, class_keys, resamples=resamples, seed=seed).expected
    intervals = group_bootstrap(table, class_keys, resamples=resamples, seed=seed)
    metrics = Metrics(
        images=int(table["image_id"].nunique()),
        groups=int(table["group_id"].nunique()),
        accuracy=_fraction(counts.trace(), n_rows),
        balanced_accuracy=_mean_of_defined([c.sensitivity for c in per_class]),
        macro_auc=_mean_of_defined([c.auc for c in per_class]),
        log_loss=float(row_losses(table, class_keys).mean()) if n_rows else None,
        ece=expected_calibration_error(table, class_keys),
        majority_class=majority_class,
        majority_accuracy=_fraction((true == majority_class).sum(), n_rows),
        per_class=per_class,
        confusion=tuple(tuple(int(count) for count in row) for row in counts),
        intervals=intervals | ({} if calibration is None else {"ece": calibration}),
    )
    return replace(metrics, intervals=_told_intervals(metrics, table))


def _told_intervals(metrics: Metrics, table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """The intervals of `metrics`; of those without any width what can be said by the number of groups."""
    found = {name: told_limits(limits) for name, limits in metrics.intervals.items()}
    if metrics.accuracy is not None and "accuracy" in found:
        found["accuracy"] = share_limits(metrics.accuracy, metrics.intervals["accuracy"], metrics.groups)
    if "balanced_accuracy" in found:
        shares = {c.key: c.sensitivity for c in metrics.per_class if c.sensitivity is not None}
        many = table.groupby("true")["group_id"].nunique()
        found["balanced_accuracy"] = mean_limits(
            [*shares.values()], metrics.intervals["balanced_accuracy"], [int(many[key]) for key in shares]
        )
    return {name: limits for name, limits in found.items() if limits is not None}


def _class_metrics(key: str, number: int, counts: np.ndarray, positive: np.ndarray, scores: np.ndarray) -> ClassMetrics:
    from sklearn.metrics import roc_auc_score  # takes a second to import, and pages only read what it computed

    hits = counts[number, number]
    support = counts[number].sum()
    predicted = counts[:, number].sum()
    others = counts.sum() - support
    return ClassMetrics(
        key=key,
        support=int(support),
        predicted=int(predicted),
        sensitivity=_fraction(hits, support),
        specificity=_fraction(others - (predicted - hits), others),
        precision=_fraction(hits, predicted),
        f1=_fraction(2 * hits, support + predicted),
        auc=float(roc_auc_score(positive, scores)) if support and others else None,
    )


def _fraction(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None


def _mean_of_defined(values: list[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def with_intervals_of_few(metrics: Metrics) -> Metrics:
    """The same metrics with intervals of accuracy and balanced accuracy that hold for few samples.

    Resampling 34 samples that are all right gives “100 % to 100 %”; Wilson's interval of 34 in 34 begins at 90 %. Where
    samples share a group, they are not independent, and the intervals stay what resampling groups gives.
    """
    if metrics.groups != sum(each.support for each in metrics.per_class) or not metrics.groups:
        return metrics
    right = [row[number] for number, row in enumerate(metrics.confusion)]
    of_class = [sum(row) for row in metrics.confusion]
    found = {
        "accuracy": wilson_interval(sum(right), sum(of_class)),
        "balanced_accuracy": mean_interval(right, of_class),
    }
    return replace(metrics, intervals=metrics.intervals | {name: each for name, each in found.items() if each})
