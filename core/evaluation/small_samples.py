"""What can be said from a handful of pictures, each of a group of its own."""

from core.evaluation.intervals import COVERAGE


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
    from scipy.stats import binomtest

    interval = binomtest(hits, n).proportion_ci(COVERAGE, method="wilson")
    return float(interval.low), float(interval.high)


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
