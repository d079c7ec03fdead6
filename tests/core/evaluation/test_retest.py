"""Test-retest: lesions with several photos, the same answer or not, and how far the probability spreads."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.intervals import group_weights
from core.evaluation.predictions import prediction_table
from core.evaluation.readings import Reading
from core.evaluation.retest import RetestIntervals, retest, retest_intervals, spread_quantiles
from core.evaluation.small_samples import wilson_interval

KEYS = ("mel", "nv")
MELANOMA = Reading("melanoma", ("mel",))


def rows_of(*photos: tuple[str, str, str, float]) -> tuple[pd.DataFrame, pd.Series]:
    """A picture, its lesion, its true class and the probability of melanoma."""
    rows = pd.DataFrame(photos, columns=["image_id", "group_id", "true", "p"]).assign(part="test")
    return prediction_table(rows, np.column_stack([rows["p"], 1 - rows["p"]]), KEYS), rows["group_id"]


def test_a_lesion_counts_as_the_same_where_all_its_photos_get_one_answer() -> None:
    table, lesions = rows_of(
        ("a1", "a", "mel", 0.9), ("a2", "a", "mel", 0.6),  # one answer; on both sides of a threshold of 0.7
        ("b1", "b", "nv", 0.2), ("b2", "b", "nv", 0.55), ("b3", "b", "nv", 0.1),  # two answers, one call
        ("c1", "c", "nv", 0.3),  # a single photo
    )  # fmt: skip
    found = retest(table, KEYS, lesions, MELANOMA, MELANOMA.scores(table) >= 0.7)
    assert (len(found.lesions), found.photos) == (2, 5)
    assert (found.same_answer, found.same_call) == (0.5, 0.5)
    assert retest_intervals(found, resamples=50).same_answer == wilson_interval(1, 2), "each lesion is a group"
    by_lesion = found.lesions.set_index("lesion")
    assert found.lesions["lesion"].tolist() == ["b", "a"], "the largest spread comes first"
    assert by_lesion.loc["b", ["lowest", "highest", "spread"]].tolist() == pytest.approx([0.1, 0.55, 0.45], abs=1e-6)
    assert by_lesion.loc["b", "answers"] == ("nv", "mel"), "as they are: a class may be called “nevus, dysplastic”"
    assert spread_quantiles(found) == pytest.approx((0.375, 0.435), abs=1e-6)


def test_pictures_without_a_lesion_and_a_picture_that_stands_there_twice_do_not_count() -> None:
    table, lesions = rows_of(("a", "a", "mel", 0.9), ("a", "a", "mel", 0.9), ("b", "x", "nv", 0.1), ("c", "x", "nv", 1))
    found = retest(table, KEYS, lesions.where(lesions != "x"), MELANOMA, MELANOMA.scores(table) >= 0.5)
    assert found.lesions.empty
    assert (found.same_answer, spread_quantiles(found)) == (None, None)
    assert retest_intervals(found) == RetestIntervals(None, None, None, None)


def test_lesions_of_one_patient_are_drawn_together_and_the_intervals_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(0)
    lesions = np.repeat(np.arange(60), 2)
    patients = lesions // 6
    p = np.clip(rng.random(10)[patients] * rng.random(120), 0.01, 0.99)  # a patient's lesions resemble each other
    names = {"image_id": [f"i{n}" for n in range(120)], "group_id": [f"p{n}" for n in patients], "true": "nv", "p": p}
    table, _ = rows_of(*pd.DataFrame(names).itertuples(index=False))
    found = retest(table, KEYS, pd.Series(lesions), MELANOMA, MELANOMA.scores(table) >= 0.3)
    limits = retest_intervals(found, resamples=300, seed=3)
    of_patient = dict(iter(found.lesions.groupby("group")))
    assert list(of_patient) == sorted(f"p{n}" for n in range(10))
    weights = group_weights(10, 300, np.random.default_rng(3))
    drawn = []
    for each in weights:
        rows = pd.concat([of_patient[name] for name, times in zip(of_patient, each, strict=True) for _ in range(times)])
        spreads = np.quantile(rows["spread"], [0.5, 0.9])
        drawn.append([rows["same"].mean(), rows["same_call"].mean(), *spreads])
    expected = np.quantile(drawn, [0.025, 0.975], axis=0).T
    told = [limits.same_answer, limits.same_call, limits.median, limits.most]
    np.testing.assert_allclose(told, expected, atol=1e-9)
    alone = retest(table.assign(group_id="p"), KEYS, pd.Series(lesions), MELANOMA, MELANOMA.scores(table) >= 0.3)
    assert retest_intervals(alone) == RetestIntervals(None, None, None, None), "of one patient nothing is known"
