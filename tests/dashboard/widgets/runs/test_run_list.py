"""Runs in lists: every state has its colour, durations read as people say them, leaking splits stand out."""

import json
import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import write_json
from core.base.heartbeat import STALE_SECONDS
from core.base.processes import ProcessId
from core.runs.index import IndexedRun
from core.runs.labels import Labels, change_labels
from core.runs.run_folder import RunFolder, RunSummary, create_run, summarise
from core.runs.run_states import State
from core.runs.run_status import Status
from core.training.recipe import make_recipe
from dashboard.rest.live import still_changing
from dashboard.widgets.runs.run_list import (
    LEAKS,
    RED,
    STAR,
    STATE_COLOURS,
    runs_table,
)
from dashboard.wording import data_name, in_words

CREATED = 1_700_000_000.0


def summary(**fields) -> RunSummary:
    recipe = make_recipe(dataset="demo", model="cnn-59k", split=fields.pop("split", "grouped"))
    status = Status(fields.pop("state", State.QUEUED), created=CREATED)
    return RunSummary(RunFolder(Path("20260101-120000-cnn-59k-demo-abcd")), recipe, status, **fields)


def table_of(*summaries: RunSummary) -> pd.DataFrame:
    return runs_table([IndexedRun(each, Labels()) for each in summaries])


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
    [row] = table_of(summary(state=State.FINISHED, metrics=metrics)).to_dict("records")
    assert (row["accuracy"], row["floor"], row["balanced accuracy"]) == (0.7, 0.5, 0.4)
    assert row["state"] == "finished"
    assert row["model"] == "cnn-59k"
    assert row["data set"] == "demo (synthetic)"


def test_a_run_without_figures_has_gaps_in_their_place() -> None:
    table = table_of(summary(state=State.RUNNING))
    assert table[["accuracy", "floor", "balanced accuracy"]].isna().all(axis=None)


def test_a_leaking_split_stands_out_and_others_do_not() -> None:
    table = table_of(summary(split="random", leaking=True), summary(split="random", leaking=False), summary())
    assert table["split"].tolist() == [[LEAKS, "random"], ["random"], ["grouped"]]


def test_runs_stay_in_their_order_and_times_are_utc() -> None:
    table = table_of(*(summary(state=state) for state in (State.LOST, State.QUEUED, State.FAILED)))
    assert table["state"].tolist() == ["lost", "queued", "failed"]
    assert str(table["made"].dt.tz) == "UTC"
    assert table["made"].iloc[0].timestamp() == CREATED < time.time()


def test_no_runs_are_an_empty_table() -> None:
    assert runs_table([]).empty


def test_real_data_and_data_that_is_not_known_any_more_are_not_called_synthetic() -> None:
    recipe = summary().recipe
    assert data_name(recipe) == "demo (synthetic)"
    assert data_name(recipe.model_copy(update={"dataset": "ham10000"})) == "ham10000"
    assert data_name(recipe.model_copy(update={"dataset": "of-last-year"})) == "of-last-year"


def test_a_run_may_change_until_it_is_over() -> None:
    over = {State.FINISHED, State.STOPPED, State.FAILED, State.UNKNOWN}
    assert {state for state in set(State) - {State.LOST} if not still_changing(summary(state=state))} == over


@pytest.mark.parametrize(("silent", "expected"), [(0, True), (STALE_SECONDS + 1, True), (STALE_SECONDS + 301, False)])
def test_a_run_that_was_just_lost_may_still_say_why(
    silent: float, expected: bool, artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.rest.live.LOST_PATIENCE_SECONDS", 300.0)  # a pause of a test takes five seconds
    lost = made(State.RUNNING, heartbeat=time.time() - silent, host=socket.gethostname(), process=ended())
    assert lost.status.state is State.LOST
    assert still_changing(lost) is expected


def test_a_lost_run_whose_process_hangs_may_still_change(artifacts: Path) -> None:
    this = ProcessId.of(os.getpid())
    hung = made(State.RUNNING, heartbeat=time.time() - 600, host=socket.gethostname(), process=this)
    assert hung.status.state is State.LOST
    assert still_changing(hung)


def ended() -> ProcessId:
    """A process that does not run any more."""
    return ProcessId(os.getpid(), started=1.0)


def made(state: State, **status) -> RunSummary:
    """A run with files."""
    run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    run.write_status(replace(run.written_status(), state=state, **status))
    return summarise(run)


def page() -> None:
    import streamlit as st

    from core.runs.index import all_runs
    from dashboard.widgets.runs.run_list import list_of_runs

    runs = all_runs().runs
    list_of_runs(runs, st.query_params.get("run", runs[0].summary.run.run_id))


def marked_row(test: AppTest) -> int:
    """The row that the table marks, as the page has told it or the browser last said."""
    [row] = test.session_state["runs-table"]["selection"]["rows"]
    return row


def test_the_table_marks_the_chosen_run_also_when_a_new_one_moves_it_down(artifacts: Path) -> None:
    chosen, _ = made(State.FINISHED), made(State.FINISHED)
    test = AppTest.from_function(page, default_timeout=120)
    test.query_params["run"] = chosen.run.run_id
    assert marked_row(test.run()) == 1
    made(State.QUEUED)
    assert marked_row(test.run()) == 2
    assert test.query_params["run"] == chosen.run.run_id


def test_a_chosen_run_that_is_filtered_out_leaves_no_row_marked(artifacts: Path) -> None:
    made(State.FINISHED)
    test = AppTest.from_function(page, default_timeout=120)
    test.query_params["run"] = "of-yesterday"
    test.run()
    assert not test.exception
    assert test.session_state["runs-table"]["selection"]["rows"] == []
    assert test.query_params["run"] == "of-yesterday"


def test_labels_stand_in_the_list(artifacts: Path) -> None:
    change_labels(made(State.FINISHED).run, star=True, tags=["for class"], note="Look here.")
    [row] = AppTest.from_function(page, default_timeout=120).run().dataframe[0].value.to_dict("records")
    assert (row["star"], list(row["tags"]), row["note"]) == (STAR, ["for class"], "Look here.")


def test_the_mark_of_a_leak_is_red_and_the_others_are_not(artifacts: Path) -> None:
    write_json(made(State.FINISHED).run.leakage_file, {"leaking": True})
    [table] = AppTest.from_function(page, default_timeout=120).run().dataframe
    assert table.value["split"].iloc[0].tolist() == [LEAKS, "grouped"]
    options = json.loads(table.proto.columns)["split"]["type_config"]["options"]
    assert {option["value"] for option in options if option["color"] == RED} == {LEAKS}


def test_runs_have_their_names_epochs_and_minutes_in_the_list() -> None:
    ran = replace(summary(state=State.FINISHED).status, started=CREATED, heartbeat=CREATED + 90)
    [row] = runs_table([IndexedRun(replace(summary(), status=ran), Labels(name="Careful"))]).to_dict("records")
    assert (row["name"], row["minutes"]) == ("Careful", 1.5)
    assert row["epochs"] == make_recipe(dataset="demo", model="cnn-59k").epochs
