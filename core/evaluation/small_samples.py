"""What can be said from a handful of pictures, each of a group of its own."""

from math import comb, sqrt

NORMAL_QUANTILE = 1.959964
"""97.5 % quantile of the standard normal distribution, for 95 % intervals."""


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
    z, fraction = NORMAL_QUANTILE, hits / n
    middle = (fraction + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(fraction * (1 - fraction) / n + z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


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
    n = only_first + only_second
    tail = sum(comb(n, k) for k in range(min(only_first, only_second) + 1)) / 2**n
    return min(1.0, 2 * tail)
