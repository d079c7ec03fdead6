"""A training that is limited to some pictures sees data like the whole."""

import numpy as np
import pandas as pd
import pytest

from core.data.splits.some_of import some_of
from core.data.splits.splits import SplitKind, make_split
from tests.core.data.splits.test_splits import pictures


def test_whole_groups_are_kept_and_every_class_has_its_share() -> None:
    table = pictures(3000)
    some = some_of(table, 800, seed=1)
    assert abs(len(some) - 800) <= 5
    sizes, before = some["group_id"].value_counts(), table["group_id"].value_counts()
    assert (sizes == before[sizes.index]).all()
    shares, wanted = some["label"].value_counts(normalize=True), table["label"].value_counts(normalize=True)
    assert np.abs(shares - wanted).max() < 0.005
    kept = set(some["image_id"])
    assert some["image_id"].tolist() == [name for name in table["image_id"] if name in kept]


def test_groups_that_are_too_large_are_thinned_out_so_that_they_can_still_be_held_out() -> None:
    ids = [f"p{number}" for number in range(900)]
    patients = ["one"] * 500 + ["two"] * 400
    table = pd.DataFrame({"image_id": ids, "group_id": patients, "label": ["0", "1", "0"] * 300})
    some = some_of(table, 90, seed=0)
    assert some["label"].value_counts().to_dict() == {"0": 60, "1": 30}
    assert set(some["group_id"]) == {"one", "two"}
    assert make_split(table, SplitKind.GROUPED, 0, (0.5, 0.5, 0.0), most=90).rows["image_id"].nunique() == 90


@pytest.mark.parametrize("most", [0, 10_000])
def test_all_are_kept_where_no_fewer_are_wanted(most: int) -> None:
    table = pictures(100)
    assert some_of(table, most, 0) is table


def test_the_same_seed_keeps_the_same_pictures_and_another_seed_others() -> None:
    table = pictures(1000)
    kept = [set(some_of(table, 300, seed)["image_id"]) for seed in (0, 0, 1)]
    assert kept[0] == kept[1] != kept[2]


def test_a_split_of_some_pictures_is_a_split_of_what_some_of_gives() -> None:
    table = pictures(1000)
    split = make_split(table, SplitKind.RANDOM, 3, most=300)
    assert set(split.rows["image_id"]) == set(some_of(table, 300, 3)["image_id"])
