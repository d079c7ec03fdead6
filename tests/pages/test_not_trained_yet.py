"""Before their buttons, the pages that train say why a data set is not trained on, and where that is answered."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.run_folder import list_runs
from tests.asked_folders import agree, make_asking, make_ham10000, make_table_alone

BUTTONS = {
    "30_train.py": "Start training",
    "36_search.py": "Start the search",
    "40_leakage.py": "Train under all three splits",
}


def button_of(test: AppTest, page: str):
    [button] = [each for each in test.button if each.label == BUTTONS[page]]
    return button


def asked(test: AppTest) -> list[str]:
    return [each.value for each in test.warning if "until somebody has agreed" in each.value]


@pytest.mark.parametrize("page", BUTTONS)
def test_what_is_asked_is_said_before_the_button_which_waits_for_the_answer(
    artifacts: Path, open_page, page: str
) -> None:
    folder = make_asking(artifacts.parent / "data" / "scans")
    test = open_page(page, dataset="scans")
    assert not test.exception
    assert button_of(test, page).disabled
    [said] = asked(test)
    assert "groups were found in the names of the files" in said
    assert str(folder.parent) not in said  # whoever looks on need not know where it lies
    links = [each.proto.page for each in test.get("page_link") if "answer" in each.proto.label.lower()]
    assert links == ["data"]
    agree(folder)
    test = open_page(page, dataset="scans")
    assert not asked(test)
    assert not button_of(test, page).disabled
    assert not list_runs()


def test_a_table_alone_is_explored_and_train_says_what_is_missing(artifacts: Path, open_page) -> None:
    make_table_alone(artifacts.parent / "data" / "described")
    assert open_page("21_explore.py", dataset="described").selectbox[0].value == "described"
    test = open_page("30_train.py", dataset="described")
    assert not test.exception
    [said] = test.info
    assert "None of the 60 pictures of metadata.csv is here" in said.value
    assert "Start training" not in [button.label for button in test.button]
    assert "1 of them also to train on" in open_page("20_data.py").markdown[0].value


def test_without_a_word_train_begins_with_what_can_be_trained_on(demo_artifacts: Path, open_page) -> None:
    make_table_alone(demo_artifacts.parent / "data" / "described")
    test = open_page("30_train.py")
    assert test.selectbox[0].value == "demo"


@pytest.mark.parametrize("page", BUTTONS)
def test_a_known_download_of_one_class_keeps_the_button_from_being_pressed(
    artifacts: Path, open_page, page: str
) -> None:
    make_ham10000(artifacts.parent / "data" / "ham10000", "bkl mel", pictured="bkl")
    test = open_page(page, dataset="ham10000")
    assert not test.exception
    assert button_of(test, page).disabled
    assert [each for each in test.warning if "of one class, “benign keratosis" in each.value]


def test_known_tables_without_pictures_are_counted_as_not_to_be_trained_on(artifacts: Path, open_page) -> None:
    make_ham10000(artifacts.parent / "data" / "ham10000", "bkl mel")
    test = open_page("20_data.py")
    assert not test.exception
    assert "2 data sets are here to explore, 1 of them also to train on" in test.markdown[0].value
    assert any("None of the pictures that HAM10000 describes is here" in each.value for each in test.caption)
    explored = open_page("21_explore.py", dataset="ham10000")
    assert not explored.exception
    assert explored.selectbox[0].value == "ham10000"
