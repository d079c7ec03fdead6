from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import ConfigurationError, DataError
from core.data.adapters.ham10000 import read_ham10000
from core.data.splits.splits import (
    PARTS,
    TEST,
    TRAIN,
    VALIDATION,
    Split,
    SplitKind,
    default_fractions,
    make_split,
    oversampled,
    possible_kinds,
    undersampled,
)

SHARES = {"akiec": 0.03, "bcc": 0.05, "bkl": 0.11, "df": 0.01, "mel": 0.11, "nv": 0.67, "vasc": 0.02}


def pictures(groups: int = 1000, seed: int = 0, mixed: bool = False) -> pd.DataFrame:
    """Tidy metadata with one to four pictures a group; with `mixed`, each picture has a diagnosis of its own."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([1, 2, 3, 4], groups, p=[0.7, 0.2, 0.06, 0.04])
    labels = rng.choice(list(SHARES), groups, p=list(SHARES.values()))
    rows = pd.DataFrame({"group_id": [f"L{n:05d}" for n in range(groups)], "label": labels})
    rows = rows.loc[rows.index.repeat(sizes)].reset_index(drop=True)
    if mixed:
        rows["label"] = rng.choice(list(SHARES), len(rows), p=list(SHARES.values()))
    rows.insert(0, "image_id", [f"image_{n:05d}" for n in range(len(rows))])
    return rows.sample(frac=1, random_state=seed).reset_index(drop=True)


def of_groups(**classes: int) -> pd.DataFrame:
    """One picture for each group, so many groups in each class."""
    labels = [label for label, count in classes.items() for _ in range(count)]
    names = [f"g{number}" for number in range(len(labels))]
    return pd.DataFrame({"image_id": names, "group_id": names, "label": labels})


def divided(table: pd.DataFrame, *parts: str) -> pd.DataFrame:
    """The same rows with an official split, whole groups together."""
    number = table["group_id"].str.removeprefix("L").astype(int)
    return table.assign(split=[parts[n % len(parts)] for n in number])


def parts_of_groups(split: Split) -> pd.Series:
    return split.rows.groupby("group_id")["part"].nunique()


@pytest.fixture(scope="module")
def ham10000(real_data: Path) -> pd.DataFrame:
    return read_ham10000(real_data / "ham10000").table


@pytest.mark.parametrize("mixed", [False, True], ids=["one diagnosis a group", "several diagnoses a group"])
@pytest.mark.parametrize("seed", range(5))
def test_a_grouped_split_never_splits_a_group(seed: int, mixed: bool) -> None:
    table = pictures(seed=seed, mixed=mixed)
    split = make_split(table, seed=seed)
    assert (parts_of_groups(split) == 1).all()
    assert split.rows["image_id"].tolist() == table["image_id"].tolist()
    assert split.rows["part"].isin(PARTS).all()


@pytest.mark.real_data
@pytest.mark.parametrize("seed", [0, 1])
def test_a_grouped_split_of_ham10000_splits_no_lesion_and_keeps_the_shares(ham10000: pd.DataFrame, seed: int) -> None:
    split = make_split(ham10000, seed=seed)
    assert (parts_of_groups(split) == 1).all()
    wanted = np.outer(split.counts().sum(axis=1), [0.70, 0.15, 0.15])
    assert np.abs(split.counts().to_numpy() - wanted).max() < 2
    assert split.fractions().tolist() == pytest.approx([0.70, 0.15, 0.15], abs=0.001)
    assert split.class_shifts().abs().max(axis=None) < 0.001
    groups = split.rows.drop_duplicates("group_id")
    shares = pd.crosstab(groups["label"], groups["part"], normalize="index")[list(PARTS)]
    assert np.abs(shares.to_numpy() - [0.70, 0.15, 0.15]).max() < 0.05


def test_seventy_fifteen_fifteen_of_the_pictures_is_the_default() -> None:
    split = make_split(pictures())
    assert split.fractions().tolist() == pytest.approx([0.70, 0.15, 0.15], abs=0.003)
    assert split.kind is SplitKind.GROUPED


def test_a_split_tells_how_far_its_parts_are_from_the_whole() -> None:
    rows = pd.DataFrame({"image_id": list("abcdefgh"), "label": ["mel"] * 2 + ["nv"] * 6})
    rows = rows.assign(group_id=rows["image_id"], part=[TRAIN, VALIDATION, *[TRAIN] * 5, VALIDATION])
    split = Split(SplitKind.GROUPED, 0, rows)
    assert split.fractions().to_dict() == {TRAIN: 0.75, VALIDATION: 0.25, TEST: 0.0}
    shifts = split.class_shifts()
    assert shifts[TRAIN].tolist() == pytest.approx([1 / 6 - 1 / 4, 5 / 6 - 3 / 4])
    assert shifts[VALIDATION].tolist() == [0.25, -0.25]
    assert shifts[TEST].isna().all()


def test_a_grouped_split_has_the_shares_of_the_pictures_of_every_class() -> None:
    counts = make_split(pictures(groups=3000)).counts()
    wanted = np.outer(counts.sum(axis=1), [0.70, 0.15, 0.15])
    assert np.abs(counts.to_numpy() - wanted).max() < 2


@pytest.mark.parametrize("fractions", [(0.70, 0.15, 0.15), (0.98, 0.01, 0.01), (0.01, 0.01, 0.98), (0.34, 0.33, 0.33)])
def test_a_class_with_three_groups_is_in_every_part(fractions: tuple[float, float, float]) -> None:
    table = of_groups(nv=60, mel=4, df=3)
    for seed in range(10):
        split = make_split(table, seed=seed, fractions=fractions)
        assert (split.counts() > 0).all(axis=None)


def test_a_class_with_one_or_two_groups_is_learnt_from_first() -> None:
    counts = make_split(of_groups(nv=60, df=2, vasc=1)).counts()
    assert counts.loc["vasc"].tolist() == [1, 0, 0]
    assert counts.loc["df", TRAIN] == 1


def test_a_group_with_several_labels_counts_for_each_by_its_pictures() -> None:
    melanomas = {"p0": 9, "p1": 1, "p2": 5, "p3": 5}  # of ten pictures; the most frequent label would say otherwise
    rows = [(group, "mel" if n < many else "nv") for group, many in melanomas.items() for n in range(10)]
    table = pd.DataFrame(rows, columns=["group_id", "label"]).assign(image_id=range(40))
    for seed in range(10):
        split = make_split(table, seed=seed, fractions=(0.5, 0.25, 0.25))
        assert split.part(TRAIN)["group_id"].unique().tolist() == ["p0", "p1"]


@pytest.mark.parametrize("kind", list(SplitKind))
def test_the_same_seed_gives_the_same_split_and_another_seed_another(kind: SplitKind) -> None:
    table = divided(pictures(), TRAIN, TEST)
    first, again, other = (make_split(table, kind, seed=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first.rows, again.rows)
    assert not first.rows.equals(other.rows)


def test_a_grouped_split_does_not_depend_on_the_order_of_the_rows() -> None:
    table = pictures()
    split = make_split(table, seed=5).rows.set_index("image_id")["part"]
    turned = make_split(table.iloc[::-1], seed=5).rows.set_index("image_id")["part"]
    assert turned.reindex(split.index).equals(split)


@pytest.mark.parametrize("kind", list(SplitKind))
def test_the_index_of_the_table_does_not_matter(kind: SplitKind) -> None:
    table = divided(pictures(), TRAIN, VALIDATION, TEST)
    odd = table.set_axis([7] * len(table))
    pd.testing.assert_frame_equal(make_split(odd, kind).rows, make_split(table, kind).rows)


def test_making_a_split_leaves_the_table_as_it_was() -> None:
    table = divided(pictures(), TRAIN, TEST)
    before = table.copy()
    for kind in SplitKind:
        make_split(table, kind)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    "fractions",
    [
        (0.7, 0.15, 0.1),
        (0.7, 0.2, 0.2),
        (0.0, 0.5, 0.5),
        (0.85, 0.0, 0.15),
        (1.2, -0.1, -0.1),
        (0.8, 0.3, -0.1),
        (float("nan"), 0.5, 0.5),
        (0.5, 0.5, float("nan")),
        (float("inf"), 0.5, 0.5),
    ],
)
def test_fractions_that_cannot_work_are_refused(fractions: tuple[float, float, float]) -> None:
    with pytest.raises(ConfigurationError, match="must sum to 1 and training and validation must be above 0"):
        make_split(pictures(20), fractions=fractions)


def test_the_test_part_may_be_left_out() -> None:
    split = make_split(pictures(), fractions=(0.8, 0.2, 0.0))
    assert split.part(TEST).empty
    assert split.counts().columns.tolist() == list(PARTS)
    assert (split.counts()[TEST] == 0).all()


@pytest.mark.parametrize(("groups", "part"), [(1, "validation"), (2, "test")])
def test_too_few_groups_name_the_part_that_would_be_empty(groups: int, part: str) -> None:
    with pytest.raises(DataError, match=f"too few groups .*: the part {part} would be empty"):
        make_split(of_groups(nv=groups))


def test_a_random_split_keeps_every_row_once_and_the_shares_of_the_classes() -> None:
    table = pictures(groups=3000)
    split = make_split(table, "random", fractions=(0.8, 0.1, 0.1))
    assert split.rows["image_id"].tolist() == table["image_id"].tolist()
    wanted = np.outer(table["label"].value_counts().sort_index(), [0.8, 0.1, 0.1])
    assert np.abs(split.counts().to_numpy() - wanted).max() < 1
    assert (parts_of_groups(split) > 1).any()  # which is why it leaks


def test_oversample_first_makes_all_classes_equal_and_keeps_every_row() -> None:
    table = pictures()
    split = make_split(table, "oversample-first")
    largest = table["label"].value_counts().max()
    assert (split.rows["label"].value_counts() == largest).all()
    assert set(split.rows["image_id"]) == set(table["image_id"])
    majority = split.rows[split.rows["label"] == "nv"]
    assert majority["image_id"].is_unique  # the largest class needs no copies
    known = split.rows.merge(table, on="image_id", suffixes=("", "_true"))
    assert known["label"].equals(known["label_true"])
    assert known["group_id"].equals(known["group_id_true"])


def test_oversampling_keeps_every_row_and_repeats_within_the_class() -> None:
    labels = pd.Series(["nv"] * 7 + ["mel"] * 3 + ["df"], index=range(100, 111))
    positions = oversampled(labels, np.random.default_rng(0))
    assert positions[:11].tolist() == list(range(11))
    assert labels.iloc[positions].value_counts().to_dict() == {"nv": 7, "mel": 7, "df": 7}
    assert positions.dtype == np.int64


def test_undersampling_leaves_the_smallest_class_whole_and_repeats_nothing() -> None:
    labels = pd.Series(["nv"] * 7 + ["mel"] * 3 + ["df"] * 2, index=range(100, 112))
    positions = undersampled(labels, np.random.default_rng(0))
    assert labels.iloc[positions].value_counts().to_dict() == {"nv": 2, "mel": 2, "df": 2}
    assert len(set(positions)) == 6
    assert {10, 11} <= set(positions)


def test_a_split_without_some_pictures_keeps_the_parts_of_the_others() -> None:
    split = make_split(pictures(), "oversample-first", seed=2)
    gone = set(split.rows["image_id"].iloc[:5])
    rest = split.without(gone)
    assert not set(rest.rows["image_id"]) & gone
    expected = split.rows[~split.rows["image_id"].isin(gone)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest.rows, expected)
    assert (rest.kind, rest.seed) == (split.kind, 2)
    assert len(split.rows) > len(rest.rows)


def test_leaving_out_nothing_changes_nothing() -> None:
    split = make_split(pictures())
    pd.testing.assert_frame_equal(split.without(set()).rows, split.rows)


@pytest.mark.parametrize("kind", list(SplitKind))
def test_a_split_is_loaded_as_it_was_saved(tmp_path: Path, kind: SplitKind) -> None:
    split = make_split(divided(pictures(), TRAIN, TEST), kind, seed=7)
    split.save(tmp_path / "split.parquet")
    loaded = Split.load(tmp_path / "split.parquet")
    pd.testing.assert_frame_equal(loaded.rows, split.rows)
    assert (loaded.kind, loaded.seed) == (kind, 7)
    assert loaded.rows.attrs == split.rows.attrs == {}


@pytest.mark.parametrize("content", [None, b"", b"PAR1", b"{}" * 100, "another table"])
def test_a_split_that_is_missing_or_damaged_is_named(tmp_path: Path, content: bytes | str | None) -> None:
    file = tmp_path / "split.parquet"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        pictures().to_parquet(file)
    with pytest.raises(DataError, match=r"split\.parquet is missing or damaged"):
        Split.load(file)


def test_the_parts_together_are_all_rows() -> None:
    split = make_split(pictures())
    together = pd.concat([split.part(part) for part in PARTS])
    assert sorted(together["image_id"]) == sorted(split.rows["image_id"])
    assert split.part(TRAIN).index.tolist() == list(range(len(split.part(TRAIN))))


def test_every_kind_is_explained_and_says_whether_it_leaks() -> None:
    assert "nothing leaks" in SplitKind.GROUPED.explanation
    assert all("Leaks" in kind.explanation for kind in (SplitKind.RANDOM, SplitKind.OVERSAMPLE_FIRST))


def test_an_official_split_is_the_published_one_whatever_seed_and_fractions() -> None:
    table = divided(pictures(), TRAIN, VALIDATION, TEST)
    for seed, fractions in ((0, (0.7, 0.15, 0.15)), (5, (0.5, 0.4, 0.1))):
        split = make_split(table, "official", seed, fractions)
        assert split.rows["part"].tolist() == table["split"].tolist()
        assert split.rows["image_id"].tolist() == table["image_id"].tolist()


def test_an_official_split_without_a_validation_part_takes_whole_groups_from_training() -> None:
    table = divided(pictures(groups=2000), TRAIN, TRAIN, TEST)
    split = make_split(table, "official", fractions=(0.6, 0.2, 0.2))
    assert (parts_of_groups(split) == 1).all()
    assert split.part(TEST)["image_id"].tolist() == table.loc[table["split"] == TEST, "image_id"].tolist()
    train, validation = (split.part(part)["group_id"].nunique() for part in (TRAIN, VALIDATION))
    assert validation / (train + validation) == pytest.approx(0.25, abs=0.01)


def test_pictures_without_an_official_part_are_left_out() -> None:
    table = divided(pictures(), TRAIN, VALIDATION, "extra")
    split = make_split(table, "official")
    assert set(split.rows["part"]) == {TRAIN, VALIDATION}
    assert len(split.rows) == table["split"].isin(PARTS).sum()


@pytest.mark.parametrize("parts", [(), (TRAIN,), (VALIDATION, TEST)])
def test_data_without_an_official_split_are_refused_with_those_that_have_one(parts: tuple[str, ...]) -> None:
    table = divided(pictures(), *parts) if parts else pictures()
    with pytest.raises(DataError, match=r"no official split\. ISIC 2018, MedMNIST and PatchCamelyon have one"):
        make_split(table, "official")


def test_only_kinds_of_split_that_fill_every_part_are_possible() -> None:
    fractions = (0.7, 0.15, 0.15)
    drawn = (SplitKind.GROUPED, SplitKind.RANDOM, SplitKind.OVERSAMPLE_FIRST)
    assert possible_kinds(pictures(), fractions) == drawn
    assert possible_kinds(divided(pictures(), TRAIN, TEST), fractions) == (*drawn, SplitKind.OFFICIAL)
    two_patients = pictures().assign(group_id=["a", "b"] * (len(pictures()) // 2) + ["a"] * (len(pictures()) % 2))
    assert SplitKind.GROUPED not in possible_kinds(two_patients, fractions)
    assert possible_kinds(pictures().head(0), fractions) == ()


def test_the_default_shares_of_two_groups_leave_no_test_part() -> None:
    assert default_fractions(pictures()) == (0.70, 0.15)
    train, validation = default_fractions(of_groups(nv=2))
    assert train + validation == 1
    assert make_split(of_groups(nv=2), fractions=(train, validation, 0.0)).counts().sum().tolist() == [1, 1, 0]
