"""How far calibration errors would move if other groups (lesions, patients, slides) had been seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.calibration import DEFAULT_BINS, bin_of
from core.evaluation.intervals import mean_interval, numbered_groups, percentile_interval, resampled, row_losses
from core.evaluation.predictions import probabilities, sure_and_right
from core.evaluation.small_samples import told_limits

Interval = tuple[float, float] | None


@dataclass(frozen=True)
class CalibrationIntervals:
    """95 % intervals over groups, 0…1; None with fewer than two groups."""

    expected: Interval
    """Of the expected calibration error."""
    classwise: Interval
    """Of the mean of the errors of the classes."""
    by_class: dict[str, Interval]
    """Of the error of each class, by its key."""
    confidence: Interval
    """Of the mean probability of the most likely class."""
    log_loss: Interval
    """Of the mean log loss, in nats; not limited to 1."""


def calibration_intervals(
    table: pd.DataFrame, class_keys: Sequence[str], *, bins: int = DEFAULT_BINS, resamples: int = 1000, seed: int = 0
) -> CalibrationIntervals:
    """Intervals of what `core.evaluation.calibration` computes.

    A resample has larger gaps in its bins than what it was drawn from, as that has than the truth, so percentiles alone
    would leave the true error below them. The lower limit is the upper percentile mirrored at the error that was found
    (as the basic interval does; Davison & Hinkley 1997, "Bootstrap methods and their application", section 5.2), in
    squares, since what chance adds to a gap adds up so: a calibrated model has a limit of 0. The upper limit is the
    upper percentile less what resampling adds on average.

    Args:
        table: predictions of one part.
        class_keys: classes in the order of the probability columns.
        bins: of equal width.
        resamples: number of draws of whole groups.
        seed: the same seed gives the same intervals.
    """
    none = CalibrationIntervals(None, None, dict.fromkeys(class_keys), None, None)
    if table["group_id"].nunique() < 2 or resamples < 1:
        return none
    values, true = probabilities(table, class_keys), table["true"].to_numpy(dtype=str)
    sure, right = sure_and_right(table, class_keys)
    stated = np.column_stack([sure, values])
    happened = np.column_stack([right, true[:, None] == np.asarray(class_keys, dtype=str)])
    group_of_row, groups = numbered_groups(table["group_id"])
    per_group = _gaps_by_group(stated, happened, group_of_row, len(groups), bins)
    rows = np.bincount(group_of_row).astype(float)
    found = _errors(per_group.sum(axis=0, keepdims=True), rows.sum(keepdims=True), bins)[0]
    drawn = np.concatenate(
        [_errors(w @ per_group, w @ rows, bins) for w, _ in resampled(table["group_id"], resamples, seed)]
    )
    means = (
        mean_interval(each, table["group_id"], resamples=resamples, seed=seed)
        for each in (sure, row_losses(table, class_keys))
    )
    return CalibrationIntervals(
        expected=error_limits(found[0], drawn[:, 0]),
        classwise=error_limits(found[1:].mean(), drawn[:, 1:].mean(axis=1)),
        by_class={key: error_limits(found[n], drawn[:, n]) for n, key in enumerate(class_keys, start=1)},
        **dict(zip(("confidence", "log_loss"), means, strict=True)),
    )


def _gaps_by_group(
    stated: np.ndarray, happened: np.ndarray, group_of_row: np.ndarray, groups: int, bins: int
) -> np.ndarray:
    """Stated less what came so, summed over each group's rows, (groups, probabilities · bins)."""
    kinds = stated.shape[1]
    place = (group_of_row[:, None] * kinds + np.arange(kinds)) * bins + bin_of(stated, bins)
    sums = np.bincount(place.ravel(), (stated - happened).ravel(), minlength=groups * kinds * bins)
    return sums.reshape(groups, kinds * bins)


def _errors(gaps: np.ndarray, rows: np.ndarray, bins: int) -> np.ndarray:
    """Calibration error of each probability in each draw, (draws, probabilities)."""
    return np.abs(gaps.reshape(len(gaps), -1, bins)).sum(axis=2) / rows[:, None]


def error_limits(found: float, drawn: np.ndarray) -> Interval:
    """The interval of a calibration error, 0…1, of the errors in resamples, (draws,); None where these are undefined.

    See `calibration_intervals`. Draws that all come to the same tell nothing, as where every answer is right and sure.
    """
    limits = told_limits(percentile_interval(drawn))
    if limits is None:
        return None
    low = max(0.0, 2 * found**2 - limits[1] ** 2) ** 0.5
    high = limits[1] - (float(np.nanmean(drawn)) - found)
    return float(min(low, found)), float(min(max(high, found), 1.0))
