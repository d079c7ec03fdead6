"""Whether what a model is asked now differs from what it was tested on by more than chance."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SURE = 0.05 / 3
"""A difference counts as more than chance below this p-value: 5 % for all three figures together (Bonferroni)."""
FEWEST = 20
"""With fewer pictures nothing is tested."""
FEWEST_EXPECTED = 5
"""Classes of which fewer are expected are tested together (Cochran 1954, "Some methods for strengthening the common
chi-squared tests", Biometrics 10:417-451)."""


@dataclass(frozen=True)
class Change:
    """One figure now and as expected: shares 0…1, or for `classes` 0 and the share of answers that differ.

    `p_value` is two-sided; `pictures` is how many the figure now rests on.
    """

    figure: str
    now: float
    expected: float
    p_value: float
    pictures: int

    @property
    def more_than_chance(self) -> bool:
        """Whether the difference is more than chance."""
        return self.p_value < SURE


def share_change(figure: str, hits: int, trials: int, hits_before: int, trials_before: int) -> Change | None:
    """A share now against the share before, by Fisher's exact test; None where either rests on too few."""
    if min(trials, trials_before) < FEWEST:
        return None
    from scipy.stats import fisher_exact

    table = [[hits, trials - hits], [hits_before, trials_before - hits_before]]
    return Change(figure, hits / trials, hits_before / trials_before, float(fisher_exact(table).pvalue), trials)


def mean_change(figure: str, total: float, squares: float, count: int, before: Sequence[float]) -> Change | None:
    """A mean now against that of values before, by Welch's test; None where either rests on too few.

    Args:
        figure: what it is of.
        total: sum of the values now.
        squares: sum of their squares.
        count: how many they are.
        before: the values before.
    """
    if min(count, len(before)) < FEWEST:
        return None
    from scipy.stats import ttest_ind_from_stats

    mean = total / count
    deviation = math.sqrt(max(0.0, squares - count * mean**2) / (count - 1))
    reference = np.asarray(before, np.float64)
    other = float(reference.std(ddof=1))
    if deviation == other == 0.0:
        p_value = 1.0 if math.isclose(mean, reference.mean(), abs_tol=1e-9) else 0.0
    else:
        test = ttest_ind_from_stats(mean, deviation, count, reference.mean(), other, len(reference), equal_var=False)
        p_value = float(test.pvalue)
    return Change(figure, mean, float(reference.mean()), p_value, count)


def class_mix_change(figure: str, now: Mapping[str, int], before: Mapping[str, int]) -> Change | None:
    """Counts of classes now against those before, by the chi-squared test of homogeneity; None if either are too few.

    `now` of the result is half the sum of the differences of all shares (total variation): so many answers would have
    to be of another class for the mixes to be alike.
    """
    keys = list(before)
    here, there = (np.array([counts.get(key, 0) for key in keys], np.float64) for counts in (now, before))
    if min(here.sum(), there.sum()) < FEWEST:
        return None
    from scipy.stats import chi2_contingency

    apart = float(np.abs(here / here.sum() - there / there.sum()).sum() / 2)
    table = np.stack([here, there])
    expected = table.sum(axis=0) * here.sum() / table.sum()
    rare = expected < FEWEST_EXPECTED
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    p_value = float(chi2_contingency(table, correction=False).pvalue) if table.shape[1] > 1 else 1.0
    return Change(figure, apart, 0.0, p_value, int(here.sum()))
