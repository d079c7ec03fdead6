"""The Engine page: what is at work, what waits, and the buttons that change it."""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.base.processes import ProcessId, host_name
from core.cli.commands import runs
from core.engine.engine_folder import EngineRecord, write_record
from core.engine.engine_settings import EngineSettings, load_engine_settings
from core.engine.waiting import waiting
from core.runs.labels import change_labels
from core.runs.run_folder import RunFolder, create_run, summarise
from core.runs.run_states import State
from core.training.recipe import make_recipe
from dashboard.rest.engine_state import look_again
from dashboard.widgets.run_names import run_choices, run_title

PAGE = "37_engine.py"


@pytest.fixture
def put(demo_artifacts: Path) -> Callable[..., RunFolder]:
    def put(**changes: Any) -> RunFolder:
        run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
        assert run.path.is_relative_to(demo_artifacts)
        run.write_status(replace(run.written_status(), **changes))
        return run

    return put


def press(test: AppTest, name: str, run: RunFolder) -> None:
    test.button(f"{name}-{run.run_id}").click().run()
    assert not test.exception


def order() -> list[RunFolder]:
    return [queued.run for queued in waiting()]


@pytest.mark.usefixtures("demo_artifacts")
def test_an_idle_machine_says_so_and_offers_to_start_the_engine(open_page) -> None:
    test = open_page(PAGE)
    assert not test.exception
    assert [metric.label for metric in test.metric] == ["CPU", "Memory", "Disk"]
    said = [caption.value for caption in test.caption]
    assert "No run is being trained." in said
    assert "No run is waiting." in said
    assert "Start the engine" in [button.label for button in test.button]


def test_what_keeps_the_engine_from_its_work_and_the_runs_waiting_is_said(open_page, put) -> None:
    put()
    problem = "The worker of cpu-0 ends again and again; worker-cpu-0.log in the engine's folder says why."
    record = EngineRecord(ProcessId.of(os.getpid()), host_name(), problem=problem)
    write_record(record)
    look_again()
    try:
        engine, page = open_page(PAGE), open_page("31_runs.py")
    finally:
        look_again()
    assert [warning.value for warning in engine.warning] == [problem]
    assert any(f"The engine is not running. {problem}" in element.value for element in engine.markdown)
    assert any(problem in caption.value for caption in page.caption)
    _, [line] = runs(argparse.Namespace())
    assert line.endswith(f"The engine is not running. {problem}")


def test_runs_that_wait_are_moved_raised_and_cancelled(open_page, put) -> None:
    first, second, third = (put(order=float(number)) for number in range(3))
    change_labels(second, name="The careful one")
    test = open_page(PAGE)
    links = {link.proto.query_string.removeprefix("run="): link.label for link in test.page_link[:3]}
    assert links == run_choices([summarise(run) for run in (first, second, third)])  # each by its name, with a link
    assert links[second.run_id].startswith("The careful one")
    assert test.button(f"Earlier-{first.run_id}").disabled
    assert test.button(f"Later-{third.run_id}").disabled
    assert all(button.label for button in test.button)  # an icon alone tells a screen reader nothing
    press(test, "To the top", third)
    assert order() == [third, first, second]
    press(test, "Later", third)
    assert order() == [first, third, second]
    press(test, "Raise its priority", second)
    assert order() == [second, first, third]
    assert any("priority 1" in element.value for element in test.markdown)
    press(test, "Cancel", second)
    assert second.status().state is State.STOPPED
    assert order() == [first, third]


def test_a_run_at_work_is_shown_with_its_owner_and_device(open_page, put) -> None:
    mine = ProcessId.of(os.getpid())
    at_work = {"host": host_name(), "process": mine, "heartbeat": time.time() + 3600, "owner": "a@x", "device": "CPU"}
    run = put(state=State.RUNNING, **at_work)
    [table] = open_page(PAGE).dataframe
    [row] = table.value.to_dict("records")
    assert row["run"] == run_title(summarise(run))
    assert run.run_id in row["page"]
    assert (row["who"], row["device"], row["state"]) == ("a@x", "CPU", "running")
    assert row["memory (GB)"] > 0


def test_a_run_at_work_is_opened_on_a_server_under_a_path_too(open_page, put, under_a_path: str) -> None:
    run = put(state=State.RUNNING, host=host_name(), process=ProcessId.of(os.getpid()), heartbeat=time.time() + 3600)
    [table] = open_page(PAGE).dataframe
    assert table.value["page"].tolist() == [f"{under_a_path}/runs?run={run.run_id}"]


@pytest.mark.usefixtures("demo_artifacts")
def test_settings_are_kept(open_page) -> None:
    test = open_page(PAGE)
    test.number_input[0].set_value(3)
    test.toggle[0].set_value(False)
    next(button for button in test.button if button.label == "Save").click().run()
    assert not test.exception
    assert load_engine_settings() == EngineSettings(cpu_workers=3, resume_lost=False)


def test_a_viewer_sees_the_queue_but_no_button(open_page, as_viewer, put) -> None:
    put()
    as_viewer()
    test = open_page(PAGE)
    assert [button.label for button in test.main.button] == []
    assert not test.number_input
    assert any("starts" in element.value for element in test.markdown)
