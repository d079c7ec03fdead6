"""One launch makes a run of each fold, and the finished folds come together as a run, once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import ConfigurationError, DataError, RunError
from core.base.progress import silent
from core.combined import join_finished as joining
from core.combined.cross_validation import CrossValidation, Joining, list_cross_validations, open_cross_validation
from core.combined.out_of_fold import join_folds
from core.combined.starting import cross_validate, retry, start_lacking
from core.data.catalog import open_dataset
from core.data.splits.splits import Split
from core.evaluation.folds import figures_over_folds, over_folds, sensitivity_over_folds
from core.evaluation.metrics import evaluate
from core.export.package import refuse_without_code
from core.jobs import JobState
from core.runs.evaluate import evaluate_again, evaluate_on
from core.runs.judging.results import evaluated, load_folds, load_results
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import State
from core.runs.run_status import Status
from core.runs.trash import delete, restore
from core.serving.predictor import Predictor, PredictorInfo
from core.training.recipe import make_recipe
from tests.core.combined.conftest import end, finish

FOLDS = 3


@pytest.fixture
def cv(demo_artifacts: Path, by_hand: list[str]) -> CrossValidation:
    return cross_validate(make_recipe(dataset="demo", model="cnn-59k", folds=FOLDS, seed=3), owner="Ada")


def runs_of(cv: CrossValidation) -> list[RunFolder]:
    return [each.run for each in cv.folds() if each.run is not None]


def test_one_launch_makes_a_run_of_each_fold_that_knows_where_it_belongs(
    cv: CrossValidation, by_hand: list[str], every_status: Callable[[], list[Status]]
) -> None:
    assert by_hand == [f"launch fold {fold}" for fold in (1, 2, 3)]
    assert [(s.cross_validation, s.fold, s.owner) for s in every_status()] == [(cv.cv_id, n, "Ada") for n in (1, 2, 3)]
    recipes = [run.recipe() for run in runs_of(cv)]
    assert [recipe.test_fold for recipe in recipes] == [(n, FOLDS) for n in (1, 2, 3)]
    assert len({recipe.model_copy(update={"fold": 0}) for recipe in recipes}) == 1
    assert [each.cv_id for each in list_cross_validations()] == [cv.cv_id]
    assert open_cross_validation(runs_of(cv)[1].run_id).cv_id == cv.cv_id


def test_finished_folds_come_together_as_a_run_with_every_picture_once(cv: CrossValidation) -> None:
    for skill, run in zip((0.3, 0.6, 0.9), runs_of(cv), strict=True):
        finish(run, skill)
    run = join_folds(cv, silent)
    results = load_results(run)
    table = results.predictions
    pictures = open_dataset("demo").table
    assert sorted(table["image_id"]) == sorted(pictures["image_id"])
    assert set(table["part"]) == {"out-of-fold"} == set(results.metrics) == {results.headline}
    for fold, of in enumerate(runs_of(cv), 1):
        tested = load_results(of).predictions.query("part == 'test'").drop(columns="part").reset_index(drop=True)
        here = table[table["fold"] == fold].drop(columns=["part", "fold"]).reset_index(drop=True)
        pd.testing.assert_frame_equal(here, tested)
    whole = evaluate(table, results.info.class_keys, table["true"].mode()[0])
    assert results.metrics["out-of-fold"].accuracy == whole.accuracy
    assert results.leakage.held_out == len(pictures)
    assert not results.leakage.leaking
    status = run.status()
    assert (status.state, status.owner, status.cross_validation, status.fold) == (State.FINISHED, "Ada", cv.cv_id, 0)
    assert evaluated(run)
    card = (run.path / "card.md").read_text()
    assert "Over the 3 folds" in card
    assert "the out-of-fold part" in card


def test_mean_and_standard_deviation_are_those_of_the_folds(cv: CrossValidation) -> None:
    for skill, run in zip((0.1, 0.5, 1.0), runs_of(cv), strict=True):
        finish(run, skill)
    of = load_folds(join_folds(cv, silent))
    assert [each.run for each in of] == [run.run_id for run in runs_of(cv)]
    accuracies = [load_results(run).metrics["test"].accuracy for run in runs_of(cv)]
    found = figures_over_folds([each.metrics for each in of])["accuracy"]
    assert found.mean == pytest.approx(np.mean(accuracies))
    assert found.deviation == pytest.approx(np.std(accuracies, ddof=1))
    melanoma = [each.metrics.per_class[4].sensitivity for each in of]
    key = of[0].metrics.per_class[4].key
    assert sensitivity_over_folds([each.metrics for each in of])[key].mean == pytest.approx(np.mean(melanoma))


def test_figures_that_some_folds_do_not_have_are_over_the_others() -> None:
    assert over_folds([None, 0.5, 0.7]).folds == 2
    assert over_folds([None, 0.5, 0.7]).mean == pytest.approx(0.6)
    assert over_folds([0.5]).deviation is None
    assert over_folds([None, None]).mean is None


@pytest.mark.parametrize("state", [State.FAILED, State.STOPPED])
def test_without_a_fold_nothing_is_made_and_a_retry_lets_it_go_on(
    cv: CrossValidation, by_hand: list[str], state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "start_job", no_job)
    first, second, third = runs_of(cv)
    finish(first)
    finish(third)
    end(second, state, "Something went wrong.")
    assert joining.join_finished() == []
    assert cv.lacking() == (f"Fold 2 is {state}.",)
    with pytest.raises(RunError, match=f"Fold 2 is {state}"):
        join_folds(cv, silent)
    assert cv.out_of_fold() is None
    by_hand.clear()
    assert retry(cv) == [second]
    assert retry(cv) == []
    assert by_hand == ["resume fold 2"]
    assert cv.lacking() == ()
    finish(second)
    assert cv.out_of_fold() is None
    join_folds(cv, silent)
    assert cv.out_of_fold() is not None


def no_job(*_: object) -> None:
    raise AssertionError("no job was due")


def test_a_deleted_fold_is_trained_anew_or_counts_again_when_it_is_brought_back(
    cv: CrossValidation, by_hand: list[str]
) -> None:
    runs = runs_of(cv)
    for run in runs:
        finish(run)
    delete(runs[0])
    assert cv.lacking() == ("Fold 1 has no run: it was deleted, or never started.",)
    by_hand.clear()
    [anew] = retry(cv)
    assert by_hand == ["launch fold 1"]
    assert anew.recipe().test_fold == (1, FOLDS)
    assert cv.folds()[0].run == anew
    restore(runs[0].run_id)
    assert cv.folds()[0].run == runs[0], "the finished one of the two counts"
    join_folds(cv, silent)


def test_two_who_join_or_retry_at_the_same_time_make_nothing_twice(cv: CrossValidation, by_hand: list[str]) -> None:
    for run in runs_of(cv)[:2]:
        finish(run)
    end(runs_of(cv)[2], State.FAILED)
    by_hand.clear()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: start_lacking(cv), range(4)))
    assert by_hand == ["resume fold 3"]
    finish(runs_of(cv)[2])
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: join_folds(cv, silent), range(4)))
    assert len(set(made)) == 1
    assert len(list_runs()) == FOLDS + 1


def test_two_daemons_start_one_job_and_a_deleted_out_of_fold_run_is_not_made_again(
    cv: CrossValidation, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., None]
) -> None:
    for run in runs_of(cv):
        finish(run)
    with ThreadPoolExecutor(2) as pool:
        jobs = [job for found in pool.map(lambda _: joining.join_finished(), range(2)) for job in found]
    assert len({job.job_id for job in jobs}) == 1
    eventually(lambda: not jobs[0].status().state.active, "the job ends", 120)
    assert jobs[0].status().state is JobState.FINISHED, jobs[0].log_tail()
    run = cv.out_of_fold()
    assert run is not None
    assert jobs[0].result() == {"run": run.run_id}
    monkeypatch.setattr(joining, "start_job", no_job)
    delete(run)
    assert joining.join_finished() == []
    assert cv.lacking() == ()


def test_a_job_that_died_is_started_again_a_few_times_and_one_that_failed_is_not(
    cv: CrossValidation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in runs_of(cv):
        finish(run)
    started: list[str] = []
    state = [JobState.LOST, "gone"]

    monkeypatch.setattr(CrossValidation, "joining_job", lambda self: tuple(state) if self.joining() else None)
    monkeypatch.setattr(
        joining, "start_job", lambda *_: started.append("job") or type("Job", (), {"job_id": f"job-{len(started)}"})
    )
    for _ in range(5):
        joining.join_finished()
    assert len(started) == joining.MOST_TRIES
    assert cv.joining() == Joining("job-3", 3)
    assert cv.lacking() == ("All folds are finished, and could not be brought together: gone",)
    retry(cv)
    assert len(started) == joining.MOST_TRIES + 1
    state[:] = [JobState.FAILED, "The disk is full."]
    joining.join_finished()
    assert len(started) == joining.MOST_TRIES + 1


def test_data_that_changed_between_the_folds_are_refused_and_the_folds_stay(cv: CrossValidation) -> None:
    first, second, third = runs_of(cv)
    finish(first)
    finish(second)
    tested_later = Split.load(first.split_file).rows["image_id"]
    tested_later = tested_later[~tested_later.isin(held_out_in(first) | held_out_in(second))]
    finish(third, without=tuple(tested_later[:5]))
    with pytest.raises(DataError, match="5 pictures are tested in none of the folds"):
        join_folds(cv, silent)
    assert cv.out_of_fold() is None
    assert all(run.split_file.is_file() for run in (first, second, third))


def held_out_in(run: RunFolder) -> set[str]:
    return set(Split.load(run.split_file).part("test")["image_id"])


def test_whoever_needs_a_model_is_told_in_a_sentence_that_there_is_none(cv: CrossValidation) -> None:
    for run in runs_of(cv):
        finish(run)
    run = join_folds(cv, silent)
    for ask in (
        lambda: Predictor.of_run(run.path),
        lambda: evaluate_again(run),
        lambda: evaluate_on(run, "demo"),
    ):
        with pytest.raises(RunError, match="out-of-fold predictions of a cross-validation"):
            ask()
    with pytest.raises(ConfigurationError, match="Take the code of the run of one of its folds"):
        refuse_without_code(run.recipe())
    with pytest.raises(ConfigurationError, match="which of the 3 folds"):
        create_run(run.recipe())
    assert PredictorInfo.load(run.predictor_file).folds == FOLDS


def test_nothing_is_made_of_data_that_cannot_be_folded(small_demo: Path, by_hand: list[str]) -> None:
    file = small_demo / "demo_metadata.csv"
    rows = pd.read_csv(file)
    rare = rows["dx"].value_counts().idxmin()
    one = rows[rows["dx"] == rare].iloc[:1]
    pd.concat([rows[rows["dx"] != rare], one]).to_csv(file, index=False)
    with pytest.raises(DataError, match="one group of"):
        cross_validate(make_recipe(dataset="demo", model="cnn-59k", folds=3))
    assert by_hand == []
    assert list_cross_validations() == []


def test_a_damaged_cross_validation_concerns_itself_alone(cv: CrossValidation, by_hand: list[str]) -> None:
    other = cross_validate(make_recipe(dataset="demo", model="cnn-59k", folds=2))
    (other.path / "cross-validation.json").write_text(json.dumps({"folds": "many"}))
    for run in runs_of(cv):
        finish(run)
    started: list[CrossValidation] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "start_joining", started.append)
        joining.join_finished()
    assert [each.cv_id for each in started] == [cv.cv_id]
    with pytest.raises(RunError, match="is damaged"):
        other.folds()


def test_a_run_of_another_version_without_folds_is_read(demo_artifacts: Path) -> None:
    run = create_run(make_recipe(dataset="demo", model="majority"))
    value = json.loads((run.path / "status.json").read_text())
    del value["cross_validation"], value["fold"]
    (run.path / "status.json").write_text(json.dumps(value))
    assert replace(run.written_status()).fold == 0
