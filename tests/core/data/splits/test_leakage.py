import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from core.data.adapters.ham10000 import read_ham10000
from core.data.catalog import DEMO_METADATA
from core.data.demo.demo import DEMO_SPEC, generate_demo
from core.data.images.fingerprint import content_hashes
from core.data.spec import Dataset
from core.data.splits.leakage import (
    ClassLeakage,
    LeakageReport,
    LeakedPair,
    LevelLeakage,
    chance_of_a_sibling,
    draw_leaked_pair,
    leakage_report,
)
from core.data.splits.splits import Split, SplitKind, make_split


def split_of(*rows: tuple[str, str, str, str], kind: SplitKind = SplitKind.RANDOM) -> Split:
    return Split(kind, 0, pd.DataFrame(rows, columns=["image_id", "group_id", "label", "part"]))


def different(split: Split) -> pd.Series:
    """Hashes of pictures that are all different."""
    ids = split.rows["image_id"].unique()
    return pd.Series([f"hash of {i}" for i in ids], index=ids)


@pytest.fixture(scope="module")
def ham10000(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, pd.Series]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_ARTIFACTS", str(tmp_path_factory.mktemp("artifacts")))
        dataset = read_ham10000(real_data / "ham10000")
        return dataset, content_hashes(dataset)


def test_a_tiny_example_is_counted_exactly() -> None:
    split = split_of(
        ("a", "L1", "mel", "train"),
        ("b", "L1", "mel", "test"),  # a sibling in training
        ("c", "L1", "mel", "validation"),  # the same lesion once more: still one group
        ("d", "L2", "nv", "train"),
        ("e", "L3", "nv", "test"),  # under another id and lesion the file of d
        ("f", "L4", "nv", "test"),  # clean
        ("g", "L5", "mel", "test"),  # its sibling is in validation, which the model does not learn from
        ("h", "L5", "mel", "validation"),
        ("i", "L6", "bkl", "test"),  # its file has no hash
    )
    content = pd.Series({"a": "1", "b": "2", "c": "3", "d": "4", "e": "4", "f": "5", "g": "6", "h": "7"})
    report = leakage_report(split, content)
    assert len(report.data_digest) == 64
    assert replace(report, data_digest="") == LeakageReport(
        kind="random",
        held_out_part="test",
        groups_shared=2,
        identical_images_shared=1,
        held_out=5,
        with_group_in_train=1,
        with_copy_in_train=1,
        by_class=(ClassLeakage("bkl", 1, 0, 0), ClassLeakage("mel", 2, 1, 0), ClassLeakage("nv", 2, 0, 1)),
    )
    assert report.leaking


def test_identical_files_under_different_ids_and_groups_leak_though_no_group_is_split() -> None:
    split = split_of(("a", "L1", "nv", "train"), ("b", "L2", "nv", "test"), kind=SplitKind.GROUPED)
    report = leakage_report(split, pd.Series({"a": "same", "b": "same"}))
    assert (report.groups_shared, report.identical_images_shared, report.with_copy_in_train) == (0, 1, 1)
    assert report.leaking


def test_identical_files_within_one_part_do_not_leak() -> None:
    split = split_of(("a", "L1", "nv", "train"), ("b", "L2", "nv", "train"), ("c", "L3", "nv", "test"))
    report = leakage_report(split, pd.Series({"a": "same", "b": "same", "c": "other"}))
    assert not report.leaking


def test_copies_of_one_row_on_both_sides_are_counted() -> None:
    rows = [("a", "L1", "df", "train"), ("a", "L1", "df", "test"), ("a", "L1", "df", "test"), ("b", "L2", "nv", "test")]
    split = split_of(*rows, kind=SplitKind.OVERSAMPLE_FIRST)
    report = leakage_report(split, different(split))
    assert (report.identical_images_shared, report.with_copy_in_train, report.held_out) == (1, 2, 3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("content", [pd.Series(dtype=object), pd.Series(dtype="str"), pd.Series(dtype="float64")])
def test_without_any_hash_each_picture_is_its_own(content: pd.Series) -> None:
    report = leakage_report(split_of(("a", "L1", "nv", "train"), ("b", "L2", "nv", "test")), content)
    assert (report.identical_images_shared, report.with_copy_in_train) == (0, 0)
    report = leakage_report(split_of(("a", "L1", "nv", "train"), ("a", "L1", "nv", "test")), content)
    assert (report.identical_images_shared, report.with_copy_in_train) == (1, 1)


def test_without_a_test_part_the_validation_part_is_judged() -> None:
    split = split_of(("a", "L1", "nv", "train"), ("b", "L1", "nv", "validation"), ("c", "L2", "nv", "validation"))
    report = leakage_report(split, different(split))
    assert (report.held_out_part, report.held_out, report.with_group_in_train) == ("validation", 2, 1)


def test_a_group_shared_by_validation_and_test_alone_leaks_too() -> None:
    split = split_of(("a", "L1", "nv", "train"), ("b", "L2", "nv", "validation"), ("c", "L2", "nv", "test"))
    report = leakage_report(split, different(split))
    assert report.leaking
    assert (report.groups_shared, report.with_group_in_train) == (1, 0)


def test_a_report_survives_json() -> None:
    split = split_of(("a", "L1", "nv", "train"), ("b", "L1", "nv", "test"))
    report = leakage_report(split, different(split))
    value = json.loads(json.dumps(report.to_json()))
    assert value["leaking"] is True
    assert LeakageReport.from_json(value) == report


def test_a_grouped_split_of_the_demo_shares_nothing_and_a_random_one_does(artifacts: Path) -> None:
    generate_demo(artifacts / "demo", lesions=60)
    dataset = read_ham10000(artifacts / "demo", DEMO_SPEC, DEMO_METADATA)
    content = content_hashes(dataset)
    assert content.duplicated().sum() == 2  # the demo repeats two pictures within their lesions, as HAM10000 does
    for seed in range(5):
        report = leakage_report(make_split(dataset.table, seed=seed), content)
        assert (report.groups_shared, report.identical_images_shared, report.leaking) == (0, 0, False)
        assert (report.with_group_in_train, report.with_copy_in_train) == (0, 0)
    assert leakage_report(make_split(dataset.table, "random"), content).with_group_in_train > 0


@pytest.mark.real_data
@pytest.mark.parametrize("seed", [0, 1])
def test_a_grouped_split_of_ham10000_shares_nothing(ham10000: tuple[Dataset, pd.Series], seed: int) -> None:
    dataset, content = ham10000
    report = leakage_report(make_split(dataset.table, seed=seed), content)
    assert (report.groups_shared, report.identical_images_shared) == (0, 0)
    assert (report.with_group_in_train, report.with_copy_in_train) == (0, 0)


@pytest.mark.real_data
@pytest.mark.parametrize("seed", [0, 1])
def test_a_random_split_of_ham10000_puts_siblings_of_two_in_five_pictures_into_training(
    ham10000: tuple[Dataset, pd.Series], seed: int
) -> None:
    dataset, content = ham10000
    report = leakage_report(make_split(dataset.table, "random", seed, (0.8, 0.2, 0.0)), content)
    assert report.held_out == pytest.approx(0.2 * 10_015, abs=4)
    assert report.with_group_in_train / report.held_out == pytest.approx(0.38, abs=0.02)
    [melanoma] = [c for c in report.by_class if c.label == "mel"]
    assert melanoma.with_group_in_train / melanoma.held_out == pytest.approx(0.665, abs=0.04)


@pytest.mark.real_data
def test_oversampling_ham10000_first_makes_most_of_the_test_part_copies(ham10000: tuple[Dataset, pd.Series]) -> None:
    dataset, content = ham10000
    report = leakage_report(make_split(dataset.table, "oversample-first", 0, (0.8, 0.2, 0.0)), content)
    assert report.with_copy_in_train / report.held_out == pytest.approx(0.857, abs=0.005)
    [nevus] = [c for c in report.by_class if c.label == "nv"]
    assert nevus.with_copy_in_train <= 2  # the largest class has no copies but the identical files


def test_a_drawn_pair_is_one_of_the_leaks_that_are_counted() -> None:
    split = split_of(
        ("a", "L1", "mel", "train"),
        ("b", "L1", "mel", "test"),
        ("c", "L2", "nv", "train"),
        ("d", "L3", "nv", "test"),
        ("e", "L4", "nv", "test"),  # clean
    )
    content = pd.Series({"a": "1", "b": "2", "c": "3", "d": "3", "e": "4"})
    drawn = {draw_leaked_pair(split, content, seed) for seed in range(20)}
    assert drawn == {LeakedPair("b", "a", "L1", "mel", False), LeakedPair("d", "c", "L3", "nv", True)}
    assert draw_leaked_pair(split, content, 0, "mel").held_out_id == "b"
    assert draw_leaked_pair(split, content, 0, "bkl") is None


def test_after_oversampling_the_pair_is_a_picture_and_itself() -> None:
    split = split_of(("a", "L1", "mel", "train"), ("a", "L1", "mel", "test"), ("b", "L1", "mel", "train"))
    assert draw_leaked_pair(split, different(split), 3) == LeakedPair("a", "a", "L1", "mel", True)


def test_nothing_is_drawn_from_a_split_that_does_not_leak() -> None:
    split = split_of(("a", "L1", "mel", "train"), ("b", "L2", "mel", "test"), ("c", "L2", "mel", "validation"))
    assert draw_leaked_pair(split, different(split), 0) is None


@pytest.mark.real_data
def test_the_same_seed_draws_the_same_pair(ham10000: tuple[Dataset, pd.Series]) -> None:
    dataset, content = ham10000
    split = make_split(dataset.table, SplitKind.RANDOM)
    pairs = [draw_leaked_pair(split, content, seed) for seed in (0, 0, 1, 2, 3)]
    assert pairs[0] == pairs[1]
    assert len(set(pairs)) > 2
    part = split.rows.drop_duplicates("image_id").set_index("image_id")
    for pair in pairs:
        held_out, train = part.loc[pair.held_out_id], part.loc[pair.train_id]
        assert (held_out["part"], train["part"]) == ("test", "train")
        assert pair.identical or held_out["group_id"] == train["group_id"] == pair.group_id


def test_the_chance_of_a_sibling_grows_with_the_photos_of_a_group() -> None:
    table = pd.DataFrame({"group_id": ["a", "b", "b", "c", "c", "c"]})
    assert chance_of_a_sibling(table, 0.8).round(6).tolist() == [0, 0.8, 0.8, 0.96, 0.96, 0.96]


@pytest.mark.real_data
def test_the_chance_of_a_sibling_is_what_random_splits_of_ham10000_show(ham10000: tuple[Dataset, pd.Series]) -> None:
    dataset, content = ham10000
    chance = chance_of_a_sibling(dataset.table, 0.8)
    assert chance.mean() == pytest.approx(0.387, abs=0.001)
    assert chance[dataset.table["label"] == "mel"].mean() == pytest.approx(0.68, abs=0.005)
    reports = [
        leakage_report(make_split(dataset.table, "random", seed, (0.8, 0.05, 0.15)), content) for seed in range(5)
    ]
    drawn = [report.with_group_in_train / report.held_out for report in reports]
    assert sum(drawn) / len(drawn) == pytest.approx(chance.mean(), abs=0.01)


def test_what_leaks_in_a_table_of_genes_is_said_of_samples() -> None:
    levels = (LevelLeakage("patient", "patient_id", 5, 4),)
    report = LeakageReport("random", "test", 0, 0, 10, 0, 0, (), levels, things="samples")
    [sentence] = report.level_sentences
    assert sentence == (
        "40.0\u00a0% of the test samples (4 of 10) have a sample of their patient (patient_id) in training."
    )
    assert LeakageReport.from_json(report.to_json()) == report
    older = {name: value for name, value in report.to_json().items() if name != "things"}
    assert LeakageReport.from_json(older).things == "pictures"


def test_the_digest_of_the_data_changes_with_content_class_and_part_and_with_nothing_else() -> None:
    rows = [("a", "L1", "mel", "train"), ("b", "L2", "nv", "test")]
    content = pd.Series({"a": "1", "b": "2"})
    digest = leakage_report(split_of(*rows), content).data_digest
    assert leakage_report(split_of(*rows[::-1]), content).data_digest == digest
    other = [("a", "L1", "mel", "test"), ("b", "L2", "nv", "test")]
    assert leakage_report(split_of(*other), content).data_digest != digest
    assert leakage_report(split_of(*rows), pd.Series({"a": "1", "b": "3"})).data_digest != digest
    other = [("a", "L1", "bkl", "train"), ("b", "L2", "nv", "test")]
    assert leakage_report(split_of(*other), content).data_digest != digest
