"""Intervals and tests for a handful of pictures agree with published and independently computed figures."""

import pytest
from scipy.stats import binomtest

from core.evaluation.small_samples import exact_mcnemar, wilson_interval


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10), (7, 20), (29, 30), (1, 1)])
def test_the_interval_is_wilsons(hits: int, n: int) -> None:
    expected = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_all_right_on_ten_pictures_does_not_promise_a_perfect_reader() -> None:
    low, high = wilson_interval(10, 10)
    assert low == pytest.approx(0.722, abs=0.001)
    assert high == pytest.approx(1, abs=1e-9)


def test_no_trials_have_no_interval() -> None:
    assert wilson_interval(0, 0) is None


@pytest.mark.parametrize(("first", "second"), [(1, 5), (5, 1), (3, 4), (0, 8), (10, 10)])
def test_mcnemar_is_the_exact_binomial_test_of_the_pictures_that_divide(first: int, second: int) -> None:
    assert exact_mcnemar(first, second) == pytest.approx(binomtest(first, first + second).pvalue, abs=1e-9)


def test_judges_who_are_right_on_the_same_pictures_are_not_told_apart() -> None:
    assert exact_mcnemar(0, 0) == 1.0
