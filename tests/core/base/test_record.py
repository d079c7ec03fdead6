"""Records: runs, searches and jobs, as this version, older and newer ones write them."""

import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.errors import JobError, RunError, SearchError
from core.base.files import read_json, write_json
from core.base.heartbeat import StatusWriter
from core.base.processes import ProcessId
from core.base.record import Record
from core.base.schema import Schema
from core.evaluation.predictions import load_predictions
from core.jobs import Job, JobState, JobStatus, list_jobs
from core.runs.judging.results import headline_metrics
from core.runs.labels import change_labels
from core.runs.run_folder import RunFolder, create_run, list_runs, summarise
from core.runs.run_states import ErrorKind, Request, State
from core.runs.run_status import Status
from core.searches.search_config import read_search_config
from core.searches.search_folder import list_searches
from core.searches.search_states import SearchState, TrialState
from core.serving.predictor import PredictorInfo
from core.training.recipe import make_recipe

OLD = Path(__file__).parent / "records_of_0_1_0"


@pytest.fixture
def old(artifacts: Path) -> Path:
    """An artifacts folder with runs, a search and a job as version 0.1.0 has written them."""
    for kind in ("runs", "searches", "jobs"):
        shutil.copytree(OLD / kind, artifacts / kind)
    return artifacts


@pytest.fixture
def records(old: Path) -> dict[str, Record]:
    """One of each kind, by its kind."""
    return {"run": list_runs()[-1], "search": list_searches()[0], "job": list_jobs()[0]}


def test_runs_of_version_0_1_0_are_listed_with_all_that_is_known_of_them(old: Path) -> None:
    shown = [summarise(run) for run in list_runs()]
    assert len(shown) == 4, "three that are finished, one that was at work when its machine went off"
    assert [each.status.state for each in shown] == [State.LOST, *[State.FINISHED] * 3]
    assert all(0 < each.metrics["test"]["accuracy"] < 1 for each in shown[1:])
    assert [each.leaking for each in shown] == [False] * 4


def test_a_finished_run_of_version_0_1_0_is_read_to_its_last_file(records: dict[str, Record]) -> None:
    run = records["run"]
    status = run.status()
    assert (status.state, status.host, status.device, status.attempt) == (State.FINISHED, "old-machine", "CPU", 1)
    assert status.process == ProcessId(11950, 1795706101.65), "as seconds since the epoch, as it was written then"
    assert (run.recipe().model, run.recipe().epochs, run.recipe().augment_flip) == ("lstm-rows", 2, "both")
    assert PredictorInfo.load(run.predictor_file).class_keys[0] == "akiec"
    part, metrics = headline_metrics(run)
    assert (part, len(metrics.per_class)) == ("test", 7)
    assert len(load_predictions(run.evaluation / "predictions.parquet")) > 400
    assert [line["epoch"] for line in run.metrics()[0] if line["kind"] == "epoch"] == [0, 1]


def test_a_search_of_version_0_1_0_is_read_with_its_trials(records: dict[str, Record]) -> None:
    search = records["search"]
    assert search.status().state is SearchState.FINISHED
    assert (search.wanted().state, search.wanted().trials) == (SearchState.RUNNING, 2)
    assert (read_search_config(search).oracle, read_search_config(search).recipe.model) == ("random", "lstm-rows")
    search.want(replace(search.wanted(), trials=5))
    written = read_json(search.path / "wanted.json")
    assert written == {"schema": 1, "state": "running", "trials": 5}
    write_json(search.path / "wanted.json", {**written, "schema": 7, "a field of then": [1]})
    assert search.wanted().trials == 5
    assert [(trial.state, RunFolder(OLD / "runs" / trial.run).status().state) for trial in search.trials()] == [
        (TrialState.FINISHED, State.FINISHED)
    ] * 2


def test_a_job_of_version_0_1_0_is_read_with_its_result(records: dict[str, Record]) -> None:
    job = records["job"]
    assert (job.kind, job.title, job.arguments) == ("measure", "Measuring the demo", {"dataset": "demo"})
    assert job.status().state is JobState.FINISHED
    assert job.result() == {"dataset": "demo", "pictures": 1501, "unreadable": 0}


def test_a_field_that_has_another_name_now_is_read_by_its_old_one() -> None:
    written = Status(State.LOST, created=1.0, failed_restarts=4).to_json()
    assert "fruitless" not in written
    older = {"fruitless" if name == "failed_restarts" else name: value for name, value in written.items()}
    del older["schema"]
    assert Status.from_json(older).failed_restarts == 4


def test_what_is_written_says_its_version_and_is_read_as_it_was(artifacts: Path) -> None:
    recipe = make_recipe(dataset="demo", model="majority", seed=3)
    run = create_run(recipe)
    assert read_json(run.path / "recipe.json")["schema"] == 1
    assert read_json(run.path / "status.json")["schema"] == 2
    assert run.recipe() == recipe
    status = Status(
        State.FAILED, created=1.5, process=ProcessId.of(os.getpid()), error_kind=ErrorKind.DATA, message="Ümlaut “q”"
    )
    run.write_status(status)
    assert run.written_status() == status


@pytest.mark.parametrize("kind", ["run", "search", "job"])
def test_fields_and_states_of_a_newer_version_are_no_damage(records: dict[str, Record], kind: str) -> None:
    record = records[kind]
    file = record.path / "status.json"
    known = record.status()
    newer = read_json(file) | {"schema": 99, "mood": {"good": [1]}, "process": {"pid": 1, "started": 2, "cpu": "x"}}
    write_json(file, newer)
    assert record.status() == replace(known, process=ProcessId(1, 2))
    write_json(file, newer | {"state": "dreaming", "error_kind": "too tired"})
    assert record.status().state == "unknown"
    assert not record.status().state.active
    assert record.status().state.meaning == "Its state is one that only a newer version of Lesion Lab knows."


def test_a_run_of_a_newer_version_is_listed(records: dict[str, Record]) -> None:
    run = records["run"]
    write_json(run.path / "recipe.json", read_json(run.path / "recipe.json") | {"schema": 7, "teacher": "another run"})
    write_json(run.predictor_file, read_json(run.predictor_file) | {"schema": 7, "gate": {"threshold": 0.5}})
    assert summarise(run).recipe.epochs == 2
    assert PredictorInfo.load(run.predictor_file).image_size == 16


def test_an_older_value_goes_through_every_version_between(tmp_path: Path) -> None:
    schema = Schema(lambda old: {**old, "steps": [1]}, lambda old: {**old, "steps": [*old["steps"], 2]})
    assert schema.version == 3
    assert schema.current({"a": 1}) == {"a": 1, "steps": [1, 2]}
    assert schema.current({"schema": 2, "steps": []}) == {"steps": [2]}
    assert schema.current(schema.stamped({"a": 1})) == {"a": 1}
    assert schema.current({"schema": 12, "b": 2}) == {"b": 2}
    for version in (True, "1", 0, None, 1.5):
        with pytest.raises(ValueError, match="not a version"):
            schema.current({"schema": version})


def test_of_a_missing_or_damaged_status_is_said_which_record_it_is(records: dict[str, Record]) -> None:
    errors = {"run": RunError, "search": SearchError, "job": JobError}
    for kind, record in records.items():
        (record.path / "status.json").write_text('{"state": ')
        with pytest.raises(errors[kind], match=rf"{record.path.name} cannot be .*status\.json is missing or damaged"):
            record.status()
        (record.path / "status.json").unlink()
        with pytest.raises(errors[kind], match=record.path.name):
            record.status()


def test_a_record_that_is_gone_does_not_come_back_by_writing_locking_or_asking(artifacts: Path) -> None:
    run = create_run(make_recipe(dataset="demo", model="majority"))
    status = run.status()
    shutil.rmtree(run.path)
    with pytest.raises(FileNotFoundError):
        run.write_status(status)
    with pytest.raises(FileNotFoundError):
        run.lock_named("run.lock", 0).acquire()
    with pytest.raises(RunError, match="is gone"):
        run.ask(Request.STOP)
    with pytest.raises(RunError, match="is gone"):
        change_labels(run, star=True)
    assert not run.path.exists()


def test_a_writer_whose_record_is_gone_ends_its_heartbeat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    monkeypatch.setattr("core.base.heartbeat.HEARTBEAT_SECONDS", 0.02)
    job = Job(tmp_path / "job")
    job.path.mkdir()
    job.write_status(JobStatus(JobState.RUNNING, "k", "t", created=1.0))
    told = threading.Event()

    class Writer(StatusWriter):
        def folder_gone(self) -> None:
            told.set()

    Writer(job)
    shutil.rmtree(job.path)
    assert told.wait(60)
    assert not job.path.exists()


def test_a_request_is_told_by_its_age_and_asking_again_does_not_make_it_younger(artifacts: Path) -> None:
    run = create_run(make_recipe(dataset="demo", model="majority"))
    assert (run.asked(), run.asked_seconds_ago(Request.STOP)) == (None, None)
    run.ask(Request.STOP)
    written = (run.path / "control" / "stop").read_bytes()
    run.ask(Request.STOP)
    assert (run.path / "control" / "stop").read_bytes() == written
    assert 0 <= run.asked_seconds_ago(Request.STOP) < 60
    run.ask(Request.CANCEL)
    assert run.asked() is Request.CANCEL
    run.forget_requests()
    assert run.asked() is None


def test_a_request_of_version_0_1_0_tells_its_age_by_its_file(artifacts: Path) -> None:
    run = create_run(make_recipe(dataset="demo", model="majority"))
    (run.path / "control").mkdir()
    (run.path / "control" / "stop").touch()
    then = (run.path / "control" / "stop").stat().st_mtime - 100
    os.utime(run.path / "control" / "stop", (then, then))
    assert run.asked() is Request.STOP
    assert 100 <= run.asked_seconds_ago(Request.STOP) < 160


def test_a_status_is_on_the_disk_before_it_takes_its_place(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not synchronised can be an empty file after a power cut, although the old one was replaced by it."""
    run = create_run(make_recipe(dataset="demo", model="majority"))
    done = []
    real_sync, real_replace = os.fsync, Path.replace

    def sync(handle: int) -> None:
        done.append(Path(f"/proc/self/fd/{handle}").readlink())
        real_sync(handle)

    def put_in_place(self: Path, target: Path) -> Path:
        done.append("replace")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", put_in_place)
    run.write_status(run.status())
    file, middle, folder = done
    assert (file.parent, middle, folder) == (run.path, "replace", run.path)
    assert file.name.startswith(".status.json.building-")
