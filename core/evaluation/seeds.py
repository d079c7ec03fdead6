"""Whether one training is better than another, told from several seeds."""

from collections.abc import Sequence

import numpy as np

from core.evaluation.intervals import COVERAGE
from core.evaluation.paired import Difference


def mean_difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """By how much the first is ahead on average, with the 95 % interval of Student's t over the seeds.

    Both were trained with the same seed and so on the same split, so the differences are paired (Student 1908, "The
    probable error of a mean", Biometrika 6:1-25). Seeds vary the split, the first weights and the order.

    Args:
        first, second: the metric of each seed, in the same order, (seeds,); at least one.
    """
    from scipy.stats import t

    ahead = np.asarray(first, float) - np.asarray(second, float)
    mean = float(ahead.mean())
    if len(ahead) < 2:
        return Difference(mean, None, None)
    half = float(t.ppf((1 + COVERAGE) / 2, len(ahead) - 1) * ahead.std(ddof=1) / np.sqrt(len(ahead)))
    return Difference(mean, mean - half, mean + half)
