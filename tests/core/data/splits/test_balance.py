import numpy as np
import pandas as pd
import pytest
from sklearn.utils.class_weight import compute_class_weight

from core.data.adapters.skin import HAM10000_CLASSES
from core.data.splits.balance import Balance, balanced_positions, class_weights
from core.data.splits.splits import TEST, TRAIN, VALIDATION, make_split

KEYS = tuple(c.key for c in HAM10000_CLASSES)


def labels(seed: int = 0, rows: int = 500) -> pd.Series:
    rng = np.random.default_rng(seed)
    return pd.Series(rng.choice(KEYS, rows, p=[0.03, 0.05, 0.11, 0.02, 0.11, 0.66, 0.02]))


@pytest.mark.parametrize("seed", range(3))
def test_class_weights_equal_those_of_scikit_learn(seed: int) -> None:
    of_rows = labels(seed)
    expected = compute_class_weight("balanced", classes=np.array(KEYS), y=of_rows)
    assert class_weights(of_rows, KEYS) == pytest.approx(dict(enumerate(expected)))


def test_a_class_that_does_not_occur_does_not_change_the_others() -> None:
    of_rows = labels()
    of_rows = of_rows[of_rows != "df"]
    present = [key for key in KEYS if key != "df"]
    expected = compute_class_weight("balanced", classes=np.array(present), y=of_rows)
    weights = class_weights(of_rows, KEYS)
    assert [weights[KEYS.index(key)] for key in present] == pytest.approx(expected)
    assert weights[KEYS.index("df")] == 1.0
    assert list(weights) == list(range(7))


RULES = [balance for balance in Balance if balance.weighs]


@pytest.mark.parametrize("rule", RULES)
def test_whatever_the_rule_the_mean_weight_of_the_rows_is_one_and_a_class_without_rows_has_one(rule: Balance) -> None:
    of_rows = labels()
    of_rows = of_rows[of_rows != "vasc"]
    weights = class_weights(of_rows, KEYS, rule)
    assert of_rows.map(dict(zip(KEYS, weights.values(), strict=True))).mean() == pytest.approx(1)
    assert weights[KEYS.index("vasc")] == 1.0


@pytest.mark.parametrize(
    ("rule", "ratio"),
    [
        ("weights", 100),
        ("sqrt-weights", 10),
        ("effective-weights", (1 - 0.999**1000) / (1 - 0.999**10)),
        ("mixed-weights", (0.75 * 50.5 + 0.25) / (0.75 * 0.505 + 0.25)),
    ],
)
def test_a_class_of_10_weighs_more_than_one_of_1000_as_each_rule_says(rule: str, ratio: float) -> None:
    rare, frequent = class_weights(pd.Series(["a"] * 10 + ["b"] * 1000), ("a", "b"), rule).values()
    assert rare / frequent == pytest.approx(ratio)


def test_mixed_weights_ask_for_three_parts_of_balanced_accuracy_and_one_of_accuracy() -> None:
    """The share of the weight that is on right answers is that mixture of the two, whatever the answers are."""
    rng, of_rows = np.random.default_rng(0), labels()
    right = rng.random(len(of_rows)) < of_rows.map(dict(zip(KEYS, rng.random(7), strict=True)))
    weights = of_rows.map(dict(zip(KEYS, class_weights(of_rows, KEYS, "mixed-weights").values(), strict=True)))
    balanced, plain = right.groupby(of_rows).mean().mean(), right.mean()
    assert (weights * right).sum() / weights.sum() == pytest.approx(0.75 * balanced + 0.25 * plain)


def test_the_mean_weight_of_the_rows_is_one_and_every_class_weighs_the_same() -> None:
    of_rows = labels()
    weights = of_rows.map(dict(zip(KEYS, class_weights(of_rows, KEYS).values(), strict=True)))
    assert weights.mean() == pytest.approx(1)
    assert weights.groupby(of_rows).sum().to_numpy() == pytest.approx(len(of_rows) / 7)


@pytest.mark.parametrize("balance", list(Balance))
def test_balancing_never_touches_the_validation_and_test_parts(balance: Balance) -> None:
    table = pd.DataFrame({"image_id": [f"i{n}" for n in range(500)], "label": labels()})
    table["group_id"] = [f"L{n // 2}" for n in range(500)]
    split = make_split(table)
    before = split.rows.copy()
    train = split.part(TRAIN)
    learnt_from = train.iloc[balanced_positions(train["label"], balance, seed=0)]
    held_out = pd.concat([split.part(VALIDATION), split.part(TEST)])
    assert set(learnt_from["image_id"]) <= set(train["image_id"])
    assert not set(learnt_from["group_id"]) & set(held_out["group_id"])
    pd.testing.assert_frame_equal(split.rows, before)


def test_oversampling_lifts_every_class_to_the_largest_and_drops_no_picture() -> None:
    of_rows = labels()
    positions = balanced_positions(of_rows, Balance.OVERSAMPLE, seed=0)
    assert (of_rows.iloc[positions].value_counts() == of_rows.value_counts().max()).all()
    assert set(positions) == set(range(len(of_rows)))


def test_undersampling_lowers_every_class_to_the_smallest_and_repeats_no_picture() -> None:
    of_rows = labels()
    positions = balanced_positions(of_rows, Balance.UNDERSAMPLE, seed=0)
    assert (of_rows.iloc[positions].value_counts() == of_rows.value_counts().min()).all()
    assert len(set(positions)) == len(positions)


@pytest.mark.parametrize("balance", [Balance.NONE, *RULES])
def test_weights_and_none_learn_from_every_picture_once_in_order(balance: Balance) -> None:
    assert balanced_positions(labels(), balance, seed=0).tolist() == list(range(500))


@pytest.mark.parametrize("balance", [Balance.OVERSAMPLE, Balance.UNDERSAMPLE])
def test_the_same_seed_draws_the_same_rows_and_another_seed_others(balance: Balance) -> None:
    first, again, other = (balanced_positions(labels(), balance, seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_every_way_of_balancing_is_explained() -> None:
    assert all(balance.explanation.endswith(".") for balance in Balance)
