"""Compare: the address names the runs, recipes show what differs, and leaking runs are never quietly compared."""

import json
import shutil
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.evaluation.predictions import load_predictions, save_predictions
from core.runs.judging.comparison import compare_runs
from core.runs.run_folder import RunFolder
from core.runs.run_states import State
from dashboard.widgets.pictures.cell_pictures import PER_PAGE

PAGE = "34_compare.py"


@pytest.fixture
def another(trained: RunFolder) -> RunFolder:
    """A second finished run, which errs on ten pictures more, with another seed in its recipe."""
    copy = RunFolder(trained.path.with_name("20300101-000000-cnn-59k-demo-ffff"))
    shutil.copytree(trained.path, copy.path)
    write_json(copy.path / "recipe.json", read_json(copy.path / "recipe.json") | {"seed": 7})
    write_json(copy.predictor_file, read_json(copy.predictor_file) | {"run_id": copy.run_id})
    file = copy.evaluation / "predictions.parquet"
    table = load_predictions(file)
    columns = [name for name in table if name.startswith("p_")]
    right = table[columns].idxmax(axis=1) == "p_" + table["true"]
    rows = table.index[(table["part"] == "test") & right][:10]
    table.loc[rows, columns] = table.loc[rows, columns].to_numpy()[:, ::-1] * 0
    wrong = ["p_bcc" if true != "bcc" else "p_nv" for true in table.loc[rows, "true"]]
    for row, column in zip(rows, wrong, strict=True):
        table.loc[row, column] = 1.0
    save_predictions(file, table)
    return copy


def compared(open_page, *runs: RunFolder) -> AppTest:
    return open_page(PAGE, runs=",".join(run.run_id for run in runs))


def fields(test: AppTest) -> list[str]:
    [table] = [frame.value for frame in test.dataframe if "field" in frame.value]
    return table["field"].tolist()


def test_without_a_run_the_page_says_what_to_do(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    assert [link.value for link in test.page_link] == ["Start the first one"]
    test.run()
    assert not test.exception


def test_the_address_names_the_runs_and_unknown_ones_are_left_out(trained, another, open_page) -> None:
    test = open_page(PAGE, runs=f"{another.run_id},../../etc/passwd,{trained.run_id},{another.run_id}")
    assert test.multiselect(key="compared").value == [another.run_id, trained.run_id]
    assert [each.value.startswith("There is no run") for each in test.warning] == [True]
    test.multiselect(key="compared").set_value([trained.run_id]).run()
    assert test.query_params["runs"] == trained.run_id
    assert not test.warning
    assert not test.exception


def test_nothing_chosen_asks_for_a_choice_and_offers_one(trained, another, open_page) -> None:
    test = open_page(PAGE)
    assert "Choose two or more runs" in test.info[0].value
    [offer] = [button for button in test.button if button.label == "Compare the two best"]
    offer.click().run()
    assert set(test.query_params["runs"].split(",")) == {trained.run_id, another.run_id}
    assert not test.exception


def test_runs_and_how_they_are_looked_at_are_kept_while_one_looks_elsewhere(trained, another, open_page) -> None:
    test = compared(open_page, trained, another)
    test.segmented_control(key="compared-curves").set_value("Loss").run()
    test.slider(key="compared-smoothing").set_value(0.6).run()
    test.toggle(key="compared-log").set_value(True).run()
    test.selectbox(key="compared-first").set_value(another.run_id).run()
    test.query_params.clear()  # a link of the navigation has no parameters
    test.switch_page("../pages/20_data.py").run()
    test.query_params.clear()
    test.switch_page(f"../pages/{PAGE}").run()
    assert not test.exception
    assert test.query_params["runs"] == f"{trained.run_id},{another.run_id}"
    assert test.segmented_control(key="compared-curves").value == "Loss"
    assert (test.slider(key="compared-smoothing").value, test.toggle(key="compared-log").value) == (0.6, True)
    assert test.selectbox(key="compared-first").value == another.run_id
    shutil.rmtree(another.path)
    test.run()
    assert [f"`{another.run_id}`" in each.value for each in test.warning] == [True]
    assert test.multiselect(key="compared").value == [trained.run_id]
    test.query_params.clear()
    test.switch_page("../pages/20_data.py").run()
    test.query_params["runs"] = trained.run_id  # a link comes before what is remembered
    assert test.switch_page(f"../pages/{PAGE}").run().multiselect(key="compared").value == [trained.run_id]


def test_the_two_best_on_the_same_data_are_offered_and_none_that_leaks_while_others_do_not(
    trained, another, open_page
) -> None:
    leaking = RunFolder(trained.path.with_name("20310101-000000-cnn-59k-demo-eeee"))
    shutil.copytree(trained.path, leaking.path)
    write_json(leaking.leakage_file, read_json(leaking.leakage_file) | {"leaking": True})
    test = open_page(PAGE)
    assert test.multiselect(key="compared").options[0].startswith("cnn-59k on demo (synthetic)")
    [offer] = [button for button in test.button if button.label == "Compare the two best"]
    offer.click().run()
    assert set(test.query_params["runs"].split(",")) == {trained.run_id, another.run_id}


def test_recipes_show_what_differs_or_everything(trained, another, open_page) -> None:
    test = compared(open_page, trained, another)
    assert fields(test) == ["seed"]
    test.toggle(key="differences-only").set_value(False).run()
    assert {"seed", "dataset", "epochs", "learning_rate"} <= set(fields(test))


def test_what_differs_of_the_structure_is_told_parameter_by_parameter(trained, another, open_page) -> None:
    recipe = read_json(another.path / "recipe.json")
    write_json(another.path / "recipe.json", recipe | {"architecture": {"width": 0.5, "dropout": 0.2}})
    [table] = [frame.value for frame in compared(open_page, trained, another).dataframe if "field" in frame.value]
    assert table.iloc[:, 0].tolist() == ["seed", "architecture.width", "architecture.dropout"]
    assert table.iloc[1].tolist()[1:] == ["1.0", "0.5"]  # what nobody chose is as the model has it


def test_runs_are_called_by_what_differs_and_the_badge_says_that_they_are_synthetic(
    trained, another, open_page
) -> None:
    test = compared(open_page, trained, another)
    assert all(name.endswith(" UTC") and "demo" not in name for name in test.dataframe[0].value["run"])
    assert any("synthetic" in element.value for element in test.markdown)


def test_the_test_of_pictures_and_that_of_groups_are_told_apart(trained, another, open_page) -> None:
    [told] = [each.value for each in compared(open_page, trained, another).markdown if "McNemar" in each.value]
    found = compare_runs(trained, another)
    assert found is not None
    assert found.paired.groups_second == 0
    assert f"{found.paired.groups_first:,} groups are for the first and 0 for the second (sign test: p" in told
    assert "counts pictures as if each were independent" in told
    shutil.copy(trained.predictions_file, another.predictions_file)
    [told] = [each.value for each in compared(open_page, trained, another).markdown if "McNemar" in each.value]
    assert "In accuracy, these two do not differ." in told


def test_figures_stand_beside_their_floor_and_intervals(trained, another, open_page) -> None:
    table = compared(open_page, trained, another).dataframe[0].value
    assert len(table) == 2
    assert table["accuracy"].str.match(r"^\d+\.\d\u00a0% \(\d+\.\d–\d+\.\d\u00a0%\)$").all()
    assert table["calibration error"].str.match(r"^\d+\.\d\u00a0% \(\d+\.\d–\d+\.\d\u00a0%\)$").all()
    assert table["floor"].notna().all()
    assert table["split"].tolist() == ["no leak found"] * 2


def test_the_curves_of_all_are_on_one_chart(trained, another, open_page) -> None:
    [chart] = compared(open_page, trained, another).get("vega_lite_chart")
    assert len(json.loads(chart.proto.spec)["encoding"]["color"]["scale"]["domain"]) == 2


def test_two_runs_are_judged_on_the_pictures_that_both_held_out(trained, another, open_page) -> None:
    test = compared(open_page, trained, another)
    held_out = (load_predictions(trained.evaluation / "predictions.parquet")["part"] == "test").sum()
    assert any(f"On {held_out:,} pictures of" in caption.value for caption in test.caption)
    shown = {metric.label: metric.value for metric in test.metric}
    assert shown["Only the first is right"] == "10 pictures"
    assert shown["Only the second is right"] == "0 pictures"
    assert shown["Accuracy"] == f"{1000 / held_out:+.1f} points"
    assert any("p = 0.002" in element.value and "differ more than chance" in element.value for element in test.markdown)
    assert not test.warning
    elsewhere = read_json(another.predictor_file) | {"dataset": "elsewhere", "dataset_title": "Elsewhere"}
    write_json(another.predictor_file, elsewhere)
    st.cache_data.clear()  # a run's data set never changes while a page is open
    [warning] = compared(open_page, trained, another).warning
    assert "on different data sets, Demo (synthetic) and Elsewhere. What has the same name and class" in warning.value


def test_runs_without_a_common_test_picture_are_not_compared(trained, another, open_page) -> None:
    file = another.evaluation / "predictions.parquet"
    table = load_predictions(file)
    save_predictions(file, table.assign(image_id="other-" + table["image_id"]))
    test = compared(open_page, trained, another)
    assert any("no picture in common" in info.value for info in test.info)


def test_a_leaking_run_beside_an_honest_one_is_said_in_red_twice(trained, another, open_page) -> None:
    write_json(another.leakage_file, read_json(another.leakage_file) | {"leaking": True})
    errors = [error.value for error in compared(open_page, trained, another).error]
    assert len(errors) == 2
    assert "cannot be compared with those of the others" in errors[0]
    assert "says nothing about which network is better" in errors[1]


def test_a_run_without_figures_has_gaps_and_no_paired_test(trained, another, open_page) -> None:
    shutil.rmtree(another.evaluation)
    another.write_status(replace(another.written_status(), state=State.STOPPED))
    test = compared(open_page, trained, another)
    assert test.dataframe[0].value["accuracy"].isna().tolist() == [False, True]
    assert any("Two evaluated runs are needed" in caption.value for caption in test.caption)
    assert not test.exception


def test_pictures_that_only_one_run_gets_right_are_shown_with_both_answers(trained, another, open_page) -> None:
    test = compared(open_page, trained, another)
    shown = {metric.label: metric.value for metric in test.metric}
    assert any(label.startswith("AUC, malignant") and value.endswith(" points") for label, value in shown.items())
    held_out = (load_predictions(trained.predictions_file)["part"] == "test").sum()
    captions = [caption.value for caption in test.caption]
    assert any(f"10 of {held_out:,} pictures" in caption for caption in captions)
    assert sum("; the first says " in caption for caption in captions) == min(10, PER_PAGE)
    maps = [link.proto for link in test.page_link if link.proto.label.startswith("Heat map")]
    for label, run in (("Heat map, first", trained), ("Heat map, second", another)):
        asked = [parse_qs(link.query_string) for link in maps if link.label == label]
        assert len(asked) == min(10, PER_PAGE)
        assert {(of["run"][0], of["of"][0]) for of in asked} == {(run.run_id, "demo")}
    test.segmented_control(key="paired-pictures").set_value("only the second is right").run()
    assert any(f"0 of {held_out:,} pictures" in caption.value for caption in test.caption)
    assert not test.exception


def test_the_address_names_the_two_runs_of_the_paired_test(trained, another, open_page) -> None:
    both = f"{trained.run_id},{another.run_id}"
    test = open_page(PAGE, runs=both, first=another.run_id)
    assert test.selectbox(key="compared-first").value == another.run_id
    assert test.selectbox(key="compared-second").value == trained.run_id
    test.selectbox(key="compared-first").set_value(trained.run_id).run()
    assert test.query_params["first"] == trained.run_id
    assert not test.exception
    test = open_page(PAGE, runs=both, second="gone")
    assert ["gone" in each.value for each in test.warning] == [True]
