"""Intervals of calibration errors, whole groups being resampled."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.calibration import classwise_calibration_error, expected_calibration_error
from core.evaluation.calibration_intervals import calibration_intervals
from core.evaluation.intervals import group_bootstrap, group_weights
from core.evaluation.predictions import prediction_table

KEYS = ("a", "b", "c")


def answered(rng: np.random.Generator, groups: int, *, photos: int = 1, too_sure: float = 0.0) -> pd.DataFrame:
    """Groups of photos that all get the same answer, which is right as often as it says, less `too_sure`."""
    sure = np.repeat(rng.uniform(0.5, 1, groups), photos)
    right = np.repeat(rng.random(groups), photos) < sure - too_sure
    rest = (1 - sure) / 2
    rows = pd.DataFrame({
        "image_id": np.arange(len(sure)).astype(str),
        "group_id": np.repeat(np.arange(groups), photos).astype(str),
        "part": "test",
        "true": np.where(right, "a", "b"),
    })  # fmt: skip
    return prediction_table(rows, np.column_stack([sure, rest, rest]), KEYS)


def test_limits_hold_the_figures_that_are_shown() -> None:
    table = answered(np.random.default_rng(3), 300, photos=2, too_sure=0.1)
    found = calibration_intervals(table, KEYS, resamples=200)
    by_class = classwise_calibration_error(table, KEYS)
    for value, limits in (
        (expected_calibration_error(table, KEYS), found.expected),
        (float(np.mean(list(by_class.values()))), found.classwise),
        *((by_class[key], found.by_class[key]) for key in KEYS),
    ):
        assert value is not None
        assert limits is not None
        assert 0 <= limits[0] <= value + 1e-12
        assert value - 1e-12 <= limits[1] <= 1


@pytest.mark.parametrize("too_sure", [0.0, 0.05, 0.15])
def test_the_true_error_lies_within_the_limits_about_as_often_as_promised(too_sure: float) -> None:
    rng = np.random.default_rng(11)
    held = 0
    for number in range(40):
        limits = calibration_intervals(answered(rng, 250, too_sure=too_sure), KEYS, resamples=150, seed=number).expected
        assert limits is not None
        held += limits[0] - 1e-12 <= too_sure <= limits[1]
    assert held >= 36


def test_limits_of_confidence_and_log_loss_are_those_of_means_over_groups() -> None:
    table = answered(np.random.default_rng(6), 80, photos=2)
    found = calibration_intervals(table, KEYS, resamples=100, seed=1)
    assert found.log_loss == pytest.approx(group_bootstrap(table, KEYS, resamples=100, seed=1)["log_loss"], abs=1e-9)
    of_group = table.groupby("group_id")["p_a"].mean().to_numpy()
    drawn = group_weights(80, 100, np.random.default_rng(1)) @ of_group / 80
    assert found.confidence == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=1e-6)


def test_limits_do_not_depend_on_the_order_of_rows() -> None:
    table = answered(np.random.default_rng(4), 40, photos=2, too_sure=0.1)
    found, again = (
        calibration_intervals(each, KEYS, resamples=60) for each in (table, table.sample(frac=1, random_state=0))
    )
    assert again.expected == pytest.approx(found.expected, abs=1e-9)
    assert again.classwise == pytest.approx(found.classwise, abs=1e-9)


def test_photos_of_one_lesion_say_no_more_than_one_of_them() -> None:
    once = calibration_intervals(answered(np.random.default_rng(5), 150, too_sure=0.2), KEYS)
    five = calibration_intervals(answered(np.random.default_rng(5), 150, photos=5, too_sure=0.2), KEYS)
    assert once.expected == pytest.approx(five.expected)
    assert once.by_class["b"] == pytest.approx(five.by_class["b"])


def test_a_single_group_has_no_limits() -> None:
    table = answered(np.random.default_rng(0), 1, photos=40)
    found = calibration_intervals(table, KEYS)
    assert (found.expected, found.classwise, found.confidence, found.log_loss) == (None, None, None, None)
    assert found.by_class == dict.fromkeys(KEYS)
