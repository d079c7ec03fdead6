"""The page Reference systems: published figures beside ours, why they differ, and the button that trains a row."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import write_json
from core.base.percents import percent
from core.data.catalog import look, open_dataset
from core.data.splits.leakage import leakage_report
from core.data.splits.splits import TRAIN, make_split
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import prediction_table, save_predictions
from core.reproduction.outcomes import standings
from core.reproduction.systems import list_systems, system_named
from core.runs.evaluate import predictor_info
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import State
from core.training.recipe import Recipe
from tests.core.reproduction.conftest import draw_patches

PAGE = "38_references.py"


@pytest.fixture
def patches(artifacts: Path) -> Path:
    return draw_patches(artifacts.parent / "data" / "breast_histopathology")


@pytest.fixture
def engineless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are queued and nobody takes them."""
    monkeypatch.setattr("core.engine.launch.submit", lambda: None)


def finished(recipe: Recipe, right: float) -> RunFolder:
    """A run that ended with so many of each class answered right, as its files would say."""
    run, dataset = create_run(recipe), open_dataset(recipe.dataset)
    split = make_split(dataset.table, recipe.split, recipe.seed, recipe.fractions)
    split.save(run.split_file)
    ids = dataset.table["image_id"]
    report = leakage_report(split, pd.Series(ids.to_numpy(), index=ids), dataset)
    write_json(run.leakage_file, report.to_json())
    info = predictor_info(run, dataset, report)
    info.save(run.predictor_file)
    held_out = split.rows[split.rows["part"] != TRAIN].rename(columns={"label": "true"}).reset_index(drop=True)
    turn = held_out.groupby(["part", "true"]).cumcount()
    many = held_out.groupby(["part", "true"])["true"].transform("size")
    correct = (turn / many < right).to_numpy()
    positive = (held_out["true"] == info.class_keys[1]).to_numpy() == correct
    answers = pd.DataFrame({0: 0.8 - 0.6 * positive, 1: 0.2 + 0.6 * positive}).to_numpy()
    table = prediction_table(held_out, answers, info.class_keys)
    save_predictions(run.evaluation / "predictions.parquet", table)
    majority = split.part(TRAIN)["label"].value_counts().idxmax()
    parts = [part for part in ("validation", "test") if (table["part"] == part).any()]
    metrics = {part: evaluate(table[table["part"] == part], info.class_keys, majority).to_json() for part in parts}
    write_json(run.evaluation / "metrics.json", {"headline": parts[-1], **metrics})
    write_json(run.path / "training.json", {"epochs": recipe.epochs, "seconds": 42.0, "hardware": "2 cores of a test"})
    run.write_status(replace(run.written_status(), state=State.FINISHED))
    return run


def recipes(name: str) -> list[Recipe]:
    [found] = standings([system_named(name)], look())
    return [each.recipe for each in found.trainings]


def texts(test: AppTest) -> str:
    return "\n".join(each.value for each in [*test.markdown, *test.caption, *test.info])


def table(test: AppTest) -> pd.DataFrame:
    return next(each.value for each in test.dataframe if "published" in each.value.columns).set_index("system")


def button(test: AppTest):
    return next((each for each in test.button if each.label == "Train what is missing"), None)


def test_every_row_is_there_and_says_what_it_lacks_where_no_data_are_here(artifacts, open_page) -> None:
    test = open_page(PAGE, row="cnn-59k")
    rows = table(test)
    assert list(rows.index) == [system.title for system in list_systems()]
    assert set(rows["state"]) == {"not possible here"}
    assert "HAM10000 is not here. The page Data says how to get it." in texts(test)
    assert button(test) is None
    assert not test.exception


def test_a_row_is_started_by_an_instructor_and_then_shown_at_work(patches, engineless, open_page) -> None:
    test = open_page(PAGE, row="patch-cnn-relu")
    assert "stands in for it" in texts(test)
    test = button(test).click().run()
    assert not test.exception
    started = {run.recipe() for run in list_runs()}
    assert started == set(recipes("patch-cnn-relu"))
    assert table(test).loc["Patch CNN with ReLU", "state"] == "training"
    assert "2 trainings of it are queued or being trained." in texts(test)
    assert button(test) is None


def test_a_viewer_sees_rows_and_starts_none(patches, engineless, open_page, as_viewer) -> None:
    as_viewer()
    test = open_page(PAGE, row="patch-cnn-relu")
    assert button(test).disabled
    assert "Only instructors can start a training on this server." in texts(test)
    assert list_runs() == []


def test_what_is_trained_stands_beside_the_published_figure_with_why_it_differs(patches, open_page) -> None:
    for recipe, right in zip(recipes("patch-cnn-relu"), (0.85, 0.6), strict=True):
        finished(recipe, right)
    test = open_page(PAGE, row="patch-cnn-relu")
    row = table(test).loc["Patch CNN with ReLU"]
    assert row["published"] == "84.35 %, loss 0.471"
    assert row["state"] == "done"
    assert row["lower"] <= row["honestly held out"] <= row["upper"]
    said = texts(test)
    assert f"Trained as they did, on other data than theirs, it gives {percent(row['as they did it'])}" in said
    assert f"On patients that training has not seen it is {percent(row['honestly held out'])}" in said
    assert "2 cores of a test" in said
    assert sum(link.label == "Its results" for link in (each.proto for each in test.page_link)) == 2
    assert button(test) is None
    [chart] = test.get("plotly_chart")
    traces = {each["name"]: each for each in json.loads(chart.proto.spec)["data"]}
    assert traces["as they did it"]["x"] == [pytest.approx(row["as they did it"])]


def test_a_claim_is_shown_seed_by_seed(patches, open_page) -> None:
    for number, recipe in enumerate(recipes("softmax-against-relu")):
        finished(recipe, 0.8 if number % 2 else 0.6)
    test = open_page(PAGE, row="softmax-against-relu")
    said = texts(test)
    assert "patch-cnn-relu is better than patch-cnn-softmax, so the claim is refuted on these data." in said
    of_seeds = [each.value for each in test.dataframe if "seed" in each.value.columns]
    assert [list(each["seed"]) for each in of_seeds] == [[0, 1, 2, 3, 4]] * 2


def test_quick_rows_are_others_and_say_so(patches, engineless, open_page) -> None:
    test = open_page(PAGE, row="patch-cnn-relu", quick="yes")
    assert "Quick: 3 of 10 epochs, batches of 16." in texts(test)
    button(test).click().run()
    assert {run.recipe().epochs for run in list_runs()} == {3}
    assert table(open_page(PAGE, row="patch-cnn-relu")).loc["Patch CNN with ReLU", "state"] == "not started"
