"""Sets of classes hold the true one as often as promised, class by class, and say so where they cannot."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.conformal import (
    LEVELS,
    conformal_sets,
    coverage,
    fewest_lesions,
    for_temperature,
)
from core.evaluation.temperature import at_temperature

KEYS = ("df", "mel", "nv")


def predictions(lesions: int, seed: int, shares=(0.1, 0.2, 0.7), photos: int = 1, bias: float = 0.0) -> pd.DataFrame:
    """Predictions of a model that errs: each lesion has one to `photos` photos that resemble each other."""
    rng = np.random.default_rng(seed)
    true = rng.choice(len(KEYS), lesions, p=shares)
    row_of = np.repeat(np.arange(lesions), rng.integers(1, photos + 1, lesions))
    logits = rng.normal(size=(lesions, len(KEYS))) * 1.5
    logits[np.arange(lesions), true] += 1.5
    logits[:, 2] += bias
    of_rows = logits[row_of] + rng.normal(size=(len(row_of), len(KEYS))) * 0.3
    values = np.exp(of_rows) / np.exp(of_rows).sum(axis=1, keepdims=True)
    table = pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in range(len(row_of))],
            "group_id": [f"g{n}" for n in row_of],
            "true": [KEYS[n] for n in true[row_of]],
        }
    )
    return table.assign(**{f"p_{key}": values[:, n] for n, key in enumerate(KEYS)})


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000), bias=st.floats(-2, 3), photos=st.integers(1, 4))
def test_each_class_is_covered_as_promised_whatever_the_model(seed: int, bias: float, photos: int) -> None:
    """Coverage is at least the level in the mean over calibrations, for each class by itself."""
    new = predictions(3000, seed + 1, photos=photos, bias=bias)
    for level in LEVELS:
        reached = {key: [] for key in KEYS}
        for draw in range(8):
            sets = conformal_sets(predictions(300, seed + 100 + draw, photos=photos, bias=bias), KEYS)
            found = coverage(new, KEYS, sets, level, new["true"]).set_index("of")["coverage"]
            for key in KEYS:
                reached[key].append(found[key])
        for key in KEYS:
            assert np.mean(reached[key]) >= level - 0.06, (level, key)


def test_a_set_over_all_classes_together_would_miss_the_rare_ones_and_these_do_not() -> None:
    calibration, new = predictions(4000, 1, (0.02, 0.08, 0.9), bias=2), predictions(8000, 2, (0.02, 0.08, 0.9), bias=2)
    together = calibration[[f"p_{key}" for key in KEYS]].to_numpy()
    true = calibration["true"].map(KEYS.index).to_numpy()
    limit = np.quantile(together[np.arange(len(true)), true], 0.1)
    rare = new[new["true"] == "df"]
    assert (rare["p_df"] >= limit).mean() < 0.6
    found = coverage(new, KEYS, conformal_sets(calibration, KEYS), 0.9, new["true"]).set_index("of")
    assert found.loc["df", "coverage"] > 0.8
    assert found["lesions"].sum() == new["group_id"].nunique()


def test_the_limit_is_that_of_the_formula() -> None:
    """Of nine lesions the tenth part of ten is one: at 90 % all nine are kept, at 80 % the lowest is given up."""
    values = np.linspace(0.1, 0.9, 9)
    table = pd.DataFrame({"group_id": [f"g{n}" for n in range(9)], "true": "mel", "p_df": 1 - values, "p_mel": values})
    sets = conformal_sets(table.assign(p_nv=0.0), KEYS)
    assert sets.least[0.9]["mel"] == pytest.approx(0.1)
    assert sets.least[0.8]["mel"] == pytest.approx(0.2)
    assert sets.least[0.95]["mel"] == 0.0
    assert sets.of({"df": 0.0, "mel": 0.15, "nv": 0.85}, 0.9) == ("df", "mel", "nv")


def test_sets_at_a_temperature_of_their_own_are_those_of_predictions_at_it() -> None:
    calibration, new = predictions(300, 5), predictions(100, 6)
    columns = [f"p_{key}" for key in KEYS]
    cooled = [each.assign(**at_temperature_by_name(each, columns, 1.7)) for each in (calibration, new)]
    own, of_cooled = conformal_sets(calibration, KEYS, temperature=1.7), conformal_sets(cooled[0], KEYS)
    as_it_is = conformal_sets(calibration, KEYS)
    differ = 0
    for (_, row), (_, cool) in zip(new.iterrows(), cooled[1].iterrows(), strict=True):
        asked, cooler = ({key: each[f"p_{key}"] for key in KEYS} for each in (row, cool))
        for level in LEVELS:
            assert own.of(asked, level) == of_cooled.of(cooler, level)
            differ += own.of(asked, level) != as_it_is.of(asked, level)
    assert differ
    assert coverage(new, KEYS, own, 0.9).equals(coverage(cooled[1], KEYS, of_cooled, 0.9))


def at_temperature_by_name(table: pd.DataFrame, columns: list[str], temperature: float) -> dict[str, np.ndarray]:
    values = at_temperature(table[columns].to_numpy(), temperature)
    return {name: values[:, number] for number, name in enumerate(columns)}


def test_a_class_with_too_few_lesions_is_always_in_and_named() -> None:
    assert [fewest_lesions(level) for level in LEVELS] == [4, 9, 19]
    table = predictions(400, 3)
    of_df = table.index[table["true"] == "df"]
    few = table.drop(of_df[8:])
    sets = conformal_sets(few, KEYS)
    assert (sets.always(0.8), sets.always(0.9), sets.always(0.95)) == ((), ("df",), ("df",))
    assert sets.of({"df": 0.0, "mel": 0.0, "nv": 1.0}, 0.9) == ("df", "nv")
    assert "df" not in sets.of({"df": 0.0, "mel": 0.0, "nv": 1.0}, 0.8)


def test_photos_of_a_lesion_count_as_one() -> None:
    """A lesion that is photographed a hundred times moves no limit."""
    table = predictions(300, 4)
    again = pd.concat([table, *[table[table["group_id"] == "g0"]] * 100], ignore_index=True)
    one, other = conformal_sets(table, KEYS), conformal_sets(again, KEYS)
    assert one == other
    assert coverage(again, KEYS, one, 0.9)["coverage"].tolist() == pytest.approx(
        coverage(table, KEYS, one, 0.9)["coverage"].tolist()
    )


def test_the_halves_share_no_group_and_have_their_part_of_each_class() -> None:
    table = predictions(500, 5, photos=3)
    half = for_temperature(table["group_id"], table["true"])
    assert not set(table["group_id"][half]) & set(table["group_id"][~half])
    for key in KEYS:
        groups = table[table["true"] == key].groupby("group_id").size().index
        given_up = table["group_id"][half & (table["true"] == key)].nunique()
        assert given_up == len(groups) // 2
    shuffled = table.sample(frac=1, random_state=0)
    again = for_temperature(shuffled["group_id"], shuffled["true"])
    assert set(shuffled["group_id"][again]) == set(table["group_id"][half])


def test_coverage_by_a_column_leaves_out_what_is_not_known() -> None:
    table = predictions(200, 6)
    sex = pd.Series(["female", "male", None, "female"] * 50)
    found = coverage(table, KEYS, conformal_sets(table, KEYS), 0.9, sex)
    assert set(found["of"]) == {"female", "male"}
    assert found["pictures"].sum() == 150
    assert ((found["low"] <= found["coverage"]) & (found["coverage"] <= found["high"])).all()
