"""Runs are found by what they are and by what was written about them."""

from pathlib import Path

import pytest

from core.runs.index import IndexedRun
from core.runs.labels import Labels
from core.runs.run_folder import RunFolder, RunSummary
from core.runs.run_states import State
from core.runs.run_status import Status
from core.training.recipe import make_recipe
from dashboard.widgets.runs.run_filter import RunFilter


def indexed(labels: Labels = Labels(), model: str = "cnn-59k", state: State = State.FINISHED) -> IndexedRun:  # noqa: B008 - frozen
    recipe = make_recipe(dataset="demo", model=model)
    run = RunFolder(Path(f"20260101-120000-{model}-demo-abcd"))
    return IndexedRun(RunSummary(run, recipe, Status(state, created=0.0)), labels)


RUN = indexed(Labels(True, ("baseline", "week 3"), "Overfits after epoch ten."))


@pytest.mark.parametrize(
    "asked",
    [
        RunFilter(),
        RunFilter(text="overFITS ten"),
        RunFilter(text="abcd"),
        RunFilter(text="week"),
        RunFilter(states=("finished", "failed")),
        RunFilter(models=("lstm-rows", "cnn-59k")),
        RunFilter(datasets=("demo",)),
        RunFilter(tags=("baseline", "other")),
        RunFilter(starred=True),
    ],
)
def test_a_run_that_has_what_is_asked_for_is_found(asked: RunFilter) -> None:
    assert asked.matches(RUN)


@pytest.mark.parametrize(
    "asked",
    [
        RunFilter(text="overfits never"),
        RunFilter(states=("failed",)),
        RunFilter(models=("lstm-rows",)),
        RunFilter(datasets=("ham10000",)),
        RunFilter(tags=("other",)),
        RunFilter(text="overfits", states=("failed",)),
    ],
)
def test_a_run_that_lacks_one_of_what_is_asked_for_is_not(asked: RunFilter) -> None:
    assert not asked.matches(RUN)


def test_only_starred_runs_are_found_where_those_are_asked_for() -> None:
    assert not RunFilter(starred=True).matches(indexed())
