"""Intervals are drawn over groups, fast, and with exact figures in every resample."""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss, roc_auc_score

from core.evaluation import intervals
from core.evaluation.intervals import Ranking, group_bootstrap, group_weights, weighted_auc
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import predicted_labels, prediction_table, probabilities

METRICS = ["accuracy", "balanced_accuracy", "log_loss", "macro_auc"]


@pytest.mark.parametrize("levels", [2, 10, 100_000])
def test_auc_with_unit_weights_equals_scikit_learn_with_and_without_ties(levels: int) -> None:
    rng = np.random.default_rng(levels)
    positive = rng.random(500) < 0.2
    scores = rng.integers(levels, size=500) / levels + 0.1 * positive
    found = weighted_auc(Ranking.of(scores, positive), np.ones((1, 500)))
    assert found[0] == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


@pytest.mark.parametrize("levels", [2, 10, 100_000])
def test_auc_with_weights_equals_scikit_learn_with_sample_weights(levels: int) -> None:
    rng = np.random.default_rng(levels)
    positive = rng.random(500) < 0.2
    scores = rng.integers(levels, size=500) / levels
    weights = rng.poisson(1, size=(20, 500))
    expected = [roc_auc_score(positive, scores, sample_weight=row) for row in weights]
    np.testing.assert_allclose(weighted_auc(Ranking.of(scores, positive), weights), expected, atol=1e-12)


def test_auc_is_undefined_where_no_positive_or_no_negative_has_weight() -> None:
    weights = np.array([[1, 1], [0, 1], [1, 0]])
    found = weighted_auc(Ranking.of(np.array([0.9, 0.1]), np.array([True, False])), weights)
    np.testing.assert_array_equal(found, [1, np.nan, np.nan])


def test_as_many_groups_are_drawn_as_there_are() -> None:
    weights = group_weights(40, 500, np.random.default_rng(0))
    assert weights.shape == (500, 40)
    assert (weights.sum(axis=1) == 40).all()
    assert weights.mean() == 1
    assert weights.var() == pytest.approx(1 - 1 / 40, rel=0.05)


def test_intervals_equal_those_of_a_plain_loop_that_copies_the_drawn_groups(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    table = make_predictions(images=80, groups=30, exact=True)
    rng = np.random.default_rng(5)
    weights = group_weights(table["group_id"].nunique(), 25, rng)
    group_of_row, _ = pd.factorize(table["group_id"], sort=True)
    expected = []
    for drawn in weights:
        copied = table.loc[table.index.repeat(drawn[group_of_row])]
        true, values = copied["true"].to_numpy(), probabilities(copied, class_keys)
        predicted = predicted_labels(copied, class_keys)
        present = np.flatnonzero([(true == key).any() for key in class_keys])
        aucs = [roc_auc_score(true == class_keys[number], values[:, number]) for number in present]
        balanced = np.mean([(predicted[true == class_keys[n]] == class_keys[n]).mean() for n in present])
        loss = log_loss(true, values, labels=class_keys)
        expected.append(((true == predicted).mean(), balanced, np.mean(aucs), loss))
    found = group_bootstrap(table, class_keys, resamples=25, seed=5)
    limits = np.quantile(expected, [0.025, 0.975], axis=0)
    for name, (low, high) in zip(["accuracy", "balanced_accuracy", "macro_auc", "log_loss"], limits.T, strict=True):
        assert found[name] == pytest.approx((low, high), abs=1e-9)


def test_each_interval_contains_its_figure(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    found = evaluate(make_predictions(), class_keys, "nv")
    assert sorted(found.intervals) == sorted([*METRICS, "ece"])
    for name, (low, high) in found.intervals.items():
        assert low < getattr(found, name) < high


def test_copies_within_a_group_do_not_narrow_the_interval_as_more_images_would(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    photos = pd.concat([make_predictions(images=300, groups=10**9)] * 4, ignore_index=True)
    over_groups = group_bootstrap(photos, class_keys)
    over_images = group_bootstrap(photos.assign(group_id=photos.index.astype(str)), class_keys)
    for name in METRICS:
        assert np.diff(over_groups[name]) > 1.6 * np.diff(over_images[name])


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    table = make_predictions(images=200)
    assert group_bootstrap(table, class_keys, resamples=100, seed=3) == group_bootstrap(
        table, class_keys, resamples=100, seed=3
    )
    assert group_bootstrap(table, class_keys, resamples=100, seed=3) != group_bootstrap(
        table, class_keys, resamples=100, seed=4
    )


def test_a_class_that_vanishes_from_resamples_leaves_finite_intervals(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    table = make_predictions(images=40, groups=20)
    rare = table["true"].value_counts().idxmin()
    assert table["true"].eq(rare).sum() <= 2
    for low, high in group_bootstrap(table, class_keys).values():
        assert np.isfinite([low, high]).all()
        assert low <= high


def test_a_single_group_says_nothing_about_other_groups(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    assert group_bootstrap(make_predictions(images=50, groups=1), class_keys) == {}
    assert group_bootstrap(make_predictions(images=50), class_keys, resamples=0) == {}


def test_chunks_cover_every_resample(
    make_predictions: Callable[..., pd.DataFrame],
    class_keys: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = make_predictions(images=100)
    whole = group_bootstrap(table, class_keys, resamples=1000)
    monkeypatch.setattr(intervals, "CHUNK_ELEMENTS", 700)  # seven resamples at a time, and a rest of six
    chunked = group_bootstrap(table, class_keys, resamples=1000)
    for name in METRICS:
        assert chunked[name] == pytest.approx(whole[name], abs=0.02)


def test_a_thousand_resamples_of_1500_images_take_under_a_second_and_a_half(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    table = make_predictions(images=1500, groups=1000)
    started = time.process_time()
    group_bootstrap(table, class_keys)
    assert time.process_time() - started < 1.5


def group_constant(seed: int, groups: int) -> pd.DataFrame:
    """Groups of one to four rows; all rows of a group have one diagnosis and one answer."""
    rng = np.random.default_rng(seed)
    group_of_row = np.repeat(np.arange(groups), rng.integers(1, 5, groups))
    true, values = rng.integers(3, size=groups), rng.dirichlet(np.ones(3), groups)
    rows = pd.DataFrame(
        {
            "image_id": [str(number) for number in range(len(group_of_row))],
            "group_id": [f"g{number}" for number in group_of_row],
            "part": "test",
            "true": np.array(list("abc"))[true[group_of_row]],
        }
    )
    return prediction_table(rows, values[group_of_row], list("abc"))


@given(st.integers(0, 10_000), st.integers(12, 60))
@settings(max_examples=15, deadline=None)
def test_an_interval_of_groups_that_are_each_of_one_kind_holds_the_figure_itself(seed: int, groups: int) -> None:
    found = evaluate(group_constant(seed, groups), list("abc"), "a", resamples=200, seed=seed)
    assert found.intervals
    for name, (low, high) in found.intervals.items():
        assert low - 1e-9 <= getattr(found, name) <= high + 1e-9, name


@given(st.integers(0, 10_000), st.integers(2, 40))
@settings(max_examples=15, deadline=None)
def test_intervals_do_not_depend_on_the_order_of_rows(seed: int, groups: int) -> None:
    """A table that was read in another order is the same table: every group keeps its draws."""
    table = group_constant(seed, groups)
    shuffled = table.sample(frac=1, random_state=seed)
    found, again = (group_bootstrap(each, list("abc"), resamples=60, seed=seed) for each in (table, shuffled))
    assert list(found) == list(again)
    for name, limits in found.items():
        assert again[name] == pytest.approx(limits, abs=1e-9), name


@given(st.integers(0, 10_000), st.integers(1, 40))
@settings(max_examples=10, deadline=None)
def test_one_group_however_large_has_no_interval(seed: int, rows: int) -> None:
    table = group_constant(seed, rows).assign(group_id="g")
    found = evaluate(table, list("abc"), "a", resamples=50)
    assert (found.groups, found.intervals) == (1, {})
