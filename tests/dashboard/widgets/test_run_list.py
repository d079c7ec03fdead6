"""Runs in lists: every state has its colour, durations read as people say them, leaking splits stand out."""

import time
from pathlib import Path

import pytest

from core.runs.folder import RunFolder, RunSummary, Status
from core.runs.states import State
from core.training.recipe import make_recipe
from dashboard.widgets.run_list import STATE_COLOURS, in_words, runs_table

CREATED = 1_700_000_000.0


def summary(**fields) -> RunSummary:
    recipe = make_recipe(dataset="demo", model="cnn-59k", split=fields.pop("split", "grouped"))
    status = Status(fields.pop("state", State.QUEUED), created=CREATED)
    return RunSummary(RunFolder(Path("20260101-120000-cnn-59k-demo-abcd")), recipe, status, **fields)


def test_every_state_has_a_colour() -> None:
    assert set(STATE_COLOURS) == set(State)


def test_only_what_went_wrong_is_red() -> None:
    assert {state for state, colour in STATE_COLOURS.items() if colour == "red"} == {State.FAILED, State.LOST}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59, "59 s"),
        (89, "89 s"),
        (90, "2 min"),
        (600, "10 min"),
        (5399, "90 min"),
        (5400, "1.5 h"),
        (36_000, "10.0 h"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_figures_are_those_of_the_part_that_speaks_for_the_run() -> None:
    figures = {"accuracy": 0.7, "majority_accuracy": 0.5, "balanced_accuracy": 0.4}
    metrics = {"headline": "test", "test": figures, "validation": dict.fromkeys(figures, 0.9)}
    [row] = runs_table([summary(state=State.FINISHED, metrics=metrics)]).to_dict("records")
    assert (row["accuracy"], row["floor"], row["balanced accuracy"]) == (0.7, 0.5, 0.4)
    assert row["state"] == "finished"
    assert row["model"] == "cnn-59k"
    assert row["data set"] == "demo"


def test_a_run_without_figures_has_gaps_in_their_place() -> None:
    table = runs_table([summary(state=State.RUNNING)])
    assert table[["accuracy", "floor", "balanced accuracy"]].isna().all(axis=None)


def test_a_leaking_split_stands_out_and_others_do_not() -> None:
    table = runs_table([summary(split="random", leaking=True), summary(split="random", leaking=False), summary()])
    leaks = table["split"].str.contains("⚠").tolist()
    assert leaks == [True, False, False]
    assert table["split"].str.contains("random").tolist() == [True, True, False]


def test_runs_stay_in_their_order_and_times_are_utc() -> None:
    table = runs_table([summary(state=state) for state in (State.LOST, State.QUEUED, State.FAILED)])
    assert table["state"].tolist() == ["lost", "queued", "failed"]
    assert str(table["made"].dt.tz) == "UTC"
    assert table["made"].iloc[0].timestamp() == CREATED < time.time()


def test_no_runs_are_an_empty_table() -> None:
    assert runs_table([]).empty
