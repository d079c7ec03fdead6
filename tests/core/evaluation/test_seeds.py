"""The difference of two trainings over several seeds."""

import pytest

from core.evaluation.seeds import mean_difference


def test_the_interval_is_that_of_students_sleep_experiment() -> None:
    """Student's own example (1908): extra hours of sleep under two drugs, ten patients; R's `t.test` gives these."""
    first = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    second = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    found = mean_difference(first, second)
    assert found.value == pytest.approx(1.58)
    assert (found.lower, found.upper) == pytest.approx((0.7001142, 2.4598858))


def test_what_is_alike_in_each_pair_cancels_out() -> None:
    found = mean_difference([0.9, 0.5, 0.7], [0.8, 0.4, 0.6])
    assert (found.lower, found.value, found.upper) == pytest.approx((0.1, 0.1, 0.1))


def test_one_seed_has_no_interval() -> None:
    found = mean_difference([0.8], [0.7])
    assert found.value == pytest.approx(0.1)
    assert (found.lower, found.upper) == (None, None)
