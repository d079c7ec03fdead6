"""Mistakes: in what order they are shown, and when a column is said to have to do with them."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from core.evaluation.mistakes import (
    hardest_groups,
    in_common,
    most_confident_mistakes,
    most_uncertain,
    ranked_by_confidence,
)
from core.evaluation.predictions import predicted_labels, probabilities


@pytest.fixture
def ranked(make_predictions: Callable[..., pd.DataFrame], class_keys) -> pd.DataFrame:
    return ranked_by_confidence(make_predictions(images=800, groups=800), class_keys)


def test_mistakes_come_by_confidence_and_doubt_is_the_entropy(ranked: pd.DataFrame, class_keys) -> None:
    mistakes = most_confident_mistakes(ranked)
    wrong = predicted_labels(ranked, class_keys) != ranked["true"]
    assert len(mistakes) == wrong.sum()
    assert mistakes["confidence"].is_monotonic_decreasing
    values = probabilities(ranked, class_keys)
    np.testing.assert_allclose(ranked["doubt"], -(values * np.log(values)).sum(axis=1) / np.log(7), atol=1e-9)
    assert most_uncertain(ranked)["doubt"].is_monotonic_decreasing
    assert len(most_uncertain(ranked)) == len(ranked)


def test_a_picture_that_was_oversampled_is_one_mistake(make_predictions, class_keys) -> None:
    table = make_predictions(images=50)
    assert len(ranked_by_confidence(pd.concat([table, table]), class_keys)) == 50


def test_a_column_that_mistakes_have_in_common_is_found(ranked: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    hairy = np.where(ranked["right"], rng.random(len(ranked)) < 0.2, rng.random(len(ranked)) < 0.4)
    columns = pd.DataFrame(
        {"hair": np.where(hairy, "hairy", "bare"), "sex": rng.choice(["female", "male"], len(ranked))}
    )
    first, second = in_common(ranked, columns)
    assert (first.column, first.value) == ("hair", "hairy")
    assert first.adjusted < 0.01 < 0.05 < second.adjusted
    assert first.wrong > first.expected
    assert first.groups == ranked["group_id"][hairy & ~ranked["group_id"].duplicated()].nunique()


def test_a_column_that_only_follows_the_diagnosis_is_not_blamed(make_predictions, class_keys) -> None:
    table = make_predictions(images=1200, groups=1200)
    keys = [f"p_{key}" for key in class_keys]
    rare = (table["true"] != "nv").to_numpy()
    table.loc[rare, keys] = np.roll(table.loc[rare, keys].to_numpy(), 1, axis=1)  # nearly all others are wrong
    ranked = ranked_by_confidence(table, class_keys)
    assert ranked["right"][rare].mean() < 0.4 < 0.5 < ranked["right"][~rare].mean()
    face = np.random.default_rng(0).random(len(table)) < np.where(rare, 0.8, 0.1)
    [found] = in_common(ranked, pd.DataFrame({"site": np.where(face, "face", "back")}))
    assert found.p > 0.01


def test_by_chance_alone_p_values_are_spread_evenly(make_predictions, class_keys) -> None:
    ps = []
    for seed in range(40):
        ranked = ranked_by_confidence(make_predictions(images=150, groups=150, seed=seed), class_keys)
        columns = pd.DataFrame({"x": np.random.default_rng(seed).choice(["a", "b", "c"], len(ranked))})
        ps.append(in_common(ranked, columns, permutations=200, seed=seed)[0].p)
    assert 0.35 < np.mean(ps) < 0.65
    assert np.mean(np.array(ps) < 0.05) < 0.2


def test_holm_adjusts_for_the_number_of_columns(ranked: pd.DataFrame) -> None:
    rng = np.random.default_rng(3)
    columns = pd.DataFrame({str(n): rng.choice(["a", "b"], len(ranked)) for n in range(5)})
    found = in_common(ranked, columns, permutations=500)
    for place, each in enumerate(found):
        assert each.adjusted >= min(1, (5 - place) * each.p) - 1e-12
    assert [each.adjusted for each in found] == sorted(each.adjusted for each in found)


def test_without_mistakes_or_without_right_answers_nothing_is_compared(ranked: pd.DataFrame) -> None:
    columns = pd.DataFrame({"x": np.resize(["a", "b"], len(ranked))}, index=ranked.index)
    for right in (True, False):
        rows = ranked[ranked["right"] == right]
        assert in_common(rows, columns.loc[rows.index]) == []
    assert in_common(ranked, columns.assign(x="all the same")) == []


def test_the_hardest_groups_are_those_of_several_pictures_with_the_least_probability_of_the_true_class() -> None:
    said = {"a": [0.2, 0.3], "b": [0.6, 0.4], "c": [0.05], "d": [0.9, 0.8], "e": [0.2, 0.2, 0.2]}
    rows = [(group, mel) for group, values in said.items() for mel in values]
    table = pd.DataFrame({"group_id": [group for group, _ in rows], "part": "test", "true": "mel"})
    table = table.assign(image_id=[f"i{n}" for n in range(len(rows))], p_mel=[mel for _, mel in rows])
    found = hardest_groups(ranked_by_confidence(table.assign(p_nv=1 - table["p_mel"]), ("mel", "nv")))
    assert found["group_id"].tolist() == ["e", "a", "b"], "c has one picture, of d all are right"
    assert found["own"].tolist() == pytest.approx([0.2, 0.25, 0.5], abs=1e-9)
    assert found["wrong"].tolist() == [3, 2, 1]
    assert found["images"].tolist() == [3, 2, 2]
    assert hardest_groups(ranked_by_confidence(table.head(0).assign(p_nv=0.0), ("mel", "nv"))).empty
