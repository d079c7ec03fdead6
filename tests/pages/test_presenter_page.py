"""The presenter view follows whichever run is active, and has nothing to press."""

import json
import os
import socket
import time
from dataclasses import replace

from core.base.processes import ProcessId
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe

PAGE = "35_presenter.py"


def made(model: str, state: State, started: float | None = None) -> RunFolder:
    run = create_run(make_recipe(dataset="demo", model=model, epochs=10))
    at_work = {"host": socket.gethostname(), "process": ProcessId.of(os.getpid()), "heartbeat": time.time()}
    run.write_status(replace(run.written_status(), state=state, started=started, done=1.0, total=10.0, **at_work))
    return run


def test_it_follows_the_run_that_started_last_and_falls_back_to_the_newest(demo_artifacts, open_page) -> None:
    older = made("lstm-rows", State.RUNNING, started=200.0)
    made("cnn-59k", State.STOPPED)
    test = open_page(PAGE)
    assert test.title[0].value == "lstm-rows on demo (synthetic)"
    newer = made("cnn-pyramid", State.RUNNING, started=300.0)
    assert test.run().title[0].value == "cnn-pyramid on demo (synthetic)"
    for run in (older, newer):
        run.write_status(replace(run.written_status(), state=State.FINISHED))
    made("majority", State.QUEUED)
    assert test.run().title[0].value == "majority on demo (synthetic)"


def test_it_shows_the_run_from_which_it_was_opened_and_leads_back(demo_artifacts, open_page) -> None:
    over = made("cnn-59k", State.STOPPED)
    made("lstm-rows", State.RUNNING)
    test = open_page(PAGE, run=over.run_id)
    assert test.title[0].value == "cnn-59k on demo (synthetic)"
    [back] = test.page_link
    assert over.run_id in back.proto.query_string
    test = open_page(PAGE, run="20200101-000000-gone-000000")
    assert test.title[0].value == "lstm-rows on demo (synthetic)"
    assert "20200101-000000-gone-000000" in test.warning[0].value


def test_it_waits_for_the_first_run(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    assert test.title[0].value == "Nothing has been trained yet"
    made("cnn-59k", State.RUNNING)
    assert test.run().title[0].value == "cnn-59k on demo (synthetic)"


def test_there_is_nothing_to_press_and_no_sidebar(trained, open_page) -> None:
    test = open_page(PAGE)
    shown = [json.loads(each.proto.json) for each in test.get("bidi_component")]
    assert [(each["part"], each["run"]) for each in shown] == [("run", trained.run_id), ("matrix", trained.run_id)]
    for kind in ("button", "segmented_control", "slider", "toggle", "download_button", "page_link", "selectbox"):
        assert not test.get(kind), kind
    assert not test.sidebar.children
    assert not test.exception
