import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.errors import ConfigurationError, DataError, DiskFullError, RunError
from core.base.heartbeat import STALE_SECONDS
from core.base.processes import ProcessId
from core.runs.run_folder import (
    RunFolder,
    create_run,
    list_runs,
    open_run,
    read_lines,
    runs_folder,
    summarise,
)
from core.runs.run_states import ErrorKind, Request, State
from core.training.recipe import make_recipe


@pytest.fixture
def run(artifacts: Path) -> RunFolder:
    """A queued run."""
    made = create_run(make_recipe(dataset="demo", model="cnn-59k", seed=5))
    assert made.path.is_relative_to(artifacts)
    return made


def say(run: RunFolder, **changes) -> None:
    now = {"host": socket.gethostname(), "heartbeat": time.time(), "process": ProcessId.of(os.getpid())}
    run.write_status(replace(run.written_status(), **{**now, **changes}))


def gone() -> ProcessId:
    return replace(ProcessId.of(os.getpid()), started=1.0)  # our id, but a process of long ago


def test_a_new_run_is_queued_and_keeps_its_recipe(run: RunFolder) -> None:
    assert run.status().state is State.QUEUED
    assert run.recipe() == make_recipe(dataset="demo", model="cnn-59k", seed=5)
    assert run.path.parent == runs_folder()
    assert time.time() - run.status().created < 60


def test_a_queued_run_may_wait_for_days_and_is_not_lost(run: RunFolder) -> None:
    run.write_status(replace(run.written_status(), created=time.time() - 1e6))
    assert run.status().state is State.QUEUED


@pytest.mark.parametrize("state", [State.STARTING, State.RUNNING, State.EVALUATING])
def test_an_active_run_with_a_living_process_and_a_fresh_heartbeat_is_what_it_says(
    run: RunFolder, state: State
) -> None:
    say(run, state=state)
    assert run.status().state is state


@pytest.mark.parametrize("state", [State.STARTING, State.RUNNING, State.EVALUATING])
def test_an_active_run_that_has_not_been_heard_of_is_lost(run: RunFolder, state: State) -> None:
    say(run, state=state, heartbeat=time.time() - STALE_SECONDS - 1)
    status = run.status()
    assert (status.state, status.error_kind) == (State.LOST, ErrorKind.LOST)
    assert f"was {state} and has not been heard of for 31 s" in status.message
    assert run.written_status().state is state  # looking writes nothing


def test_an_active_run_whose_process_is_gone_is_lost_at_once(run: RunFolder) -> None:
    say(run, state=State.RUNNING, process=gone())
    assert run.status().state is State.LOST


def test_a_process_on_another_host_is_judged_by_its_heartbeat_alone(run: RunFolder) -> None:
    say(run, state=State.RUNNING, process=gone(), host="another-host")
    assert run.status().state is State.RUNNING
    say(run, state=State.RUNNING, host="another-host", heartbeat=time.time() - STALE_SECONDS - 1)
    assert run.status().state is State.LOST


@pytest.mark.parametrize("state", [State.FINISHED, State.STOPPED, State.FAILED])
def test_a_run_that_is_over_stays_so_however_old_it_is(run: RunFolder, state: State) -> None:
    say(run, state=state, heartbeat=0.0, process=gone())
    assert run.status().state is state


def test_every_state_and_every_kind_of_failure_is_explained() -> None:
    assert all(state.meaning.endswith(".") for state in State)
    assert all(kind.hint.endswith(".") for kind in ErrorKind)
    assert not any(state.active and state.over for state in State)
    assert {state for state in State if not state.active and not state.over} == {State.QUEUED}


def test_a_half_written_last_line_is_left_for_the_next_look(run: RunFolder) -> None:
    run.metrics_file.write_text('{"kind": "epoch", "epoch": 0}\n{"kind": "epo')
    lines, offset = run.metrics()
    assert [line["epoch"] for line in lines] == [0]
    assert run.metrics(offset) == ([], offset)
    with run.metrics_file.open("a") as file:
        file.write('ch", "epoch": 1}\n')
    lines, end = run.metrics(offset)
    assert [line["epoch"] for line in lines] == [1]
    assert end == run.metrics_file.stat().st_size
    assert run.metrics(end) == ([], end)


def test_lines_that_are_no_objects_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_bytes(b'nonsense\n[1]\n\xff\xfe\n\n{"a": "\xc3\xbc"}\n7\n')
    lines, offset = read_lines(file)
    assert lines == [{"a": "ü"}]
    assert offset == file.stat().st_size


def test_a_run_without_curves_or_log_yet_has_none(run: RunFolder) -> None:
    assert run.metrics() == ([], 0)
    assert run.log_tail() == ""


def test_the_tail_of_a_long_log_is_its_end_even_if_a_character_is_cut(run: RunFolder) -> None:
    run.log.write_text("ä" * 5000 + "end")
    assert run.log_tail(100).endswith("end")
    assert len(run.log_tail(100).encode()) <= 110


@pytest.mark.parametrize(
    "run_id",
    ["", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", "x\0y", "x\n", " ", "x y", "..%2fx", "~", "$HOME", "*",
     "x" * 10_000],
)  # fmt: skip
def test_a_hostile_run_id_is_refused_with_a_short_sentence(run: RunFolder, run_id: str) -> None:
    with pytest.raises(RunError) as refusal:
        open_run(run_id)
    assert len(str(refusal.value)) < 300
    assert run.run_id not in str(refusal.value)


def test_a_folder_outside_the_runs_cannot_be_opened(run: RunFolder, artifacts: Path) -> None:
    outside = artifacts / "outside"
    run.path.rename(outside)
    for run_id in ("../outside", "..", str(outside)):
        with pytest.raises(RunError):
            open_run(run_id)


def test_a_run_opens_by_its_whole_id_or_by_a_part_that_fits_no_other(run: RunFolder) -> None:
    other = create_run(make_recipe(dataset="demo", model="lstm-rows"))
    assert open_run(run.run_id) == run
    assert open_run("lstm") == other
    assert open_run(other.run_id[-4:]) == other
    with pytest.raises(RunError, match=r"“demo” fits 2 runs"):
        open_run("demo")
    with pytest.raises(RunError, match=r"There is no run “nothing-like-it”"):
        open_run("nothing-like-it")


def test_a_whole_id_wins_over_longer_ones_that_contain_it(run: RunFolder) -> None:
    longer = RunFolder(run.path.with_name(run.run_id + "-again"))
    longer.path.mkdir()
    for name in ("recipe.json", "status.json"):
        (longer.path / name).write_bytes((run.path / name).read_bytes())
    assert open_run(run.run_id) == run


def test_runs_are_listed_newest_first_even_within_one_second(artifacts: Path) -> None:
    assert list_runs() == []
    names = ["majority", "cnn-59k", "lstm-rows", "cnn-pyramid"] * 3
    made = [create_run(make_recipe(dataset="demo", model=name)) for name in names]
    assert list_runs() == made[::-1]
    assert artifacts in made[0].path.parents


def test_an_older_second_comes_after_a_newer_one(run: RunFolder) -> None:
    older = run.path.with_name("20200101-000000-cnn-59k-demo-ffff")
    older.mkdir()
    for name in ("recipe.json", "status.json"):
        (older / name).write_bytes((run.path / name).read_bytes())
    assert [r.run_id for r in list_runs()] == [run.run_id, older.name]


def test_folders_that_are_no_runs_are_not_listed(run: RunFolder) -> None:
    (runs_folder() / "stray").mkdir()
    (runs_folder() / "file").write_text("x")
    half = runs_folder() / "20300101-000000-half"
    half.mkdir()
    (half / "recipe.json").write_text("{}")
    assert list_runs() == [run]


def test_two_runs_made_at_once_have_different_ids(artifacts: Path) -> None:
    recipe = make_recipe(dataset="demo", model="majority")
    assert len({create_run(recipe).run_id for _ in range(20)}) == 20
    assert len(list((artifacts / "runs").iterdir())) == 20


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("status.json", ""),
        ("status.json", "{"),
        ("status.json", "[]"),
        ("status.json", "null"),
        ("status.json", '{"state": "dancing"}'),
        ("recipe.json", "{"),
        ("recipe.json", "[]"),
        ("recipe.json", '{"dataset": "demo", "model": "a model of another version"}'),
        ("evaluation/metrics.json", "{"),
        ("evaluation/metrics.json", "[1]"),
    ],
)
def test_a_run_with_an_unreadable_file_is_passed_over_and_spoils_no_list(
    run: RunFolder, name: str, content: str
) -> None:
    good = create_run(make_recipe(dataset="demo", model="majority"))
    (run.path / name).parent.mkdir(exist_ok=True)
    (run.path / name).write_text(content)
    shown = [summary.run for summary in map(summarise, list_runs()) if summary]
    assert shown == [good]


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}"])
def test_a_run_whose_leakage_report_is_damaged_stays_in_the_list_without_saying_whether_it_leaks(
    run: RunFolder, content: str
) -> None:
    run.evaluation.mkdir()
    (run.evaluation / "metrics.json").write_text('{"headline": "test", "test": {"accuracy": 0.5}}')
    run.leakage_file.write_text(content)
    [summary] = map(summarise, list_runs())
    assert summary is not None
    assert (summary.run, summary.leaking, summary.metrics["test"]) == (run, None, {"accuracy": 0.5})
    run.predictor_file.write_text('{"leaking": true}')  # where a trained run says it once more
    assert [summarise(each).leaking for each in list_runs()] == [True]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": "dancing"}'])
def test_opening_a_run_with_a_damaged_status_names_the_file(run: RunFolder, content: str) -> None:
    (run.path / "status.json").write_text(content)
    with pytest.raises(RunError, match=rf"{run.run_id} cannot be used: its status.json is missing or damaged"):
        open_run(run.run_id).status()


def test_a_summary_has_recipe_status_and_what_was_found_out(run: RunFolder) -> None:
    summary = summarise(run)
    assert summary is not None
    assert (summary.leaking, summary.metrics) == (None, {})
    (run.path / "leakage.json").write_text('{"leaking": true}')
    run.evaluation.mkdir()
    (run.evaluation / "metrics.json").write_text('{"headline": "test", "test": {"accuracy": 0.5}}')
    summary = summarise(run)
    assert summary is not None
    assert (summary.leaking, summary.metrics["test"]["accuracy"]) == (True, 0.5)


def test_asking_twice_to_stop_does_no_harm(run: RunFolder) -> None:
    assert not run.stop_requested()
    run.ask(Request.STOP)
    run.ask(Request.STOP)
    assert run.stop_requested()


def test_a_run_that_cannot_be_written_is_not_made(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:  # a really full disk needs a mount, which tests may not do
        raise DiskFullError("full")

    monkeypatch.setattr(RunFolder, "write_status", full)
    with pytest.raises(DiskFullError):
        create_run(make_recipe(dataset="demo", model="cnn-59k"))
    assert list(runs_folder().iterdir()) == []


def test_a_run_is_worked_on_while_its_process_lives_however_long_it_is_silent(run: RunFolder) -> None:
    assert not run.worked_on()
    say(run, state=State.RUNNING, heartbeat=time.time() - 600)
    assert run.status().state is State.LOST
    assert run.worked_on()
    say(run, state=State.RUNNING, process=gone())
    assert not run.worked_on()
    say(run, state=State.FINISHED)
    assert not run.worked_on()


MANY_BLOCKS = [{"learns": "head", "epochs": 1}, {"learns": "14", "epochs": 1}]
UNSTARTABLE = {
    "more blocks in the second stage than the network has": (
        {"model": "mobilenet-0.25", "weights": "none", "stages": MANY_BLOCKS},
        "mobilenet-0.25 has 13 blocks",
    ),
    "a network without blocks": ({"model": "cnn-59k", "stages": MANY_BLOCKS}, "has no blocks .* Choose the head, or"),
    "weights of a run that is not here": (
        {"model": "mobilenet-0.25", "weights": "no-such-run"},
        "no-such-run has no trained model",
    ),
    "an official split where there is none": ({"model": "majority", "split": "official"}, "no official split"),
    "too few pictures for the parts": ({"model": "majority", "most_pictures": 1}, "too few groups"),
    "more folds than groups": (
        {"model": "majority", "folds": 10, "fold": 1, "most_pictures": 3},
        "10 folds need at least 10 groups",
    ),
}


@pytest.mark.parametrize(("fields", "said"), UNSTARTABLE.values(), ids=UNSTARTABLE)
def test_what_cannot_be_trained_is_refused_before_there_is_a_run(fields: dict, said: str, small_demo: Path) -> None:
    with pytest.raises((ConfigurationError, DataError), match=said):
        create_run(make_recipe(dataset="demo", **fields))
    assert not list_runs()
