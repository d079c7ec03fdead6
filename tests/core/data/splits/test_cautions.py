"""Classes that stand in some parts alone and groups that are torn are said, in the same words everywhere."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.data.catalog import dataset_spec, open_dataset
from core.data.images.fingerprint import content_hashes
from core.data.spec import ClassSpec
from core.data.splits.cautions import split_cautions
from core.data.splits.leakage import leakage_report
from core.data.splits.splits import make_split

CLASSES = (ClassSpec("mel", "melanoma", True), ClassSpec("nv", "melanocytic nevus", False))


def rows_of(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["label", "group_id", "part"])


def in_each_part(label: str, *, groups: int = 3) -> list[tuple[str, str, str]]:
    return [(label, f"{label}{n % groups}", ("train", "validation", "test")[n % 3]) for n in range(6)]


def test_a_split_with_every_class_in_every_part_has_nothing_to_say() -> None:
    rows = rows_of(*in_each_part("mel"), *in_each_part("nv"))
    assert split_cautions(rows, CLASSES, "patient", official=True) == ()


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_class_that_is_held_out_and_never_learnt_is_said_with_its_name(part: str) -> None:
    rows = rows_of(*in_each_part("mel"), *[("nv", f"n{n}", part) for n in range(4)])
    [said, *_] = split_cautions(rows, CLASSES, "patient")
    assert said == (
        f"“melanocytic nevus (nv)” is in the {part} part and not in training: a model cannot learn it."
    )  # fmt: skip


def test_a_class_that_is_learnt_and_never_tested_is_said() -> None:
    rows = rows_of(*in_each_part("mel"), *[("nv", f"n{n}", ("train", "validation")[n % 2]) for n in range(4)])
    assert split_cautions(rows, CLASSES, "patient") == (
        "“melanocytic nevus (nv)” is in training and not in the test part: nobody can say how well a model tells it.",
    )


def test_without_a_test_part_the_validation_part_is_what_judges() -> None:
    rows = rows_of(("mel", "a", "train"), ("mel", "b", "validation"), ("nv", "c", "train"), ("nv", "d", "train"))
    _, said = split_cautions(rows, CLASSES, "patient")
    assert "not in the validation part" in said


def test_a_class_with_fewer_groups_than_parts_is_said_with_their_number() -> None:
    rows = rows_of(*in_each_part("mel"), *in_each_part("nv", groups=1))
    assert split_cautions(rows, CLASSES, "patient") == (
        "“melanocytic nevus (nv)” (1 patient) has fewer patients than the split has parts (3): figures on it say "
        "little of new patients.",
    )


def test_an_official_split_that_tears_groups_says_how_many() -> None:
    torn = [("mel", "a", "train"), ("mel", "a", "test"), ("nv", "b", "train"), ("nv", "b", "test")]
    rows = rows_of(*in_each_part("mel"), *in_each_part("nv"), *torn)
    [said] = split_cautions(rows, CLASSES, "lesion", official=True)
    assert said.startswith("The official parts tear 2 lesions: pictures of one lesion stand in several parts")
    assert split_cautions(rows, CLASSES, "lesion") == ()  # a random split tears too, and is said to leak


def test_rows_without_a_part_and_a_single_part_say_nothing() -> None:
    assert split_cautions(rows_of(*in_each_part("mel"), ("nv", "z", None)), CLASSES, "patient") == ()
    assert split_cautions(rows_of(("mel", "a", "train"), ("nv", "b", "train")), CLASSES, "patient") == ()


def test_a_folder_with_uneven_parts_says_so_in_its_reading_and_in_the_report_of_its_split(artifacts: Path) -> None:
    folder = artifacts.parent / "data" / "uneven"
    in_parts = {"train": "mel nv nv", "valid": "mel nv", "test": "mel nv scc"}
    rows = ["image,patient"]
    number = 0
    for part, labels in in_parts.items():
        for label in labels.split() * 3:
            number += 1
            path = folder / part / label / f"{part}{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((32, 32, 3), 5 * number, np.uint8)).save(path)
            rows.append(f"{path.name},p{number % 9}")
    (folder / "groups.csv").write_text("\n".join(rows))
    dataset = open_dataset("uneven")
    split = make_split(dataset.table, "official")
    said = leakage_report(split, content_hashes(dataset), dataset).cautions
    assert len(said) == 2
    assert said[0] == (
        "In the official split “squamous cell carcinoma (scc)” is in the test part and not in training: a model cannot "
        "learn it."
    )
    assert said[1].startswith("The official parts tear ")
    assert all(each in dataset_spec("uneven").caution for each in said)
    assert not any(
        "official" in each
        for each in leakage_report(make_split(dataset.table), content_hashes(dataset), dataset).cautions
    )


def test_a_split_without_a_test_part_says_what_its_figures_are_and_why_there_is_none() -> None:
    rows = rows_of(
        *[(label, "p1", "train") for label in ("mel", "nv")], *[(each, "p2", "validation") for each in ("mel", "nv")]
    )
    said = split_cautions(rows, CLASSES, "patient")[0]
    assert said == (
        "There is no test part, for there are only 2 patients: figures will be those of the validation part, which "
        "also chooses the best epoch, so they are a little too good."
    )
