"""ROC and precision–recall curves, their areas, and how far the areas would move with other groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.intervals import (
    Ranking,
    percentile_interval,
    resampled,
    weighted_auc,
    weighted_average_precision,
)
from core.evaluation.readings import Reading
from core.evaluation.small_samples import told_limits


@dataclass(frozen=True)
class ScoreCurve:
    """How many positives and others lie at or above each score; thresholds from high to low.

    Fawcett 2006, "An introduction to ROC analysis", Pattern Recognition Letters 27:861-874.
    """

    thresholds: np.ndarray
    """Each score that occurs, shape (k,), falling."""
    found: np.ndarray
    """Positives at or above it, int (k,)."""
    false_alarms: np.ndarray
    """Others at or above it, int (k,)."""

    @classmethod
    def of(cls, scores: np.ndarray, positive: np.ndarray) -> "ScoreCurve":
        """From scores, float (n,), of rows that are `positive`, bool (n,), or not; n is at least 1."""
        order = np.argsort(-scores, kind="stable")
        ranked, hits = scores[order], np.cumsum(positive[order])
        last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # of rows with the same score
        return cls(ranked[last], hits[last], last + 1 - hits[last])

    @property
    def positives(self) -> int:
        """Number of positives in all."""
        return int(self.found[-1])

    @property
    def negatives(self) -> int:
        """Number of others in all."""
        return int(self.false_alarms[-1])

    def roc(self) -> pd.DataFrame:
        """`threshold`, `false_positive_rate` and `sensitivity`, from (0, 0), where nothing is called, to (1, 1)."""
        return pd.DataFrame(
            {
                "threshold": np.append(np.inf, self.thresholds),
                "false_positive_rate": np.append(0.0, self.false_alarms / self.negatives),
                "sensitivity": np.append(0.0, self.found / self.positives),
            }
        )

    def precision_recall(self) -> pd.DataFrame:
        """`threshold`, `recall` and `precision` at each score that occurs, from high to low."""
        return pd.DataFrame(
            {
                "threshold": self.thresholds,
                "recall": self.found / self.positives,
                "precision": self.found / (self.found + self.false_alarms),
            }
        )


@dataclass(frozen=True)
class Area:
    """The areas under both curves of one reading with 95 % intervals over groups; None where undefined.

    Where all resamples come to the same, as where no other scores as high as a positive, there is no interval.
    """

    reading: Reading
    positives: int
    images: int
    roc: float | None
    roc_interval: tuple[float, float] | None
    precision_recall: float | None
    """Average precision, in steps and not interpolated (Davis & Goadrich 2006, ICML)."""
    precision_recall_interval: tuple[float, float] | None

    @property
    def floor(self) -> float | None:
        """Average precision of guessing: the share of positives. That of ROC is ½."""
        return self.positives / self.images if self.images else None


def areas(table: pd.DataFrame, readings: Sequence[Reading], *, resamples: int = 1000, seed: int = 0) -> list[Area]:
    """The areas of each reading, in their order.

    Args:
        table: predictions of one part; may be empty.
        readings: classes against all others.
        resamples: number of draws of whole groups; with fewer than two groups there are no intervals.
        seed: the same seed gives the same intervals.
    """
    rankings = [
        None if reading.problem(table) else Ranking.of(reading.scores(table), reading.is_positive(table))
        for reading in readings
    ]
    draws: list[list[np.ndarray]] = [[] for _ in readings]
    if table["group_id"].nunique() > 1:
        for _, weights in resampled(table["group_id"], resamples, seed):
            for ranking, of_reading in zip(rankings, draws, strict=True):
                if ranking is not None:
                    of_reading.append(_areas(ranking, weights))
    return [
        _area(reading, table, ranking, np.concatenate(of_reading, axis=1) if of_reading else np.empty((2, 0)))
        for reading, ranking, of_reading in zip(readings, rankings, draws, strict=True)
    ]


def _areas(ranking: Ranking, weights: np.ndarray) -> np.ndarray:
    """Area under ROC and average precision of each resample, shape (2, resamples)."""
    return np.stack([weighted_auc(ranking, weights), weighted_average_precision(ranking, weights)])


def _area(reading: Reading, table: pd.DataFrame, ranking: Ranking | None, draws: np.ndarray) -> Area:
    positives, images = int(reading.is_positive(table).sum()), len(table)
    if ranking is None:
        return Area(reading, positives, images, None, None, None, None)
    roc, precision = _areas(ranking, np.ones((1, len(table)), dtype=np.int32))[:, 0]
    intervals = [told_limits(percentile_interval(each)) for each in draws]
    return Area(reading, positives, images, float(roc), intervals[0], float(precision), intervals[1])
