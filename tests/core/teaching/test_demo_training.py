"""The training on the demo that Home asks for in one click."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.splits.splits import SplitKind
from core.models.registry import model_spec
from core.models.weights import weights_path
from core.runs.run_folder import create_run, list_runs
from core.runs.run_states import State
from core.teaching import demo_training as training
from core.training.presets import preset


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs stay queued; a real engine trains in the browser test."""
    monkeypatch.setattr(training, "launch", create_run)
    monkeypatch.setattr("core.engine.launch.submit", lambda: None)


def test_it_is_the_preset_on_an_honest_split_and_begins_with_weights_that_are_here() -> None:
    recipe = training.demo_recipe()
    assert (recipe.dataset, recipe.model, recipe.split) == ("demo", preset(training.PRESET).fields["model"], "grouped")
    assert recipe.split is SplitKind.GROUPED
    assert weights_path(model_spec(recipe.model), recipe.weights) is not None


def test_many_who_ask_at_once_get_one_run(small_demo: Path) -> None:
    asked: list[str] = []
    threads = [threading.Thread(target=lambda: asked.append(training.train_on_demo().run_id)) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(asked) == 4
    assert {run.run_id for run in list_runs()} == set(asked)
    assert len(list_runs()) == 1


@pytest.mark.parametrize("state", [State.FAILED, State.STOPPED])
def test_what_ended_too_early_goes_on_and_starts_no_other(state: State, small_demo: Path) -> None:
    run = training.train_on_demo()
    run.write_status(replace(run.written_status(), state=state, message="ended"))
    assert training.train_on_demo() == run
    assert run.written_status().state is State.QUEUED
    assert list_runs() == [run]


def test_a_finished_one_is_not_trained_again_and_stands_before_a_later_one(small_demo: Path) -> None:
    first = training.train_on_demo()
    first.write_status(replace(first.written_status(), state=State.FINISHED))
    later = create_run(training.demo_recipe())
    other = create_run(training.demo_recipe().model_copy(update={"seed": 1}))
    assert training.train_on_demo() == first
    assert {run.run_id for run in list_runs()} == {first.run_id, later.run_id, other.run_id}
    found = training.demo_training()
    assert found is not None
    assert found.run == first
