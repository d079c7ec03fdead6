"""Test-retest: does a model give the same answer to several photos of one lesion?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.intervals import percentile_interval, resampled
from core.evaluation.predictions import predicted_labels
from core.evaluation.readings import Reading
from core.evaluation.small_samples import share_limits, wilson_interval

_QUANTILES = (0.5, 0.9)


@dataclass(frozen=True)
class Retest:
    """Lesions with several photos.

    `lesions` has a row each: `lesion`, `group` (whose it is, such as the patient), `photos`, `true` (class key),
    `answers` (a tuple of different class keys in the order of their number), `same` (one answer for all photos),
    `same_call` (all are called so, or none), `lowest`, `highest` and `spread` of the probability (0…1).
    """

    lesions: pd.DataFrame
    photos: int

    @property
    def same_answer(self) -> float | None:
        """Share of the lesions of which all photos get the same class; None without lesions."""
        return float(self.lesions["same"].mean()) if len(self.lesions) else None

    @property
    def same_call(self) -> float | None:
        """Share of the lesions of which all photos are called so, or none; None without lesions."""
        return float(self.lesions["same_call"].mean()) if len(self.lesions) else None


@dataclass(frozen=True)
class RetestIntervals:
    """95 % intervals over groups, 0…1; None where there are too few groups."""

    same_answer: tuple[float, float] | None
    same_call: tuple[float, float] | None
    median: tuple[float, float] | None
    """Of the first of `spread_quantiles`."""
    most: tuple[float, float] | None
    """Of the second."""


def retest(
    table: pd.DataFrame, class_keys: Sequence[str], lesion: pd.Series, reading: Reading, called: np.ndarray
) -> Retest:
    """Compare the answers to the photos of each lesion.

    Args:
        table: predictions of one part; of a picture that stands there twice, the first counts.
        class_keys: classes in the order of the probability columns.
        lesion: the lesion of each row of `table`, missing where it is not known.
        reading: whose probability is looked at.
        called: whether each row is called so, bool (rows,).
    """
    rows = pd.DataFrame(
        {
            "image_id": table["image_id"].to_numpy(),
            "lesion": lesion.to_numpy(),
            "group": table["group_id"].to_numpy(),
            "true": table["true"].to_numpy(),
            "answer": predicted_labels(table, class_keys),
            "score": reading.scores(table),
            "called": called,
        }
    )
    rows = rows.drop_duplicates("image_id").dropna(subset=["lesion"])
    rows = rows[rows["lesion"].duplicated(keep=False)]
    by_lesion = rows.groupby("lesion", sort=False)
    found = pd.DataFrame(
        {
            "group": by_lesion["group"].first(),
            "photos": by_lesion.size(),
            "true": by_lesion["true"].first(),
            "answers": by_lesion["answer"].agg(lambda each: tuple(each.value_counts().index)),
            "same": by_lesion["answer"].nunique() == 1,
            "same_call": by_lesion["called"].nunique() == 1,
            "lowest": by_lesion["score"].min(),
            "highest": by_lesion["score"].max(),
        }
    )
    found["spread"] = found["highest"] - found["lowest"]
    return Retest(found.rename_axis("lesion").reset_index().sort_values("spread", ascending=False), len(rows))


def spread_quantiles(found: Retest) -> tuple[float, float] | None:
    """Median and ninetieth percentile of how far the probability spreads within a lesion; None without lesions."""
    if found.lesions.empty:
        return None
    median, most = np.quantile(found.lesions["spread"], _QUANTILES)
    return float(median), float(most)


def retest_intervals(found: Retest, *, resamples: int = 1000, seed: int = 0) -> RetestIntervals:
    """How far shares and spreads would move if other groups had been seen, by resampling whole groups.

    Where each lesion is a group of its own, shares have Wilson's interval, which holds for few lesions, too.

    Args:
        found: what `retest` gives.
        resamples: number of draws of whole groups.
        seed: the same seed gives the same intervals.
    """
    lesions = found.lesions.sort_values("spread")
    groups = lesions["group"].nunique()
    if groups < 2 or resamples < 1:
        return RetestIntervals(None, None, None, None)
    spread, shares = lesions["spread"].to_numpy(), lesions[["same", "same_call"]].to_numpy(float)
    drawn = [
        np.column_stack([weights @ shares / weights.sum(axis=1, keepdims=True), _weighted_quantiles(spread, weights)])
        for _, weights in resampled(lesions["group"], resamples, seed)
    ]
    limits = [percentile_interval(each) for each in np.concatenate(drawn).T]
    if groups == len(lesions):
        limits[:2] = (wilson_interval(int(lesions[name].sum()), len(lesions)) for name in ("same", "same_call"))
    else:
        limits[:2] = (share_limits(float(shares[:, n].mean()), limits[n], groups) for n in (0, 1))
    return RetestIntervals(*limits)


def _weighted_quantiles(ascending: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """`np.quantile` of values that stand there as often as their weights say, (draws, quantiles).

    Args:
        ascending: (values,).
        weights: whole numbers, (draws, values), of which each draw has one above 0.
    """
    through = weights.cumsum(axis=1)
    found = []
    for quantile in _QUANTILES:
        place = quantile * (through[:, -1] - 1)
        below = np.floor(place)
        low, high = (
            ascending[(through <= rank[:, None]).sum(axis=1)]
            for rank in (below, np.minimum(below + 1, through[:, -1] - 1))
        )
        found.append(low + (high - low) * (place - below))
    return np.column_stack(found)
