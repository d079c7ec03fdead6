"""Integrity: identical files, duplicates across and within groups, pictures that are hardly usable."""

import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.percents import percent
from core.data.catalog import open_dataset
from core.data.demo.demo import generate_demo
from core.data.images.fingerprint import content_hashes
from core.data.splits.merged_groups import merge_groups
from core.integrity.checking import STEPS, run_integrity_job
from core.integrity.integrity import (
    IDENTICAL,
    find_duplicates,
    hardly_usable,
    identical_pairs,
    open_duplicates,
    pair_sentence,
    with_metadata,
)


@pytest.fixture
def with_a_copy(artifacts):
    """A small demo data set in which one file lies a second time, under another lesion."""
    folder = artifacts / "data" / "demo"
    folder.parent.mkdir()
    generate_demo(folder, lesions=20)
    table = pd.read_csv(folder / "demo_metadata.csv")
    first = table.iloc[0]
    shutil.copy(folder / "demo_images" / f"{first['image_id']}.jpg", folder / "demo_images" / "COPY.jpg")
    table.loc[len(table)] = {**first.to_dict(), "image_id": "COPY", "lesion_id": "OTHER"}
    table.to_csv(folder / "demo_metadata.csv", index=False)
    return open_dataset("demo"), first["image_id"]


def test_a_file_that_lies_there_twice_is_found_and_merging_ends_the_danger(with_a_copy) -> None:
    dataset, original = with_a_copy
    assert open_duplicates(dataset) is None
    pairs = with_metadata(find_duplicates(dataset).pairs, dataset)
    first = pairs.iloc[0]
    assert {first["image_id"], first["other_id"]} == {"COPY", original}
    assert (first["kind"], first["across_groups"], first["labels_differ"]) == (IDENTICAL, True, False)
    merge_groups(dataset, [("COPY", original)], "seen")
    after = with_metadata(open_duplicates(dataset).pairs, open_dataset("demo"))
    assert not after["across_groups"].any()
    assert len(after) == len(pairs)


def test_a_check_says_which_of_its_steps_it_does_and_never_goes_back(with_a_copy) -> None:
    told: list[tuple[int, int, str]] = []
    found = run_integrity_job({"dataset": "demo"}, lambda *now: told.append(now), lambda: False)
    assert found["across_groups"] == 1
    for number, name in enumerate(STEPS, 1):
        if name not in ("Looking at the pictures", "Comparing close pairs in detail"):  # not without the weights
            assert f"Step {number} of {len(STEPS)}: {name}" in {what for _, _, what in told}
    assert not {what for _, _, what in told if not what.startswith("Step ")}
    reached = [done for done, _, _ in told]
    assert reached == sorted(reached)


def test_a_set_without_duplicates_is_compared_to_its_end_and_said_to_have_none(artifacts) -> None:
    noise = np.random.default_rng(5)
    for number in range(12):
        folder = artifacts.parent / "data" / "noise" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise.integers(0, 256, (64, 64, 3), np.uint8)).save(folder / f"{number}.png")
    dataset = open_dataset("noise")
    found = find_duplicates(dataset)
    assert (len(found.pairs), found.pictures) == (0, 12)
    assert with_metadata(found.pairs, dataset).empty
    assert open_duplicates(dataset) is not None


def test_what_was_found_is_forgotten_when_a_picture_changes(with_a_copy) -> None:
    dataset, _ = with_a_copy
    find_duplicates(dataset)
    (dataset.root / "demo_images" / "COPY.jpg").write_bytes(b"changed")
    assert open_duplicates(dataset) is None


def test_n_copies_of_a_file_give_n_minus_one_pairs() -> None:
    pairs = identical_pairs(pd.Series(["x", "y", "x", "x"], index=["a", "b", "c", "d"]))
    assert list(zip(pairs["image_id"], pairs["other_id"], strict=True)) == [("a", "c"), ("c", "d")]


def test_pictures_below_a_threshold_are_listed_with_the_reason() -> None:
    statistics = pd.DataFrame(
        {"brightness": [20, 150, 150, 150], "sharpness": [90, 1, 90, 90], "width": 200, "height": [150, 150, 8, 150]},
        index=["night", "fog", "stamp", "good"],
    )
    found = hardly_usable(statistics, darkest=60, blurriest=5, smallest=64)
    assert found["dark"].to_dict() == {"night": True, "fog": False, "stamp": False}
    assert found["blurred"].to_dict() == {"night": False, "fog": True, "stamp": False}
    assert found["tiny"].to_dict() == {"night": False, "fog": False, "stamp": True}


@pytest.mark.real_data
def test_the_two_identical_pairs_of_ham10000_are_found_each_within_one_lesion(
    real_data, artifacts, monkeypatch
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    dataset = open_dataset("ham10000")
    pairs = with_metadata(identical_pairs(content_hashes(dataset)), dataset)
    assert {frozenset(p) for p in zip(pairs["image_id"], pairs["other_id"], strict=True)} == {
        frozenset({"ISIC_0024366", "ISIC_0029861"}),
        frozenset({"ISIC_0024777", "ISIC_0029938"}),
    }
    assert not pairs["across_groups"].any()


def test_how_two_pictures_are_alike_is_said_in_words_of_the_page() -> None:
    same = pd.Series(
        {"kind": "near", "orientation": 0, "turn": [1.0, 0.0, 0.0, 1.0], "agreement": 0.97, "image_id": "B"}
    )
    assert pair_sentence(same) == (
        "Similarity 0.97 once aligned (1 is the same everywhere; unrelated pictures stay below 0.6). "
        "B has the same orientation and shows the same area."
    )
    cut = pd.Series({**same, "orientation": 1, "turn": [-0.9, 0.0, 0.0, 0.9]})
    assert pair_sentence(cut).endswith(f"B is mirrored left to right and shows {percent(0.81, 0)} of the other's area.")
