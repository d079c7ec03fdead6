"""The Results page: figures beside their floor, the pictures behind each cell, and files that are damaged or gone."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.proto.Metric_pb2 import Metric as MetricProto
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.base.percents import percent, percent_range
from core.data.demo.demo import DEMO_SPEC
from core.data.splits.leakage import LeakageReport
from core.evaluation.metrics import Metrics
from core.evaluation.predictions import load_predictions, predicted_labels
from core.runs.run_folder import RunFolder
from core.serving.predictor import DISCLAIMER
from dashboard.widgets.pictures.cell_pictures import BESIDE

PAGE = "32_results.py"
NAMES, KEYS = DEMO_SPEC.class_names, DEMO_SPEC.class_keys


@pytest.fixture
def results_page(trained: RunFolder, open_page) -> AppTest:
    """The page with the one finished run, on its test part."""
    return open_page(PAGE)


def labelled(widgets, label: str):
    """The one widget of this label."""
    [widget] = [each for each in widgets if each.label == label]
    return widget


def metrics_of(run: RunFolder, part: str) -> Metrics:
    return Metrics.from_json(read_json(run.evaluation / "metrics.json")[part])


def cells(run: RunFolder, part: str) -> pd.Series:
    """Rows of one part by (true, predicted), counted from the table of predictions."""
    table = load_predictions(run.evaluation / "predictions.parquet")
    table = table[table["part"] == part]
    return table.groupby(["true", predicted_labels(table, KEYS)]).size()


def choose_cell(test: AppTest, true: str, taken_for: str) -> AppTest:
    labelled(test.selectbox, "True class").set_value(true)
    return labelled(test.selectbox, "Predicted class").set_value(taken_for).run()


def matrix(test: AppTest) -> dict:
    """The confusion matrix as the browser gets it."""
    return json.loads(test.get("plotly_chart")[0].proto.spec)


def texts(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.caption, *test.info])


def cell_ids(test: AppTest) -> list[str]:
    """Ids of the pictures shown, from the captions under them, in order."""
    found = [re.match(r"\*\*\d+\u00a0%\*\* · (\S+)", caption.value) for caption in test.caption]
    return [match[1] for match in found if match]


def test_without_an_evaluated_run_the_page_says_what_to_do_next(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    assert test.info[0].value.startswith("No run has been evaluated yet.")
    assert [link.value for link in test.page_link] == ["Start a training"]
    assert not test.exception


def test_the_floor_stands_beside_the_accuracy(results_page: AppTest, trained: RunFolder) -> None:
    metrics = metrics_of(trained, "test")
    first, second, *_ = results_page.metric
    assert (first.label, first.value) == ("Accuracy", percent(metrics.accuracy))
    assert f"{100 * (metrics.accuracy - metrics.majority_accuracy):+.1f} points from the floor" in first.help
    assert (second.label, second.value) == ("Floor", percent(metrics.majority_accuracy))
    assert NAMES[metrics.majority_class] in second.help
    low, high = metrics.intervals["accuracy"]
    assert first.delta == percent_range(low, high)  # on the tile
    assert any(f"always answering “{NAMES[metrics.majority_class]}”" in each.value for each in results_page.caption)


def test_the_tile_of_the_accuracy_is_green_only_where_its_whole_interval_lies_above_the_floor(
    trained: RunFolder, open_page
) -> None:
    file = trained.evaluation / "metrics.json"
    content = read_json(file)
    floor = content["test"]["majority_accuracy"]
    colours = []
    for low in (floor + 0.001, floor, floor - 0.001):
        content["test"]["intervals"]["accuracy"] = [low, 0.99]
        write_json(file, content)
        accuracy, *others = open_page(PAGE).metric
        colours.append(MetricProto.MetricColor.Name(accuracy.proto.color))
        assert {MetricProto.MetricColor.Name(each.proto.color) for each in others[:4]} == {"GRAY"}
    assert colours == ["GREEN", "GRAY", "GRAY"]
    content["test"]["intervals"]["accuracy"] = [floor + 0.001, 0.99]
    write_json(file, content)
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"leaking": True})
    assert MetricProto.MetricColor.Name(open_page(PAGE).metric[0].proto.color) == "GRAY", "its split leaks"


def test_the_table_by_class_names_classes_in_full_and_matches_the_metrics(
    results_page: AppTest, trained: RunFolder
) -> None:
    [table] = [frame.value for frame in results_page.dataframe if "sensitivity" in frame.value]
    per_class = {c.key: c for c in metrics_of(trained, "test").per_class}
    assert table["class"].tolist() == [NAMES[key] for key in KEYS]
    assert table["pictures"].tolist() == [per_class[key].support for key in KEYS]
    assert table["sensitivity"].tolist() == pytest.approx([per_class[key].sensitivity for key in KEYS])
    assert table["malignant"].tolist() == [c.malignant for c in DEMO_SPEC.classes]


def test_the_table_by_class_has_each_interval_beside_its_figure(results_page: AppTest, trained: RunFolder) -> None:
    """Columns of their own for the intervals made the table so wide that the figures had to be scrolled to."""
    [shown] = [frame for frame in results_page.dataframe if "sensitivity" in frame.value]
    assert len(shown.value.columns) == 9
    written = convert_arrow_bytes_to_pandas_df(shown.proto.arrow_data.styler.display_values)["sensitivity"].iloc[0]
    assert re.fullmatch(rf"{percent(shown.value['sensitivity'].iloc[0])} \(\d+–\d+\)", written)


def test_chosen_classes_show_exactly_the_pictures_of_their_cell(results_page: AppTest, trained: RunFolder) -> None:
    counted = cells(trained, "test")
    (true, taken_for), number = counted.idxmax(), counted.max()
    test = choose_cell(results_page, true, taken_for)
    assert f"{number:,} pictures of {NAMES[true]} taken for {NAMES[taken_for]}" in texts(test)
    table = load_predictions(trained.evaluation / "predictions.parquet")
    table = table[(table["part"] == "test") & (table["true"] == true)]
    table = table[predicted_labels(table, KEYS) == taken_for].sort_values(f"p_{taken_for}", ascending=False)
    assert number > BESIDE, "the fullest cell should not fit on one page"
    assert cell_ids(test) == table["image_id"].head(BESIDE).tolist()
    assert len(test.image) == BESIDE
    assert not test.exception
    [frame] = matrix(test)["layout"]["shapes"]
    assert ((frame["x0"] + frame["x1"]) / 2, (frame["y0"] + frame["y1"]) / 2) == (
        KEYS.index(taken_for), KEYS.index(true)
    )  # fmt: skip
    left, right = (len(column.image) for column in test.columns if column.get("plotly_chart") or column.image)
    assert (left, right) == (0, BESIDE)  # the pictures stand beside the matrix


def click_cell(select, test: AppTest, true: str, taken_for: str) -> AppTest:
    """A click in the matrix as it is drawn now."""
    return select(test, test.get("plotly_chart")[0], points=[{"customdata": [true, taken_for, 1]}])


def shown_cell(test: AppTest) -> tuple[str, str]:
    return tuple(labelled(test.selectbox, label).value for label in ("True class", "Predicted class"))


def test_a_click_on_a_cell_shows_its_pictures(results_page: AppTest, trained: RunFolder, select) -> None:
    counted = cells(trained, "test")
    test = click_cell(select, results_page, *counted.idxmax())
    assert shown_cell(test) == counted.idxmax()
    assert f"{counted.max():,} pictures of" in texts(test)


def test_a_click_on_the_same_cell_counts_again_after_a_choice_by_hand(results_page: AppTest, select) -> None:
    test = click_cell(select, results_page, "nv", "nv")
    before = test.get("plotly_chart")[0].proto.id
    test = choose_cell(test, "mel", "bkl")
    assert shown_cell(test) == ("mel", "bkl")
    assert test.get("plotly_chart")[0].proto.id != before, "the browser keeps the mark and will not report a click"
    test = click_cell(select, test, "nv", "nv")
    assert shown_cell(test) == ("nv", "nv")


@pytest.mark.parametrize(("label", "value"), [("Show", "pictures"), ("Judged on", "validation")])
def test_a_click_on_the_same_cell_counts_again_in_another_view(
    label: str, value: str, results_page: AppTest, select
) -> None:
    test = click_cell(select, results_page, "nv", "nv")
    test = choose_cell(test, "mel", "bkl")
    test = labelled(test.segmented_control, label).set_value(value).run()
    assert shown_cell(test) == ("mel", "bkl")
    assert shown_cell(click_cell(select, test, "nv", "nv")) == ("nv", "nv")


def test_further_pictures_of_a_cell_are_on_further_pages(results_page: AppTest, trained: RunFolder) -> None:
    counted = cells(trained, "test")
    test = choose_cell(results_page, *counted.idxmax())
    first = cell_ids(test)
    test.pagination[0].set_value(2).run()
    second = cell_ids(test)
    assert len(second) == min(BESIDE, counted.max() - BESIDE)
    assert not set(first) & set(second)


def test_an_empty_cell_says_so(results_page: AppTest, trained: RunFolder) -> None:
    counted = cells(trained, "test")
    true, taken_for = next((t, p) for t in KEYS for p in KEYS if (t, p) not in counted)
    test = choose_cell(results_page, true, taken_for)
    assert f"No picture of {NAMES[true]} was taken for {NAMES[taken_for]}." in texts(test)
    assert not test.image
    assert not test.exception


def test_the_page_begins_with_the_most_frequent_mistake(results_page: AppTest, trained: RunFolder) -> None:
    counted = cells(trained, "test")
    mistakes = counted[[true != taken_for for true, taken_for in counted.index]]
    chosen = tuple(labelled(results_page.selectbox, label).value for label in ("True class", "Predicted class"))
    assert counted[chosen] == mistakes.max()
    assert chosen[0] != chosen[1]


def test_the_matrix_shows_shares_or_pictures(results_page: AppTest, trained: RunFolder) -> None:
    cell_texts = [text for row in matrix(results_page)["data"][0]["text"] for text in row]
    assert all(text.endswith("%") for text in cell_texts)
    assert "by true class" in matrix(results_page)["layout"]["title"]["text"]
    test = labelled(results_page.segmented_control, "Show").set_value("% of predicted class").run()
    counted = np.array(metrics_of(trained, "test").confusion)
    taken_for = counted.sum(axis=0)
    assert "by predicted class" in matrix(test)["layout"]["title"]["text"]
    for number, row in enumerate(matrix(test)["data"][0]["text"]):
        of = ["" if not n else percent(counted[number, place] / n, 0) for place, n in enumerate(taken_for)]
        assert row == of
    test = labelled(results_page.segmented_control, "Show").set_value("pictures").run()
    counts = [[int(text.replace(",", "")) for text in row] for row in matrix(test)["data"][0]["text"]]
    assert counts == [list(row) for row in metrics_of(trained, "test").confusion]
    assert "pictures" in matrix(test)["layout"]["title"]["text"]


def test_the_part_that_is_judged_on_can_be_changed(results_page: AppTest, trained: RunFolder) -> None:
    part = labelled(results_page.segmented_control, "Judged on")
    assert part.options == ["validation", "test"]
    assert part.value == "test"
    assert "a little too good" not in texts(results_page)
    test = part.set_value("validation").run()
    metrics = metrics_of(trained, "validation")
    assert labelled(test.metric, "Accuracy").value == percent(metrics.accuracy)
    assert labelled(test.metric, "Floor").value == percent(metrics.majority_accuracy)
    assert f"On {metrics.images:,} pictures of {metrics.groups:,} groups of the validation part" in texts(test)
    assert "a little too good" in texts(test)
    assert f"n = {metrics.images:,} images" in matrix(test)["layout"]["title"]["subtitle"]["text"]
    counted = cells(trained, "validation")
    test = choose_cell(test, *counted.idxmax())
    assert f"{counted.max():,} pictures of" in texts(test)


def test_a_leaking_run_is_marked_in_red_with_its_figures(trained: RunFolder, open_page) -> None:
    report = LeakageReport("random", "test", 203, 2, 228, 106, 1, ())
    write_json(trained.leakage_file, report.to_json())
    [error] = open_page(PAGE).error
    assert error.proto.title == "This split leaks"
    assert "203 groups and 2 identical pictures" in error.value


def test_results_on_the_demo_are_marked_as_synthetic(results_page: AppTest) -> None:
    assert ":violet-badge[:material/science: synthetic]" in [element.value for element in results_page.markdown]
    assert "demo (synthetic)" in labelled(results_page.selectbox, "Run").options[0]


def test_figures_that_are_not_defined_are_said_to_be_so(trained: RunFolder, open_page) -> None:
    file = trained.evaluation / "metrics.json"
    value = read_json(file)
    value["test"] |= {"macro_auc": None, "ece": None, "balanced_accuracy": None, "log_loss": None, "intervals": {}}
    for metrics in value["test"]["per_class"].values():
        metrics |= {"sensitivity": None, "auc": None}
    right = np.diag(value["test"]["confusion"])
    value["test"]["confusion"] = np.diag(right).tolist()
    write_json(file, value)
    test = open_page(PAGE)
    most = KEYS[int(right.argmax())]  # an empty cell would say nothing, where no mistake was made
    assert [labelled(test.selectbox, label).value for label in ("True class", "Predicted class")] == [most, most]
    shown = {metric.label: metric.value for metric in test.metric}
    assert {shown[label] for label in ("Balanced accuracy", "Macro AUC", "Calibration error")} == {"not defined"}
    assert "nan" not in texts(test).lower()
    assert not test.exception


def test_every_prediction_can_be_downloaded_with_the_disclaimer_beside_it(
    pressed, trained: RunFolder, open_page
) -> None:
    test = open_page(PAGE)
    assert [button.proto.label for button in test.get("download_button")] == ["Classes as CSV", "Predictions as CSV"]
    assert "Model card" in [link.value for link in test.page_link]
    table = pd.read_csv(io.BytesIO(pressed[f"{trained.run_id}-predictions.csv"]()))
    assert set(table.pop("notice")) == {DISCLAIMER}
    kept = load_predictions(trained.evaluation / "predictions.parquet")
    pd.testing.assert_frame_equal(table, kept, check_dtype=False)


@pytest.mark.parametrize(
    ("damaged", "content", "said"),
    [
        ("evaluation/predictions.parquet", b"no Parquet at all", "damaged and cannot be read"),
        ("evaluation/predictions.parquet", None, "has not been evaluated yet"),
        ("predictor.json", b'{"run_id": ', "predictor.json is damaged"),
        ("predictor.json", b"{}", "predictor.json is damaged"),
        ("leakage.json", None, "its leakage.json is missing"),
        ("leakage.json", b"{", "its leakage.json is missing or cannot be read"),
    ],
)
def test_damaged_files_of_a_run_are_a_clear_error(damaged, content, said, trained: RunFolder, open_page) -> None:
    file = trained.path / damaged
    file.write_bytes(content) if content else file.unlink()
    test = open_page(PAGE)
    [error] = test.error
    assert said in error.value
    assert not test.exception


@pytest.fixture
def demo_of_its_own(trained: RunFolder, artifacts: Path) -> Path:
    """The demo data set as a folder with a link to each file, so that a test can take some away."""
    folder = artifacts / "data" / "demo"
    drawn = folder.resolve()
    folder.unlink()
    for file in (each for each in drawn.rglob("*") if each.is_file()):
        link = folder / file.relative_to(drawn)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
    return folder


def test_a_picture_that_is_gone_from_the_disk_leaves_a_sentence_in_its_place(
    trained: RunFolder, demo_of_its_own: Path, open_page
) -> None:
    test = choose_cell(open_page(PAGE), *cells(trained, "test").idxmax())
    first, *others = cell_ids(test)
    [file] = demo_of_its_own.rglob(f"{first}.*")
    file.unlink()
    test.run()
    assert f"{first} is no longer in the data set." in [caption.value for caption in test.caption]
    assert len(test.image) == BESIDE - 1
    assert cell_ids(test) == others
    assert not test.exception


def test_a_folder_of_pictures_that_is_gone_is_a_warning(trained: RunFolder, demo_of_its_own: Path, open_page) -> None:
    for file in demo_of_its_own.rglob("*.jpg"):
        file.unlink()
    test = open_page(PAGE)
    [warning] = test.warning
    assert warning.value.startswith("No usable picture is left")
    assert not test.exception
    assert not test.image
    assert labelled(test.metric, "Accuracy")


def test_a_data_set_that_is_gone_is_a_warning(trained: RunFolder, open_page) -> None:
    info = read_json(trained.predictor_file)
    write_json(trained.predictor_file, info | {"dataset": "ham10000"})
    test = open_page(PAGE)
    [warning] = test.warning
    assert "is not here" in warning.value
    assert labelled(test.metric, "Accuracy")
    assert not test.exception
    assert not test.error


@pytest.mark.parametrize(
    ("waited", "said", "warned"), [(0.04, "4\u00a0%", False), (0.6, "60\u00a0%", True), (None, "", False)]
)
def test_speed_and_waiting_for_input_are_said_and_input_that_is_the_bound_is_warned_of(
    trained: RunFolder, open_page, waited: float | None, said: str, warned: bool
) -> None:
    lines = [json.loads(line) for line in trained.metrics_file.read_text().splitlines()]
    assert all("input_wait" in line for line in lines)
    for line in lines:
        line.pop("input_wait")
        if waited is not None:
            line["input_wait"] = waited
    trained.metrics_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    write_json(trained.path / "training.json", read_json(trained.path / "training.json") | {"seconds": 40.0})
    page = open_page(PAGE)
    [speed] = [caption.value for caption in page.caption if caption.value.startswith("Learnt 4 epochs in ")]
    assert "pictures/s" in speed
    assert (f"{said} of the time waiting for input" in speed) == (waited is not None)
    assert [said in warning.value for warning in page.warning if "limits the speed" in warning.value] == [True] * warned


def test_an_address_brings_back_the_part_that_is_judged_on(trained: RunFolder, open_page) -> None:
    test = open_page(PAGE, **{"run": trained.run_id, "judged-on": "validation"})
    assert labelled(test.segmented_control, "Judged on").value == "validation"
    assert "The validation part chose the best epoch" in texts(test)


def test_an_address_brings_back_the_cell_of_the_confusion_matrix(trained: RunFolder, open_page) -> None:
    test = open_page(PAGE, run=trained.run_id, true="nv", predicted="nv")
    assert (test.selectbox(key="cell-true").value, test.selectbox(key="cell-predicted").value) == ("nv", "nv")
    test.selectbox(key="cell-true").set_value("mel").run()
    assert (test.query_params["true"], test.query_params["predicted"]) == ("mel", "nv")
    [shown] = [each for each in test.segmented_control if each.label == "Show"]
    shown.set_value("pictures").run()
    test.query_params.clear()  # a link of the navigation has no parameters
    test.switch_page("../pages/20_data.py").run()
    test.query_params.clear()
    test.switch_page(f"../pages/{PAGE}").run()
    assert (test.selectbox(key="cell-true").value, test.query_params["predicted"]) == ("mel", "nv")
    assert [each.value for each in test.segmented_control if each.label == "Show"] == ["pictures"]
    test = open_page(PAGE, run=trained.run_id, true="no such class", predicted="nv")
    assert "does not have" in " ".join(each.value for each in test.info)
    assert "true" not in test.query_params
