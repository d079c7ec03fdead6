"""The presenter view follows whichever run is active, and has nothing to press."""

import json
import os
import shutil
import socket
import time
from dataclasses import asdict, replace

from core.base.files import write_json
from core.base.ids import new_id
from core.base.processes import ProcessId
from core.runs.labels import change_labels
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.teaching.leakage_lesson import KINDS, LeakageLesson, lessons_folder
from core.training.recipe import make_recipe

PAGE = "35_presenter.py"


def made(model: str, state: State, started: float | None = None) -> RunFolder:
    run = create_run(make_recipe(dataset="demo", model=model, epochs=10))
    at_work = {"host": socket.gethostname(), "process": ProcessId.of(os.getpid()), "heartbeat": time.time() + 3600}
    run.write_status(replace(run.written_status(), state=state, started=started, done=1.0, total=10.0, **at_work))
    return run


def test_it_follows_the_run_that_started_last_and_falls_back_to_the_newest(demo_artifacts, open_page) -> None:
    older = made("lstm-rows", State.RUNNING, started=200.0)
    made("cnn-59k", State.STOPPED)
    test = open_page(PAGE)
    assert test.title[0].value.startswith("lstm-rows on demo (synthetic)")
    newer = made("cnn-pyramid", State.RUNNING, started=300.0)
    assert test.run().title[0].value.startswith("cnn-pyramid on demo (synthetic)")
    for run in (older, newer):
        run.write_status(replace(run.written_status(), state=State.FINISHED))
    made("majority", State.QUEUED)
    assert test.run().title[0].value.startswith("majority on demo (synthetic)")


def test_it_shows_the_run_from_which_it_was_opened_and_leads_back(demo_artifacts, open_page) -> None:
    over = made("cnn-59k", State.STOPPED)
    change_labels(over, name="Before lunch")
    active = made("lstm-rows", State.RUNNING)
    test = open_page(PAGE, run=over.run_id)
    assert test.title[0].value == "Before lunch · cnn-59k on demo (synthetic)"
    newer, back = test.page_link
    assert (newer.label, back.label) == ("Newer run", "Back")
    assert active.run_id in newer.proto.query_string
    assert over.run_id in back.proto.query_string
    assert [link.label for link in open_page(PAGE, run=active.run_id).page_link] == ["Older run", "Back"]
    test = open_page(PAGE, run=over.run_id)
    shutil.rmtree(over.path)
    test.run()
    assert f"`{over.run_id}`" in test.warning[0].value
    assert not test.title  # nothing else is shown in its place
    assert [link.label for link in test.page_link] == ["The run that learns, or the newest", "All runs"]


def test_what_shows_one_part_at_a_time_is_there_before_the_parts(trained, open_page) -> None:
    """A part that takes long to make would else be waited for with all others beside each other, and keys are lost."""
    shown = [each.type for each in open_page(PAGE).main]
    assert shown.index("html", shown.index("title")) < shown.index("bidi_component")


def test_it_waits_for_the_first_run(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    assert test.title[0].value == "Nothing has been trained yet"
    made("cnn-59k", State.RUNNING)
    assert test.run().title[0].value.startswith("cnn-59k on demo (synthetic)")


def test_there_is_nothing_to_press_and_no_sidebar(trained, open_page) -> None:
    test = open_page(PAGE)
    shown = [json.loads(each.proto.json) for each in test.get("bidi_component")]
    assert [(each["part"], each["run"]) for each in shown] == [("run", trained.run_id), ("matrix", trained.run_id)]
    for kind in ("button", "segmented_control", "slider", "toggle", "download_button", "page_link", "selectbox"):
        assert not test.get(kind), kind
    assert not test.sidebar.children
    assert not test.exception


def test_the_leakage_lesson_on_the_same_data_is_a_part_of_its_own(trained, open_page) -> None:
    test = open_page(PAGE)
    assert not test.get("plotly_chart")
    assert "curves or confusion matrix" in test.caption[-1].value
    lesson = LeakageLesson(new_id(), "demo", "cnn-59k", 2, 0, 0.8, 0.0, {str(kind): trained.run_id for kind in KINDS})
    write_json(lessons_folder() / f"{lesson.lesson_id}.json", asdict(lesson))
    test = open_page(PAGE)
    assert not test.exception
    assert len(test.get("plotly_chart")) == 1
    assert "leakage lesson" in test.caption[-1].value
