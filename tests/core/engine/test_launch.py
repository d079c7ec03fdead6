"""What a person can do with a run, done once, twice, and by two at the same time."""

import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from core.base import record
from core.base.errors import DiskFullError, EngineError, RunError
from core.base.processes import ProcessId
from core.engine import launch
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import ErrorKind, Request, State
from core.training.recipe import make_recipe


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When runs were handed to the engine; none is started, for what the engine does has its own tests."""
    sent: list[float] = []
    monkeypatch.setattr(launch, "submit", lambda: sent.append(time.time()))
    return sent


@pytest.fixture
def put(artifacts: Path) -> Callable[..., RunFolder]:
    def put(**changes: Any) -> RunFolder:
        run = create_run(make_recipe(dataset="demo", model="majority"), owner="a@x", priority=2)
        assert run.path.is_relative_to(artifacts)
        run.write_status(replace(run.written_status(), **changes))
        return run

    return put


@pytest.mark.parametrize("state", [State.STOPPED, State.FAILED])
def test_a_run_is_resumed_with_what_it_had_but_its_failure(put, sent, state: State) -> None:
    run = put(state=state, ended=5.0, error_kind=ErrorKind.KILLED, message="gone", attempt=3, failed_restarts=4)
    run.ask(Request.STOP)
    assert run.resumable()
    for _ in range(2):
        assert launch.resume(run) is State.QUEUED
    status = run.status()
    assert (status.error_kind, status.message, status.ended, status.failed_restarts) == (None, "", None, 0)
    assert (status.owner, status.priority, status.attempt) == ("a@x", 2, 3)
    assert run.asked() is None
    assert len(sent) == 1


def test_two_who_resume_a_run_at_the_same_time_queue_it_once(put, sent) -> None:
    run = put(state=State.FAILED)
    together = [threading.Thread(target=launch.resume, args=(run,)) for _ in range(5)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert run.status().state is State.QUEUED
    assert len(sent) == 1


def test_a_finished_run_is_not_resumed(put, sent) -> None:
    run = put(state=State.FINISHED)
    assert launch.resume(run) is State.FINISHED
    assert not sent


def test_a_run_whose_process_still_holds_it_is_not_resumed(put, sent) -> None:
    run = put(state=State.FAILED)
    with FileLock(run.path / "run.lock"), pytest.raises(RunError, match="still holds"):
        launch.resume(run)
    assert run.status().state is State.FAILED
    assert not sent


def test_a_run_that_is_counted_as_lost_but_whose_process_lives_is_stopped_before_it_can_go_on(put, sent) -> None:
    hanging = {"state": State.RUNNING, "process": ProcessId.of(os.getpid()), "host": socket.gethostname()}
    run = put(**hanging, heartbeat=time.time() - 60)
    assert run.status().state is State.LOST
    assert run.status().error_kind is ErrorKind.LOST
    assert not run.resumable()
    assert launch.resume(run) is State.LOST
    assert not sent
    launch.stop(run)
    assert run.asked() is Request.STOP


def test_the_request_of_highest_rank_counts(put) -> None:
    run = put(state=State.RUNNING, process=ProcessId.of(os.getpid()), host=socket.gethostname(), heartbeat=time.time())
    assert launch.finish(run) is State.RUNNING
    assert run.asked() is Request.FINISH
    assert not run.stop_requested()
    launch.stop(run)
    assert run.asked() is Request.STOP
    launch.cancel(run)
    launch.finish(run)
    assert run.asked() is Request.CANCEL
    assert run.stop_requested()


@pytest.mark.parametrize("ask", [launch.stop, launch.finish, launch.cancel])
@pytest.mark.parametrize("state", [State.FINISHED, State.STOPPED, State.FAILED])
def test_what_is_over_stays_as_it_is(put, ask, state: State) -> None:
    run = put(state=state)
    before = run.written_status()
    assert ask(run) is state
    assert run.written_status() == before
    assert run.asked() is None


@pytest.mark.usefixtures("artifacts")
def test_a_run_that_a_worker_has_taken_is_launched_although_another_part_of_the_engine_is_in_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its process holds its lock until it has learnt; nobody waits for that, and the run has not failed."""
    held: list[FileLock] = []

    def submit() -> None:
        [run] = list_runs()
        run.write_status(replace(run.written_status(), state=State.RUNNING, heartbeat=time.time(), host="elsewhere"))
        held.append(FileLock(run.path / "run.lock"))
        held[0].acquire()
        raise EngineError("The worker of cpu-1 ends again and again.")

    monkeypatch.setattr(launch, "LOCK_SECONDS", 0.2)
    monkeypatch.setattr(launch, "submit", submit)
    run = launch.launch(make_recipe(dataset="demo", model="majority"))
    assert run.status().state is State.RUNNING
    held[0].release()


def test_a_run_that_fills_the_disk_can_be_stopped(put, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be written, so that writing raises what a full disk raises; an empty file needs no room."""
    run = put(state=State.RUNNING, process=ProcessId.of(os.getpid()), host=socket.gethostname(), heartbeat=time.time())

    def full(*_: object, **__: object) -> None:
        raise DiskFullError("full")

    monkeypatch.setattr(record, "write_json", full)
    assert launch.stop(run) is State.RUNNING
    assert run.asked() is Request.STOP
    assert run.asked_seconds_ago(Request.STOP) < 60


@pytest.mark.usefixtures("sent")
def test_a_launch_says_who_asked_and_how_urgent_it_is(artifacts: Path) -> None:
    run = launch.launch(make_recipe(dataset="demo", model="majority"), owner="b@x", priority=1, search="s")
    assert list_runs() == [run]
    status = run.status()
    assert (status.owner, status.priority, status.search, status.state) == ("b@x", 1, "s", State.QUEUED)
    assert status.data_roots == (str(artifacts.parent / "data"),)
