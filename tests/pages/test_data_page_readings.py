"""The Data page shows what was understood of a folder, and lets instructors change it: no guess stays silent."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.data.adapters.unpacked import unpacked_folder
from core.data.added_folders import added_folders
from core.data.catalog import look
from core.data.reading.choices import Choices, choices_file, choices_of, keep_choices
from dashboard.state.readings import load_reading
from tests.core.data.test_decisions_count_everywhere import ham10000, medmnist
from tests.core.data.test_picture_shards import picture as shard_picture
from tests.pages.hostile import NAMES
from tests.pages.test_hostile_data_set import ALIVE, OURS, markdown_texts

PAGE = "20_data.py"
GROUP = "What belongs together"


@pytest.fixture
def data(demo_artifacts: Path) -> Path:
    return demo_artifacts.parent / "data"


@pytest.fixture
def skin(data: Path) -> Path:
    """Two levels of diagnosis in a table, so that it is asked which is meant."""
    return make_skin(data / "skin")


def make_skin(folder: Path) -> Path:
    folder.mkdir(parents=True)
    lines = ["file;diagnosis_1;diagnosis_2;person_no;tray;years"]
    finer = ["nevus", "naevus sebaceus", "melanoma", "basal cell carcinoma"]
    for number in range(24):
        name = f"P{number:02d}"
        Image.new("RGB", (16, 16), (number * 10, 80, 120)).save(folder / f"{name}.png")
        kind = finer[number % 4]
        coarse = "malignant" if number % 4 > 1 else "benign"
        lines.append(f"{name};{coarse};{kind};{number // 2};{number // 3};{20 + number}")
    (folder / "findings.csv").write_text("\n".join(lines))
    return folder


def texts(test: AppTest) -> str:
    kinds = (test.title, test.markdown, test.caption, test.subheader, test.success, test.info, test.warning, test.error)
    return "\n".join(str(element.value) for elements in kinds for element in elements)


def press(test: AppTest, label: str) -> None:
    [button] = [each for each in test.button if each.label == label]
    button.click().run()
    assert not test.exception


def choose(test: AppTest, label: str, column: str) -> None:
    [box] = [each for each in test.selectbox if each.label == label]
    box.set_value(column).run()
    assert not test.exception


def pictures(test: AppTest) -> list[str]:
    """What the pictures are said to show, in their order."""
    return [image.alt for element in test.get("image") for image in element.proto.imgs]


def counted(test: AppTest) -> dict[str, int]:
    table = next(each.value for each in test.dataframe if "pictures" in each.value)
    return dict(zip(table["key" if "key" in table else "class"], table["pictures"], strict=True))


def test_what_is_asked_stands_on_the_card_and_leads_to_the_question(skin, open_page) -> None:
    test = open_page(PAGE)
    assert not test.exception
    assert ":material/help: asks" in texts(test)
    press(test, "Answer the open questions")
    assert test.query_params["reading"] == "skin"
    assert "The diagnosis stands at several levels" in texts(test)
    for page in ("10_home.py", "21_explore.py"):
        assert not open_page(page, dataset="skin").exception


def test_twelve_pictures_counts_and_columns_change_at_once_and_are_kept(skin, open_page) -> None:
    test = open_page(PAGE, reading="skin")
    assert not test.exception
    assert "The diagnosis stands at several levels" in texts(test)
    before = pictures(test)
    assert len(before) == 12
    assert counted(test) == dict.fromkeys(["nevus", "naevus sebaceus", "melanoma", "basal cell carcinoma"], 6)
    choose(test, "Class", "diagnosis_1")
    assert counted(test) == {"benign": 12, "malignant": 12}
    after = pictures(test)
    assert len(after) == 12
    assert after != before
    assert sum("malignant" in alt for alt in after) == 6
    choose(test, GROUP, "tray")
    assert "8 groups" in texts(test)
    assert choices_of(skin).empty
    press(test, "Keep")
    assert choices_of(skin).columns == {"label": "diagnosis_1", "group": "tray"}
    assert look().open("skin").table["group_id"].nunique() == 8


def test_agreeing_lets_it_be_trained_on_until_the_folder_changes(skin, open_page) -> None:
    test = open_page(PAGE, reading="skin")
    press(test, "Agree")
    assert "You can train on it" in texts(test)
    links = [each.proto for each in test.get("page_link")]
    assert {"dataset=skin"} == {link.query_string for link in links if link.label in ("Explore", "Train")}
    assert not look().spec("skin").unsure
    with (skin / "findings.csv").open("a") as table:
        for number in range(4):
            Image.new("RGB", (16, 16)).save(skin / f"Q{number}.png")
            table.write(f"\nQ{number};malignant;squamous cell carcinoma;{90 + number};9;50")
    test.run()
    assert "The diagnosis stands at several levels" in texts(test)
    assert look().spec("skin").unsure


def test_all_decisions_are_forgotten_at_once(skin, open_page) -> None:
    keep_choices(skin, Choices(columns={"label": "diagnosis_1"}, merged={"a": "b"}))
    test = open_page(PAGE, reading="skin")
    press(test, "Forget them")
    assert not choices_file(skin).exists()
    assert "melanoma" in counted(test)


def test_of_tables_that_contradict_each_other_one_is_chosen(data: Path, open_page) -> None:
    folder = data / "clinic"
    folder.mkdir(parents=True)
    for number in range(12):
        Image.new("RGB", (16, 16), (number * 10, 80, 120)).save(folder / f"a{number}.png")
    for name, melanomas in (("first.csv", 4), ("second.csv", 8)):
        rows = [f"a{number},{'melanoma' if number < melanomas else 'nevus'}" for number in range(12)]
        (folder / name).write_text("\n".join(["image,dx", *rows]))
    test = open_page(PAGE, reading="clinic")
    assert "choose the table that holds" in texts(test)
    choose(test, "Which table counts where they differ", "second.csv")
    assert counted(test) == {"melanoma": 8, "nevus": 4}
    assert "choose the table that holds" not in texts(test)
    press(test, "Keep")
    assert look().open("clinic").table["label"].value_counts().to_dict() == {"melanoma": 8, "nevus": 4}


def test_changes_are_taken_back_before_they_are_kept(skin, open_page) -> None:
    test = open_page(PAGE, reading="skin")
    choose(test, "Class", "diagnosis_1")
    press(test, "Undo changes")
    assert "melanoma" in counted(test)
    assert choices_of(skin).empty


def test_of_two_tabs_the_one_that_keeps_last_has_the_say_in_all_of_it(skin, open_page) -> None:
    first, second = open_page(PAGE, reading="skin"), open_page(PAGE, reading="skin")
    choose(first, "Class", "diagnosis_1")
    choose(second, GROUP, "tray")
    press(first, "Keep")
    press(second, "Keep")
    assert choices_of(skin).columns == {"group": "tray"}
    first.run()
    assert "8 groups" in texts(first)
    assert "melanoma" in counted(first)


def test_classes_are_merged_parted_and_judged_and_folders_are_no_classes(data: Path, open_page) -> None:
    for name in ("Nevus", "Nävus", "odd", "Odd", "junk"):
        (data / "moles" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (8, 8), (number, 9, 9)).save(data / "moles" / name / f"{name}{number}.png")
    test = open_page(PAGE, reading="moles")
    press(test, "Separate them")
    assert sorted(counted(test).values()) == [4, 4, 4, 4, 4]
    assert "“Odd” is a class of its own" in texts(test)
    press(test, "Merge it again")
    press(test, "Merge them")
    assert counted(test)["odd"] == 8
    assert sorted(counted(test).values()) == [4, 8, 8]
    [control] = [each for each in test.segmented_control if "odd" in each.label]
    control.set_value("yes").run()
    [folders] = [each for each in test.multiselect if each.label == "These folders are not classes"]
    folders.set_value(["junk"]).run()
    assert not test.exception
    assert sorted(counted(test).values()) == [8, 8]
    press(test, "Keep")
    kept = json.loads(choices_file(data / "moles").read_text())
    assert next(iter(kept["merged"].values())) in ("Nevus", "Nävus")
    assert (kept["malignant"], kept["no_classes"]) == ({"odd": True}, ["junk"])
    press(test, "Separate them again")
    assert sorted(counted(test).values()) == [4, 4, 8]


def test_a_folder_is_shown_corrected_and_agreed_to_before_it_is_added(demo_artifacts, tmp_path, open_page) -> None:
    folder = make_skin(tmp_path / "elsewhere" / "skin")
    test = open_page(PAGE)
    test.text_input[0].set_value(str(folder))
    press(test, "Look into it")
    assert len(pictures(test)) == 12
    assert not added_folders()
    choose(test, "Class", "diagnosis_1")
    choose(test, GROUP, "tray")
    press(test, "Add")
    assert "Added skin from" in texts(test)
    assert look().spec("skin").class_keys == ("benign", "malignant")
    assert look().open("skin").table["group_id"].nunique() == 8


def test_a_folder_that_was_looked_into_is_not_added_unless_somebody_says_so(
    demo_artifacts, tmp_path, open_page
) -> None:
    folder = make_skin(tmp_path / "elsewhere" / "skin")
    test = open_page(PAGE)
    test.text_input[0].set_value(str(folder))
    press(test, "Look into it")
    choose(test, "Class", "diagnosis_1")
    press(test, "Do not add it")
    assert [each.value for each in test.title] == ["Data"]
    assert not added_folders()
    assert choices_of(folder).empty


def test_decisions_about_a_second_folder_of_the_same_name_leave_the_first_alone(
    demo_artifacts, tmp_path, open_page
) -> None:
    test = open_page(PAGE)
    for place, column in (("one", "diagnosis_2"), ("two", "diagnosis_1")):
        folder = make_skin(tmp_path / place / "skin")
        test.text_input[0].set_value(str(folder))
        press(test, "Look into it")
        choose(test, "Class", "diagnosis_1")
        choose(test, "Class", column)
        press(test, "Add")
    catalog = look()
    assert len(catalog.spec("skin").classes) == 4
    assert len(catalog.spec("skin-2").classes) == 2


def test_an_unusable_folder_says_why_and_is_mended_by_saying_which_column_is_the_class(data: Path, open_page) -> None:
    folder = data / "things"
    folder.mkdir()
    lines = ["file,verdict text,note"]
    for number in range(12):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"T{number}.png")
        lines.append(f"T{number},{'spotty' if number % 2 else 'plain'},{number} {number * 7}")
    (folder / "list.csv").write_text("\n".join(lines))
    test = open_page(PAGE)
    assert "Nothing says which class" in texts(test)
    test = open_page(PAGE, reading="things")
    assert not test.exception
    assert len(pictures(test)) == 12
    choose(test, "Class", "verdict text")
    assert counted(test) == {"plain": 6, "spotty": 6}
    press(test, "Keep")
    assert look().entry("things").present


def test_a_chosen_column_that_is_not_here_is_said(skin, open_page) -> None:
    keep_choices(skin, Choices(columns={"label": "verdict"}))
    test = open_page(PAGE, reading="skin")
    assert "It was decided that verdict is the label, and there is no such column here." in texts(test)
    assert len(counted(test)) == 4


def test_pictures_without_any_label_are_shown_with_what_to_do(data: Path, open_page) -> None:
    (data / "bare" / "part_1").mkdir(parents=True)
    for number in range(14):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(data / "bare" / "part_1" / f"B{number}.png")
    test = open_page(PAGE, reading="bare")
    assert not test.exception
    assert "Nothing says which class the 14 pictures" in texts(test)
    assert [alt.endswith("no class") for alt in pictures(test)] == [True] * 12


def test_viewers_see_what_was_understood_and_can_change_nothing(skin, as_viewer, open_page) -> None:
    as_viewer()
    test = open_page(PAGE, reading="skin")
    assert not test.exception
    assert len(pictures(test)) == 12
    assert "The diagnosis stands at several levels" in texts(test)
    assert "**Class**: diagnosis_2" in texts(test)
    assert [each.label for each in test.main.button] == ["All data"]
    assert not [*test.selectbox, *test.multiselect, *test.segmented_control]
    assert str(choices_file(skin)) not in texts(test)


def test_from_what_was_understood_a_button_leads_back_to_all_data(skin, open_page) -> None:
    test = open_page(PAGE, reading="skin")
    press(test, "All data")
    assert [each.value for each in test.title] == ["Data"]
    assert "reading" not in test.query_params


def test_who_may_not_change_it_any_more_changes_nothing(skin, open_page, as_viewer, errors_shown) -> None:
    test = open_page(PAGE, reading="skin")
    [agree] = [each for each in test.button if each.label == "Agree"]
    as_viewer()
    agree.click().run()
    assert choices_of(skin).empty


def test_a_known_layout_that_cannot_be_used_has_a_card_with_the_reason(data: Path, open_page) -> None:
    (data / "chest").mkdir()
    answers = {f"{part}_labels": np.zeros((4, 3), np.uint8) for part in ("train", "val", "test")}
    pixels = {f"{part}_images": np.zeros((4, 28, 28), np.uint8) for part in ("train", "val", "test")}
    np.savez(data / "chest" / "chestmnist.npz", **answers, **pixels)
    [spec] = [entry.spec for entry in look().entries if entry.spec.problem]
    test = open_page(PAGE)
    assert spec.problem in texts(test)
    test = open_page(PAGE, reading=spec.name)
    assert not test.exception
    assert spec.problem in texts(test)
    assert not test.selectbox


def test_a_known_layout_has_nothing_to_choose(demo_artifacts, open_page) -> None:
    test = open_page(PAGE, reading="demo")
    assert "whose columns are known" in texts(test)
    assert len(pictures(test)) == 12
    assert not test.selectbox


def test_a_known_layout_shows_its_columns_and_what_is_left_out_and_is_read_as_any_other_folder(
    data: Path, open_page
) -> None:
    ham10000(data / "skin lesions")
    next((data / "skin lesions").rglob("*_0000000.jpg")).unlink()
    test = open_page(PAGE, reading="ham10000")
    shown = texts(test).replace("\\", "")
    assert "whose columns are known" in shown
    assert len(pictures(test)) == 12
    for line in ("**Class**: dx\n", "**What belongs together**: lesion_id", "**How it was diagnosed**: dx_type"):
        assert line in shown
    assert "- 1 rows of HAM10000_metadata.csv whose picture is not here" in shown
    assert not test.selectbox
    press(test, "Read it as any other folder")
    picked = {each.label: each.value for each in test.selectbox}
    assert (picked["Class"], picked["How it was diagnosed"], picked["Source of the picture"]) == (
        "dx",
        "dx_type",
        "none",
    )
    choose(test, GROUP, "camera")
    choose(test, "Source of the picture", "localization")
    press(test, "Keep")
    dataset = look().open("ham10000")
    assert (dataset.table["group_id"].nunique(), dataset.table["source"].unique().tolist()) == (7, ["back"])
    press(test, "Forget them")
    assert "whose columns are known" in texts(test)
    assert look().open("ham10000").table["group_id"].nunique() == 14


def test_a_folder_in_a_known_layout_is_shown_and_may_be_changed_before_it_is_added(
    demo_artifacts, tmp_path, open_page
) -> None:
    folder = tmp_path / "elsewhere" / "course"
    folder.mkdir(parents=True)
    ham10000(folder)
    test = open_page(PAGE)
    test.text_input[0].set_value(str(folder))
    press(test, "Look into it")
    shown = texts(test).replace("\\", "")
    for line in ("**28 pictures**, 7 classes, 14 lesions", "**Class**: dx\n", "Nothing was left out", "HAM10000"):
        assert line in shown
    assert (len(pictures(test)), counted(test)["mel"]) == (12, 4)
    press(test, "Read it as any other folder")
    choose(test, GROUP, "camera")
    press(test, "Add")
    assert look().open("ham10000").table["group_id"].nunique() == 7


def test_arrays_in_a_known_layout_say_what_they_are_and_to_beware_of_before_they_are_added(
    demo_artifacts, tmp_path, open_page
) -> None:
    medmnist(tmp_path / "arrays")
    test = open_page(PAGE)
    test.text_input[0].set_value(str(tmp_path / "arrays"))
    press(test, "Look into it")
    assert "Its pictures are shown then" in texts(test)
    assert "The archive says nothing about lesions" in texts(test)
    assert "Read it as any other folder" not in [each.label for each in test.button]


def test_names_from_files_are_text_in_what_was_understood(data: Path, open_page) -> None:
    folder = data / "hostile"
    folder.mkdir()
    names = [" ".join(name.split()).replace('"', "'")[:150] for name in NAMES[:6]]
    lines = [",".join(f'"{each}"' for each in ("file", "label", *names))]
    for number in range(24):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"[x](evil.example) <b>{number}.png")
        lines.append(",".join(f'"{each}"' for each in (f"[x](evil.example) <b>{number}", names[number % 6], *names)))
    (folder / "list [g](evil.example).csv").write_text("\n".join(lines))
    test = open_page(PAGE, reading="hostile")
    assert not test.exception
    assert len(pictures(test)) == 12
    assert not {text for text in markdown_texts(test) if ALIVE.search(OURS.sub("", text))}


def test_a_folder_is_read_once_until_it_or_a_decision_changes(skin, monkeypatch) -> None:
    import os

    from dashboard.state import readings

    long_ago = 1_700_000_000
    for path in (skin, skin / "findings.csv"):
        os.utime(path, (long_ago, long_ago))
    read = []
    real = readings.read_folder
    monkeypatch.setattr(readings, "read_folder", lambda *said: (read.append(1), real(*said))[1])
    for _ in range(3):
        load_reading(skin, Choices())
    assert len(read) == 1
    load_reading(skin, Choices(columns={"label": "diagnosis_1"}))
    assert len(read) == 2
    Image.new("RGB", (8, 8)).save(skin / "NEW.png")
    assert load_reading(skin, Choices()).glance.unlabelled == 1


def test_of_two_versions_of_the_pictures_one_is_chosen(data: Path, open_page) -> None:
    folder = data / "sizes"
    for place, side in (("images", 16), ("images_512", 32)):
        (folder / place).mkdir(parents=True)
        for number in range(12):
            pixels = np.random.default_rng(number).integers(0, 255, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).resize((side, side)).save(folder / place / f"a{number}.png")
    rows = [f"a{number}.png,{'melanoma' if number < 4 else 'nevus'}" for number in range(12)]
    (folder / "table.csv").write_text("\n".join(["file,dx", *rows]))
    test = open_page(PAGE, reading="sizes")
    assert "images, images_512, which look alike" in texts(test)
    choose(test, "Which pictures of the same name are used", "images_512")
    assert counted(test) == {"melanoma": 4, "nevus": 8}
    press(test, "Keep")
    assert look().open("sizes").table["label"].value_counts().to_dict() == {"nevus": 8, "melanoma": 4}


def test_what_is_left_out_to_beware_of_and_each_part_and_column_stand_on_the_page(data: Path, open_page) -> None:
    folder = data / "parts"
    lines = ["file,diagnosis,age,split"]
    for number in range(24):
        name = f"P{number:02d}"
        for kind in ("images", "masks"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (16, 16), (number * 10, 80, 120)).save(folder / kind / f"{name}.png")
        lines.append(f"{name},{('nevus', 'melanoma')[number % 2]},{20 + number},{('train', 'test')[number > 15]}")
    lines += [f"Q{number},nevus,40,train" for number in range(30)]
    (folder / "findings.csv").write_text("\n".join(lines))
    test = open_page(PAGE, reading="parts")
    assert not test.exception
    shown = texts(test)
    assert "Left out" in shown
    assert "- 24 masks" in shown.replace("\\", "")
    assert "- 30 rows of findings.csv whose picture is not here" in shown.replace("\\", "")
    assert "Be careful" in shown
    assert "Nobody knows which pictures belong together" in shown
    table = next(each.value for each in test.dataframe if "pictures" in each.value)
    assert table.set_index("class")[["train", "test"]].to_dict("index") == {
        "melanoma": {"train": 8, "test": 4}, "melanocytic nevus": {"train": 8, "test": 4},
    }  # fmt: skip
    picked = {each.label: each.value for each in test.selectbox}
    assert (picked["Class"], picked["Picture"], picked["Official part"], picked["Age"]) == (
        "diagnosis", "file", "split", "age",
    )  # fmt: skip


def test_it_is_asked_which_classes_are_malignant_and_near_duplicates_lead_to_groups(data: Path, open_page) -> None:
    for number in range(12):
        file = data / "birds" / ("robin", "wren", "melanoma")[number % 3] / f"{chr(97 + number)}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (number * 20, 80, 120)).save(file)
    assert "Build groups from near-duplicates" in [link.proto.label for link in open_page(PAGE).get("page_link")]
    test = open_page(PAGE, reading="birds")
    assert "Which of these are malignant?" in texts(test)
    links = {link.proto.label: link.proto for link in test.get("page_link")}
    near = links["Build groups from near-duplicates"]
    assert (near.page, near.query_string) == ("integrity", "dataset=birds")
    assert "Train" in links  # which waits for no answer
    for bird, answer in (("robin", "yes"), ("wren", "nobody knows")):
        [control] = [each for each in test.segmented_control if each.label == f"Is {bird} malignant?"]
        control.set_value(answer).run()
        assert not test.exception
    assert "Which of these are malignant?" not in texts(test)
    assert "It is not known whether wren is malignant or benign." in texts(test)
    press(test, "Keep")
    assert choices_of(data / "birds").malignant == {"robin": True, "wren": None}


def test_of_pictures_in_tables_the_class_is_chosen_on_the_page_before_they_are_unpacked(data: Path, open_page) -> None:
    (data / "hub").mkdir(parents=True)
    columns = {"who": [f"w{n // 2}" for n in range(8)], "seen": ["nevus", "melanoma", "odd", "nevus"] * 2}
    rows = {"image": [shard_picture(n) for n in range(8)], **columns}
    pd.DataFrame(rows).to_parquet(data / "hub" / "all.parquet")
    test = open_page(PAGE, reading="hub")
    assert "No column beside the pictures has a name such as label or class" in texts(test)
    choose(test, "Class", "seen")
    choose(test, GROUP, "who")
    assert counted(test) == {"nevus": 4, "melanoma": 2, "odd": 2}
    assert not unpacked_folder("hub").exists()
    press(test, "Keep")
    assert not test.exception
    dataset = look().open("hub")
    assert (dataset.spec.class_keys, dataset.table["group_id"].nunique()) == (("melanoma", "nevus", "odd"), 4)
    assert len(pictures(open_page(PAGE, reading="hub"))) == 8
