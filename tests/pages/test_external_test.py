"""The tab External test of Results: what is offered, what is shown side by side, and runs that have no model."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.base.percents import percent, points
from core.data.demo.demo import DEMO_SPEC
from core.evaluation.drop import drops
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import load_predictions, save_predictions
from core.jobs import list_jobs
from core.runs.run_folder import RunFolder
from tests.core.runs.judging.test_external_test import make_hospital

KEYS = DEMO_SPEC.class_keys


def view(open_page) -> AppTest:
    test = open_page("32_results.py", **{"results-view": "External test"})
    assert not test.exception
    return test


def said(test: AppTest) -> str:
    return "\n".join(each.value for each in [*test.markdown, *test.caption, *test.info, *test.warning])


@pytest.fixture
def judged_elsewhere(trained: RunFolder) -> RunFolder:
    """A run that was judged on “Clinic”, where every melanoma is missed and 7 shared pictures were cut."""
    table = load_predictions(trained.predictions_file)
    table = table[table["part"] == "test"].reset_index(drop=True)
    melanoma = (table["true"] == "mel").to_numpy()
    table.loc[melanoma, [f"p_{key}" for key in KEYS]] = np.eye(len(KEYS), dtype=np.float32)[KEYS.index("nv")]
    folder = trained.evaluation / "on-clinic"
    how = {"title": "Clinic", "at": 1.7e9, "classes": {"Naevus": "nv", "mel": "mel"}, "left_out": {"scc": 3}}
    shared = {"copies": 4, "changed": 2, "related": 1}
    metrics = evaluate(table, KEYS, "nv", resamples=0).to_json()
    write_json(
        folder / "metrics.json", {"on": "clinic", "pictures_seen_in_training": 0, "shared": shared, **how, **metrics}
    )
    save_predictions(folder / "predictions.parquet", table)
    return trained


def test_figures_there_stand_beside_those_of_the_own_test_and_the_drop_is_in_words(
    judged_elsewhere: RunFolder, open_page
) -> None:
    test = view(open_page)
    own = load_predictions(judged_elsewhere.predictions_file)
    own = own[own["part"] == "test"].reset_index(drop=True)
    there = load_predictions(judged_elsewhere.evaluation / "on-clinic" / "predictions.parquet")
    expected = {(each.metric, each.key): each for each in drops(own, there, KEYS)}
    whole, melanoma = expected["balanced accuracy", ""], expected["sensitivity", "mel"]
    text = said(test)
    assert f"falls from {percent(whole.own)} on the test part to {percent(whole.elsewhere)} on Clinic" in text
    assert f"Melanoma: 0.0\u00a0% are found, against {percent(melanoma.own)} on the test part" in text
    assert "7 pictures that the run's own data have, too, were found by content and cut: 4 whole, 2 cropped" in text
    assert "Counted Naevus as nv. Left out: scc (3). Judged 14 Nov 2023, 22:13 UTC" in text
    [table] = [frame.value for frame in test.dataframe if "change, points" in frame.value]
    row = table[(table["class"] == "melanoma") & (table["figure"] == "sensitivity")].iloc[0]
    assert row["the test part"].startswith(f"{percent(melanoma.own)} (")  # the interval stands beside its figure
    assert row["Clinic"].startswith("0.0\u00a0%")
    assert row["change, points"].startswith(f"{points(melanoma.difference)} (")
    assert row["more than chance"] == "yes"
    assert len(test.get("plotly_chart")) == 1


def test_a_data_set_is_judged_as_a_job_with_the_classes_of_the_table(trained: RunFolder, open_page) -> None:
    make_hospital(trained)
    test = view(open_page)
    assert "has not been tested on any other data yet" in said(test)
    test.selectbox(key=f"judge-on-{trained.run_id}").set_value("hospital").run()
    assert not test.exception
    assert "12 pictures will be judged" in said(test)  # two of “Wart” are left out
    [editor] = test.data_editor
    proposed = editor.value["counts as"].tolist()
    assert sorted(proposed) == ["left out", "melanocytic nevus", "melanoma"]
    changed = proposed.index("left out"), {"counts as": "benign keratosis"}
    test = with_edit(test, *changed)
    assert "14 pictures will be judged" in said(test)
    next(each for each in test.button if each.label == "Judge the run there").click()
    test = with_edit(test, *changed)
    assert not test.exception
    [job] = list_jobs("external test")
    assert job.arguments["shared"] == "cut"
    assert job.arguments["classes"] == {"Melanom": "mel", "Nevus": "nv", "Wart": "bkl"}
    job.cancel()


def with_edit(test: AppTest, row: int, cells: dict[str, str]) -> AppTest:
    """Run a page as its only table was edited, of which `AppTest` shows no more than what stood there before."""
    states = test._tree.get_widget_states()
    states.widgets.add(id=test.data_editor[0].proto.id, string_value=json.dumps({"edited_rows": {str(row): cells}}))
    return test._run(states)


def bring(test: AppTest, path: object) -> AppTest:
    test.text_input(key="judge-path").set_value(str(path)).run()
    next(each for each in test.button if each.label == "Add it").click().run()
    assert not test.exception
    return test


def test_a_folder_is_brought_by_its_path_and_chosen(trained: RunFolder, open_page, tmp_path: Path) -> None:
    for name, grey in (("mel", 40), ("nv", 90)):
        (tmp_path / "practice" / name).mkdir(parents=True)
        for number in range(6):
            Image.new("RGB", (30, 30), (grey, 20 * number, 7)).save(tmp_path / "practice" / name / f"{number}.png")
    test = bring(view(open_page), tmp_path / "practice")
    assert test.selectbox(key=f"judge-on-{trained.run_id}").value == "practice"
    assert "12 pictures will be judged" in said(test)


def test_a_folder_that_cannot_be_judged_on_is_refused_with_the_reason(
    trained: RunFolder, open_page, tmp_path: Path
) -> None:
    test = bring(view(open_page), tmp_path / "nowhere")
    assert "There is no folder" in test.error[0].value
    (tmp_path / "empty").mkdir()
    assert "No data set was found" in bring(test, tmp_path / "empty").error[0].value
    assert "Begin with /" in bring(test, "../x").error[0].value


def test_viewers_see_the_table_and_start_nothing(judged_elsewhere: RunFolder, open_page, as_viewer) -> None:
    as_viewer()
    make_hospital(judged_elsewhere)
    test = view(open_page)
    assert not [each for each in test.text_input if each.key == "judge-path"]
    assert next(each for each in test.button if each.label == "Judge the run there").disabled
    assert "falls from" in said(test)


def test_the_tab_says_why_predictions_of_folds_cannot_be_judged_elsewhere(trained: RunFolder, open_page) -> None:
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"folds": 3})
    assert "there is no one model" in said(view(open_page))


def test_the_calibration_tab_says_which_half_of_the_validation_part_does_what(trained: RunFolder, open_page) -> None:
    test = open_page("32_results.py", **{"results-view": "Calibration"})
    assert "fitted on the validation part alone; the sets of classes that Predict names have" in said(test)
    older = {"temperature_of_half": True, "temperature_of_sets": None}
    write_json(trained.predictor_file, read_json(trained.predictor_file) | older)
    test = open_page("32_results.py", **{"results-view": "Calibration"})
    assert "fitted on one half of the validation part alone" in said(test)
    assert "the other half makes the sets of classes" in said(test)
    oldest = {"temperature_of_half": False, "temperature_of_sets": None}
    write_json(trained.predictor_file, read_json(trained.predictor_file) | oldest)
    test = open_page("32_results.py", **{"results-view": "Calibration"})
    assert "fitted on the validation part alone" in said(test)
    assert "sets of classes that Predict names have" not in said(test)


def test_parts_without_a_class_in_common_are_said_to_have_none(judged_elsewhere: RunFolder, open_page) -> None:
    own = load_predictions(judged_elsewhere.predictions_file)
    kept = own[(own["part"] != "test") | (own["true"] != "df")]
    save_predictions(judged_elsewhere.predictions_file, kept)
    metrics = read_json(judged_elsewhere.evaluation / "metrics.json")
    test_part = kept[kept["part"] == "test"]
    write_json(
        judged_elsewhere.evaluation / "metrics.json",
        metrics | {"test": evaluate(test_part, KEYS, "nv", resamples=0).to_json()},
    )
    folder = judged_elsewhere.evaluation / "on-clinic"
    only = own[(own["part"] == "test") & (own["true"] == "df")].reset_index(drop=True)
    save_predictions(folder / "predictions.parquet", only)
    write_json(
        folder / "metrics.json",
        read_json(folder / "metrics.json") | evaluate(only, KEYS, "nv", resamples=0).to_json(),
    )
    assert "have no class in common" in said(view(open_page))
