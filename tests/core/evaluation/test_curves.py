"""Curves and their areas are scikit-learn's, their intervals are drawn over groups."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from core.evaluation.curves import ScoreCurve, areas
from core.evaluation.intervals import Ranking, weighted_average_precision
from core.evaluation.predictions import prediction_table
from core.evaluation.readings import Reading

scored = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(positive for _, positive in rows) < len(rows)
)


def arrays(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score / 8 for score, _ in rows]), np.array([positive for _, positive in rows])


@given(scored)
@settings(max_examples=25, deadline=None)
def test_every_point_of_both_curves_is_scikit_learns(rows: list[tuple[int, bool]]) -> None:
    scores, positive = arrays(rows)
    curve = ScoreCurve.of(scores, positive)
    alarms, found, thresholds = roc_curve(positive, scores, drop_intermediate=False)
    ours = curve.roc()
    np.testing.assert_allclose(ours["false_positive_rate"], alarms, atol=1e-12)
    np.testing.assert_allclose(ours["sensitivity"], found, atol=1e-12)
    np.testing.assert_array_equal(ours["threshold"], thresholds)
    precision, recall, _ = precision_recall_curve(positive, scores)
    steps = curve.precision_recall()
    np.testing.assert_allclose(steps["precision"], precision[:-1][::-1], atol=1e-12)
    np.testing.assert_allclose(steps["recall"], recall[:-1][::-1], atol=1e-12)


@given(scored, st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_average_precision_is_scikit_learns_under_every_weighting(rows: list[tuple[int, bool]], seed: int) -> None:
    scores, positive = arrays(rows)
    weights = np.random.default_rng(seed).poisson(1, (5, len(scores)))
    weights[:, np.flatnonzero(positive)[0]] += 1  # without any weight on positives there is none
    expected = [average_precision_score(positive, scores, sample_weight=row) for row in weights]
    found = weighted_average_precision(Ranking.of(scores, positive), weights)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_average_precision_is_undefined_where_no_positive_has_weight() -> None:
    ranking = Ranking.of(np.array([0.9, 0.1]), np.array([True, False]))
    np.testing.assert_array_equal(weighted_average_precision(ranking, np.array([[0, 1], [1, 0]])), [np.nan, 1])


def test_areas_of_each_class_and_of_all_malignant_ones_are_scikit_learns(
    make_predictions: Callable[..., pd.DataFrame], class_keys: tuple[str, ...]
) -> None:
    table = make_predictions()
    malignant = Reading("malignant", ("akiec", "bcc", "mel"))
    found = areas(table, [malignant, *(Reading(key, (key,)) for key in class_keys)], resamples=50)
    for area in found:
        positive = table["true"].isin(area.reading.positive)
        scores = np.clip(table[[f"p_{key}" for key in area.reading.positive]].astype(float).sum(axis=1), 0, 1)
        assert area.roc == pytest.approx(roc_auc_score(positive, scores), abs=1e-9)
        assert area.precision_recall == pytest.approx(average_precision_score(positive, scores), abs=1e-9)
        assert area.floor == pytest.approx(positive.mean(), abs=1e-12)
        for value, interval in (
            (area.roc, area.roc_interval),
            (area.precision_recall, area.precision_recall_interval),
        ):
            assert interval[0] < value < interval[1]


def test_photos_of_one_group_are_resampled_together(make_predictions: Callable[..., pd.DataFrame]) -> None:
    table = make_predictions(images=600)
    few = table.assign(group_id=(np.arange(600) // 40).astype(str))
    same = [Reading("nevus", ("nv",))]
    [apart], [together] = (areas(each, same, resamples=300) for each in (table, few))
    assert apart.roc == together.roc
    assert apart.roc_interval != together.roc_interval


def rows_of(true: list[str], groups: list[str]) -> pd.DataFrame:
    ids = [str(number) for number in range(len(true))]
    rows = pd.DataFrame({"image_id": ids, "group_id": groups, "part": "test", "true": true})
    return prediction_table(rows, np.tile([0.25, 0.75], (len(true), 1)), ["mel", "nv"])


def test_a_class_without_positives_has_no_area_and_the_reason_is_said() -> None:
    table = rows_of(["nv", "nv"], ["1", "2"])
    [area] = areas(table, [Reading("melanoma", ("mel",))])
    assert (area.roc, area.roc_interval, area.precision_recall, area.positives) == (None, None, None, 0)
    assert area.reading.problem(table).startswith("No picture of this part is melanoma")
    assert Reading("nevus", ("nv",)).problem(table).startswith("Every picture of this part is nevus")
    assert area.reading.problem(table[:0]) == "There is no picture in this part."


def test_one_group_has_an_area_without_an_interval() -> None:
    [area] = areas(rows_of(["mel", "nv"], ["1", "1"]), [Reading("melanoma", ("mel",))])
    assert area.roc == 0.5
    assert area.roc_interval is None
