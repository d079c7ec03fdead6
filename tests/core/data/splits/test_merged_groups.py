"""Merging groups: no split tears them apart, it can be undone, and a damaged file is not passed over."""

import pytest

from core.base.errors import DataError
from core.data.catalog import open_dataset
from core.data.images.fingerprint import content_hashes
from core.data.splits.leakage import leakage_report
from core.data.splits.merged_groups import chained, groups_file, list_merges, merge_groups, undo_merges
from core.data.splits.splits import make_split


@pytest.fixture
def strangers(demo_artifacts) -> list[tuple[str, str]]:
    """Pairs of pictures of different lesions that the grouped split with seed 0 puts into different parts."""
    table = open_dataset("demo").table
    rows = make_split(table, "grouped", seed=0).rows.drop_duplicates("group_id")
    train, test = rows[rows["part"] == "train"]["image_id"], rows[rows["part"] == "test"]["image_id"]
    return list(zip(train.head(30), test.head(30), strict=True))


def test_no_grouped_split_ever_separates_merged_groups(strangers) -> None:
    merge_groups(open_dataset("demo"), strangers, "near-duplicates")
    table = open_dataset("demo").table
    group = table.set_index("image_id")["group_id"]
    assert all(group[a] == group[b] for a, b in strangers)
    for seed in range(5):
        rows = make_split(table, "grouped", seed=seed).rows
        part = rows.set_index("image_id")["part"]
        assert all(part[a] == part[b] for a, b in strangers)
        assert (rows.groupby("group_id")["part"].nunique() == 1).all()


def test_the_leakage_report_of_an_older_split_counts_merged_groups_as_shared(strangers) -> None:
    dataset = open_dataset("demo")
    before = leakage_report(make_split(dataset.table, "grouped"), content_hashes(dataset))
    assert not before.leaking
    torn = make_split(dataset.table, "grouped").rows.drop(columns="group_id")
    merge_groups(dataset, strangers, "near-duplicates")
    merged = open_dataset("demo").table[["image_id", "group_id"]]
    split = make_split(dataset.table, "grouped")
    after = type(split)(split.kind, split.seed, torn.merge(merged, on="image_id"))
    assert leakage_report(after, content_hashes(dataset)).groups_shared == len(strangers)


def test_pictures_merged_with_a_third_are_all_one_group_whatever_the_order(demo_artifacts) -> None:
    dataset = open_dataset("demo")
    a, b, c, d = dataset.table.drop_duplicates("group_id")["image_id"].head(4)
    merge_groups(dataset, [(c, d), (a, b)], "seen")
    merge_groups(dataset, [(b, d)], "seen")
    group = open_dataset("demo").table.set_index("image_id")["group_id"]
    assert group[[a, b, c, d]].nunique() == 1
    assert group.nunique() == dataset.table["group_id"].nunique() - 3


def test_a_merge_can_be_undone(demo_artifacts) -> None:
    dataset = open_dataset("demo")
    a, b, c, d = dataset.table.drop_duplicates("group_id")["image_id"].head(4)
    merge_groups(dataset, [(a, b), (c, d)], "seen")
    undo_merges("demo", [(b, a)])
    group = open_dataset("demo").table.set_index("image_id")["group_id"]
    assert group[a] != group[b]
    assert group[c] == group[d]
    undo_merges("demo", [(c, d)])
    assert open_dataset("demo").table.equals(dataset.table)


def test_the_same_merge_twice_is_kept_once(demo_artifacts) -> None:
    dataset = open_dataset("demo")
    a, b = dataset.table.drop_duplicates("group_id")["image_id"].head(2)
    merge_groups(dataset, [(a, b)], "seen")
    merge_groups(dataset, [(b, a)], "seen again")
    assert len(list_merges("demo")) == 1


def test_pictures_that_are_not_there_cannot_be_merged(demo_artifacts) -> None:
    dataset = open_dataset("demo")
    a = dataset.table["image_id"].iloc[0]
    with pytest.raises(DataError, match="no-such"):
        merge_groups(dataset, [(a, "no-such")], "seen")
    with pytest.raises(DataError, match="two different"):
        merge_groups(dataset, [(a, a)], "seen")
    assert list_merges("demo") == []


def test_a_damaged_file_stops_the_data_set_instead_of_tearing_groups_apart(demo_artifacts) -> None:
    groups_file("demo").parent.mkdir()
    groups_file("demo").write_text("{half")
    with pytest.raises(DataError, match="damaged"):
        open_dataset("demo")


def test_pairs_that_hang_together_are_one_set() -> None:
    assert chained([("b", "a"), ("d", "e"), ("c", "b"), ("f", "e"), ("a", "c")]) == [("a", "b", "c"), ("d", "e", "f")]
