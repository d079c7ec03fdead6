"""Where to draw the line: what each threshold on a probability finds, misses and alarms falsely.

Thresholds are the thousandths from 0 to 1. All is counted once, so that moving a threshold is looking up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.evaluation.intervals import percentile_interval, resampled
from core.evaluation.predictions import probabilities
from core.evaluation.small_samples import difference_limits, share_limits, told_limits

STEPS = 1000
THRESHOLDS = np.arange(STEPS + 1) / STEPS
"""Every threshold that is looked at, shape (1001,), from 0 to 1."""

Interval = tuple[float, float] | None


def step_of(threshold: float) -> int:
    """Place of the nearest of `THRESHOLDS`."""
    return int(np.clip(round(threshold * STEPS), 0, STEPS))


@dataclass(frozen=True)
class OperatingPoint:
    """What one threshold comes to; shares are 0…1 and undefined ones NaN, intervals are of 95 % over groups."""

    threshold: float
    found: int
    """Positives that are called positive."""
    missed: int
    false_alarms: int
    """Others that are called positive."""
    left_alone: int
    """Others that are not."""
    drawn: tuple[np.ndarray, np.ndarray] = field(repr=False, compare=False)
    """Sensitivity and specificity in each resample, (resamples,) each; empty where there are none."""
    groups: tuple[int, int] = (0, 0)
    """Groups that have positives, and groups that have others."""

    @property
    def sensitivity(self) -> float:
        """Share of the positives that are found."""
        return _share(self.found, self.found + self.missed)

    @property
    def specificity(self) -> float:
        """Share of the others that are left alone."""
        return _share(self.left_alone, self.left_alone + self.false_alarms)

    @property
    def sensitivity_interval(self) -> Interval:
        """Of the sensitivity."""
        return share_limits(self.sensitivity, percentile_interval(self.drawn[0]), self.groups[0])

    @property
    def specificity_interval(self) -> Interval:
        """Of the specificity."""
        return share_limits(self.specificity, percentile_interval(self.drawn[1]), self.groups[1])

    def missed_per_1000(self, prevalence: float) -> float:
        """Positives that are missed among 1,000 of which a share (0…1) is positive."""
        return 1000 * prevalence * (1 - self.sensitivity)

    def missed_per_1000_interval(self, prevalence: float) -> Interval:
        """Of `missed_per_1000`."""
        return _of_the_rest(self.sensitivity_interval, 1000 * prevalence)

    def needless_per_1000(self, prevalence: float) -> float:
        """Others that are called positive, such as needless excisions, among 1,000 of which a share is positive."""
        return 1000 * (1 - prevalence) * (1 - self.specificity)

    def needless_per_1000_interval(self, prevalence: float) -> Interval:
        """Of `needless_per_1000`."""
        return _of_the_rest(self.specificity_interval, 1000 * (1 - prevalence))

    def net_benefit(self, prevalence: float) -> float:
        """Positives found, less the false alarms as the threshold weighs them, for each one that is looked at.

        tp/n − fp/n · t/(1−t), −∞ at a threshold of 1 with false alarms (Vickers & Elkin 2006, "Decision curve
        analysis", Medical Decision Making 26:565-574).
        """
        return float(_net_benefit(self.sensitivity, self.specificity, self.threshold, prevalence))

    def net_benefit_interval(self, prevalence: float) -> Interval:
        """Of `net_benefit`; None where that is −∞."""
        if not np.isfinite(self.net_benefit(prevalence)):
            return None
        if all(told_limits(percentile_interval(each)) for each in self.drawn):
            return percentile_interval(_net_benefit(*self.drawn, self.threshold, prevalence))
        # All positives are alike, or all others: resampling shows nothing of how far that is chance.
        found, alone = self.sensitivity_interval, self.specificity_interval
        if found is None or alone is None:
            return None
        benefit = [float(_net_benefit(each, 1.0, self.threshold, prevalence)) for each in (self.sensitivity, *found)]
        cost = [-float(_net_benefit(0.0, each, self.threshold, prevalence)) for each in (self.specificity, *alone)]
        limits = difference_limits(benefit[0], (benefit[1], benefit[2]), cost[0], (cost[2], cost[1]))
        return limits if np.isfinite(limits).all() else None


@dataclass(frozen=True)
class OperatingCurve:
    """Positives and others at or above each of `THRESHOLDS`, int (1001,) each, and the same in resamples."""

    found: np.ndarray
    false_alarms: np.ndarray
    groups: int
    drawn_sensitivity: np.ndarray = field(repr=False)
    """Float32 (1001, resamples); no resamples where there are fewer than two groups."""
    drawn_specificity: np.ndarray = field(repr=False)
    groups_of: tuple[int, int] = (0, 0)
    """Groups that have positives, and groups that have others."""

    @property
    def positives(self) -> int:
        """Number of positives in all."""
        return int(self.found[0])

    @property
    def negatives(self) -> int:
        """Number of others in all."""
        return int(self.false_alarms[0])

    @property
    def prevalence(self) -> float:
        """Share of positives among these, 0…1; NaN where there is nothing."""
        return _share(self.positives, self.positives + self.negatives)

    @property
    def sensitivity(self) -> np.ndarray:
        """By threshold, (1001,), NaN where there is no positive."""
        return _shares(self.found, self.positives)

    @property
    def specificity(self) -> np.ndarray:
        """By threshold, (1001,), NaN where there are only positives."""
        return 1 - _shares(self.false_alarms, self.negatives)

    def at(self, threshold: float) -> OperatingPoint:
        """What the nearest of `THRESHOLDS` comes to."""
        step = step_of(threshold)
        found, alarms = int(self.found[step]), int(self.false_alarms[step])
        return OperatingPoint(
            threshold=float(THRESHOLDS[step]),
            found=found,
            missed=self.positives - found,
            false_alarms=alarms,
            left_alone=self.negatives - alarms,
            drawn=(self.drawn_sensitivity[step], self.drawn_specificity[step]),
            groups=self.groups_of,
        )

    def decision_curve(self, prevalence: float) -> pd.DataFrame:
        """Net benefit by threshold, for all thresholds below 1.

        Args:
            prevalence: share of positives among those who will be looked at, 0…1; that of these pictures gives the
                curve as Vickers & Elkin (2006) have it.

        Returns:
            `threshold`, and the net benefit of the `model`, of calling `all` positive and of calling `none`.
        """
        thresholds = THRESHOLDS[:-1]
        return pd.DataFrame(
            {
                "threshold": thresholds,
                "model": _net_benefit(self.sensitivity[:-1], self.specificity[:-1], thresholds, prevalence),
                "all": _net_benefit(np.ones(STEPS), np.zeros(STEPS), thresholds, prevalence),
                "none": 0.0,
            }
        )


def operating_curve(
    scores: np.ndarray, positive: np.ndarray, group_id: pd.Series, *, resamples: int = 1000, seed: int = 0
) -> OperatingCurve:
    """Count for every threshold who lies at or above it.

    Args:
        scores: probability of being positive, (rows,), 0…1.
        positive: whether it is, bool (rows,).
        group_id: the group of each row, (rows,); whole groups are resampled.
        resamples: number of draws.
        seed: the same seed gives the same intervals.
    """
    reached = np.searchsorted(THRESHOLDS, scores, side="right") - 1  # the highest threshold that a score reaches
    size = STEPS + 1

    def at_or_above(steps: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(steps, weights, minlength=size)[::-1].cumsum()[::-1]

    drawn: list[list[np.ndarray]] = [[], []]
    if group_id.nunique() > 1:
        for _, weights in resampled(group_id, resamples, seed):
            for row in weights:
                for side, counted in enumerate((positive, ~positive)):
                    reaching = at_or_above(reached[counted], row[counted])
                    drawn[side].append(_shares(reaching, reaching[0]))
    found, alarms = (np.stack(each, axis=1) if each else np.empty((size, 0)) for each in drawn)
    return OperatingCurve(
        found=at_or_above(reached[positive]).astype(int),
        false_alarms=at_or_above(reached[~positive]).astype(int),
        groups=int(group_id.nunique()),
        drawn_sensitivity=found,
        drawn_specificity=1 - alarms,
        groups_of=(int(group_id[positive].nunique()), int(group_id[~positive].nunique())),
    )


def threshold_that_finds(curve: OperatingCurve, share: float) -> float | None:
    """The highest threshold that finds at least this share (0…1) of the positives; None without positives."""
    if not curve.positives:
        return None
    return float(THRESHOLDS[np.flatnonzero(curve.found >= share * curve.positives - 1e-9)[-1]])


def youden_threshold(curve: OperatingCurve) -> float | None:
    """The threshold with the largest sensitivity + specificity − 1; None without positives or without others.

    Youden 1950, "Index for rating diagnostic tests", Cancer 3:32-35.
    """
    if not (curve.positives and curve.negatives):
        return None
    return _middle_of_best(curve.sensitivity + curve.specificity)


def balanced_accuracy_by_threshold(
    table: pd.DataFrame, class_keys: Sequence[str], positive: Sequence[str], scores: np.ndarray
) -> np.ndarray:
    """Balanced accuracy over all classes, if a threshold decides between the positive classes and the others.

    At or above it the answer is the most likely of the positive classes, below it the most likely of the others.

    Args:
        table: predictions of one part.
        class_keys: all classes.
        positive: keys of the positive ones.
        scores: probability of being positive, (rows,).

    Returns:
        By threshold, (1001,), the mean sensitivity of the classes that occur; NaN where the part is empty.
    """
    true = table["true"].to_numpy(dtype=str)
    support = table["true"].map(table["true"].value_counts()).to_numpy(dtype=float)
    share = 1 / (support * max(table["true"].nunique(), 1))  # what a row that is right adds
    reached = np.searchsorted(THRESHOLDS, scores, side="right") - 1
    by_threshold = np.zeros(STEPS + 1) if len(table) else np.full(STEPS + 1, np.nan)
    for keys, called in ((list(positive), True), ([key for key in class_keys if key not in positive], False)):
        if not keys or table.empty:
            continue
        right = np.asarray(keys, dtype=str)[probabilities(table, keys).argmax(axis=1)] == true
        steps = np.bincount(reached[right], share[right], minlength=STEPS + 1)
        at_or_above = steps[::-1].cumsum()[::-1]
        by_threshold = by_threshold + (at_or_above if called else steps.sum() - at_or_above)
    return by_threshold


def balanced_threshold(
    table: pd.DataFrame, class_keys: Sequence[str], positive: Sequence[str], scores: np.ndarray
) -> float | None:
    """The threshold with the largest `balanced_accuracy_by_threshold`; None where the part is empty."""
    if table.empty:
        return None
    return _middle_of_best(balanced_accuracy_by_threshold(table, class_keys, positive, scores))


def _middle_of_best(values: np.ndarray) -> float:
    """The middle of the first stretch of thresholds with the largest value: as far as can be from both sides."""
    best = np.flatnonzero(values >= values.max() - 1e-12)
    stretch = best[: np.flatnonzero(np.append(np.diff(best) > 1, True))[0] + 1]
    return float(THRESHOLDS[stretch[len(stretch) // 2]])


def _net_benefit(
    sensitivity: np.ndarray | float, specificity: np.ndarray | float, threshold: np.ndarray | float, prevalence: float
) -> np.ndarray:
    alarms = (1 - np.asarray(specificity, dtype=float)) * (1 - prevalence)
    found = np.asarray(sensitivity, dtype=float) * prevalence
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = np.where(alarms > 0, alarms * np.asarray(threshold) / (1 - np.asarray(threshold)), 0.0)
    return found - np.where(np.isnan(alarms), np.nan, cost)


def _of_the_rest(limits: Interval, whole: float) -> Interval:
    """What is left of a whole, from the limits of the share that is not."""
    return None if limits is None else (whole * (1 - limits[1]), whole * (1 - limits[0]))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _shares(parts: np.ndarray, whole: float) -> np.ndarray:
    return parts / whole if whole else np.full(len(parts), np.nan)
