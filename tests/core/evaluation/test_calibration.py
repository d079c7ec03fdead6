"""Reliability bins and the expected calibration error."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.calibration import classwise_calibration_error, expected_calibration_error, reliability
from core.evaluation.predictions import predicted_labels, prediction_table, probabilities


def two_class_table(sure: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    """Predictions of class "a" with the given confidence; where not right, the truth is "b"."""
    ids = [str(number) for number in range(len(sure))]
    true = np.where(right, "a", "b")
    rows = pd.DataFrame({"image_id": ids, "group_id": ids, "part": "test", "true": true})
    return prediction_table(rows, np.column_stack([sure, 1 - sure]), ["a", "b"])


def test_the_error_is_the_weighted_gap_between_confidence_and_accuracy() -> None:
    sure = np.array([0.875] * 10 + [0.625] * 10)
    right = np.array([True] * 5 + [False] * 5 + [True] * 6 + [False] * 4)
    assert expected_calibration_error(two_class_table(sure, right), ["a", "b"]) == pytest.approx(0.2, abs=1e-9)


def test_a_model_that_is_right_as_often_as_it_says_has_almost_no_error() -> None:
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, 50_000)
    table = two_class_table(sure, rng.random(50_000) < sure)
    assert expected_calibration_error(table, ["a", "b"]) < 0.01


def test_the_error_equals_a_plain_loop_over_the_bins(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    table = make_predictions()
    confidence = probabilities(table, class_keys).max(axis=1)
    correct = predicted_labels(table, class_keys) == table["true"].to_numpy()
    total = 0.0
    for number in range(15):
        inside = (confidence > number / 15) & (confidence <= (number + 1) / 15)
        if inside.any():
            total += inside.mean() * abs(confidence[inside].mean() - correct[inside].mean())
    assert expected_calibration_error(table, class_keys) == pytest.approx(total, abs=1e-9)


def test_bins_cover_every_row_and_empty_bins_have_no_figures(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    diagram = reliability(make_predictions(), class_keys, bins=20)
    assert len(diagram) == 20
    assert diagram["images"].sum() == 1500
    assert (diagram["lower"].iloc[0], diagram["upper"].iloc[-1]) == (0, 1)
    empty = diagram[diagram["images"] == 0]
    assert len(empty) > 0
    assert empty[["confidence", "accuracy"]].isna().all(axis=None)
    filled = diagram[diagram["images"] > 0]
    assert filled["confidence"].between(filled["lower"] - 1e-9, filled["upper"] + 1e-9).all()


def test_a_bin_includes_its_upper_edge_and_not_its_lower_one() -> None:
    diagram = reliability(two_class_table(np.array([0.75, 0.5]), np.ones(2, dtype=bool)), ["a", "b"], bins=4)
    assert diagram["images"].tolist() == [0, 1, 1, 0]


def test_complete_certainty_falls_into_the_last_bin() -> None:
    diagram = reliability(two_class_table(np.ones(3), np.ones(3, dtype=bool)), ["a", "b"])
    assert diagram["images"].iloc[-1] == 3


def test_without_rows_there_is_no_error() -> None:
    assert expected_calibration_error(two_class_table(np.ones(0), np.ones(0, bool)), ["a", "b"]) is None


def drawn(seed: int, rows: int, spread: float) -> pd.DataFrame:
    """Any answers about three classes, right or wrong."""
    rng = np.random.default_rng(seed)
    ids = [str(number) for number in range(rows)]
    true = np.array(["a", "b", "c"])[rng.integers(3, size=rows)]
    identity = pd.DataFrame({"image_id": ids, "group_id": ids, "part": "test", "true": true})
    return prediction_table(identity, rng.dirichlet(np.full(3, spread), rows), ["a", "b", "c"])


@given(st.integers(0, 10_000), st.integers(1, 80), st.floats(0.05, 5), st.integers(1, 30))
@settings(max_examples=25, deadline=None)
def test_errors_lie_between_0_and_1_and_do_not_depend_on_the_order_of_rows(
    seed: int, rows: int, spread: float, bins: int
) -> None:
    table, keys = drawn(seed, rows, spread), ["a", "b", "c"]
    shuffled = table.sample(frac=1, random_state=seed)
    error = expected_calibration_error(table, keys, bins)
    assert 0 <= error <= 1
    assert expected_calibration_error(shuffled, keys, bins) == pytest.approx(error, abs=1e-9)
    by_class = classwise_calibration_error(table, keys, bins)
    assert all(0 <= each <= 1 for each in by_class.values())
    assert classwise_calibration_error(shuffled, keys, bins) == pytest.approx(by_class, abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(33, 64), st.integers(1, 3)), min_size=1, max_size=6, unique_by=lambda each: each[0])
)
@settings(max_examples=25, deadline=None)
def test_where_every_confidence_is_right_as_often_as_it_says_there_is_no_error(stated: list[tuple[int, int]]) -> None:
    """Of 64 answers (or twice or three times as many) that are sure to n/64, n are right."""
    sure = np.concatenate([np.full(64 * times, n / 64) for n, times in stated])
    right = np.concatenate([np.arange(64 * times) < n * times for n, times in stated])
    table = two_class_table(sure, right)
    assert expected_calibration_error(table, ["a", "b"]) == pytest.approx(0, abs=1e-9)
    assert list(classwise_calibration_error(table, ["a", "b"]).values()) == pytest.approx([0, 0], abs=1e-9)
