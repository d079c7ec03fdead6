"""The Brier score is scikit-learn's, its parts sum to it, and taking a temperature back gives what was before."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from core.evaluation.brier import brier, with_bin_intervals
from core.evaluation.calibration import bin_of, classwise_calibration_error, expected_calibration_error
from core.evaluation.intervals import group_weights
from core.evaluation.predictions import prediction_table, probabilities
from core.evaluation.temperature import at_temperature, without_temperature

KEYS = ("a", "b", "c")


def table_of(values: np.ndarray, true: np.ndarray) -> pd.DataFrame:
    ids = [str(number) for number in range(len(true))]
    return prediction_table(
        pd.DataFrame({"image_id": ids, "group_id": ids, "part": "test", "true": np.array(KEYS)[true]}), values, KEYS
    )


@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0.1, 3))
@settings(max_examples=25, deadline=None)
def test_score_and_parts_are_those_of_the_formulas(seed: int, rows: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.dirichlet(np.full(3, spread), rows)
    table = table_of(values, rng.integers(3, size=rows))
    found = brier(table, KEYS, resamples=0)
    stated, happened = probabilities(table, KEYS), table["true"].to_numpy()[:, None] == np.array(KEYS)
    assert found.score == pytest.approx(((stated - happened) ** 2).sum(axis=1).mean(), abs=1e-9)
    parts = found.reliability - found.resolution + found.uncertainty
    assert parts + found.within_bins == pytest.approx(found.score, abs=1e-9)
    within = 0.0  # Stephenson et al. 2008: variance within bins less twice the covariance
    for n in range(3):
        for each in np.unique(bins := bin_of(stated[:, n])):
            p, o = stated[bins == each, n], happened[bins == each, n]
            within += ((p - p.mean()) ** 2 - 2 * (p - p.mean()) * (o - o.mean())).sum() / rows
    assert found.within_bins == pytest.approx(within, abs=1e-9)
    assert found.reliability >= 0
    assert 0 <= found.resolution <= found.uncertainty + 1e-12


def test_the_score_is_scikit_learns(make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]) -> None:
    table = make_predictions()
    values = probabilities(table, class_keys)
    found = brier(table, class_keys, resamples=100)
    binary = [brier_score_loss(table["true"] == key, values[:, n]) for n, key in enumerate(class_keys)]
    assert found.score == pytest.approx(sum(binary), abs=1e-9)
    assert found.interval[0] < found.score < found.interval[1]


def test_limits_are_over_whole_groups_those_of_a_plain_loop(make_predictions, class_keys) -> None:
    table = make_predictions(images=240)
    found = brier(table, class_keys, resamples=60, seed=2)
    of_group = dict(iter(table.groupby("group_id")))
    assert len(of_group) < len(table), "several pictures of a group"
    drawn = []
    for each in group_weights(len(of_group), 60, np.random.default_rng(2)):
        rows = pd.concat([of_group[name] for name, times in zip(of_group, each, strict=True) for _ in range(times)])
        drawn.append(brier(rows, class_keys, resamples=0))
    for name in ("score", "uncertainty", "within_bins"):
        expected = np.quantile([getattr(each, name) for each in drawn], [0.025, 0.975])
        assert found.limits[name] == pytest.approx(expected, abs=1e-9), name
    for name in ("reliability", "resolution"):
        values, here = np.array([getattr(each, name) for each in drawn]), getattr(found, name)
        high = np.quantile(values, 0.975)
        expected = (max(0, min(here, 2 * here - high)), max(here, high - values.mean() + here))
        assert found.limits[name] == pytest.approx(expected, abs=1e-9), name
    alone = brier(table.assign(group_id="one"), class_keys)
    assert (alone.limits, alone.interval) == ({}, None)


@pytest.mark.parametrize("too_sure", [0.0, 0.15])
def test_the_true_reliability_lies_within_its_limits_about_as_often_as_promised(too_sure: float) -> None:
    rng = np.random.default_rng(5)
    held = 0
    for number in range(40):
        sure = rng.choice([0.55, 0.75, 0.95], 300)
        right = rng.random(300) < sure - too_sure
        values = np.column_stack([sure, 1 - sure, np.zeros(300)])
        limits = brier(table_of(values, np.where(right, 0, 1)), KEYS, resamples=150, seed=number).limits["reliability"]
        held += limits[0] - 1e-12 <= 2 * too_sure**2 <= limits[1]
    assert held >= 36


def test_a_hand_computed_case() -> None:
    values = np.array([[0.75, 0.25, 0.0]] * 5)
    found = brier(table_of(values, np.array([0, 0, 0, 1, 1])), KEYS)
    assert found.score == pytest.approx((3 * 0.125 + 2 * 1.125) / 5, abs=1e-9)
    assert found.reliability == pytest.approx(0.0225 + 0.0225, abs=1e-9)
    assert found.resolution == pytest.approx(0, abs=1e-12)
    assert found.uncertainty == pytest.approx(2 * 0.6 * 0.4, abs=1e-12)


def test_stating_how_frequent_each_class_is_has_the_uncertainty_as_its_score() -> None:
    true = np.repeat([0, 1, 2], [50, 25, 25])
    found = brier(table_of(np.tile([0.5, 0.25, 0.25], (100, 1)), true), KEYS)
    assert found.score == pytest.approx(found.uncertainty, abs=1e-9)
    assert found.reliability == pytest.approx(0, abs=1e-9)


def test_the_error_of_each_class_is_a_plain_loop_over_its_bins(make_predictions, class_keys) -> None:
    table = make_predictions(images=400)
    found = classwise_calibration_error(table, class_keys)
    assert list(found) == list(class_keys)
    for key in class_keys:
        stated, happened = table[f"p_{key}"].to_numpy(float), (table["true"] == key).to_numpy()
        total = 0.0
        for number in range(15):
            inside = (stated > number / 15) & (stated <= (number + 1) / 15)
            if inside.any():
                total += inside.mean() * abs(stated[inside].mean() - happened[inside].mean())
        assert found[key] == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_a_temperature_can_be_taken_back(temperature: float, make_predictions, class_keys) -> None:
    before = make_predictions(images=300)
    scaled = at_temperature(probabilities(before, class_keys), temperature)
    after = prediction_table(before, scaled, class_keys)
    again = without_temperature(after, class_keys, temperature)
    np.testing.assert_allclose(probabilities(again, class_keys), probabilities(before, class_keys), atol=1e-5)
    error = expected_calibration_error(again, class_keys)
    assert error == pytest.approx(expected_calibration_error(before, class_keys), abs=0.005)


def test_bins_have_limits_over_groups_and_none_with_a_single_group() -> None:
    rng = np.random.default_rng(0)
    stated = rng.random(400)
    happened = rng.random(400) < stated
    diagram = with_bin_intervals(stated, happened, pd.Series(np.arange(400).astype(str)))
    assert ((diagram["low"] <= diagram["accuracy"]) & (diagram["accuracy"] <= diagram["high"])).all()
    assert (diagram["low"] < diagram["high"]).sum() > 10
    alone = with_bin_intervals(stated, happened, pd.Series(["one"] * 400))
    assert alone[["low", "high"]].isna().all(axis=None)


def test_an_empty_part_has_no_score() -> None:
    empty = table_of(np.empty((0, 3)), np.empty(0, int))
    assert brier(empty, KEYS) is None
    assert classwise_calibration_error(empty, KEYS) == {}
