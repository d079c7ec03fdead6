"""The Explore page: every chart follows the filters, the numbers behind it are there, and filters can be taken back."""

import json

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.data.catalog import open_dataset
from core.data.demo.demo import DEMO_SPEC
from core.data.saved_views import saved_views
from dashboard.filters.filters import UnknownAge

PAGE = "21_explore.py"
TABS = ("Diagnosis", "Age", "Sex", "Anatomical site", "How diagnosed", "Photos", "Missing")

CHARTS = (
    "Where on the body",
    "Images by diagnosis",
    "Malignant and benign images",
    "What is not recorded",
    "Ages, stacked by diagnosis",
    "Typical ages by diagnosis",
    "Images by sex",
    "Sex by diagnosis",
    "Images by anatomical site",
    "Anatomical site by diagnosis",
)


@pytest.fixture
def explore(demo_artifacts, open_page) -> AppTest:
    """The page on the demo data, without a filter."""
    return open_page(PAGE)


@pytest.fixture
def table(demo_artifacts) -> pd.DataFrame:
    """Metadata of the demo."""
    return open_dataset("demo").table


def labelled(widgets, label: str):
    """The one widget whose label begins so."""
    [widget] = [each for each in widgets if each.label.startswith(label)]
    return widget


def in_tab(test: AppTest, name: str) -> AppTest:
    """The page with another tab open."""
    test.session_state["explore-tab"] = name
    return test.run()


def numbers(test: AppTest) -> dict[str, str]:
    """What stands under the title of each chart, by title."""
    titles = [json.loads(chart.proto.spec)["layout"]["title"] for chart in test.get("plotly_chart")]
    return {title["text"].replace("<br>", " "): title["subtitle"]["text"] for title in titles}


def numbers_in_every_tab(test: AppTest) -> dict[str, str]:
    return {title: number for name in TABS for title, number in numbers(in_tab(test, name)).items()}


def assert_rests_on(test: AppTest, rows: pd.DataFrame) -> None:
    """Every chart of every tab is there and says that it rests on these rows."""
    shown = numbers_in_every_tab(test)
    assert shown.keys() >= set(CHARTS)
    for title, number in shown.items():
        images = rows["age"].notna().sum() if title == "Typical ages by diagnosis" else len(rows)
        assert number.startswith(f"n = {images:,} image"), title


def test_every_chart_says_on_how_many_images_it_rests(explore: AppTest, table: pd.DataFrame) -> None:
    assert_rests_on(explore, table)
    assert not explore.exception


def test_a_filter_changes_every_chart_and_the_table(explore: AppTest, table: pd.DataFrame) -> None:
    women = table[table["sex"] == "female"]
    test = labelled(explore.pills, "Sex").set_value(["female"]).run()
    assert_rests_on(test, women)
    assert any(element.value.startswith(f"**{len(women):,}** of {len(table):,} images") for element in test.markdown)
    metadata = test.dataframe[-1].value
    assert metadata["image_id"].tolist()[:100] == women["image_id"].tolist()[:100]
    labels = [button.label for button in test.get("download_button")]
    assert labels == [f"Download {len(women):,} rows as CSV"]


def test_filters_are_joined(explore: AppTest, table: pd.DataFrame) -> None:
    labelled(explore.pills, "Sex").set_value(["male"])
    labelled(explore.pills, "Diagnoses").set_value(["mel", "nv"])
    test = labelled(explore.slider, "Age in years").set_range(40, 60).run()
    rows = table[(table["sex"] == "male") & table["label"].isin(["mel", "nv"])]
    rows = rows[rows["age"].between(40, 60) | rows["age"].isna()]
    assert_rests_on(test, rows)


def test_reset_takes_every_filter_back(explore: AppTest, table: pd.DataFrame) -> None:
    assert labelled(explore.button, "Reset").disabled
    labelled(explore.pills, "Sex").set_value(["male"])
    test = labelled(explore.pills, "Diagnoses").set_value(["mel"]).run()
    test = labelled(test.button, "Reset").click().run()
    assert_rests_on(test, table)
    assert labelled(test.pills, "Sex").value == []
    assert labelled(test.button, "Reset").disabled


def test_filters_that_leave_nothing_say_so_and_can_be_reset(explore: AppTest, table: pd.DataFrame) -> None:
    site = table.loc[table["label"] == "df", "site"]
    absent = next(each for each in table["site"].dropna().unique() if each not in set(site))
    labelled(explore.pills, "Diagnoses").set_value(["df"])
    test = labelled(explore.pills, "Anatomical site").set_value([absent]).run()
    assert test.info[0].value.startswith("No image has all of this together.")
    assert not test.get("plotly_chart")
    test = labelled(test.button, "Reset the filters").click().run()
    assert numbers(test)["Images by diagnosis"] == f"n = {len(table):,} images"


def test_filters_outlive_a_visit_to_another_page(explore: AppTest, table: pd.DataFrame) -> None:
    labelled(explore.pills, "Diagnoses").set_value(["mel"]).run()
    explore.switch_page("../pages/30_train.py").run()
    test = explore.switch_page("../pages/21_explore.py").run()
    assert numbers(test)["Images by diagnosis"] == f"n = {(table['label'] == 'mel').sum():,} images"


def test_the_numbers_behind_a_chart_stand_under_it(explore: AppTest, table: pd.DataFrame) -> None:
    behind = next(frame.value for frame in explore.dataframe if {"diagnosis", "kind", "images"} <= set(frame.value))
    counts = table["label"].map(DEMO_SPEC.class_names).value_counts()
    assert dict(zip(behind["diagnosis"], behind["images"], strict=True)) == counts.to_dict()


def test_examples_come_from_what_the_filters_leave(explore: AppTest) -> None:
    test = labelled(explore.pills, "Diagnoses").set_value(["vasc"]).run()
    names = [element.value for element in test.markdown if element.value.startswith(":small[**")]
    assert names
    assert all(name.startswith(":small[**vascular lesion**]") for name in names)
    assert len(test.image) == len(names)


def test_others_can_be_drawn(explore: AppTest) -> None:
    before = [image.value for image in explore.image]
    test = labelled(explore.button, "Draw others").click().run()
    assert [image.value for image in test.image] != before


def test_tabs_are_about_what_the_data_set_records_and_others_are_left_out(
    moles_root, artifacts, open_page, monkeypatch
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(moles_root))
    test = open_page(PAGE, dataset="moles")
    assert [tab.label for tab in test.tabs][:-2] == ["Diagnosis", "Sex", "Photos", "Missing", "Related"]
    assert "Images by diagnosis" in numbers(test)
    names = [element.value for element in test.markdown if element.value.startswith(":small[**melanoma**]")]
    assert names
    assert not any("age" in name for name in names)  # nobody's is known
    test = in_tab(test, "Age")  # as after a look at another data set
    assert not test.exception
    assert "Images by diagnosis" in numbers(test)


def test_how_the_diagnosis_was_made_stands_there_in_words(explore: AppTest) -> None:
    test = in_tab(explore, "How diagnosed")
    [bars] = [
        json.loads(chart.proto.spec)["data"][0]
        for chart in test.get("plotly_chart")
        if "How the diagnosis was made" in chart.proto.spec
    ]
    assert "histopathology" in bars["y"]
    assert not {"histo", "follow_up"} & set(bars["y"])
    assert not test.exception


@pytest.mark.real_data
def test_the_data_set_in_the_address_is_explored(ham10000, open_page) -> None:
    test = open_page(PAGE, dataset="ham10000")
    assert numbers(test)["Images by diagnosis"] == "n = 10,015 images"
    assert labelled(test.selectbox, "Data set").value == "ham10000"
    assert not any("synthetic" in element.value for element in test.markdown)
    test = labelled(test.selectbox, "Data set").set_value("demo").run()
    assert any("synthetic" in element.value for element in test.markdown)


def test_from_what_is_chosen_a_link_leads_to_its_pictures(demo_artifacts, open_page) -> None:
    test = open_page("21_explore.py", dataset="demo", sex="female")
    [link] = [link.proto for link in test.get("page_link") if "See all" in link.proto.label]
    women = (open_dataset("demo").table["sex"] == "female").sum()
    assert link.label == f"See all {women:,} pictures"
    assert {"dataset=demo", "sex=female"} <= set(link.query_string.split("&"))


def test_the_ages_that_are_chosen_say_whether_pictures_without_one_are_among_them(demo_artifacts, open_page) -> None:
    def chip(**query: str) -> list[str]:
        return [each.label for each in open_page(PAGE, dataset="demo", **query).button if "Age: " in each.label]

    assert chip(age="40-60") == ["Age: 40 to 60 years, or not recorded"]
    assert chip(age="85-85", **{"unknown-age": UnknownAge.WITHOUT.value})[0] == "Age: 85 years"


def test_instructors_save_what_is_filtered_under_a_name_and_everybody_opens_it(
    demo_artifacts, open_page, as_viewer
) -> None:
    test = open_page(PAGE, dataset="demo", sex="female")
    test.text_input(key="view-name").set_value("Women")
    test.button(key="view-save").click().run()
    assert saved_views("demo") == {"Women": {"sex": ["female"]}}
    test.button(key="view-delete-Women").click().run()
    assert saved_views("demo") == {}
    test.button(key="view-undo-Women").click().run()
    assert saved_views("demo") == {"Women": {"sex": ["female"]}}, "brought back where it was deleted"
    assert not [button for button in test.button if button.key == "view-undo-Women"]
    as_viewer()
    test = open_page(PAGE, dataset="demo")
    assert not [button for button in test.button if button.key == "view-save"]
    test.button(key="view-Women").click().run()
    assert "female" in test.query_params["sex"]
