"""Data sets joined to one: classes by what they mean, sources as a column, and no picture on both sides of a test."""

import json
import os
import shutil
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.__main__ import main
from core.base.errors import DataError
from core.data.catalog import dataset_spec, look, open_dataset, version_of
from core.data.joined_sets import Member, join_sets, joined_sets, propose_mapping, remove_joined
from core.data.reading.choices import Choices, keep_choices
from core.data.splits.splits import TEST, TRAIN, make_split
from tests.alike import long_but


def picture(path: Path, number: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(number).integers(0, 255, (12, 12, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def root(artifacts: Path) -> Path:
    return two_clinics(artifacts.parent / "data")


def two_clinics(root: Path) -> Path:
    """Two clinics with other words for the same diagnoses, three pictures of each patient."""
    for clinic, words, start in (("north", ("mel", "nv", "bkl"), 0), ("south", ("Melanoma", "Nevus", "Scabies"), 100)):
        lines = ["image,patient_id,label,source"]
        for number in range(18):
            picture(root / clinic / f"p{number}.png", start + number)
            lines.append(f"p{number},P{number // 3},{words[number // 3 % 3]},camera {number % 2}")
        (root / clinic / "table.csv").write_text("\n".join(lines))
    return root


def specs() -> dict:
    return {entry.spec.name: entry.spec for entry in look().entries if entry.present}


def joined(*members: Member, name: str = "both"):
    return join_sets(name, members, specs())


def proposed(name: str, **options: bool) -> Member:
    return Member(name, mapping_in(os.environ["LESIONLAB_DATA"])[name], **options)


@lru_cache
def mapping_in(_: str) -> dict[str, dict[str, str]]:
    """What is proposed for the two clinics of a test; all that is there has to be looked at for it."""
    known = specs()
    return propose_mapping([known["north"], known["south"]])


@pytest.mark.usefixtures("root")
def test_classes_that_mean_the_same_become_one_and_the_source_is_a_column() -> None:
    joined(proposed("north"), proposed("south"))
    dataset = open_dataset("both")
    assert dataset.spec.class_keys == ("Scabies", "bkl", "mel", "nv")
    assert {c.key: c.malignant for c in dataset.spec.classes} == {
        "Scabies": dataset_spec("south").classes[2].malignant, "bkl": False, "mel": True, "nv": False
    }  # fmt: skip
    assert dataset.table["label"].value_counts().to_dict() == {"mel": 12, "nv": 12, "bkl": 6, "Scabies": 6}
    assert dataset.table["source"].value_counts().to_dict() == {"north": 18, "south": 18}
    assert set(dataset.table["source within"]) == {"camera 0", "camera 1"}
    assert dataset.table["image_id"].is_unique
    assert dataset.table["group_id"].nunique() == 12
    assert dataset.spec.group == "patient"
    assert dataset.table["split"].isna().all()


@pytest.mark.usefixtures("root")
def test_classes_may_be_mapped_otherwise_and_left_out() -> None:
    joined(Member("north", {"mel": "cancer", "nv": "other"}), Member("south", {"Melanoma": "cancer", "Nevus": "other"}))
    dataset = open_dataset("both")
    assert dataset.table["label"].value_counts().to_dict() == {"cancer": 12, "other": 12}
    assert {c.key: c.malignant for c in dataset.spec.classes} == {"cancer": True, "other": False}
    assert [skip.reason for skip in dataset.skipped] == [
        "6 pictures of north have a class that is left out.", "6 pictures of south have a class that is left out."
    ]  # fmt: skip


def test_a_picture_that_lies_in_both_counts_once_and_its_groups_are_one(root: Path) -> None:
    shutil.copy(root / "north" / "p0.png", root / "south" / "p4.png")
    shutil.copy(root / "north" / "p3.png", root / "south" / "p5.png")
    joined(proposed("north"), proposed("south"))
    table = open_dataset("both").table.set_index("image_id")
    assert len(table) == 34
    assert not {"south/p4", "south/p5"} & set(table.index)
    # Patient P1 of the south is P0 and P1 of the north, who are one person then.
    one = table.loc[["north/p0", "north/p1", "north/p3", "north/p4", "south/p3"], "group_id"]
    assert one.nunique() == 1


def test_what_a_test_set_shares_with_training_is_cut_by_content_and_nothing_leaks(root: Path) -> None:
    for number in range(6):
        shutil.copy(root / "north" / f"p{number}.png", root / "south" / f"p{number}.png")
    joined(proposed("south", test=True), proposed("north"))  # whichever is named first
    dataset = open_dataset("both")
    assert dataset.table["split"].value_counts().to_dict() == {TRAIN: 18, TEST: 12}
    assert any("6 pictures of south are those of another data set here" in skip.reason for skip in dataset.skipped)
    split = make_split(dataset.table, "official")
    assert set(split.part(TEST)["image_id"].str.split("/").str[0]) == {"south"}
    assert not set(split.part(TEST)["group_id"]) & set(split.part(TRAIN)["group_id"])


def test_a_picture_that_was_saved_again_is_known_by_what_it_shows(root: Path) -> None:
    rough = np.random.default_rng(7).integers(0, 255, (4, 4, 3), np.uint8)
    smooth = Image.fromarray(rough).resize((96, 96), Image.Resampling.BICUBIC)
    smooth.save(root / "north" / "p0.png")
    (root / "south" / "p3.png").unlink()
    smooth.resize((80, 80)).save(root / "south" / "p3.jpg", quality=80)
    (root / "south" / "p9.png").unlink()
    Image.open(root / "north" / "p6.png").save(root / "south" / "p9.bmp")
    joined(proposed("north"), proposed("south", test=True))
    dataset = open_dataset("both")
    assert any("2 pictures of south are those of another data set here" in skip.reason for skip in dataset.skipped)
    # The other pictures of their patients go with them.
    assert dataset.table["split"].value_counts().to_dict() == {TRAIN: 18, TEST: 12}


def test_a_test_set_of_which_nothing_is_left_is_refused(root: Path) -> None:
    for number in range(18):
        shutil.copy(root / "north" / f"p{number}.png", root / "south" / f"p{number}.png")
    joined(proposed("north"), proposed("south", test=True))
    with pytest.raises(DataError, match="Nothing of south is left"):
        open_dataset("both")


def test_one_that_is_gone_makes_the_joined_set_absent_and_disturbs_no_other(root: Path) -> None:
    joined(proposed("north"), proposed("south"))
    before = version_of("both")
    (root / "south" / "table.csv").unlink()
    entry = look().entry("both")
    assert not entry.present
    assert "south" in entry.note
    assert version_of("both") != before
    assert look().entry("north").present
    with pytest.raises(DataError, match="south"):
        open_dataset("both")


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("name", "members", "said"),
    [
        ("../up", ("north", "south"), "cannot be a name"),
        ("north", ("north", "south"), "There is a data set called “north”"),
        ("one", ("north",), "two data sets or more"),
        ("one", ("north", "west"), "no data set called “west”"),
    ],
)
def test_what_cannot_be_joined_is_refused_in_words(name: str, members: tuple[str, ...], said: str) -> None:
    with pytest.raises(DataError, match=said):
        joined(*(Member(each, {"mel": "mel", "nv": "nv"}) for each in members), name=name)
    assert joined_sets() == ()


@pytest.mark.usefixtures("root")
def test_the_command_line_joins_maps_and_removes(capfd: pytest.CaptureFixture[str]) -> None:
    words = ["join", "both", "north", "south", "--test", "south", "--map", "south:Scabies=bkl"]
    assert main([*words, "--leave-out", "north:nv", "--leave-out", "south:Nevus", "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["classes"] == ["bkl", "mel"]
    assert said["members"][1] == {"dataset": "south", "classes": {"Melanoma": "mel", "Scabies": "bkl"}, "test": True}
    assert open_dataset("both").table["split"].value_counts().to_dict() == {TRAIN: 12, TEST: 12}
    assert main(["join", "both", "--remove", "--json"]) == 0
    assert not remove_joined("both")
    assert main(["join", "both", "north", "south", "--map", "east:a=b", "--json"]) == 1


@pytest.mark.usefixtures("root")
def test_a_damaged_file_of_a_joined_set_is_passed_over() -> None:
    joined(proposed("north"), proposed("south")).file.write_text("{")
    assert joined_sets() == ()
    assert look().entry("north").present


def test_what_belongs_together_with_a_shared_picture_is_cut_from_the_test_part_too(root: Path) -> None:
    shutil.copy(root / "north" / "p0.png", root / "south" / "p0.png")
    joined(proposed("south", test=True), proposed("north"))
    dataset = open_dataset("both")
    test = dataset.table[dataset.table["split"] == TEST]
    assert len(test) == 15, "the two other pictures of that patient are cut as well"
    assert not set(test["group_id"]) & set(dataset.table.loc[dataset.table["split"] == TRAIN, "group_id"])
    assert any("2 pictures of south belong together with one that is in training" in s.reason for s in dataset.skipped)


def test_a_column_of_numbers_here_and_of_words_there_becomes_one_of_words(root: Path) -> None:
    for clinic, values in (("north", ("1", "2")), ("south", ("small", "large"))):
        lines = (root / clinic / "table.csv").read_text().splitlines()
        rows = [f"{line},{values[number % 2]},kept" for number, line in enumerate(lines[1:])]
        (root / clinic / "table.csv").write_text("\n".join([f"{lines[0]},size,within", *rows]))
    joined(proposed("north"), proposed("south"))
    table = open_dataset("both").table
    assert {type(value) for value in table["size"]} == {str}
    assert set(table["within"]) == {"kept"}, "a column of that name is no longer lost"


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    "name",
    long_but(
        ["ham10000", "demo", "genes", "both", "\U00020000" * 80, "a\nb", "x\ud800", ".hidden"], "ham10000", "a\nb"
    ),
)
def test_names_that_are_in_use_or_cannot_be_files_are_refused(name: str, root: Path) -> None:
    joined(proposed("north"), proposed("south"))
    with pytest.raises(DataError, match=r"Give another name|cannot be a name") as refused:
        join_sets(name, [proposed("north"), proposed("south")], specs(), {*look().names, "genes"})
    str(refused.value).encode()
    assert [each.name for each in joined_sets()] == ["both"]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("meant", ["", " mel", "a\nb", "x\ud800", "W" * 300, "a\u202eb"])
def test_a_class_may_not_become_what_is_no_name(meant: str) -> None:
    with pytest.raises(DataError, match="cannot be a class") as refused:
        joined(Member("north", {"mel": meant, "nv": "nv"}), Member("south", {"Nevus": "nv"}))
    assert len(str(refused.value).encode()) < 600


def test_classes_of_three_hundred_letters_are_joined_and_mapped(root: Path) -> None:
    for clinic in ("north", "south"):
        table = root / clinic / "table.csv"
        table.write_text(table.read_text().replace(",bkl,", f",{'W' * 300},").replace(",Scabies,", f",{'W' * 300},"))
    joined(proposed("north"), proposed("south"))
    assert open_dataset("both").table["label"].value_counts().to_dict() == {"W" * 300: 12, "mel": 12, "nv": 12}


@pytest.mark.usefixtures("root")
def test_what_is_malignant_is_what_the_data_sets_say_now(root: Path) -> None:
    joined(proposed("north"), proposed("south"))
    choices = Choices(malignant={"Scabies": True})
    keep_choices(root / "south", choices)
    assert {c.key: c.malignant for c in dataset_spec("both").classes}["Scabies"] is True


@pytest.mark.parametrize("name", ["a:b", "=x", "north:mel=nv"])
def test_the_command_line_maps_classes_and_data_sets_whose_names_hold_its_own_signs(root: Path, name: str) -> None:
    table = root / "north" / "table.csv"
    table.write_text(table.read_text().replace(",bkl,", f",{name},"))
    (root / "north").rename(root / "no:rth=1")
    words = ["join", "both", "no:rth=1", "south", "--map", f"no:rth=1:{name}=Nevus", "--leave-out", "south:Scabies"]
    assert main([*words, "--json"]) == 0
    [both] = joined_sets()
    assert both.members[0].classes[name] == "Nevus"
    assert "Scabies" not in both.members[1].classes


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    "words",
    [
        ["x\n\x1b[31m\ud800", "--remove"],
        ["both", "north", "south", "--map", "north:\x1b[31mno=mel"],
        ["both", "north", "south", "--map", "north:mel"],
        ["both", "north", "south", "--leave-out", "north:mel=nv"],
        ["both", "north", "south", "--map", "demo:nv=mel"],
        ["both", "north", "south", "--test", "\x1b[31m\ud800"],
        ["both", "north", "\x1b[31m\ud800"],
        ["\x1b[31m\ud800", "north", "south"],
        ["ham10000", "north", "south"],
    ],
)
def test_the_command_line_refuses_in_text_that_steers_no_terminal(
    words: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["join", *words]) == 1
    said = capfd.readouterr()
    assert "Traceback" not in said.err
    assert "\x1b" not in said.out + said.err
    assert joined_sets() == ()
