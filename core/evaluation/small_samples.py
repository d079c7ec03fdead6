"""What can be said from a handful of pictures or samples, each of a group of its own."""

import math
from collections.abc import Sequence
from statistics import NormalDist

from core.evaluation.intervals import COVERAGE

NO_WIDTH = 1e-9
"""Limits that lie closer are the same: resampling has shown no spread, which is no certainty."""


def wilson_interval(hits: int, n: int, coverage: float = COVERAGE) -> tuple[float, float] | None:
    """95 % interval of a share, for independent trials; stays within 0…1 and is sound even for 0 or `n` hits.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference", J. Am. Stat. Assoc.
    22:209-212.

    Args:
        hits: 0…`n`.
        n: number of trials.
        coverage: how often the interval is to hold the share, 0…1.

    Returns:
        `(lower, upper)`, 0…1; None for no trials.
    """
    if n == 0:
        return None
    # Written out, and held to scipy's by a test: scipy.stats costs every web process 50 MB, for these four lines.
    z = NormalDist().inv_cdf((1 + coverage) / 2)
    centre, spread = hits + z * z / 2, z * math.sqrt(hits * (n - hits) / n + z * z / 4)
    low, high = (centre - spread) / (n + z * z), (centre + spread) / (n + z * z)
    return (low if hits else 0.0), (high if hits < n else 1.0)


def exact_mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p-value for two judges of the same pictures being equally good.

    Only pictures on which exactly one was right count: under equality each falls to either with probability ½
    (McNemar 1947, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12:153-157, in its exact binomial form).

    Args:
        only_first: pictures on which only the first was right.
        only_second: pictures on which only the second was right.

    Returns:
        0…1; 1 where they were right on the same pictures.
    """
    from scipy.stats import binomtest

    n = only_first + only_second
    return float(binomtest(only_first, n).pvalue) if n else 1.0


def mean_interval(hits: Sequence[int], trials: Sequence[int]) -> tuple[float, float] | None:
    """95 % interval of the mean of several independent shares, such as the sensitivities of classes.

    The distances of each share from its own limits (Wilson) add up as squares (Donner and Zou 2012, "Closed-form
    confidence intervals for functions of the normal mean and standard deviation", Stat. Methods Med. Res. 21:347-359).

    Args:
        hits: of each share, 0…`trials`.
        trials: of each share; one without a trial does not count.

    Returns:
        `(lower, upper)`, 0…1; None for no trials at all.
    """
    below = above = total = 0.0
    shares = [(h, n) for h, n in zip(hits, trials, strict=True) if n]
    for h, n in shares:
        low, high = wilson_interval(h, n) or (0.0, 1.0)
        below, above, total = below + (h / n - low) ** 2, above + (high - h / n) ** 2, total + h / n
    if not shares:
        return None
    count = len(shares)
    return max(0.0, (total - math.sqrt(below)) / count), min(1.0, (total + math.sqrt(above)) / count)


def told_limits(limits: tuple[float, float] | None) -> tuple[float, float] | None:
    """Limits by resampling that say something: None where all draws came to the same, which is no certainty."""
    return None if limits is None or limits[1] - limits[0] <= NO_WIDTH else limits


def share_limits(
    share: float, limits: tuple[float, float] | None, groups: int, coverage: float = COVERAGE
) -> tuple[float, float] | None:
    """The interval of a share by resampling groups, and where these are all alike, Wilson's over groups.

    Resampling 8 melanomas that are all found gives “100 % to 100 %”; Wilson's interval of 8 in 8 begins at 68 %.

    Args:
        share: 0…1.
        limits: what resampling gives; None where there were no draws.
        groups: that the share rests on.
        coverage: of the limits, 0…1.
    """
    told = told_limits(limits)
    if told is not None or limits is None or NO_WIDTH < share < 1 - NO_WIDTH:
        return told
    return wilson_interval(groups if share > 0.5 else 0, groups, coverage)


def mean_limits(
    shares: Sequence[float], limits: tuple[float, float] | None, groups: Sequence[int]
) -> tuple[float, float] | None:
    """The interval of the mean of shares by resampling groups, and where all of each share are alike, over groups.

    Args:
        shares: 0…1 each, such as the sensitivities of classes.
        limits: what resampling gives for their mean; None where there were no draws.
        groups: that each share rests on.
    """
    told = told_limits(limits)
    if told is not None or limits is None or not {*shares} <= {0, 1}:
        return told
    return mean_interval([int(share) * n for share, n in zip(shares, groups, strict=True)], groups)


def difference_limits(
    first: float, of_first: tuple[float, float], second: float, of_second: tuple[float, float]
) -> tuple[float, float]:
    """The interval of first less second from those of two independent figures, whose distances add up as squares.

    Zou and Donner 2008, "Construction of confidence limits about effect measures", Stat. Medicine 27:1693-1702.
    """
    difference = first - second
    below = math.hypot(first - of_first[0], of_second[1] - second)
    above = math.hypot(of_first[1] - first, second - of_second[0])
    return difference - below, difference + above
