"""Joining on the Data page: classes are mapped and previewed before anything is kept; instructors alone may."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.data.catalog import look, open_dataset
from core.data.joined_sets import join_sets, joined_sets, propose_mapping
from tests.alike import long_but
from tests.asked_folders import agree
from tests.core.data.test_joined_sets import picture, proposed, two_clinics
from tests.pages.hostile import NAMES
from tests.pages.test_data_page_readings import press, texts
from tests.pages.test_hostile_data_set import ALIVE, OURS, markdown_texts

PAGE = "20_data.py"


@pytest.fixture
def data(demo_artifacts: Path) -> Path:
    """North has mel, nv and bkl, south Melanoma, Nevus and Scabies: six pictures of each."""
    return two_clinics(demo_artifacts.parent / "data")


@pytest.fixture
def chosen(data: Path, open_page) -> AppTest:
    """The page on which both clinics are chosen, under the name “both”."""
    return choose(open_page(PAGE), "both", "north", "south")


def labelled(widgets, label: str):
    [widget] = [each for each in widgets if each.label == label]
    return widget


def choose(test: AppTest, name: str, *data_sets: str, testing: tuple[str, ...] = ()) -> AppTest:
    labelled(test.text_input, "Name").set_value(name)
    labelled(test.multiselect, "Data sets to join").set_value(list(data_sets)).run()
    if testing:
        labelled(test.multiselect, "For testing only").set_value(list(testing)).run()
    assert not test.exception
    return test


def tables(test: AppTest) -> list:
    """The mapping and the preview."""
    found = [each for each in test.dataframe if {"becomes", "malignant"} & set(each.value.columns)]
    return [next(t for t in found if column in t.value.columns) for column in ("becomes", "malignant")]


def change(test: AppTest, **becomes: str) -> AppTest:
    """Write into "becomes", by the class of the row; `AppTest` cannot, so it is told what a browser would."""
    mapping = tables(test)[0]
    rows = mapping.value["class"].tolist()
    edited = {str(rows.index(key)): {"becomes": value or None} for key, value in becomes.items()}
    states = test._tree.get_widget_states()
    said = {"edited_rows": edited, "added_rows": [], "deleted_rows": []}
    states.widgets.add(id=mapping.proto.id, string_value=json.dumps(said))
    test._run(states)
    assert not test.exception
    return test


def preview(test: AppTest) -> dict[str, list]:
    return tables(test)[1].value.set_index("class").T.to_dict("list")


def test_data_sets_are_joined_after_a_preview_and_the_way_on_is_shown(chosen: AppTest) -> None:
    assert preview(chosen) == {
        "scabies": ["benign", 6, 0, 6],
        "benign keratosis": ["benign", 6, 6, 0],
        "melanoma": ["malignant", 12, 6, 6],
        "melanocytic nevus": ["benign", 12, 6, 6],
    }
    assert joined_sets() == (), "nothing is kept before the button is pressed"
    press(chosen, "Join")
    assert [each.value for each in chosen.success] == ["both is joined: 36 pictures."]
    assert {"Explore", "Train"} <= {each.label for each in chosen.get("page_link") if "both" in str(each.proto)}
    assert "both" in [each.value for each in chosen.subheader]
    assert "- **south**: Melanoma → mel, Nevus → nv, Scabies → Scabies" in texts(chosen)
    assert open_dataset("both").table["source"].value_counts().to_dict() == {"north": 18, "south": 18}
    assert labelled(chosen.text_input, "Name").value == ""


def test_a_class_is_mapped_otherwise_and_one_is_left_out(chosen: AppTest) -> None:
    change(chosen, Scabies="bkl", Nevus="", nv="")
    assert preview(chosen) == {
        "benign keratosis": ["benign", 12, 6, 6], "melanoma": ["malignant", 12, 6, 6]
    }  # fmt: skip
    press(chosen, "Join")
    [both] = joined_sets()
    assert [dict(each.classes) for each in both.members] == [
        {"mel": "mel", "bkl": "bkl"}, {"Melanoma": "mel", "Scabies": "bkl"}
    ]  # fmt: skip
    assert "6 pictures of south have a class that is left out." in texts(chosen)
    assert "Nevus left out" in texts(chosen)


def test_what_was_changed_stays_when_another_data_set_is_chosen(chosen: AppTest) -> None:
    change(chosen, Scabies="mites")
    choose(chosen, "both", "north", "south", "demo")
    mapping = tables(chosen)[0].value
    assert len(mapping) > 6
    assert mapping.set_index("class").loc["Scabies", "becomes"] == "mites"


def test_what_a_test_set_shares_is_cut_and_said(data: Path, open_page) -> None:
    for number in range(3):
        shutil.copy(data / "north" / f"p{number}.png", data / "south" / f"p{number}.png")
    test = choose(open_page(PAGE), "both", "north", "south", testing=("south",))
    press(test, "Join")
    assert "3 pictures of south are those of another data set here; they are cut from the test part." in texts(test)
    assert "- **south**, for testing alone" in texts(test)


@pytest.mark.parametrize(
    ("name", "said"),
    long_but(
        [
            ("north", "There is a data set called"),
            ("ham10000", "There is a data set called"),
            ("../up", "cannot be a name"),
        ],
        "north",
    ),
)
def test_a_name_that_is_taken_or_none_is_refused_on_the_page(chosen: AppTest, name: str, said: str) -> None:
    labelled(chosen.text_input, "Name").set_value(name).run()
    press(chosen, "Join")
    assert any(said in each.value for each in chosen.error)
    assert joined_sets() == ()
    assert tables(chosen)[0].value["becomes"].notna().all(), "what was written is still there"


def test_one_of_which_nothing_is_left_is_not_kept(data: Path, open_page) -> None:
    for number in range(18):
        shutil.copy(data / "north" / f"p{number}.png", data / "south" / f"p{number}.png")
    test = choose(open_page(PAGE), "both", "north", "south", testing=("south",))
    press(test, "Join")
    assert any("Nothing of south is left" in each.value for each in test.error)
    assert joined_sets() == ()
    assert look().entry("both") is None


def test_viewers_see_joined_sets_and_can_neither_join_nor_remove(data: Path, open_page, as_viewer) -> None:
    join_clinics()
    as_viewer()
    test = open_page(PAGE)
    assert not test.exception
    assert "- **south**: Melanoma → mel" in texts(test)
    assert labelled(test.text_input, "Name").disabled
    assert all(each.disabled for each in test.multiselect if each.label in ("Data sets to join", "For testing only"))
    assert not [each for each in test.button if each.label == "Remove it"]


def test_a_press_of_somebody_who_is_no_instructor_any_more_joins_nothing(chosen: AppTest, as_viewer) -> None:
    [button] = [each for each in chosen.button if each.label == "Join"]
    as_viewer()
    button.click().run()
    assert joined_sets() == ()


def test_instructors_remove_a_joined_set_and_its_data_sets_stay(data: Path, open_page) -> None:
    join_clinics()
    test = open_page(PAGE)
    press(test, "Remove it")
    assert joined_sets() == ()
    shown = [each.value for each in test.subheader]
    assert "both" not in shown
    assert {"north", "south"} <= set(shown)


def test_one_that_lacks_a_member_says_so_and_can_be_removed(data: Path, open_page) -> None:
    join_clinics()
    (data / "south").rename(data / "east")
    test = open_page(PAGE)
    assert not test.exception
    assert "It is joined from south too, which cannot be used here now." in texts(test)
    press(test, "Remove it")
    assert joined_sets() == ()


def test_one_whose_name_a_folder_took_is_told_and_can_be_removed(data: Path, open_page) -> None:
    join_clinics()
    (data / "east").mkdir()
    shutil.copytree(data / "north", data / "both")
    test = open_page(PAGE)
    assert "The joined set “both” is not shown: another data set has its name." in texts(test)
    press(test, "Remove it")
    assert joined_sets() == ()
    assert look().entry("both").present


def test_joined_sets_and_those_that_ask_something_are_not_offered(data: Path, open_page) -> None:
    join_clinics()
    for number in range(8):
        path = data / "asking" / ("melanoma", "nevus")[number % 2] / f"PAT_{number // 2}_{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((16, 16, 3), 20 * number, np.uint8)).save(path)
    assert look().entry("asking").spec.unsure
    offered = labelled(open_page(PAGE).multiselect, "Data sets to join").options
    assert {"north", "south"} <= set(offered)
    assert not {"both", "asking"} & set(offered)


def test_names_of_classes_are_text_wherever_they_stand(data: Path, open_page) -> None:
    with (data / "north" / "table.csv").open("a", newline="") as file:
        file.write("\n")
        for number in range(2 * len(NAMES)):
            picture(data / "north" / f"q{number}.png", 200 + number)
            csv.writer(file).writerow([f"q{number}", f"Q{number}", NAMES[number // 2], "camera 0"])
    agree(data / "north")
    test = choose(open_page(PAGE), "both", "north", "south")
    assert set(look().entry("north").spec.class_keys) <= set(tables(test)[0].value["class"])
    assert len(tables(test)[1].value) >= len(NAMES)
    change(test, Scabies="![x](http://evil.example/a.png)")
    press(test, "Join")
    assert look().entry("both").present
    assert r"Scabies → !\[x\](" in texts(test)
    shown = markdown_texts(test)
    assert shown
    assert not [text for text in shown if ALIVE.search(OURS.sub("", text))]


def join_clinics() -> None:
    specs = {entry.spec.name: entry.spec for entry in look().entries if entry.present}
    assert propose_mapping([specs["north"], specs["south"]])
    join_sets("both", [proposed("north"), proposed("south")], specs)
