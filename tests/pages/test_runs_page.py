"""The Runs page: every state of a run is shown as what it is, and the address chooses among them."""

import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.base.files import write_json
from core.base.percents import percent
from core.base.processes import ProcessId
from core.engine.engine import engine_status, stop_engine
from core.engine.waiting import waiting
from core.runs.index import all_runs
from core.runs.labels import Labels, read_labels
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import ErrorKind, Request, State
from core.training.recipe import make_recipe
from dashboard.rest.live import Known, answer, listed

PAGE = "31_runs.py"
NOTHING_LEAKS = {
    "kind": "random",
    "held_out_part": "test",
    "groups_shared": 0,
    "identical_images_shared": 0,
    "held_out": 20,
    "with_group_in_train": 0,
    "with_copy_in_train": 0,
    "by_class": [],
    "leaking": False,
}
EPOCH = {
    "kind": "epoch",
    "images_per_second": 500.0,
    "loss": 1.2,
    "accuracy": 0.4,
    "val_loss": 1.3,
    "val_balanced_accuracy": 0.25,
}
SYNTHETIC = ":violet-badge[:material/science: synthetic]"
HOSTILE = (
    "../../etc/passwd",
    "..",
    "/etc",
    "<script>alert(1)</script>",
    "**bold** :red[x] [link](http://example.org)",
    "%00",
    "x" * 5000,
)


@pytest.fixture
def make_run(demo_artifacts: Path) -> Callable[..., RunFolder]:
    """A function that makes a run whose files say what is asked; no process works on it."""

    def make_run(*, split: str = "grouped", **status: Any) -> RunFolder:
        run = create_run(make_recipe(dataset="demo", model="cnn-59k", split=split, epochs=10))
        run.write_status(replace(run.written_status(), **status))
        return run

    return make_run


@pytest.fixture
def at_work() -> dict[str, Any]:
    """The part of a status that says that this very process was heard of.

    In the future, so that no pause of a test makes it stale.
    """
    return {"host": socket.gethostname(), "process": ProcessId.of(os.getpid()), "heartbeat": time.time() + 3600}


def badges(test: AppTest) -> list[str]:
    """Badges as Streamlit writes them, such as `:red-badge[failed]`, without the one for synthetic data."""
    found = [element.value for element in test.markdown if "-badge[" in element.value]
    return [badge for badge in found if badge != SYNTHETIC]


def links(test: AppTest) -> list[str]:
    return [link.value for link in test.page_link]


def parts(test: AppTest) -> dict[str, dict[str, Any]]:
    """What the browser draws of the run by itself, by part, with what it is asked to draw."""
    asked = [json.loads(element.proto.json) for element in test.get("bidi_component")]
    return {each["part"]: each for each in asked}


def detail(test: AppTest, name: str) -> AppTest:
    """The page with another detail of the run chosen."""
    return test.segmented_control(key="run-details").set_value(name).run()


def shown_id(test: AppTest) -> str:
    """The run that the page shows below its list."""
    value = test.query_params["run"]
    return value if isinstance(value, str) else value[0]  # AppTest gives lists for what a test has set


def test_a_folder_without_any_run_says_what_to_do_next(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    assert [info.value for info in test.info] == ["No training has been started yet."]
    assert links(test) == ["Start the first one"]
    assert not test.exception


def test_a_finished_run_shows_its_figures_beside_the_floor_and_leads_on(trained, open_page) -> None:
    test = open_page(PAGE)
    assert badges(test) == [":green-badge[finished]"]
    shown = parts(test)["run"]
    assert shown["run"] == trained.run_id
    titles = ["Loss", "Accuracy", "Balanced accuracy", "Precision", "Recall"]
    assert [measure["title"] for measure in shown["measures"]] == titles
    shown = {each["label"]: each for each in answer(trained.run_id, Known())["figures"]}
    best = max(line["val_accuracy"] for line in trained.metrics()[0] if line["kind"] == "epoch")
    assert shown["Best validation accuracy"]["value"] == percent(best)
    assert shown["Best validation accuracy"]["under"].startswith("95 % interval ")
    assert links(test) == ["Compare", "Presenter view", "Clone", "See the results", "Predict with it"]
    assert not test.error


@pytest.mark.parametrize("kind", ErrorKind)
def test_a_failed_run_says_why_and_what_to_do(kind: ErrorKind, make_run, open_page) -> None:
    run = make_run(state=State.FAILED, error_kind=kind, message="It went wrong in the middle.", ended=time.time())
    run.log.write_text("".join(f"line {number}\n" for number in range(100)))
    test = open_page(PAGE)
    assert test.code[0].value.splitlines()[-1] == "line 99"
    assert badges(test) == [":red-badge[failed]"]
    [error] = test.error
    assert error.value == f"It went wrong in the middle. {kind.hint}"
    assert error.proto.title == f"failed: {kind}"
    assert "See the results" not in links(test)
    assert "Stop" not in [button.label for button in test.button]
    assert not test.exception


def test_a_run_cancelled_after_it_was_resumed_says_that_its_figures_are_older(make_run, open_page) -> None:
    run = make_run(state=State.STOPPED, message="Cancelled; nothing was evaluated.")
    assert [each.value for each in open_page(PAGE).info] == ["Cancelled; nothing was evaluated."]
    write_json(run.evaluation / "metrics.json", {"headline": "test", "test": {"accuracy": 0.5}})
    run.model_file.write_bytes(b"a model")
    write_json(run.path / "training.json", {"epochs": 4, "best_epoch": 2, "attempt": 1})
    assert "those of epoch 3, from before it was resumed" in open_page(PAGE).info[0].value
    assert open_page(PAGE).dataframe[0].value["state"].tolist() == ["stopped, figures from before"]
    run.write_status(replace(run.written_status(), state=State.RUNNING, message="", heartbeat=time.time() + 3600))
    assert "those of epoch 3, from before it was resumed" in open_page(PAGE).info[0].value


def test_a_queued_run_waits_and_can_be_stopped(make_run, open_page) -> None:
    run = make_run()
    test = open_page(PAGE)
    assert badges(test) == [":gray-badge[queued]"]
    [button] = [each for each in test.button if each.label == "Stop"]
    test = button.click().run()
    assert run.stop_requested()
    assert run.status().state is State.STOPPED
    assert badges(open_page(PAGE)) == [":orange-badge[stopped]"]


def test_an_asked_stop_is_not_asked_twice(make_run, at_work, open_page) -> None:
    run = make_run(state=State.RUNNING, done=1.0, total=10.0, **at_work)
    run.ask(Request.STOP)
    [button] = [each for each in open_page(PAGE).button if "Stop" in each.label]
    assert button.label == "Stopping …"
    assert button.disabled


def test_a_run_that_is_not_heard_of_any_more_is_lost(make_run, at_work, open_page) -> None:
    make_run(state=State.RUNNING, done=3.0, total=10.0, **{**at_work, "heartbeat": time.time() - 600})
    test = open_page(PAGE)
    assert badges(test) == [":red-badge[lost]"]
    [error] = test.error
    assert "has not been heard of for" in error.value
    assert ErrorKind.LOST.hint in error.value
    assert error.proto.title == "lost"


def test_a_viewer_has_no_button_to_stop(make_run, open_page, as_viewer) -> None:
    make_run()
    as_viewer()
    test = open_page(PAGE)
    assert badges(test) == [":gray-badge[queued]"]
    assert not [button for button in test.button if "Stop" in button.label]


def test_a_viewer_who_presses_stop_all_the_same_stops_nothing(make_run, open_page, as_viewer) -> None:
    """The page was drawn for an instructor, so the button can be pressed; who presses it is a viewer by then."""
    run = make_run()
    [button] = [each for each in open_page(PAGE).button if each.label == "Stop"]
    as_viewer()
    button.click().run()
    assert not run.stop_requested()
    assert run.status().state is State.QUEUED


def test_a_leaking_run_carries_its_red_badge_in_head_and_list(make_run, open_page) -> None:
    run = make_run(split="random", state=State.FINISHED)
    write_json(run.leakage_file, NOTHING_LEAKS | {"groups_shared": 3, "with_group_in_train": 5, "leaking": True})
    test = open_page(PAGE)
    assert badges(test) == [":green-badge[finished]", ":red-badge[:material/warning: leaking split]"]
    [split] = test.dataframe[0].value["split"]
    assert split.tolist() == ["leaks", "random"]


def test_a_random_split_that_shares_nothing_carries_no_leak_badge(make_run, open_page) -> None:
    run = make_run(split="random", state=State.FINISHED)
    write_json(run.leakage_file, NOTHING_LEAKS)
    test = open_page(PAGE)
    assert badges(test) == [":green-badge[finished]"]
    assert test.dataframe[0].value["split"].iloc[0].tolist() == ["random"]


def test_a_run_on_the_demo_is_marked_as_synthetic_in_head_and_list(make_run, open_page) -> None:
    make_run(state=State.FINISHED)
    test = open_page(PAGE)
    assert SYNTHETIC in [element.value for element in test.markdown]
    assert test.subheader[0].value.startswith("cnn-59k on demo (synthetic)")
    assert test.dataframe[0].value["data set"].tolist() == ["demo (synthetic)"]


def test_a_grouped_run_carries_no_leak_badge(make_run, open_page) -> None:
    run = make_run(state=State.FINISHED)
    write_json(run.leakage_file, NOTHING_LEAKS | {"kind": "grouped"})
    test = open_page(PAGE)
    assert badges(test) == [":green-badge[finished]"]
    assert test.dataframe[0].value["split"].iloc[0].tolist() == ["grouped"]


def test_a_run_id_in_the_address_chooses_that_run(make_run, open_page) -> None:
    runs = [make_run(state=State.STOPPED, message=f"This is run {number}.") for number in range(3)]
    for number, run in enumerate(runs):
        test = open_page(PAGE, run=run.run_id)
        assert shown_id(test) == run.run_id
        assert [info.value for info in test.info] == [f"This is run {number}."]


def test_a_click_on_a_row_shows_that_run_and_a_new_run_on_top_leaves_it_there(make_run, open_page, select) -> None:
    older, newer = make_run(state=State.STOPPED), make_run(state=State.STOPPED)
    test = open_page(PAGE)
    assert shown_id(test) == newer.run_id
    test = select(test, test.dataframe[0], rows=[1])
    assert shown_id(test) == test.query_params["run"] == older.run_id
    make_run(state=State.STOPPED)
    assert shown_id(test.run()) == older.run_id
    assert test.session_state["runs-table"]["selection"]["rows"] == [2]
    # For a browser that loads the table late: it would choose the first row by itself.
    assert json.loads(test.run().dataframe[0].proto.selection_default)["selection"]["rows"] == [2]


def test_the_page_stays_on_a_run_that_ends_while_another_is_worked_on(make_run, at_work, open_page) -> None:
    ending = make_run(state=State.RUNNING, done=1.0, total=10.0, **at_work)
    test = open_page(PAGE)
    assert shown_id(test) == ending.run_id
    other = make_run(state=State.RUNNING, done=1.0, total=10.0, **at_work)
    ending.write_status(replace(ending.written_status(), state=State.STOPPED))
    assert shown_id(test.run()) == ending.run_id
    assert [link.label for link in test.page_link if link.label.startswith("Running now")]
    ending.path.rename(ending.path.with_name("gone"))
    test.run()
    assert [each.value.startswith("There is no run") for each in test.warning] == [True]
    assert not test.subheader
    assert other.path.is_dir()


def test_what_opening_the_page_shows_is_not_what_other_pages_begin_with_unless_somebody_chose_it(
    make_run, open_page, select
) -> None:
    honest, newest = make_run(state=State.FINISHED), make_run(state=State.FINISHED)
    for run in (honest, newest):
        write_json(run.evaluation / "metrics.json", {"headline": "test", "test": {"accuracy": 0.5}})
        run.model_file.write_bytes(b"a model")
    write_json(newest.leakage_file, {"leaking": True})

    def results_after(test: AppTest) -> str:
        test.query_params.clear()  # a link of the navigation has no parameters
        return test.switch_page("../pages/32_results.py").run().query_params["run"]

    test = open_page(PAGE)
    assert shown_id(test) == newest.run_id
    assert results_after(test.run()) == honest.run_id
    assert results_after(open_page(PAGE, run=newest.run_id)) == newest.run_id
    test = open_page(PAGE)
    for row in (1, 0):
        test = select(test, test.dataframe[0], rows=[row])
    assert results_after(test) == newest.run_id


def test_how_curves_and_details_are_looked_at_is_kept_while_one_looks_elsewhere(make_run, open_page) -> None:
    make_run(state=State.STOPPED)
    test = detail(open_page(PAGE), "Confusion matrix")
    test.slider(key="smoothing").set_value(0.6).run()
    test.toggle(key="log-axis").set_value(True).run()
    [shown] = [each for each in test.segmented_control if each.label == "Show"]
    shown.set_value("pictures").run()
    test.switch_page("../pages/20_data.py").run()
    test.switch_page(f"../pages/{PAGE}").run()
    assert not test.exception
    look = parts(test)["matrix"]
    assert (look["look"]["smoothing"], look["look"]["log"], look["mode"]) == (0.6, True, "pictures")


def test_a_run_that_is_worked_on_comes_before_newer_ones_that_are_over(make_run, at_work, open_page) -> None:
    busy = make_run(state=State.RUNNING, done=1.0, total=10.0, **at_work)
    make_run(state=State.STOPPED)
    assert shown_id(open_page(PAGE)) == busy.run_id


@pytest.mark.parametrize(
    ("page", "address"),
    [(PAGE, address) for address in HOSTILE] + [(page, HOSTILE[3]) for page in ("32_results.py", "33_predict.py")],
)
def test_an_unknown_or_hostile_run_in_the_address_harms_nothing(page, address, trained, open_page) -> None:
    test = open_page(page, run=address)
    assert not test.exception
    assert not test.error
    if page != PAGE:
        assert not test.tabs  # nothing else is shown in its place
        assert shown_id(test) == address
    if address:
        assert [each.icon for each in test.warning].count(":material/search_off:") == 1
    if len(address) > 3:
        assert not [element for element in test if address in str(getattr(element, "proto", ""))]


@pytest.mark.parametrize("written", ['{"state": "fini', "[" * 5000, '{"state": ' * 5000], ids=["cut", "nested", "deep"])
def test_a_run_whose_files_are_damaged_does_not_hide_the_others(make_run, open_page, written: str) -> None:
    whole, damaged = make_run(state=State.STOPPED), make_run(state=State.STOPPED)
    (damaged.path / "status.json").write_text(written)
    test = open_page(PAGE, run=damaged.run_id)
    assert [each.value.startswith("There is no run") for each in test.warning] == [True]
    assert not test.subheader  # nothing else is shown in its place
    assert shown_id(open_page(PAGE)) == whole.run_id
    assert not test.exception


def test_the_recipe_is_there_with_the_meaning_of_each_field(make_run, open_page) -> None:
    make_run(state=State.STOPPED)
    test = detail(open_page(PAGE), "Recipe")
    [table] = [frame.value for frame in test.dataframe if "meaning" in frame.value]
    values = dict(zip(table["field"], table["value"], strict=True))
    assert values["epochs"] == "10"
    assert values["split"] == "grouped"
    assert (table["meaning"].str.len() > 10).all()


@pytest.fixture
def polled(monkeypatch: pytest.MonkeyPatch) -> dict[str, float | None]:
    """How often each fragment of the page refreshes itself, in seconds; `AppTest` refreshes nothing by itself."""
    import streamlit as st

    seen: dict[str, float | None] = {}
    real = st.fragment

    def fragment(function=None, *, run_every=None, **options):
        def seen_and_real(function):
            seen[function.__name__] = run_every
            return real(function, run_every=run_every, **options)

        return seen_and_real if function is None else seen_and_real(function)

    monkeypatch.setattr(st, "fragment", fragment)
    return seen


def test_no_part_of_the_page_refreshes_itself_but_the_log_and_the_place_in_the_queue(
    make_run, at_work, open_page, polled
) -> None:
    """All else the browser asks for, which costs the server a twentieth."""
    over, queued = make_run(state=State.STOPPED), make_run()
    busy = make_run(state=State.RUNNING, done=1.0, total=10.0, **at_work)
    open_page(PAGE, run=over.run_id)
    assert polled.keys() == {"log", "place_in_queue"}
    assert polled["log"] is None
    open_page(PAGE, run=busy.run_id)
    assert polled["log"]
    test = open_page(PAGE, run=queued.run_id)
    assert any("in the queue" in element.value for element in test.markdown)


def test_a_page_knows_the_list_it_was_drawn_with_so_that_the_browser_sees_when_another_is_due(
    make_run, at_work, open_page
) -> None:
    run = make_run(state=State.RUNNING, done=1.0, total=10.0, **at_work)
    test = open_page(PAGE)
    drawn = parts(test)["run"]["listed"]
    assert answer(run.run_id, Known())["listed"] == drawn
    run.write_status(replace(run.written_status(), state=State.FINISHED))
    assert listed(all_runs()) != drawn
    assert parts(test.run())["run"]["listed"] == listed(all_runs())


def test_a_run_that_was_just_lost_is_asked_for_until_its_supervisor_has_said_why(make_run, at_work, open_page) -> None:
    gone = ProcessId(os.getpid(), started=1.0)
    run = make_run(state=State.RUNNING, done=3.0, total=10.0, **{**at_work, "process": gone})
    test = open_page(PAGE)
    assert badges(test) == [":red-badge[lost]"]
    assert answer(run.run_id, Known())["live"]
    assert not [button for button in test.button if "Stop" in button.label]


def test_a_lost_run_whose_process_hangs_can_be_stopped(make_run, at_work, open_page) -> None:
    run = make_run(state=State.RUNNING, done=3.0, total=10.0, **{**at_work, "heartbeat": time.time() - 600})
    test = open_page(PAGE)
    assert badges(test) == [":red-badge[lost]"]
    [button] = [each for each in test.button if each.label == "Stop"]
    button.click().run()
    assert run.stop_requested()


def test_the_epochs_behind_the_curves_can_be_downloaded(make_run, open_page) -> None:
    run = make_run(state=State.STOPPED)
    run.metrics_file.write_text(json.dumps(EPOCH | {"epoch": 0, "val_accuracy": 0.3}) + "\n")
    test = open_page(PAGE)
    assert [button.label for button in test.get("download_button")] == ["Epochs as CSV"]


def start_buttons(test: AppTest) -> list:
    return [button for button in test.button if button.label == "Start the engine"]


def test_queued_runs_without_an_engine_say_so_and_only_an_instructor_can_start_it(
    make_run, open_page, as_viewer
) -> None:
    make_run()
    test = open_page(PAGE)
    [warning] = test.warning
    assert warning.proto.title == "The engine is not running"
    [button] = start_buttons(test)
    as_viewer()
    button.click().run()
    assert not engine_status().running
    test = open_page(PAGE)
    [warning] = test.warning
    assert "Only instructors can start it" in warning.value
    assert not start_buttons(test)


def test_without_queued_runs_nobody_misses_the_engine(make_run, open_page) -> None:
    make_run(state=State.STOPPED)
    assert not open_page(PAGE).warning


def test_an_engine_that_cannot_be_reached_is_a_clear_error(make_run, open_page, monkeypatch) -> None:
    monkeypatch.setenv("LESIONLAB_SCHEDULER", "tcp://127.0.0.1:1")
    make_run()
    test = open_page(PAGE)
    [button] = start_buttons(test)
    test = button.click().run()
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in test.error[0].value
    assert test.dataframe
    assert not test.exception


@pytest.mark.slow
def test_starting_the_engine_hands_it_the_queued_runs(make_run, open_page) -> None:
    run = make_run()
    try:
        [button] = start_buttons(open_page(PAGE))
        test = button.click().run()
        assert engine_status().running
        assert not test.warning
        assert not test.exception
        deadline = time.monotonic() + 400
        while run.status().state is State.QUEUED and time.monotonic() < deadline:
            time.sleep(0.2)
        assert run.status().state is not State.QUEUED
    finally:
        stop_engine()


def test_each_detail_is_drawn_as_it_was_asked_for(make_run, open_page) -> None:
    run = make_run(state=State.STOPPED)
    test = open_page(PAGE)
    assert parts(test).keys() == {"run", "class"}
    test = detail(test, "Confusion matrix")
    assert parts(test)["matrix"]["mode"] == "shares"
    test.segmented_control(key=f"matrix-{run.run_id}").set_value("pictures").run()
    assert parts(test)["matrix"]["mode"] == "pictures"
    test = detail(test, "Learning rate")
    assert [measure["column"] for measure in parts(test)["rate"]["measures"]] == ["learning_rate"]
    test = detail(test, "System")
    assert parts(test)["system"]["api"] == f"/api/runs/{run.run_id}"


def test_curves_are_smoothed_and_logarithmic_where_asked(make_run, open_page) -> None:
    make_run(state=State.STOPPED)
    test = open_page(PAGE)
    test.slider(key="smoothing").set_value(0.5).run()
    test.toggle(key="log-axis").set_value(True).run()
    look = parts(test)["run"]["look"]
    assert (look["smoothing"], look["log"]) == (0.5, True)


def test_an_old_run_breaks_nothing(make_run, open_page) -> None:
    run = make_run(state=State.STOPPED)
    run.metrics_file.write_text(json.dumps(EPOCH | {"epoch": 0, "val_accuracy": 0.3}) + "\n")
    test = open_page(PAGE)
    for name in ("By class", "Confusion matrix", "Learning rate", "System", "Log", "Recipe"):
        test = detail(test, name)
        assert not test.exception, name
        assert not test.error, name


def test_the_log_is_filtered_by_level_and_searched(make_run, open_page) -> None:
    run = make_run(state=State.STOPPED)
    run.log.write_text("Epoch 1\nWARNING:tensorflow:retracing\nMemoryError: too much\nEpoch 2\n")
    test = detail(open_page(PAGE), "Log")
    assert test.code[0].value == run.log.read_text().strip()
    test.segmented_control(key=f"log-level-{run.run_id}").set_value("Warnings and errors").run()
    assert test.code[0].value == "WARNING:tensorflow:retracing\nMemoryError: too much"
    test.text_input(key=f"log-search-{run.run_id}").set_value("MEMORY").run()
    assert test.code[0].value == "MemoryError: too much"
    test.text_input(key=f"log-search-{run.run_id}").set_value("nowhere").run()
    assert not test.code
    assert "Download the log" in [button.label for button in test.get("download_button")]


def test_runs_are_filtered_by_the_address(make_run, open_page) -> None:
    stopped, failed = make_run(state=State.STOPPED), make_run(state=State.FAILED, message="It failed.")
    test = open_page(PAGE, **{"runs-state": "stopped"})
    assert test.dataframe[0].value["state"].tolist() == ["stopped"]
    assert shown_id(test) == failed.run_id  # a filter hides rows, it chooses nothing
    test = open_page(PAGE, **{"runs-search": stopped.run_id[-4:], "run": stopped.run_id})
    assert test.dataframe[0].value["state"].tolist() == ["stopped"]
    assert test.session_state["runs-table"]["selection"]["rows"] == [0]
    test = open_page(PAGE, **{"runs-search": "no run is called so"})
    assert "No run matches." in [info.value for info in test.info]


def test_several_runs_are_ticked_in_the_list_and_compared(make_run, open_page, select) -> None:
    runs = [make_run(state=State.STOPPED) for _ in range(3)]
    test = open_page(PAGE)
    test.toggle(key="runs-several").set_value(True).run()
    assert not test.get("page_link") or "Compare these" not in str(test.get("page_link"))
    test = select(test, test.dataframe[0], rows=[0, 2], columns=[], cells=[])
    [link] = [link for link in test.get("page_link") if "Compare these 2 runs" in link.proto.label]
    assert {runs[0].run_id, runs[2].run_id} == set(parse_qs(link.proto.query_string)["runs"][0].split(","))


def test_a_link_to_one_of_many_runs_shows_that_one_and_not_the_list_above_it(make_run, open_page) -> None:
    runs = [make_run(state=State.STOPPED) for _ in range(5)]
    by_link = [each for each in open_page(PAGE, run=runs[2].run_id).expander if "All 5 runs" in each.label]
    assert [each.proto.expanded for each in by_link] == [False]
    assert [each.proto.expanded for each in open_page(PAGE).expander if "All 5 runs" in each.label] == [True]


def test_labels_are_written_by_instructors_and_seen_by_all(make_run, open_page, as_viewer) -> None:
    run = make_run(state=State.STOPPED)
    test = open_page(PAGE)
    test.toggle(key=f"label-star-{run.run_id}").set_value(True).run()
    test.multiselect(key=f"label-tags-{run.run_id}").set_value(["for class"]).run()
    test.text_area(key=f"label-note-{run.run_id}").set_value("Look at **melanoma**.").run()
    test.text_input(key=f"label-name-{run.run_id}").set_value("Before lunch").run()
    assert read_labels(run) == Labels(True, ("for class",), "Look at **melanoma**.", "Before lunch")
    assert any("Before lunch" in heading.value for heading in test.subheader)
    as_viewer()
    test.toggle(key=f"label-star-{run.run_id}").set_value(False).run()  # the page was drawn for an instructor
    assert read_labels(run).star
    test = open_page(PAGE)
    assert [text.value for text in test.text] == ["Look at **melanoma**."]
    assert any("for class" in badge for badge in badges(test))
    assert not test.text_area


def test_a_finished_run_cannot_be_resumed_and_a_stopped_one_can(make_run, open_page) -> None:
    make_run(state=State.FINISHED)
    labels = [button.label for button in open_page(PAGE).button]
    assert "Resume" not in labels
    assert "Delete this run" in labels
    make_run(state=State.STOPPED)
    assert "Resume" in [button.label for button in open_page(PAGE).button]


def test_a_deleted_run_is_brought_back_with_one_click(make_run, open_page) -> None:
    kept, deleted = make_run(state=State.STOPPED), make_run(state=State.STOPPED)
    test = open_page(PAGE, run=deleted.run_id)
    [button] = [each for each in test.button if each.label == "Delete this run"]
    [asking] = [each for each in test.get("popover") if each.proto.popover.label == "Delete"]
    assert "Delete this run" in [each.label for each in asking.button]  # it lies in what one opens first
    test = button.click().run()
    assert not deleted.path.exists()
    assert kept.path.is_dir()
    assert not test.subheader  # no other run comes under the finger
    assert not test.warning
    [undo] = [each for each in test.button if each.label == "Undo"]
    test = undo.click().run()
    assert deleted.path.is_dir()
    assert len(test.dataframe[0].value) == 2


def test_a_viewer_who_presses_delete_all_the_same_deletes_nothing(make_run, open_page, as_viewer) -> None:
    run = make_run(state=State.STOPPED)
    [button] = [each for each in open_page(PAGE).button if each.label == "Delete this run"]
    as_viewer()
    button.click().run()
    assert run.path.is_dir()


def test_each_way_to_end_a_run_leaves_its_own_request(make_run, at_work, open_page) -> None:
    for label, request in (
        ("Finish this epoch, then test", "finish"),
        ("Stop now and test", "stop"),
        ("Cancel without a test", "cancel"),
    ):
        run = make_run(state=State.RUNNING, done=1.0, total=10.0, **at_work)
        [button] = [each for each in open_page(PAGE, run=run.run_id).button if each.label == label]
        button.click().run()
        assert run.asked() == request


def test_ways_to_end_a_run_keep_place_and_width_whatever_it_does(make_run, at_work, open_page, monkeypatch) -> None:
    run, drawn = make_run(), []
    button = st.button

    def drawn_button(label: str, **look: Any) -> bool:
        if look.get("key") in {f"{request}-{run.run_id}" for request in Request}:
            drawn[-1].append((look["key"], look.get("width")))
        return button(label, **look)

    monkeypatch.setattr(st, "button", drawn_button)
    for state, asked in (
        (State.QUEUED, None),
        (State.STARTING, None),
        (State.RUNNING, None),
        (State.RUNNING, Request.STOP),
        (State.EVALUATING, Request.CANCEL),
    ):
        run.write_status(replace(run.written_status(), state=state, **({} if state is State.QUEUED else at_work)))
        if asked is not None:
            run.ask(asked)
        drawn.append([])
        open_page(PAGE, run=run.run_id)
        assert drawn[-1] == drawn[0], (state, asked)
    assert len(drawn[0]) == 3
    assert all(isinstance(width, int) for _, width in drawn[0])


def test_a_waiting_run_tells_its_place_and_can_be_put_first(make_run, open_page) -> None:
    first, second = make_run(), make_run()
    test = open_page(PAGE, run=second.run_id)
    assert any("Number 2 of 2 in the queue" in element.value for element in test.markdown)
    [button] = [each for each in test.button if each.label == "First"]
    test = button.click().run()
    assert any("Number 1 of 2 in the queue" in element.value for element in test.markdown)
    assert [each.run for each in waiting()] == [second, first]
