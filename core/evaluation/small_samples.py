"""What can be said from a handful of pictures or samples, each of a group of its own."""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

from core.evaluation.intervals import COVERAGE
from core.evaluation.metrics import Metrics


def wilson_interval(hits: int, n: int) -> tuple[float, float] | None:
    """95 % interval of a share, for independent trials; stays within 0…1 and is sound even for 0 or `n` hits.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference", J. Am. Stat. Assoc.
    22:209-212.

    Args:
        hits: 0…`n`.
        n: number of trials.

    Returns:
        `(lower, upper)`, 0…1; None for no trials.
    """
    if n == 0:
        return None
    # Written out, and held to scipy's by a test: scipy.stats costs every web process 50 MB, for these four lines.
    z = NormalDist().inv_cdf((1 + COVERAGE) / 2)
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
