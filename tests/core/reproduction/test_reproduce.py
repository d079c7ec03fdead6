"""`reproduce` trains rows as runs like any other, takes what is there, and writes the table."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.__main__ import main
from core.base.files import read_json
from core.base.percents import percent
from core.data.catalog import look
from core.reproduction.outcomes import Progress, seconds_left, standings
from core.reproduction.report import report_files
from core.reproduction.starting import lacking, start
from core.reproduction.systems import system_named
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import Request, State


@pytest.fixture
def reproduce(patches, capfd) -> Callable[..., tuple[int, dict[str, Any], str]]:
    """A function that runs the command with `--json`: exit code, the object, what was said on stderr."""

    def reproduce(*arguments: str) -> tuple[int, dict[str, Any], str]:
        capfd.readouterr()
        code = main(["reproduce", *arguments, "--json"])
        printed = capfd.readouterr()
        return code, json.loads(printed.out), printed.err

    return reproduce


def standing(name: str, quick: bool = True):
    [found] = standings([system_named(name)], look(), quick)
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("trained_here")
def test_a_row_is_trained_under_both_protocols_written_and_not_trained_again(reproduce) -> None:
    code, value, said = reproduce("--only", "brightness-logreg", "--quick")
    assert code == 0, said
    assert value["problems"] == []
    assert "2 trainings left" in said
    [row] = value["rows"]
    assert (row["system"], row["state"], row["published"]["value"]) == ("brightness-logreg", "done", 0.535)
    for half, part in (("theirs", "validation"), ("honest", "test")):
        found = row[half]
        assert found["dataset"] == "breast_histopathology"
        assert any("stands in for it" in note for note in found["notes"])
        assert any(note.startswith("Quick") for note in found["notes"])
        figure = found["figure"]
        assert figure["part"] == part
        assert 0.5 < figure["accuracy"] <= 1
        assert figure["interval"][0] <= figure["accuracy"] <= figure["interval"][1]
        assert figure["hardware"]
    assert row["theirs"]["figure"]["leaking"]
    assert not row["honest"]["figure"]["leaking"]
    assert "On patients that training has not seen it is" in row["explanation"]

    table, data = report_files()
    assert value["markdown"] == str(table)
    written = read_json(data)
    assert [each["system"] for each in written["rows"]][:2] == ["lstm-rows", "cnn-59k"]
    assert written["rows"][0]["state"] == "not possible here"
    text = table.read_text()
    assert "| `brightness-logreg` | 53.5 %, log loss 0.686 |" in text
    assert "not possible here" in text
    assert percent(row["honest"]["figure"]["accuracy"]) in text

    before = {run.run_id for run in list_runs()}
    code, again, said = reproduce("--only", "brightness-logreg", "--quick")
    assert (code, said) == (0, "")
    assert {run.run_id for run in list_runs()} == before
    assert again["rows"] == value["rows"]


@pytest.mark.slow
@pytest.mark.usefixtures("trained_here")
def test_a_training_that_fails_is_told_and_the_others_go_on(reproduce, patches) -> None:
    run = _made("brightness-logreg", 0)
    (run.path / "split.parquet").mkdir()  # so that its split cannot be written
    code, value, _ = reproduce("--only", "brightness-logreg", "--quick")
    assert code == 0
    [problem] = value["problems"]
    assert run.run_id in problem
    assert "failed" in problem
    [row] = value["rows"]
    assert row["theirs"]["figure"] is None
    assert row["honest"]["figure"] is not None
    assert row["state"] == "failed"


def test_a_name_that_nobody_knows_is_refused(reproduce) -> None:
    code, value, _ = reproduce("--only", "resnet")
    assert (code, value["kind"]) == (1, "ConfigurationError")
    assert "resnet" in value["error"]


def test_without_any_data_every_row_says_what_it_lacks_and_nothing_is_trained(artifacts, capfd) -> None:
    assert main(["reproduce", "--json"]) == 0
    value = json.loads(capfd.readouterr().out)
    assert {row["state"] for row in value["rows"]} == {"not possible here"}
    assert all("here." in row[half]["why_not"] for row in value["rows"] for half in ("theirs", "honest"))
    assert list_runs() == []


def _made(name: str, number: int, state: State = State.QUEUED) -> RunFolder:
    training = standing(name).trainings[number]
    run = create_run(training.recipe)
    run.write_status(replace(run.written_status(), state=state))
    return run


@pytest.mark.parametrize(
    ("state", "progress"),
    [(State.QUEUED, Progress.TRAINING), (State.STOPPED, Progress.FAILED), (State.FAILED, Progress.FAILED)],
)
def test_how_far_a_row_is_follows_from_its_runs(patches, state: State, progress: Progress) -> None:
    assert standing("patch-cnn-relu").progress is Progress.OPEN
    assert standing("cnn-59k").progress is Progress.IMPOSSIBLE
    _made("patch-cnn-relu", 0, state)
    assert standing("patch-cnn-relu").progress is progress
    assert standing("patch-cnn-relu", quick=False).progress is Progress.OPEN


def test_the_run_that_is_furthest_counts(patches) -> None:
    failed = _made("patch-cnn-relu", 0, State.FAILED)
    queued = _made("patch-cnn-relu", 0)
    assert standing("patch-cnn-relu").trainings[0].run == queued
    queued.write_status(replace(queued.written_status(), state=State.FAILED))
    assert standing("patch-cnn-relu").trainings[0].run in (failed, queued)


def test_a_row_is_handed_to_the_engine_where_it_lacks_something_and_what_stopped_goes_on(patches, monkeypatch) -> None:
    monkeypatch.setattr("core.engine.launch.submit", lambda: None)
    stopped = _made("patch-cnn-relu", 0, State.STOPPED)
    stopped.ask(Request.STOP)
    started = start(standing("patch-cnn-relu"), owner="a@b.org")
    assert started[0] == stopped
    assert stopped.status().state is State.QUEUED
    assert not stopped.stop_requested()
    assert started[1].written_status().owner == "a@b.org"
    assert start(standing("patch-cnn-relu")) == []
    assert len(lacking(standing("patch-cnn-relu"))) == 2


def test_the_time_that_is_left_is_told_from_earlier_runs_of_the_network(patches) -> None:
    catalog = look()
    found = standing("patch-cnn-relu", quick=False)
    assert seconds_left([found], catalog) == (0.0, 2)
    run = _made("patch-cnn-relu", 0, State.FINISHED)
    (run.path / "training.json").write_text(json.dumps({"epochs": 2, "seconds": 1.0, "images_per_second": 160.0}))
    seconds, unknown = seconds_left([standing("patch-cnn-relu", quick=False)], catalog)
    assert unknown == 0
    # Ten epochs each, of 0.8 × 160 pictures and 0.7 × 160, and what a run takes beside them.
    assert seconds == pytest.approx(2 * 20 + 10 * (0.8 + 0.7))
    assert seconds_left([standing("brightness-logreg")], catalog) == (2 * 20, 0)  # computed at once


def test_interrupted_it_ends_as_such_and_goes_on_with_the_same_run(reproduce, monkeypatch) -> None:
    looked_after: list[RunFolder] = []

    def stopped_by_a_person(run: RunFolder) -> None:
        looked_after.append(run)
        run.write_status(replace(run.written_status(), state=State.STOPPED))

    monkeypatch.setattr("core.cli.reproduce_command.train_here", stopped_by_a_person)
    for _ in range(2):
        code, value, _ = reproduce("--only", "patch-cnn-relu", "--quick")
        assert (code, value["kind"]) == (130, "KeyboardInterrupt")
    assert looked_after[0] == looked_after[1]
    assert len(list_runs()) == 1
    assert report_files()[0].is_file()
