"""Searches whose runs are made by hand: no engine and no process, but every file as it would be."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import ErrorKind, State
from core.searches.control import start_search
from core.searches.search_config import SearchConfig, make_search_config
from core.searches.search_folder import SearchFolder
from core.searches.space import narrowed_space
from core.training.recipe import Recipe, make_recipe


@pytest.fixture
def make(artifacts) -> Callable[..., SearchConfig]:
    """A function that makes a configuration for the pyramid on the demo; `tune` names what is searched."""

    def make(*, tune: tuple[str, ...] = ("dropout", "learning_rate", "blocks=2:4"), **fields: Any) -> SearchConfig:
        of_the_ask = {name: fields.pop(name) for name in list(fields) if name in SearchConfig.model_fields}
        recipe = {"dataset": "demo", "model": "cnn-pyramid", "epochs": 9, "monitor": "val_accuracy", **fields}
        space = narrowed_space(recipe["model"], tune)
        return make_search_config(recipe=make_recipe(**recipe), space=space, **of_the_ask)

    return make


@pytest.fixture
def driven(make, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SearchFolder]:
    """A function that makes a search that no process drives; its driver is to be called by the test."""
    monkeypatch.setattr("core.searches.control.start_driver", lambda _: True)

    def driven(**fields: Any) -> SearchFolder:
        return start_search(make(**fields))

    return driven


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Puts functions in the place of those that hand runs to an engine; the list says what they were asked for.

    An engine would take tens of seconds for what is told of each run here; a slow test uses a real one.
    """
    asked: list[str] = []

    def launch(recipe: Recipe, *, owner: str = "", priority: int = 0, search: str = "") -> RunFolder:
        run = create_run(recipe, owner=owner, priority=priority, search=search)
        asked.append(f"launch {run.run_id}")
        return run

    def resume(run: RunFolder) -> State:
        if run.resumable():
            asked.append(f"resume {run.run_id}")
            run.write_status(replace(run.written_status(), state=State.QUEUED, ended=None))
        return run.status().state

    monkeypatch.setattr("core.searches.driver.launch", launch)
    monkeypatch.setattr("core.searches.driver.resume", resume)
    monkeypatch.setattr("core.searches.continuing.launch", launch)
    monkeypatch.setattr("core.searches.continuing.resume", resume)
    return asked


def end_run(run: RunFolder, *metrics: float | None, state: State = State.FINISHED, reason: str = "") -> None:
    """Write what a training would have written: an epoch line for each validation accuracy, and how it ended."""
    lines = [{"kind": "epoch", "epoch": n, "time": time.time(), "val_accuracy": v} for n, v in enumerate(metrics)]
    run.metrics_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    kind = ErrorKind.OUT_OF_MEMORY if state is State.FAILED else None
    run.write_status(replace(run.written_status(), state=state, ended=time.time(), error_kind=kind, message=reason))


def waiting_runs() -> list[RunFolder]:
    """Runs that nobody has ended yet, the oldest first."""
    return [run for run in reversed(list_runs()) if run.written_status().state is State.QUEUED]
