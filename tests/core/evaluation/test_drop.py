"""How much worse a model is elsewhere: hand-computed figures, and limits that hold what they promise."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, recall_score, roc_auc_score

from core.evaluation.drop import Drop, drops
from core.evaluation.predictions import predicted_labels, probabilities

KEYS = ("mel", "nv", "df")


def part(rows: list[tuple[str, str, tuple[float, float, float]]]) -> pd.DataFrame:
    """Predictions from group, true class and probabilities."""
    return pd.DataFrame(
        {"image_id": f"i{n}", "group_id": group, "part": "test", "true": true}
        | {f"p_{key}": value for key, value in zip(KEYS, said, strict=True)}
        for n, (group, true, said) in enumerate(rows)
    )


def by_name(found: list[Drop]) -> dict[tuple[str, str], Drop]:
    return {(each.metric, each.key): each for each in found}


def drawn(seed: int, rows: int, skill: float, keys: tuple[str, ...] = KEYS) -> pd.DataFrame:
    """Rows of groups of two whose true class gets more probability by `skill`."""
    rng = np.random.default_rng(seed)
    true = rng.choice(keys, rows)
    scores = rng.normal(size=(rows, 3)) + skill * (true[:, None] == np.asarray(KEYS))
    said = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return part([(f"g{n // 2}", true[n], tuple(said[n])) for n in range(rows)])


def test_the_figures_of_both_parts_are_those_that_a_hand_computes() -> None:
    own = part([
        ("a", "mel", (0.8, 0.1, 0.1)), ("b", "mel", (0.6, 0.3, 0.1)), ("c", "nv", (0.2, 0.7, 0.1)),
        ("d", "nv", (0.7, 0.2, 0.1)), ("e", "df", (0.1, 0.2, 0.7)),
    ])  # fmt: skip
    other = part([
        ("a", "mel", (0.8, 0.1, 0.1)), ("b", "mel", (0.3, 0.6, 0.1)), ("c", "mel", (0.3, 0.6, 0.1)),
        ("d", "nv", (0.2, 0.7, 0.1)),
    ])  # fmt: skip
    found = by_name(drops(own, other, KEYS))
    accuracy = found["accuracy", ""]
    assert (accuracy.own, accuracy.elsewhere) == pytest.approx((4 / 5, 2 / 4), abs=1e-9)
    balanced = found["balanced accuracy", ""]  # of mel and nv, for the other part has no df
    assert (balanced.own, balanced.elsewhere) == pytest.approx(((1 + 1 / 2) / 2, (1 / 3 + 1) / 2), abs=1e-9)
    assert balanced.difference == pytest.approx(2 / 3 - 3 / 4, abs=1e-9)
    melanoma = found["sensitivity", "mel"]
    assert (melanoma.own, melanoma.elsewhere) == pytest.approx((1, 1 / 3), abs=1e-9)
    assert (melanoma.own_images, melanoma.elsewhere_images) == (2, 3)
    # Of the six pairs of a melanoma and another picture the model ranks 5 right here (0.6 below the nevus with 0.7),
    # and all 3 there.
    assert (found["AUC", "mel"].own, found["AUC", "mel"].elsewhere) == pytest.approx((5 / 6, 1), abs=1e-9)
    assert ("sensitivity", "df") not in found


def test_figures_are_those_of_scikit_learn() -> None:
    own, other = drawn(0, 300, 2.0), drawn(1, 200, 1.0)
    found = by_name(drops(own, other, KEYS))
    for table, side in ((own, "own"), (other, "elsewhere")):
        said = predicted_labels(table, KEYS)
        value = getattr(found["balanced accuracy", ""], side)
        assert value == pytest.approx(balanced_accuracy_score(table["true"], said), abs=1e-9)
        auc = roc_auc_score(
            table["true"], probabilities(table, KEYS)[:, [2, 0, 1]], multi_class="ovr", labels=sorted(KEYS)
        )
        assert getattr(found["macro AUC", ""], side) == pytest.approx(auc, abs=1e-9)
        recalls = recall_score(table["true"], said, labels=list(KEYS), average=None)
        for key, recall in zip(KEYS, recalls, strict=True):
            assert getattr(found["sensitivity", key], side) == pytest.approx(recall, abs=1e-9)


def test_a_model_that_is_as_good_elsewhere_is_said_to_be_worse_in_few_draws_of_many() -> None:
    said = [
        any(each.beyond_chance for each in drops(drawn(2 * n, 160, 1.5), drawn(2 * n + 1, 160, 1.5), KEYS)
            if each.metric == "sensitivity")
        for n in range(30)
    ]  # fmt: skip
    assert sum(said) <= 5  # 5 % of thirty are 1.5, over all classes together
    assert by_name(drops(drawn(0, 300, 3.0), drawn(1, 300, 0.3), KEYS))["balanced accuracy", ""].beyond_chance


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30), st.integers(2, 30), st.sampled_from([KEYS, ("mel",), ("nv", "df")]))
def test_every_figure_lies_within_its_limits_and_between_0_and_1(seed, rows, others, keys) -> None:
    for each in drops(drawn(seed, 2 * rows, 1.0), drawn(seed + 1, 2 * others, 0.5, keys), KEYS):
        assert 0 <= each.own <= 1
        assert 0 <= each.elsewhere <= 1
        for limits in (each.own_limits, each.elsewhere_limits):
            assert limits is None or 0 <= limits[0] <= limits[1] <= 1
        assert each.limits is None or -1 <= each.limits[0] <= each.limits[1] <= 1


def test_one_group_has_figures_without_limits_and_an_empty_part_has_none() -> None:
    table = drawn(0, 20, 1.0)
    found = drops(table, table.assign(group_id="one"), KEYS)
    assert found
    assert all(each.limits is None and each.elsewhere_limits is None and not each.beyond_chance for each in found)
    assert drops(table, table.head(0), KEYS) == drops(table.head(0), table, KEYS) == []


def test_parts_without_a_class_in_common_are_compared_in_accuracy_alone() -> None:
    found = drops(drawn(0, 40, 1.0, ("mel",)), drawn(1, 40, 1.0, ("nv",)), KEYS)
    assert [(each.metric, each.key) for each in found] == [("accuracy", "")]
