"""Two runs are judged on the pictures that both have held out, and what is hard for both cancels out."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from core.evaluation.paired import common_pictures, compare, compare_auc, with_predicted
from core.evaluation.small_samples import exact_mcnemar

KEYS = ["mel", "nv"]


def answers(ids: list[str], true: list[str], predicted: list[str], part: str = "test") -> pd.DataFrame:
    return pd.DataFrame(
        {"image_id": ids, "group_id": [f"g{i}" for i in ids], "part": part, "true": true, "predicted": predicted}
    )


def test_only_pictures_that_both_held_out_for_the_test_are_compared() -> None:
    first = pd.concat(
        [answers(["a", "b"], ["mel", "nv"], ["mel", "mel"]), answers(["c"], ["nv"], ["nv"], part="train")]
    )
    second = pd.concat(
        [answers(["b", "c"], ["nv", "nv"], ["nv", "nv"]), answers(["a"], ["mel"], ["mel"], "validation")]
    )
    common = common_pictures(first, second)
    assert common.to_dict("records") == [
        {"image_id": "b", "group_id": "gb", "true": "nv", "first": "mel", "second": "nv"}
    ]


def test_a_picture_of_another_class_in_the_other_run_is_not_the_same() -> None:
    assert common_pictures(answers(["a"], ["mel"], ["mel"]), answers(["a"], ["nv"], ["nv"])).empty


def test_a_picture_that_was_oversampled_counts_once() -> None:
    twice = answers(["a", "a"], ["mel", "mel"], ["mel", "mel"])
    assert len(common_pictures(twice, twice)) == 1


def test_the_most_probable_class_is_what_was_predicted() -> None:
    table = pd.DataFrame({"p_mel": [0.2, 0.9], "p_nv": [0.8, 0.1]})
    assert with_predicted(table, KEYS)["predicted"].tolist() == ["nv", "mel"]


@pytest.fixture
def common() -> pd.DataFrame:
    """200 pictures of 100 groups, 40 of melanoma; the first misses 10 nevi, the second those and 16 melanomas."""
    true = np.array(["mel"] * 40 + ["nv"] * 160)
    first, second = true.copy(), true.copy()
    first[40:50], second[40:50], second[:16] = "mel", "mel", "nv"
    groups = np.repeat(np.arange(100), 2).astype(str)
    ids = np.arange(200).astype(str)
    return pd.DataFrame({"image_id": ids, "group_id": groups, "true": true, "first": first, "second": second})


def test_differences_and_counts_are_those_of_the_pictures(common: pd.DataFrame) -> None:
    result = compare(common)
    assert (result.pictures, result.groups) == (200, 100)
    assert (result.only_first, result.only_second) == (16, 0)
    assert result.p_value == exact_mcnemar(16, 0) < 0.001
    assert result.accuracy.value == pytest.approx(16 / 200, abs=1e-9)
    assert result.balanced_accuracy.value == pytest.approx((16 / 40) / 2, abs=1e-9)
    for difference in (result.accuracy, result.balanced_accuracy):
        assert 0 < difference.lower < difference.value < difference.upper


def test_a_group_has_one_vote_however_many_pictures_it_has() -> None:
    groups = np.repeat(["one", "two", "three", "four"], [20, 1, 1, 3])
    true = np.array(["mel"] * 25)
    first, second = true.copy(), true.copy()
    second[:20] = "nv"  # the first is ahead on twenty pictures of a single lesion,
    first[[20, 21]] = "nv"  # the second on one of two others each,
    first[22], second[23] = "nv", "nv"  # and in the last each is right once
    table = pd.DataFrame(
        {"image_id": np.arange(25), "group_id": groups, "true": true, "first": first, "second": second}
    )
    found = compare(table)
    assert found.p_value == exact_mcnemar(21, 3) < 0.001
    assert (found.groups_first, found.groups_second) == (1, 2)
    assert found.group_p_value == exact_mcnemar(1, 2) == 1


def test_swapping_the_two_turns_every_sign(common: pd.DataFrame) -> None:
    one, other = compare(common), compare(common.rename(columns={"first": "second", "second": "first"}))
    assert other.accuracy.value == -one.accuracy.value
    assert other.accuracy.lower == pytest.approx(-one.accuracy.upper, abs=1e-9)
    assert (other.only_first, other.only_second, other.p_value) == (0, 16, one.p_value)


def test_two_runs_that_say_the_same_do_not_differ_at_all(common: pd.DataFrame) -> None:
    result = compare(common.assign(second=common["first"]))
    assert result.p_value == 1
    assert (result.accuracy.lower, result.accuracy.value, result.accuracy.upper) == (0, 0, 0)


def test_pictures_of_one_group_are_resampled_together(common: pd.DataFrame) -> None:
    apart = compare(common.assign(group_id=common["image_id"])).accuracy
    together = compare(common.assign(group_id=(np.arange(200) // 10).astype(str))).accuracy
    assert together.upper - together.lower > 1.5 * (apart.upper - apart.lower)


def test_one_group_has_no_interval(common: pd.DataFrame) -> None:
    result = compare(common.assign(group_id="only"))
    assert result.accuracy.lower is None
    assert result.accuracy.value == pytest.approx(16 / 200, abs=1e-9)


def test_the_difference_in_auc_is_scikit_learns_and_its_interval_that_of_the_same_groups_for_both() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(300) < 0.3
    common = pd.DataFrame({"group_id": rng.integers(150, size=300).astype(str)})
    first, second = positive + rng.normal(0, 0.7, 300), positive + rng.normal(0, 1.5, 300)
    found = compare_auc(common, first, second, positive, resamples=400)
    assert found.value == pytest.approx(roc_auc_score(positive, first) - roc_auc_score(positive, second), abs=1e-9)
    assert 0 < found.lower < found.value < found.upper
    swapped = compare_auc(common, second, first, positive, resamples=400)
    assert (swapped.value, swapped.lower) == pytest.approx((-found.value, -found.upper), abs=1e-9)
    same = compare_auc(common, first, first, positive, resamples=50)
    assert (same.lower, same.value, same.upper) == (0, 0, 0)


def test_what_is_paired_cancels_out_so_the_interval_is_narrower_than_of_two_alone() -> None:
    rng = np.random.default_rng(1)
    positive = rng.random(400) < 0.3
    common = pd.DataFrame({"group_id": np.arange(400).astype(str)})
    first = positive + rng.normal(0, 1, 400)
    near = compare_auc(common, first, first + rng.normal(0, 0.1, 400), positive)
    apart = compare_auc(common, first, positive + rng.normal(0, 1, 400), positive)
    assert near.upper - near.lower < 0.5 * (apart.upper - apart.lower)


def test_an_auc_without_positives_or_with_one_group_is_said_to_be_undefined() -> None:
    common = pd.DataFrame({"group_id": ["1", "1"]})
    scores = np.array([0.2, 0.8])
    assert compare_auc(common, scores, scores, np.array([False, False])) is None
    alone = compare_auc(common, scores, scores[::-1], np.array([False, True]))
    assert (alone.value, alone.lower, alone.upper) == (1, None, None)
