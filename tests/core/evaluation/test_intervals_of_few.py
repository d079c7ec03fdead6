"""Intervals of few samples stay wide where resampling would be sure."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.metrics import evaluate, with_intervals_of_few
from core.evaluation.predictions import prediction_table
from core.evaluation.small_samples import mean_interval, wilson_interval


def judged(right: int, samples: int, groups: int | None = None):
    """Metrics of samples of two classes, of which the first ones are answered right."""
    true = np.arange(samples) % 2
    told = np.where(np.arange(samples) < right, true, 1 - true)
    rows = pd.DataFrame(
        {"image_id": [f"s{n}" for n in range(samples)], "part": "test", "true": np.array(["a", "b"])[true]}
    )
    rows["group_id"] = [f"g{n % (groups or samples)}" for n in range(samples)]
    return evaluate(prediction_table(rows, 0.1 + 0.8 * np.eye(2)[told], ["a", "b"]), ["a", "b"], "a")


def test_all_right_of_few_samples_is_no_certainty() -> None:
    metrics = judged(33, 34)
    few = with_intervals_of_few(metrics)
    assert few.intervals["accuracy"] == pytest.approx(wilson_interval(33, 34))
    assert few.intervals["balanced_accuracy"] == pytest.approx(mean_interval([17, 16], [17, 17]))
    assert few.intervals["macro_auc"] == metrics.intervals["macro_auc"]
    assert few.accuracy == metrics.accuracy
    metrics = judged(34, 34)  # resampling says 100 % to 100 %
    assert with_intervals_of_few(metrics) == metrics
    assert metrics.intervals["accuracy"] == pytest.approx((0.898, 1), abs=1e-3)
    low, high = metrics.intervals["balanced_accuracy"]
    assert 0.8 < low < 0.9
    assert high == 1
    assert "macro_auc" not in metrics.intervals


def test_samples_that_share_groups_keep_the_intervals_of_groups() -> None:
    metrics = judged(20, 24, groups=12)
    assert with_intervals_of_few(metrics) == metrics


def test_the_mean_of_one_share_has_the_interval_of_that_share() -> None:
    assert mean_interval([7], [9]) == pytest.approx(wilson_interval(7, 9))
    assert mean_interval([7, 0], [9, 0]) == pytest.approx(wilson_interval(7, 9))
    assert mean_interval([0], [0]) is None


def test_the_interval_of_a_mean_of_shares_holds_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    truth, trials = (0.95, 0.7), (20, 14)
    drawn = rng.binomial(trials, truth, (2000, 2))
    limits = np.array([mean_interval(hits, trials) for hits in drawn.tolist()])
    held = ((limits[:, 0] <= np.mean(truth)) & (np.mean(truth) <= limits[:, 1])).mean()
    assert 0.93 < held < 0.98
