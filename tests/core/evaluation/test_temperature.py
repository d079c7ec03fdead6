"""Temperature scaling: against scikit-learn's, and at the edges."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from core.evaluation.temperature import RANGE, at_temperature, fitted_temperature


def softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def drawn(rows: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too large by a factor, and classes drawn by what they ought to be."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (rows, 4))
    true = np.array([rng.choice(4, p=p) for p in softmax(logits)])
    return logits * temperature, true


class Logits(ClassifierMixin, BaseEstimator):
    """A classifier that says the logits it is given."""

    def fit(self, _: np.ndarray, true: np.ndarray) -> "Logits":
        self.classes_ = np.unique(true)
        return self

    def decision_function(self, values: np.ndarray) -> np.ndarray:
        return values

    def predict(self, values: np.ndarray) -> np.ndarray:
        return values.argmax(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_found_again_and_is_that_of_scikit_learn(temperature: float) -> None:
    logits, true = drawn(4000, temperature)
    found = fitted_temperature(softmax(logits), true)
    assert found == pytest.approx(temperature, rel=0.1)
    reference = CalibratedClassifierCV(FrozenEstimator(Logits().fit(logits, true)), method="temperature")
    expected = reference.fit(logits, true).predict_proba(logits)
    np.testing.assert_allclose(at_temperature(softmax(logits), found), expected, atol=2e-3)


def test_a_temperature_changes_how_sure_an_answer_is_and_never_which_it_is() -> None:
    given = softmax(drawn(200, 2.0)[0]).astype(np.float32)
    for temperature in (RANGE[0], 0.7, 1.0, 2.0, RANGE[1]):
        scaled = at_temperature(given, temperature)
        assert scaled.dtype == given.dtype
        assert (scaled.argmax(axis=1) == given.argmax(axis=1)).all()
        np.testing.assert_allclose(scaled.sum(axis=1), 1, atol=1e-5)
    assert at_temperature(given, 3.0).max(axis=1).mean() < given.max(axis=1).mean()


def test_what_cannot_be_fitted_stays_in_its_range() -> None:
    certain = np.eye(3, dtype=np.float32)
    assert RANGE[0] <= fitted_temperature(certain, np.array([0, 1, 2])) <= RANGE[1], "all right"
    assert RANGE[0] <= fitted_temperature(certain, np.array([1, 2, 0])) <= RANGE[1], "all wrong: as unsure as can be"
    assert fitted_temperature(np.empty((0, 3), np.float32), np.empty(0, int)) == 1.0
    assert np.isfinite(at_temperature(certain, 0.05)).all()


@pytest.mark.parametrize(("rows", "sure"), [(2, 0.75), (45, 46 / 47)])
def test_no_answer_becomes_certain_because_a_few_were_all_right(rows: int, sure: float) -> None:
    given = np.full((rows, 3), 0.15)
    given[:, 1] = 0.7
    true = np.ones(rows, dtype=int)
    after = at_temperature(given, fitted_temperature(given, true))
    assert after[:, 1] == pytest.approx(sure, abs=1e-3)
    wrong_once = fitted_temperature(given, np.array([0, *true[1:]]))
    assert at_temperature(given, wrong_once)[:, 1] == pytest.approx(1 - 1 / rows, abs=1e-3), "as often as it is right"


DRAWN = st.tuples(st.integers(0, 10_000), st.integers(1, 60), st.floats(0.3, 4))
"""Seed, rows, and how much too large the logits are."""
TEMPERATURES = st.floats(*RANGE)


@given(DRAWN, TEMPERATURES)
@settings(max_examples=20, deadline=None)
def test_any_temperature_keeps_the_order_of_the_classes_and_gives_probabilities(given_, temperature: float) -> None:
    seed, rows, factor = given_
    before = softmax(drawn(rows, factor, seed)[0])
    after = at_temperature(before, temperature)
    # In the order of before they never fall: at a low temperature several may become 0 alike.
    ranked = np.take_along_axis(after, before.argsort(axis=1), axis=1)
    assert (np.diff(ranked, axis=1) >= 0).all()
    assert (after >= 0).all()
    np.testing.assert_allclose(after.sum(axis=1), 1, atol=1e-12)


@given(DRAWN)
@settings(max_examples=20, deadline=None)
def test_a_temperature_of_one_changes_nothing_and_one_next_to_it_next_to_nothing(given_) -> None:
    seed, rows, factor = given_
    before = softmax(drawn(rows, factor, seed)[0])
    np.testing.assert_array_equal(at_temperature(before, 1.0), before)
    np.testing.assert_allclose(at_temperature(before, 1 + 1e-12), before, atol=1e-9)


@given(DRAWN, TEMPERATURES)
@settings(max_examples=20, deadline=None)
def test_the_fitted_temperature_is_on_its_own_rows_no_worse_than_any_other(given_, other: float) -> None:
    seed, rows, factor = given_
    logits, true = drawn(rows, factor, seed)
    assume((logits.argmax(axis=1) != true).any())  # else none is low enough

    def loss_at(temperature: float) -> float:
        return float(-np.log(at_temperature(softmax(logits), temperature)[np.arange(rows), true]).mean())

    found = loss_at(fitted_temperature(softmax(logits), true))
    assert found <= loss_at(1.0) + 1e-6
    assert found <= loss_at(other) + 1e-6
