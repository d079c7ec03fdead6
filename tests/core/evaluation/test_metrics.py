"""Figures agree with scikit-learn, and what is undefined is left undefined."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from core.evaluation.metrics import Metrics, evaluate
from core.evaluation.predictions import predicted_labels, prediction_table, probabilities


def small_table(true: list[str], answers: list[list[float]], class_keys: list[str]) -> pd.DataFrame:
    ids = [str(number) for number in range(len(true))]
    rows = pd.DataFrame({"image_id": ids, "group_id": ids, "part": "test", "true": true})
    return prediction_table(rows, np.array(answers).reshape(len(true), len(class_keys)), class_keys)


def test_overall_figures_equal_those_of_scikit_learn(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    table = make_predictions(exact=True)
    found = evaluate(table, class_keys, "nv", resamples=0)
    true, predicted = table["true"].to_numpy(), predicted_labels(table, class_keys)
    values = probabilities(table, class_keys)
    assert found.accuracy == pytest.approx(sk.accuracy_score(true, predicted), abs=1e-9)
    assert found.balanced_accuracy == pytest.approx(sk.balanced_accuracy_score(true, predicted), abs=1e-9)
    assert found.macro_auc == pytest.approx(
        sk.roc_auc_score(true, values, multi_class="ovr", labels=class_keys), abs=1e-9
    )
    assert found.log_loss == pytest.approx(sk.log_loss(true, values, labels=class_keys), abs=1e-9)
    assert found.majority_accuracy == pytest.approx((true == "nv").mean(), abs=1e-9)
    np.testing.assert_array_equal(found.confusion, sk.confusion_matrix(true, predicted, labels=class_keys))
    assert found.images == 1500
    assert found.groups == table["group_id"].nunique()


def test_figures_of_each_class_equal_those_of_scikit_learn(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    table = make_predictions()
    true, predicted = table["true"].to_numpy(), predicted_labels(table, class_keys)
    for found in evaluate(table, class_keys, "nv", resamples=0).per_class:
        is_class, taken_for_class = true == found.key, predicted == found.key
        assert found.support == is_class.sum()
        assert found.predicted == taken_for_class.sum()
        assert found.sensitivity == pytest.approx(sk.recall_score(is_class, taken_for_class), abs=1e-9)
        assert found.specificity == pytest.approx(sk.recall_score(~is_class, ~taken_for_class), abs=1e-9)
        assert found.precision == pytest.approx(sk.precision_score(is_class, taken_for_class), abs=1e-9)
        assert found.f1 == pytest.approx(sk.f1_score(is_class, taken_for_class), abs=1e-9)
        assert found.auc == pytest.approx(sk.roc_auc_score(is_class, table[f"p_{found.key}"]), abs=1e-9)


def test_a_class_that_does_not_occur_has_no_sensitivity_and_no_auc_and_does_not_spoil_the_means() -> None:
    table = small_table(["a", "a", "b"], [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.6, 0.3]], ["a", "b", "c"])
    found = evaluate(table, ["a", "b", "c"], "a")
    absent = found.per_class[2]
    assert (absent.support, absent.predicted) == (0, 0)
    assert (absent.sensitivity, absent.precision, absent.f1, absent.auc) == (None, None, None, None)
    assert absent.specificity == 1
    assert found.balanced_accuracy == pytest.approx((1 / 2 + 1) / 2, abs=1e-9)
    assert found.macro_auc == pytest.approx((1 + 0.5) / 2, abs=1e-9)


def test_with_one_class_alone_specificity_and_auc_are_undefined() -> None:
    found = evaluate(small_table(["a", "a"], [[0.8, 0.2], [0.4, 0.6]], ["a", "b"]), ["a", "b"], "b")
    assert found.per_class[0].specificity is None
    assert found.macro_auc is None
    assert "macro_auc" not in found.intervals
    assert found.majority_accuracy == 0


def test_an_empty_part_has_no_figures_at_all() -> None:
    found = evaluate(small_table([], [], ["a", "b"]), ["a", "b"], "a")
    assert (found.images, found.groups, found.confusion) == (0, 0, ((0, 0), (0, 0)))
    metrics = (found.accuracy, found.balanced_accuracy, found.macro_auc, found.log_loss, found.ece)
    assert metrics == (None,) * 5
    assert found.majority_accuracy is None
    assert found.intervals == {}


def test_one_sure_mistake_costs_a_finite_log_loss() -> None:
    found = evaluate(small_table(["a"], [[0.0, 1.0]], ["a", "b"]), ["a", "b"], "a")
    assert found.log_loss == pytest.approx(-np.log(1e-7), abs=1e-9)


def test_an_oversampled_image_counts_once_as_an_image_and_each_time_as_a_row(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    table = make_predictions(images=100)
    found = evaluate(pd.concat([table, table]), class_keys, "nv", resamples=0)
    assert found.images == 100
    assert sum(c.support for c in found.per_class) == 200


def test_metrics_survive_the_way_through_json(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    table = make_predictions(images=60, groups=30)
    table = table[table["true"] != "df"]
    found = evaluate(table, class_keys, "nv", resamples=50)
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert Metrics.from_json(content) == found
    assert list(content["per_class"]) == list(class_keys)
    assert content["per_class"]["df"]["auc"] is None
    assert content["intervals"]["accuracy"] == list(found.intervals["accuracy"])
