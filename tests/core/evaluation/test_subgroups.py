"""Subgroups: figures are scikit-learn's on their rows, real gaps are found, chance alone finds none."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from core.evaluation.calibration import expected_calibration_error
from core.evaluation.predictions import predicted_labels, probabilities
from core.evaluation.readings import Reading
from core.evaluation.small_samples import wilson_interval
from core.evaluation.subgroups import FEW, METRICS, NOT_RECORDED, age_bands, judge_subgroups

MALIGNANT = Reading("malignant", ("akiec", "bcc", "mel"))


def called_by_top_class(table: pd.DataFrame, class_keys) -> np.ndarray:
    return np.isin(predicted_labels(table, class_keys), MALIGNANT.positive)


@pytest.fixture
def table(make_predictions: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return make_predictions(images=900, groups=600)


def test_ages_fall_into_their_bands_and_unknown_ones_are_said_to_be_so() -> None:
    ages = pd.Series([0, 29.5, 30, 59, 60, 74.9, 75, 120, np.nan])
    assert age_bands(ages).tolist() == [
        "under 30", "under 30", "30 to 44", "45 to 59", "60 to 74", "60 to 74", "75 and over", "75 and over",
        NOT_RECORDED,
    ]  # fmt: skip


def test_every_figure_is_scikit_learns_on_the_rows_of_the_subgroup(table: pd.DataFrame, class_keys) -> None:
    rng = np.random.default_rng(0)
    columns = pd.DataFrame({"sex": rng.choice(["female", "male", NOT_RECORDED], len(table))})
    called = called_by_top_class(table, class_keys)
    found = judge_subgroups(table, class_keys, columns, MALIGNANT, called, resamples=60).table
    assert found["value"].tolist() == ["female", "male", NOT_RECORDED]
    for row in found.to_dict("records"):
        here = (columns["sex"] == row["value"]).to_numpy()
        true, answer = table["true"][here], predicted_labels(table, class_keys)[here]
        positive = MALIGNANT.is_positive(table)[here]
        confidence = probabilities(table, class_keys).max(axis=1)[here].mean()
        expected = {
            "accuracy": accuracy_score(true, answer),
            "balanced accuracy": balanced_accuracy_score(true, answer),
            "sensitivity": recall_score(positive, called[here]),
            "specificity": recall_score(~positive, ~called[here]),
            "precision": precision_score(positive, called[here]),
            "F1": f1_score(positive, called[here]),
            "AUC": roc_auc_score(positive, MALIGNANT.scores(table)[here]),
            "average precision": average_precision_score(positive, MALIGNANT.scores(table)[here]),
            "overconfidence": confidence - accuracy_score(true, answer),
            "calibration error": expected_calibration_error(table[here], class_keys),
            "Brier score": sum(
                brier_score_loss(true == key, table[f"p_{key}"][here].astype(float)) for key in class_keys
            ),
        }
        assert {metric: row[metric] for metric in METRICS} == pytest.approx(expected, abs=1e-9)
        assert (row["images"], row["groups"]) == (here.sum(), table["group_id"][here].nunique())
        assert row["sensitivity on"] == table["group_id"][here][positive].nunique()
        assert row["precision on"] == table["group_id"][here][called[here]].nunique()
        for metric in METRICS:
            assert row[f"{metric} low"] <= row[metric] <= row[f"{metric} high"]


def test_without_areas_all_else_is_the_same_and_areas_have_no_interval(table: pd.DataFrame, class_keys) -> None:
    rng = np.random.default_rng(0)
    columns = pd.DataFrame({"sex": rng.choice(["f", "m", NOT_RECORDED], len(table)), "site": rng.choice(["a"], 900)})
    asked = (table, class_keys, columns, MALIGNANT, called_by_top_class(table, class_keys))
    with_them, without = (judge_subgroups(*asked, resamples=40, areas=areas) for areas in (True, False))
    intervals = [f"{metric}{what}" for metric in ("AUC", "average precision") for what in (" low", " high")]
    pd.testing.assert_frame_equal(with_them.table.drop(columns=intervals), without.table.drop(columns=intervals))
    assert without.table[intervals].isna().all(axis=None)
    assert with_them.table[intervals].notna().all(axis=None)
    assert (with_them.gaps, with_them.compared) == (without.gaps, without.compared)
    assert with_them.compared == 8, "of both sexes; nobody is elsewhere where all are at one site"


def test_a_subgroup_on_which_the_run_fails_is_the_largest_gap(table: pd.DataFrame, class_keys) -> None:
    here = np.random.default_rng(1).random(len(table)) < 0.3
    keys = [f"p_{key}" for key in class_keys]
    broken = table.copy()
    broken.loc[here, keys] = broken.loc[here, keys].to_numpy()[:, ::-1]  # the answers of another class each
    columns = pd.DataFrame({"source": np.where(here, "b", "a"), "sex": np.arange(len(table)).astype(str)})
    columns["sex"] = np.where(np.random.default_rng(2).random(len(table)) < 0.5, "female", "male")
    found = judge_subgroups(broken, class_keys, columns, MALIGNANT, called_by_top_class(broken, class_keys))
    largest = found.gaps[0]
    assert largest.column == "source"
    assert {gap.column for gap in found.gaps} == {"source"}
    assert largest.lower < largest.difference < largest.upper
    assert largest.lower > 0 or largest.upper < 0
    rows = found.table.set_index("value")
    assert largest.here == pytest.approx(rows.loc[largest.value, largest.metric], abs=1e-9)


def test_where_only_chance_is_at_work_gaps_are_rare_over_all_comparisons_together(
    make_predictions: Callable[..., pd.DataFrame], class_keys
) -> None:
    with_gaps = 0
    for seed in range(20):
        table = make_predictions(images=400, groups=400, seed=seed)
        rng = np.random.default_rng(seed + 100)
        columns = pd.DataFrame({f"column {n}": rng.choice(["a", "b", "c"], len(table)) for n in range(4)})
        called = called_by_top_class(table, class_keys)
        found = judge_subgroups(table, class_keys, columns, MALIGNANT, called, resamples=200, seed=seed)
        assert found.compared >= 30
        with_gaps += bool(found.gaps)
    assert with_gaps <= 4  # 5 % of 20 is one; more than four happen in 0.3 % of such tests


def test_subgroups_of_few_groups_are_shown_and_not_compared(table: pd.DataFrame, class_keys) -> None:
    columns = pd.DataFrame({"site": np.where(np.arange(len(table)) < FEW - 5, "sole", "back")})
    called = called_by_top_class(table, class_keys)
    found = judge_subgroups(table, class_keys, columns, MALIGNANT, called, resamples=50)
    assert found.table["value"].tolist() == ["back", "sole"]
    assert found.table["accuracy on"].iloc[1] < FEW
    assert (found.compared, found.gaps) == (0, ())


def test_one_group_and_a_subgroup_without_positives_have_what_is_defined(table: pd.DataFrame, class_keys) -> None:
    nevi = table[table["true"] == "nv"][:30].assign(group_id="one").reset_index(drop=True)
    columns = pd.DataFrame({"sex": ["female", "male"] * 15})
    called = called_by_top_class(nevi, class_keys)
    found = judge_subgroups(nevi, class_keys, columns, MALIGNANT, called)
    assert found.table[["sensitivity", "AUC", "accuracy low"]].isna().all(axis=None)
    assert found.table["specificity"].notna().all()
    assert found.gaps == ()


def test_a_small_subgroup_that_is_always_right_is_not_taken_for_certain(table: pd.DataFrame, class_keys) -> None:
    right = np.flatnonzero(predicted_labels(table, class_keys) == table["true"])
    alone = np.isin(np.arange(len(table)), right[:FEW])
    rows = table.assign(group_id=np.arange(len(table)).astype(str))
    columns = pd.DataFrame({"site": np.where(alone, "sole", "back")})
    found = judge_subgroups(rows, class_keys, columns, MALIGNANT, called_by_top_class(rows, class_keys))
    sole = found.table.set_index("value").loc["sole"]
    assert (sole["accuracy low"], sole["accuracy high"]) == pytest.approx(wilson_interval(FEW, FEW))
    assert (sole["accuracy"], sole["accuracy on"]) == (1, FEW)
    gaps = {gap.value: gap for gap in found.gaps if gap.metric == "accuracy"}
    for gap in gaps.values():
        assert gap.upper - gap.lower > 0.2, "resampling alone sees no spread in a subgroup that is always right"
    assert set(gaps) == {"sole", "back"}
