"""The Map page: the drawn points in the colours asked for, what is chosen on them, and what to do without a map.

The pictures are those of `moles_root`; their map was really drawn, once for all tests.
"""

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.data.catalog import open_dataset
from core.data.statistics.measuring import measure_dataset
from core.features.features import FeatureKind, FeatureSource
from core.features.mapping import draw_map, list_maps
from core.jobs import list_jobs
from core.runs.run_folder import RunFolder
from dashboard.charts.exploration import UNKNOWN
from dashboard.charts.palette import NOT_RECORDED, class_colours
from dashboard.charts.picture_map import MALIGNANCY
from dashboard.state.map_area import area_to_text

PAGE = "25_map.py"
MELANOMAS = {"M1", "M2", "M3", "M4", "M5", "M6", "COPY", "TURNED"}
OTHERS = {"T1", "T2", "T3", "T4", "T5", "T6", "AGAIN", "NIGHT"}


@pytest.fixture(scope="module")
def drawn_root(moles_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder with the map of the moles by colour and texture, and their statistics; tests copy it."""
    root = tmp_path_factory.mktemp("drawn") / "artifacts"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_ARTIFACTS", str(root))
        patch.setenv("LESIONLAB_DATA", str(moles_root))
        dataset = open_dataset("moles")
        measure_dataset(dataset)
        draw_map(dataset, FeatureSource(FeatureKind.COLOUR_TEXTURE))
    return root


@pytest.fixture
def undrawn(artifacts: Path, moles_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moles as the data of this test, without a map."""
    monkeypatch.setenv("LESIONLAB_DATA", str(moles_root))
    monkeypatch.delenv("LESIONLAB_WEIGHTS", raising=False)


@pytest.fixture
def drawn(undrawn, artifacts: Path, drawn_root: Path) -> None:
    """The moles as the data of this test, with their map."""
    shutil.copytree(drawn_root, artifacts, dirs_exist_ok=True)


def opened(open_page, **query: str) -> AppTest:
    test = open_page(PAGE, dataset="moles", **query)
    assert not test.exception
    assert not test.error
    return test


def coloured_by(test: AppTest, column: str) -> AppTest:
    return test.selectbox(key="map-colour").set_value(column).run()


def figure(test: AppTest) -> dict:
    """The map as the browser gets it."""
    return json.loads(test.get("plotly_chart")[0].proto.spec)


def points(test: AppTest) -> dict[str, set[str]]:
    """Image ids of the points by what their colour means."""
    return {trace["name"]: {point[0] for point in trace["customdata"]} for trace in figure(test)["data"]}


def colours(test: AppTest) -> dict[str, str]:
    return {trace["name"]: trace["marker"]["color"] for trace in figure(test)["data"]}


def button(test: AppTest, label: str):
    """The one button of this label."""
    [found] = [each for each in test.button if each.label == label]
    return found


def said(test: AppTest) -> str:
    kinds = (test.markdown, test.caption, test.subheader, test.info)
    return "\n".join(element.value for elements in kinds for element in elements)


def test_every_picture_that_can_be_read_is_a_point_in_the_colour_of_its_diagnosis(drawn, open_page) -> None:
    test = opened(open_page)
    assert points(test) == {"melanoma": MELANOMAS, "type 3": OTHERS}
    of_class = class_colours(open_dataset("moles").spec.classes)
    assert colours(test) == {"melanoma": of_class["mel"], "type 3": of_class["type 3"]}
    assert "n = 16 images" in figure(test)["layout"]["title"]["subtitle"]["text"]


def test_points_are_coloured_by_the_column_asked_for(drawn, open_page) -> None:
    test = coloured_by(opened(open_page), "sex")
    shown = points(test)
    assert shown[UNKNOWN] == {"COPY", "TURNED", "NIGHT"}
    assert shown["female"] == {"M1", "M2", "M3", "T1", "T2", "T3", "AGAIN"}
    assert set().union(*shown.values()) == MELANOMAS | OTHERS
    assert colours(test)[UNKNOWN] == NOT_RECORDED


def test_a_measure_is_a_scale_over_all_points(drawn, open_page) -> None:
    test = coloured_by(opened(open_page), "brightness")
    [trace] = figure(test)["data"]
    assert {point[0] for point in trace["customdata"]} == MELANOMAS | OTHERS
    assert trace["marker"]["showscale"]


def test_a_class_of_unknown_malignancy_is_not_coloured_as_benign(drawn, open_page) -> None:
    test = coloured_by(opened(open_page), "malignancy")
    assert points(test) == {"malignant": MELANOMAS, UNKNOWN: OTHERS}
    assert colours(test) == {"malignant": MALIGNANCY["malignant"], UNKNOWN: NOT_RECORDED}


def test_malignancy_is_not_offered_where_it_is_known_of_no_class(drawn, open_page) -> None:
    test = opened(open_page)
    assert "malignant or benign" in test.selectbox(key="map-colour").options
    test.pills(key="filter-moles-classes").set_value(["type 3"]).run()
    assert points(test) == {"type 3": OTHERS}
    assert "malignant or benign" not in test.selectbox(key="map-colour").options


def test_filters_that_nothing_passes_can_be_taken_back(drawn, open_page) -> None:
    test = opened(open_page)
    test.pills(key="filter-moles-classes").set_value(["mel"])
    test.pills(key="filter-moles-photos").set_value(["2"]).run()
    assert "No image on the map has all of this together." in said(test)
    assert not test.get("plotly_chart")
    button(test, "Reset the filters").click().run()
    assert points(test) == {"melanoma": MELANOMAS, "type 3": OTHERS}


def test_chosen_points_are_shown_as_pictures_and_stay_when_the_colours_change(drawn, open_page, select) -> None:
    test = opened(open_page)
    assert "Nothing chosen yet" in said(test)
    chosen = [{"customdata": [image_id, ""]} for image_id in ("M1", "T1", "T2")]
    select(test, test.get("plotly_chart")[0], points=chosen)
    assert "3 pictures chosen" in said(test)
    counts = test.dataframe[0].value.set_index("diagnosis")["images"]
    assert counts.to_dict() == {"type 3": 2, "melanoma": 1}
    assert len(test.image) == 3
    coloured_by(test, "sex")
    assert "3 pictures chosen" in said(test)
    assert [each.proto.label for each in test.get("download_button")] == ["Download 3 rows as CSV"]


def test_a_picture_in_the_address_opens_large_with_what_is_known_of_it(drawn, open_page) -> None:
    test = opened(open_page, picture="M4")
    details = next(f.value for f in test.dataframe if "field" in f.value).set_index("field")["value"]
    assert details["image"] == "M4"
    assert "There is no picture" in said(opened(open_page, picture="nobody"))


def test_what_was_chosen_stands_out_after_the_colours_change_until_none_is_chosen(drawn, open_page, select) -> None:
    test = opened(open_page)
    select(test, test.get("plotly_chart")[0], points=[{"customdata": ["M1", ""]}, {"customdata": ["T1", ""]}])
    coloured_by(test, "sex")
    [trace] = [t for t in figure(test)["data"] if t["name"] == "female"]
    assert {trace["customdata"][n][0] for n in trace["selectedpoints"]} == {"M1", "T1"}
    button(test, "Choose none").click().run()
    assert "Nothing chosen yet" in said(test)
    assert not any("selectedpoints" in trace for trace in figure(test)["data"])


def test_without_a_map_the_page_says_what_to_do(undrawn, open_page) -> None:
    test = opened(open_page)
    assert "This map of 17 pictures has not been drawn yet." in said(test)
    assert test.selectbox(key="map-source").options == ["colours and textures"]
    assert not button(test, "Draw the map").disabled
    assert [chart.key for chart in test.get("plotly_chart")] == ["sample-of-map"]  # nothing but the example


def test_what_is_not_drawn_yet_stands_beside_the_box_and_leaves_with_the_drawing(
    undrawn, artifacts: Path, drawn_root: Path, open_page
) -> None:
    test = opened(open_page)
    assert "Not drawn yet: colours and textures." in said(test)
    assert test.selectbox(key="map-source").options == ["colours and textures"]
    shutil.copytree(drawn_root, artifacts, dirs_exist_ok=True)
    test = test.run()
    assert test.selectbox(key="map-source").options == ["colours and textures"]  # a box keeps the labels that it has
    assert "Not drawn yet" not in said(test)


def test_chosen_pictures_have_the_whole_width_below_the_map(drawn, open_page) -> None:
    test = opened(open_page, chosen="M1,M2")
    assert len(test.get("download_button")) == 1
    for column in test.columns:
        assert not column.get("download_button")
        assert not [each for each in column.button if each.label in ("M1", "M2")]
    assert {"M1", "M2"} <= {each.label for each in test.button}


def test_a_viewer_cannot_have_it_drawn(undrawn, open_page, as_viewer) -> None:
    test = opened(open_page)
    as_viewer()
    button(test, "Draw the map").click().run()  # drawn while the person was an instructor
    assert button(test, "Draw the map").disabled
    assert "an instructor can have it done" in said(test)
    assert list_jobs() == []


def test_an_address_chooses_what_was_drawn_around_and_what_was_clicked(drawn, open_page) -> None:
    points = list_maps(open_dataset("moles"))[0].points
    left = points["x"] < points["x"].median()
    edge, low, high = points["x"].median() - 1e-3, points["y"].min() - 1, points["y"].max() + 1
    area = area_to_text([(points["x"].min() - 1, low), (edge, low), (edge, high), (points["x"].min() - 1, high)])
    test = opened(open_page, area=area)
    assert set(test.session_state["map-chosen-moles"]) == set(points["image_id"][left])
    assert f"{left.sum()} pictures chosen" in said(test)
    assert set(opened(open_page, chosen="M2,T1,gone").session_state["map-chosen-moles"]) == {"M2", "T1"}
    test = opened(open_page, area="nonsense", chosen="gone")
    assert test.session_state["map-chosen-moles"] == []
    assert "cannot be read" in test.warning[0].value
    test = opened(open_page, chosen="M2,gone,away")
    assert [each.value for each in test.warning] == ["2 of the pictures that the address chooses are not on this map."]


def test_what_is_chosen_leaves_the_address_with_it(drawn, open_page) -> None:
    test = opened(open_page, chosen="M1,M2")
    assert "2 pictures chosen" in said(test)
    button(test, "Choose none").click().run()
    assert "chosen" not in test.query_params
    assert "Nothing chosen yet" in said(test)


def test_a_run_that_leaks_is_offered_after_all_other_sources(trained: RunFolder, open_page) -> None:
    leaking = RunFolder(trained.path.with_name("20300101-000000-cnn-59k-demo-ffff"))
    shutil.copytree(trained.path, leaking.path)
    write_json(leaking.leakage_file, read_json(leaking.leakage_file) | {"leaking": True})
    test = open_page(PAGE, dataset="demo")
    assert not test.exception
    offered = next(each for each in test.selectbox if each.label == "Alike by").options
    assert ["leaking split" in each for each in offered] == [False] * (len(offered) - 1) + [True]
    assert sum(each.startswith("run: ") for each in offered) == 2
