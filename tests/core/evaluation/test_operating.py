"""Thresholds: counts are those of comparing with them, rules keep what they promise, net benefit is the formula's."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, confusion_matrix

from core.evaluation.operating import (
    THRESHOLDS,
    balanced_accuracy_by_threshold,
    balanced_threshold,
    operating_curve,
    step_of,
    threshold_that_finds,
    youden_threshold,
)
from core.evaluation.predictions import predicted_labels
from core.evaluation.readings import Reading

MALIGNANT = Reading("malignant", ("akiec", "bcc", "mel"))
scored = st.lists(
    st.tuples(st.floats(0, 1, width=32), st.booleans(), st.integers(0, 5)), min_size=2, max_size=40
).filter(lambda rows: 0 < sum(positive for _, positive, _ in rows) < len(rows))


def curve_of(rows: list[tuple[float, bool, int]], resamples: int = 20):
    scores, positive, groups = (np.array(each) for each in zip(*rows, strict=True))
    return operating_curve(scores, positive, pd.Series(groups.astype(str)), resamples=resamples), scores, positive


@given(scored)
@settings(max_examples=25, deadline=None)
def test_at_every_threshold_counts_are_those_of_comparing_with_it(rows: list[tuple[float, bool, int]]) -> None:
    curve, scores, positive = curve_of(rows, resamples=0)
    for threshold in THRESHOLDS[::37]:
        called = scores >= threshold
        point = curve.at(threshold)
        [[left_alone, false_alarms], [missed, found]] = confusion_matrix(positive, called, labels=[False, True])
        counts = (point.left_alone, point.false_alarms, point.missed, point.found)
        assert counts == (left_alone, false_alarms, missed, found)
        assert point.sensitivity == pytest.approx(found / (found + missed), abs=1e-9)
        assert point.specificity == pytest.approx(left_alone / (left_alone + false_alarms), abs=1e-9)


@given(scored)
@settings(max_examples=25, deadline=None)
def test_a_higher_threshold_never_finds_more_nor_alarms_more(rows: list[tuple[float, bool, int]]) -> None:
    curve, _, _ = curve_of(rows)
    for counts in (curve.found, curve.false_alarms, *curve.drawn_sensitivity.T[:5]):
        assert (np.diff(counts) <= 1e-6)[np.isfinite(np.diff(counts))].all()
    assert curve.at(0).sensitivity == 1
    assert curve.at(0).specificity == 0


@given(scored, st.floats(0.05, 1))
@settings(max_examples=40, deadline=None)
def test_the_threshold_for_a_sensitivity_keeps_it_and_the_next_one_does_not(rows, share: float) -> None:
    curve, _, _ = curve_of(rows, resamples=0)
    threshold = threshold_that_finds(curve, share)
    assert curve.at(threshold).sensitivity >= share - 1e-9
    if step_of(threshold) < 1000:
        assert curve.at(threshold + 0.001).sensitivity < share


@given(scored)
@settings(max_examples=25, deadline=None)
def test_no_threshold_has_a_larger_youden_index(rows: list[tuple[float, bool, int]]) -> None:
    curve, _, _ = curve_of(rows, resamples=0)
    point = curve.at(youden_threshold(curve))
    index = curve.sensitivity + curve.specificity - 1
    assert point.sensitivity + point.specificity - 1 == pytest.approx(index.max(), abs=1e-12)


def test_where_many_thresholds_are_as_good_the_middle_one_is_taken() -> None:
    curve, _, _ = curve_of([(0.2, False, 0), (0.8, True, 1)])
    assert youden_threshold(curve) == pytest.approx(0.5, abs=0.002)


@pytest.fixture
def table(make_predictions: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return make_predictions(images=700)


def test_balanced_accuracy_by_threshold_is_scikit_learns(table: pd.DataFrame, class_keys: tuple[str, ...]) -> None:
    scores = MALIGNANT.scores(table)
    by_threshold = balanced_accuracy_by_threshold(table, class_keys, MALIGNANT.positive, scores)
    benign = [key for key in class_keys if key not in MALIGNANT.positive]
    for step in range(0, 1001, 83):
        called = scores >= THRESHOLDS[step]
        answer = np.where(called, predicted_labels(table, list(MALIGNANT.positive)), predicted_labels(table, benign))
        assert by_threshold[step] == pytest.approx(balanced_accuracy_score(table["true"], answer), abs=1e-9)
    best = balanced_threshold(table, class_keys, MALIGNANT.positive, scores)
    assert by_threshold[step_of(best)] == pytest.approx(by_threshold.max(), abs=1e-12)


def test_net_benefit_is_true_less_weighed_false_positives_for_each_one(table: pd.DataFrame) -> None:
    positive, scores = MALIGNANT.is_positive(table), MALIGNANT.scores(table)
    curve = operating_curve(scores, positive, table["group_id"])
    for threshold in (0.05, 0.2, 0.5):
        called = scores >= threshold
        weight = threshold / (1 - threshold)
        expected = (called & positive).mean() - (called & ~positive).mean() * weight
        assert curve.at(threshold).net_benefit(curve.prevalence) == pytest.approx(expected, abs=1e-9)
    drawn = curve.decision_curve(curve.prevalence).set_index("threshold")
    assert drawn.loc[0.2, "model"] == pytest.approx(curve.at(0.2).net_benefit(curve.prevalence), abs=1e-9)
    assert drawn.loc[0.2, "all"] == pytest.approx(curve.prevalence - (1 - curve.prevalence) * 0.25, abs=1e-9)
    assert drawn.loc[0.0, "model"] == pytest.approx(curve.prevalence, abs=1e-9)
    assert (drawn["none"] == 0).all()


def test_what_is_missed_and_alarmed_per_1000_follows_the_prevalence_that_is_set() -> None:
    rows = [(0.9, True, n) for n in range(8)] + [(0.1, True, n) for n in range(2)]
    rows += [(0.9, False, n) for n in range(3)] + [(0.1, False, n) for n in range(17)]
    point = curve_of(rows)[0].at(0.5)
    assert point.missed_per_1000(0.02) == pytest.approx(4, abs=1e-9)  # 20 positives, a fifth missed
    assert point.needless_per_1000(0.02) == pytest.approx(147, abs=1e-9)  # 980 others, 15 % of them
    low, high = point.needless_per_1000_interval(0.02)
    assert 0 <= low <= 147 <= high <= 980


def test_limits_are_those_of_a_plain_loop_over_the_drawn_groups(table: pd.DataFrame) -> None:
    from core.evaluation.intervals import group_weights

    positive, scores = MALIGNANT.is_positive(table), MALIGNANT.scores(table)
    point = operating_curve(scores, positive, table["group_id"], resamples=40, seed=3).at(0.3)
    group_of_row, groups = pd.factorize(table["group_id"], sort=True)
    shares = []
    for drawn in group_weights(len(groups), 40, np.random.default_rng(3)):
        weights = drawn[group_of_row]
        shares.append((weights * positive * (scores >= 0.3)).sum() / (weights * positive).sum())
    assert point.sensitivity_interval == pytest.approx(tuple(np.quantile(shares, [0.025, 0.975])), abs=1e-9)


def test_one_group_a_part_without_positives_and_an_empty_one_say_what_is_not_defined(table, class_keys) -> None:
    alone = curve_of([(0.9, True, 0), (0.1, False, 0)])[0].at(0.5)
    assert (alone.sensitivity, alone.sensitivity_interval, alone.net_benefit_interval(0.1)) == (1, None, None)
    benign = curve_of([(0.9, False, 0), (0.1, False, 1)])[0]
    assert np.isnan(benign.at(0.5).sensitivity)
    assert np.isnan(benign.at(0.5).net_benefit(0.1))
    assert (threshold_that_finds(benign, 0.95), youden_threshold(benign)) == (None, None)
    empty = operating_curve(np.empty(0), np.empty(0, bool), pd.Series([], dtype=str))
    assert np.isnan(empty.prevalence)
    assert balanced_threshold(table[:0], class_keys, MALIGNANT.positive, np.empty(0)) is None
