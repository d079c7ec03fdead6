"""Folds of a cross-validation: each group is tested once, and nothing leaks, whatever the data are like."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from core.base.errors import ConfigurationError, DataError
from core.data.spec import ClassSpec
from core.data.splits.folds import fold_cautions, names_of_own_folds
from core.data.splits.leakage import leakage_report
from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split, make_split, split_by_folds
from core.training.recipe import Recipe, make_recipe

PARTS = (0.70, 0.15, 0.15)


def table(groups: list[tuple[str, int]]) -> pd.DataFrame:
    """Pictures of groups, each with its class and so many pictures."""
    rows = [(f"p{g}-{n}", f"g{g}", label) for g, (label, size) in enumerate(groups) for n in range(size)]
    return pd.DataFrame(rows, columns=["image_id", "group_id", "label"])


def all_folds(data: pd.DataFrame, folds: int, seed: int = 0) -> list[Split]:
    return split_by_folds(data, folds, seed, PARTS)


def test_the_split_of_one_fold_is_that_among_all() -> None:
    rows = table([("a", 2)] * 30 + [("b", 1)] * 9)
    for fold, split in enumerate(all_folds(rows, 3, 7), 1):
        pd.testing.assert_frame_equal(make_split(rows, "grouped", 7, PARTS, fold=(fold, 3)).rows, split.rows)


def published(names: list[object], groups: list[str] | None = None) -> pd.DataFrame:
    """Eight pictures of each of these folds, of two classes; of groups of two unless others are given."""
    rows = table([("ab"[number % 2], 2) for number in range(4 * len(names))])
    rows["fold"] = pd.Series([names[number // 8] for number in range(len(rows))])
    return rows if groups is None else rows.assign(group_id=groups)


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["fold_0", "fold_1", "fold_2"], ("fold_0", "fold_1", "fold_2")),
        ([2, 0, 1], ("0", "1", "2")),
        ([3.0, 1.0, 2.0], ("1", "2", "3")),
        (["9", "10", "8"], ("8", "9", "10")),
        (["north", "east", "west"], ("east", "north", "west")),
    ],
)
def test_each_picture_is_tested_in_its_published_fold(names: list[object], order: tuple[str, ...]) -> None:
    rows = published(names)
    assert names_of_own_folds(rows) == order
    for number, split in enumerate(split_by_folds(rows, 3, 0, PARTS, kind="official"), 1):
        tested = split.part(TEST)["image_id"].map(rows.set_index("image_id")["fold"])
        assert {str(each).removesuffix(".0") for each in tested} == {order[number - 1]}
        assert len(tested) == 8
        assert split.kind == "official"
        assert set(split.part(TRAIN)["group_id"]).isdisjoint(split.part(VALIDATION)["group_id"])
        pd.testing.assert_frame_equal(make_split(rows, "official", 0, PARTS, fold=(number, 3)).rows, split.rows)
    assert not fold_cautions(rows, 3, (), "patient", own=True)


def test_published_folds_that_tear_groups_lack_classes_or_leave_pictures_out_are_said() -> None:
    rows = published([0, 1, 2], [f"g{number % 7}" for number in range(24)])
    rows.loc[0, "fold"] = None
    rows.loc[rows["fold"] == 2, "label"] = "a"
    splits = split_by_folds(rows, 3, 0, PARTS, kind="official")
    assert all("p0-0" not in set(split.rows["image_id"]) for split in splits)
    report = leakage_report(splits[1], pd.Series(dtype=object))
    assert report.leaking
    assert report.with_group_in_train > 0
    left_out, torn, lacking = fold_cautions(rows, 3, [ClassSpec("b", "nevus", False)], "patient", own=True)
    assert left_out == "1 picture has no fold in this data set: left out."
    assert torn.startswith("The folds of this data set tear 7 patients")
    assert "1 of the 3 folds of this data set have no picture of “nevus”" in lacking


@pytest.mark.parametrize("column", [None, ["0"] * 24, [str(number) for number in range(24)]])
def test_data_without_folds_of_their_own_are_refused_by_name(column: list[str] | None) -> None:
    rows = published([0, 1, 2]).drop(columns="fold")
    rows = rows if column is None else rows.assign(fold=column)
    assert names_of_own_folds(rows) == ()
    with pytest.raises(DataError, match=r"has no folds of its own\. Set split to grouped"):
        make_split(rows, "official", 0, PARTS, fold=(1, 3))
    with pytest.raises(DataError, match="has 3 folds of its own, not 5"):
        make_split(published([0, 1, 2]), "official", 0, PARTS, fold=(1, 5))


@st.composite
def any_data(draw: st.DrawFn) -> tuple[pd.DataFrame, int]:
    """Data with at least two groups of each class and three in all, more than folds."""
    folds = draw(st.integers(2, 10))
    classes = draw(st.integers(1, 4))
    sizes = draw(
        st.lists(
            st.lists(st.integers(1, 6), min_size=2, max_size=25), min_size=classes, max_size=classes
        )
    )  # fmt: skip
    groups = [(f"c{number}", size) for number, of_class in enumerate(sizes) for size in of_class]
    while len(groups) < max(folds, 4):
        groups.append(("c0", 1))
    return table(groups), folds


def folds_or_reject(rows: pd.DataFrame, folds: int, seed: int) -> list[Split]:
    """All folds; data with nothing left for validation, which is refused in words, are passed over."""
    try:
        return all_folds(rows, folds, seed)
    except DataError as error:
        if "left beside fold" not in str(error):
            raise
        reject()


@settings(max_examples=12, deadline=None)
@given(data=any_data(), seed=st.integers(0, 50))
def test_every_group_is_in_the_test_part_of_exactly_one_fold_and_never_in_two_parts(
    data: tuple[pd.DataFrame, int], seed: int
) -> None:
    rows, folds = data
    splits = folds_or_reject(rows, folds, seed)
    tested = pd.concat([split.part(TEST) for split in splits])
    assert sorted(tested["image_id"]) == sorted(rows["image_id"])
    for split in splits:
        assert sorted(split.rows["image_id"]) == sorted(rows["image_id"])
        assert (split.rows.groupby("group_id")["part"].nunique() == 1).all()
        assert all(len(split.part(part)) for part in (TRAIN, VALIDATION, TEST))
        assert set(split.part(TEST)["label"]) <= set(split.part(TRAIN)["label"])


@settings(max_examples=8, deadline=None)
@given(data=any_data(), seed=st.integers(0, 50))
def test_the_order_of_the_rows_does_not_matter(data: tuple[pd.DataFrame, int], seed: int) -> None:
    rows, folds = data
    mixed = rows.sample(frac=1, random_state=seed)
    for one, other in zip(folds_or_reject(rows, folds, seed), all_folds(mixed, folds, seed), strict=True):
        left, right = (each.rows.set_index("image_id")["part"].sort_index() for each in (one, other))
        pd.testing.assert_series_equal(left, right)


def test_folds_have_their_share_of_each_class() -> None:
    rng = np.random.default_rng(0)
    labels = rng.choice(["nv", "mel", "df"], 900, p=[0.8, 0.15, 0.05])
    rows = table([(label, int(size)) for label, size in zip(labels, rng.integers(1, 4, 900), strict=True)])
    counts = pd.DataFrame({n: split.part(TEST)["label"].value_counts() for n, split in enumerate(all_folds(rows, 5))})
    wanted = rows["label"].value_counts() / 5
    assert (counts.sub(wanted, axis=0).abs() <= 2).all().all()


def test_another_seed_deals_other_folds_and_each_fold_draws_a_validation_part_of_its_own() -> None:
    rows = table([("a", 1)] * 40 + [("b", 1)] * 20)
    one, other = all_folds(rows, 4, 0), all_folds(rows, 4, 1)
    assert set(one[0].part(TEST)["image_id"]) != set(other[0].part(TEST)["image_id"])
    drawn = [frozenset(split.part(VALIDATION)["image_id"]) for split in one]
    assert len(set(drawn)) == 4
    share = len(drawn[0]) / (len(drawn[0]) + len(one[0].part(TRAIN)))
    assert share == pytest.approx(0.15 / 0.85, abs=0.03)


@pytest.mark.parametrize(
    ("groups", "folds", "said"),
    [
        ([("a", 3), ("a", 3), ("b", 1), ("b", 2)], 5, "5 folds need at least 5 groups"),
        ([("a", 9)], 2, "All pictures are of one group"),
        ([("a", 1)] * 8 + [("b", 4)], 3, "one group of “b”"),
        ([("a", 1)] * 8 + [("b", 1)], 3, "one group of “b”"),
        ([("a", 1), ("a", 1)], 2, "too few groups are left beside fold 1"),
    ],
)
def test_data_that_cannot_be_folded_are_refused_in_words(groups: list, folds: int, said: str) -> None:
    with pytest.raises(DataError, match=said):
        all_folds(table(groups), folds)


def test_a_class_with_fewer_groups_than_folds_is_tested_where_it_can_be_and_that_is_said() -> None:
    rows = table([("a", 1)] * 20 + [("b", 2)] * 3)
    tested = [("b" in set(split.part(TEST)["label"])) for split in all_folds(rows, 5)]
    assert sum(tested) == 3
    classes = (ClassSpec("a", "alpha", malignant=None), ClassSpec("b", "beta", malignant=None))
    [said] = fold_cautions(rows, 5, classes, "lesion")
    assert "3 lesions of “beta”" in said
    assert "in 2 of them" in said
    assert fold_cautions(rows, 3, classes, "lesion") == ()


def recipe(**fields: object) -> Recipe:
    return make_recipe(dataset="demo", model="majority", **fields)


def test_a_recipe_with_folds_says_what_share_each_part_has_and_stays_the_same_when_read_again() -> None:
    asked = recipe(folds=5, train_fraction=0.6, validation_fraction=0.2, test_fraction=0.2)
    assert asked.fractions == (0.6, 0.2, 0.2)
    assert asked.cross_validates
    third = recipe(folds=3, fold=2)
    assert third.fractions == pytest.approx((0.7 / 0.85 * 2 / 3, 0.15 / 0.85 * 2 / 3, 1 / 3))
    assert third.test_fold == (2, 3)
    assert Recipe.from_json(third.to_json()) == third == make_recipe(**third.model_dump())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"folds": 1}, "folds: give 2 to 10"),
        ({"folds": 11}, "folds"),
        ({"folds": 3, "fold": 4}, "fold: it must be 1 to 3"),
        ({"fold": 1}, "fold"),
        ({"folds": 3, "split": "random"}, "Set split to grouped"),
        ({"folds": "many"}, "folds"),
    ],
)
def test_folds_that_make_no_sense_are_refused_by_name(fields: dict, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        recipe(**fields)
