"""Cross-validations and ensembles on the pages: started, followed, retried, and read."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.base.percents import percent
from core.base.progress import silent
from core.combined.cross_validation import CrossValidation, list_cross_validations
from core.combined.out_of_fold import join_folds
from core.combined.starting import cross_validate
from core.evaluation.folds import figures_over_folds
from core.jobs import list_jobs
from core.runs.judging.results import load_folds, load_results
from core.runs.run_folder import RunFolder, list_runs, open_run
from core.runs.run_states import State
from core.training.recipe import make_recipe
from tests.core.cli.test_folds_command import make_folds
from tests.core.combined.conftest import by_hand, end, finish  # noqa: F401 - a fixture among them
from tests.core.combined.test_ensembles import finished
from tests.pages.test_results_views import TABS


@pytest.fixture
def cv(demo_artifacts: Path, by_hand: list[str]) -> CrossValidation:  # noqa: F811
    return cross_validate(make_recipe(dataset="demo", model="cnn-59k", folds=3))


@pytest.fixture(scope="module")
def joined_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("joined") / "artifacts"


@pytest.fixture
def joined(
    demo_artifacts: Path,
    joined_once: Path,
    by_hand: list[str],  # noqa: F811
) -> RunFolder:
    """The predictions of three folds, together; a copy of what the first test of this module has made."""
    if joined_once.is_dir():
        shutil.copytree(joined_once, demo_artifacts, dirs_exist_ok=True)
        return open_run(joined_once.with_name("run").read_text())
    cv = cross_validate(make_recipe(dataset="demo", model="cnn-59k", folds=3))
    for skill, each in zip((0.2, 0.6, 1.0), cv.folds(), strict=True):
        assert each.run is not None
        finish(each.run, skill)
    run = join_folds(cv, silent)
    shutil.copytree(demo_artifacts, joined_once, ignore=shutil.ignore_patterns("data", "cache"))
    joined_once.with_name("run").write_text(run.run_id)
    return run


def texts(page: AppTest, kind: str) -> str:
    return "\n".join(str(each.value) for each in getattr(page, kind))


def test_the_train_page_starts_a_run_of_each_fold(demo_artifacts: Path, by_hand: list[str], open_page) -> None:  # noqa: F811
    page = open_page("30_train.py", dataset="demo", model="cnn-59k")
    [tested_on] = [each for each in page.selectbox if each.label == "Tested on"]
    page = tested_on.set_value(3).run()
    assert not page.exception
    assert not [each for each in page.segmented_control if each.label == "Split"], "folds are grouped"
    assert "Fold 1 of 3 as the test part:" in texts(page, "caption")
    [button] = [each for each in page.button if each.label == "Start 3 trainings"]
    page = button.click().run()
    assert not page.exception
    assert by_hand == ["launch fold 1", "launch fold 2", "launch fold 3"]
    assert len(list_cross_validations()) == 1


def test_the_train_page_offers_the_folds_that_a_data_set_has(artifacts: Path, by_hand: list[str], open_page) -> None:  # noqa: F811
    make_folds(artifacts.parent / "data" / "scans")
    page = open_page("30_train.py", dataset="scans", model="cnn-59k")
    [own] = [each for each in page.checkbox if each.label == "Test on the 3 folds of the data set"]
    assert not own.value
    page = own.check().run()
    assert not page.exception
    assert "Fold 1 of 3 as the test part:" in texts(page, "caption")
    assert "The folds of this data set tear 6 patients" in texts(page, "warning")
    assert "in more than one part" in texts(page, "error")
    [button] = [each for each in page.button if each.label == "Start 3 trainings"]
    page = button.click().run()
    assert not page.exception
    [cv] = list_cross_validations()
    assert (cv.asked().recipe["split"], cv.asked().folds) == ("official", 3)


def test_results_show_mean_and_deviation_over_the_folds_and_each_fold(joined: RunFolder, open_page) -> None:
    page = open_page("32_results.py", run=joined.run_id)
    assert not page.exception
    assert "Over the 3 folds" in texts(page, "subheader")
    of = load_folds(joined)
    accuracy = figures_over_folds([each.metrics for each in of])["accuracy"]
    assert accuracy.mean is not None
    assert accuracy.deviation is not None
    shown = [(each.value, each.delta) for each in page.metric if each.label == "Accuracy"]
    assert (percent(accuracy.mean), f"± {percent(accuracy.deviation)}") in shown
    [table] = [each.value for each in page.dataframe if "fold" in each.value]
    assert table["accuracy"].tolist() == [each.metrics.accuracy for each in of]


def test_every_tab_of_results_shows_out_of_fold_predictions_and_no_threshold_is_saved_for_them(
    joined: RunFolder, open_page
) -> None:
    for view in TABS:
        page = open_page("32_results.py", run=joined.run_id, **{"results-view": view})
        assert not page.exception, view
        [judged_on] = [each for each in page.segmented_control if each.label == "Judged on"]
        assert judged_on.value == "out-of-fold"
        for name, said in (
            ("Threshold", "of the out-of-fold part"),
            ("Mistakes", "of the out-of-fold part"),
            ("Coverage and risk", "Joined folds are not one model"),
            ("External test", "there is no one model"),
        ):
            if view == name:
                assert said in texts(page, "caption") + texts(page, "info"), view
        if view == "Mistakes":
            next(each for each in page.segmented_control if each.label == "Show the").set_value("likely wrong labels")
            page = page.run()
            assert not page.exception
            every = len(load_results(joined).part("out-of-fold"))
            assert f"All {every:,} pictures were looked at, each by the model of a fold that has not learnt" in texts(
                page, "caption"
            )
            assert "start a cross-validation" not in texts(page, "caption")
        assert not [each for each in page.button if each.label == "Save for Predict"]


def test_the_runs_page_tells_of_the_folds_and_of_the_run_that_they_come_to(joined: RunFolder, open_page) -> None:
    page = open_page("31_runs.py", run=load_folds(joined)[1].run)
    assert not page.exception
    assert "Cross-validation in 3 folds" in texts(page, "markdown")
    assert "fold 2 of 3" in texts(page, "subheader")
    page = open_page("31_runs.py", run=joined.run_id)
    assert not page.exception
    assert "The curves are with the folds" in texts(page, "caption")
    assert not [each for each in page.button if each.label == "Retry"]


def test_a_missing_fold_is_named_and_can_be_retried(cv: CrossValidation, by_hand: list[str], open_page) -> None:  # noqa: F811
    first, second, third = (each.run for each in cv.folds())
    finish(first)
    finish(third)
    end(second, State.FAILED, "No memory.")
    page = open_page("31_runs.py", run=first.run_id)
    assert not page.exception
    assert "Fold 2 is failed." in texts(page, "warning")
    by_hand.clear()
    [button] = [each for each in page.button if each.label == "Retry"]
    page = button.click().run()
    assert not page.exception
    assert by_hand == ["resume fold 2"]
    assert "Fold 2" not in texts(page, "warning")


def test_a_viewer_sees_what_is_missing_and_cannot_retry(cv: CrossValidation, open_page, as_viewer) -> None:
    for each in cv.folds():
        end(each.run, State.STOPPED)
    as_viewer()
    page = open_page("31_runs.py", run=cv.folds()[0].run.run_id)
    assert not page.exception
    assert "Fold 1 is stopped." in texts(page, "warning")
    assert not [each for each in page.button if each.label == "Retry"]


def test_nothing_is_predicted_with_out_of_fold_predictions(joined: RunFolder, open_page) -> None:
    page = open_page("33_predict.py", run=joined.run_id)
    assert not page.exception
    assert "There is no trained model yet" in texts(page, "info")
    assert "out-of-fold predictions of a cross-validation" in texts(page, "info")


@pytest.mark.parametrize("name", ["39_handover.py", "33_predict.py"])
def test_where_folds_come_together_the_page_says_why_there_is_no_model_and_offers_that_of_a_fold(
    joined: RunFolder, open_page, name: str
) -> None:
    second = load_folds(joined)[1]
    (RunFolder(joined.path.with_name(second.run)).path / "model.keras").write_bytes(b"a model")
    page = open_page(name, run=joined.run_id)
    assert not page.exception
    assert "there is none of these pictures from which none of them has learnt" in texts(page, "info")
    folds = [each for each in page.button if each.label.startswith("Fold ")]
    assert [each.disabled for each in folds] == [True, False, True]
    page = folds[1].click().run()
    assert not page.exception
    assert page.query_params["run"] == second.run
    assert "out-of-fold predictions" not in texts(page, "info")


def test_compared_runs_are_offered_as_an_ensemble_with_its_size(
    demo_artifacts: Path, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict] = []
    runs = [finished(), finished(model="cnn-59k")]
    monkeypatch.setattr("dashboard.widgets.runs.ensemble_view.start_job", lambda *a: asked.append(a[2]))
    page = open_page("34_compare.py", runs=",".join(run.run_id for run in runs))
    assert not page.exception
    page.session_state["ensemble"] = True
    page = page.run()
    assert not page.exception
    buttons = [each for each in page.button if each.label.startswith("Make the ensemble")]
    assert [each.label for each in buttons] == ["Make the ensemble (about 0.1 MB)"]
    buttons[0].click().run()
    assert [each["runs"] for each in asked] == [[run.run_id for run in runs]]
    assert list_jobs("ensemble") == []
    assert len(list_runs()) == 2


def test_what_makes_no_ensemble_is_said_in_a_sentence(demo_artifacts: Path, open_page) -> None:
    runs = [finished(), finished(split="random")]
    page = open_page("34_compare.py", runs=",".join(run.run_id for run in runs))
    page.session_state["ensemble"] = True
    page = page.run()
    assert not page.exception
    assert "leaks" in texts(page, "info")
    assert not [each for each in page.button if each.label.startswith("Make the ensemble")]


def test_an_ensemble_stands_beside_its_members_on_results_and_runs(demo_artifacts: Path, open_page) -> None:
    members = [finished(), finished(0.5, model="cnn-59k")]
    run = finished(0.9)
    judged = dict.fromkeys(("accuracy", "floor", "balanced accuracy", "macro AUC", "log loss"), 0.5)
    ahead = {"value": 0.1, "lower": 0.02, "upper": 0.18}
    paired = {"pictures": 9, "groups": 9, "only_first": 2, "only_second": 1, "p_value": 0.9}
    value = {
        "members": [{"run": each.run_id, "model": "cnn-59k", "figures": judged} for each in members],
        "ensemble": {"run": run.run_id, "model": "ensemble", "figures": judged},
        "best": members[1].run_id,
        "paired": {**paired, "accuracy": ahead, "balanced_accuracy": ahead},
        "same_split": False,
        "said": ["These runs do not have the same split."],
    }
    write_json(run.path / "ensemble.json", value)
    recipe = read_json(run.path / "recipe.json")
    write_json(run.path / "recipe.json", {**recipe, "model": "ensemble", "architecture": {}})
    for name in ("32_results.py", "31_runs.py"):
        page = open_page(name, run=run.run_id)
        assert not page.exception
        assert "Beside its members" in texts(page, "subheader")
        assert "These runs do not have the same split." in texts(page, "warning")
        assert members[1].run_id in texts(page, "markdown")
        assert "+10.0 points" in [each.value for each in page.metric]
    assert "Clone" not in [link.label for link in page.page_link]
