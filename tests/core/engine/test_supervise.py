"""What becomes of a run whose process dies, hangs, or is taken away, with processes that do just that."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from filelock import FileLock

from core.base import heartbeat
from core.base.errors import DiskFullError
from core.base.files import write_json
from core.base.processes import ProcessId, host_name
from core.engine import launch
from core.engine import supervise as supervision
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.engine.machine import read_workloads
from core.engine.queue import claim, statuses
from core.engine.queue import supervised as supervised_now
from core.engine.standby import Standby
from core.engine.supervise import MOST_FAILED_RESTARTS, supervise
from core.engine.worker import take_runs
from core.runs.run_folder import RunFolder, list_runs
from core.runs.run_states import ErrorKind, Request, State
from core.runs.run_status import Status

pytestmark = pytest.mark.usefixtures("leaving_nothing_behind")


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen]:
    """Training processes that kill themselves at once."""
    started: list[subprocess.Popen] = []

    def start(*_, **__) -> subprocess.Popen:
        code = "import os, signal, time; time.sleep(0.2); os.kill(os.getpid(), signal.SIGKILL)"
        started.append(subprocess.Popen([sys.executable, "-c", code], start_new_session=True))
        return started[-1]

    monkeypatch.setattr(supervision, "start_python", start)
    return started


def test_a_run_whose_process_keeps_dying_is_not_started_for_ever(queue, dying) -> None:
    run = queue()
    assert supervise(str(run.path), {}) == State.FAILED
    status = run.status()
    assert len(dying) == status.attempt == MOST_FAILED_RESTARTS
    assert status.error_kind is ErrorKind.KILLED
    assert f"{MOST_FAILED_RESTARTS} times in a row" in status.message
    assert "SIGKILL" in status.message


def test_a_whole_epoch_between_two_deaths_starts_the_count_anew(queue, dying, monkeypatch) -> None:
    run = queue()
    real = supervision.start_python

    def with_an_epoch(*arguments, **named) -> subprocess.Popen:
        if len(dying) < 8:
            write_json(run.state_file, {"epoch": len(dying)})
        return real(*arguments, **named)

    monkeypatch.setattr(supervision, "start_python", with_an_epoch)
    assert supervise(str(run.path), {}) == State.FAILED
    assert len(dying) >= 8 + MOST_FAILED_RESTARTS - 1


def test_where_nothing_is_to_go_on_by_itself_one_death_fails_the_run(queue, dying) -> None:
    save_engine_settings(EngineSettings(resume_lost=False))
    run = queue()
    assert supervise(str(run.path), {}) == State.FAILED
    assert len(dying) == 1
    assert run.resumable()


def test_a_cancelled_run_whose_process_dies_is_not_started_again(queue, dying) -> None:
    run = queue()
    run.ask(Request.CANCEL)
    assert supervise(str(run.path), {}) == State.STOPPED
    assert len(dying) == 1
    assert run.status().message == "Cancelled; nothing was evaluated."


@pytest.mark.usefixtures("dying")
def test_a_process_that_the_system_ended_for_want_of_memory_fails_with_the_batch_that_fits(
    queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's count is made up: a test must not use up the memory of whoever runs it."""
    counts = itertools.count()
    monkeypatch.setattr(supervision, "_oom_kills", lambda: next(counts))
    total = psutil.virtual_memory().total
    run = queue(batch_size=256)
    run.write_status(replace(run.written_status(), memory=int(2.0 * total), memory_before=int(0.1 * total)))
    assert supervise(str(run.path), {}) == State.FAILED
    status = run.status()
    assert status.error_kind is ErrorKind.OUT_OF_MEMORY
    assert "at batch size 256; about 64 should fit" in status.message  # 0.1 + 1.9 / 4 is under 0.8


@pytest.mark.slow
def test_a_process_that_hangs_is_killed_and_another_one_goes_on(queue, monkeypatch: pytest.MonkeyPatch) -> None:
    patient, real = supervision.HUNG_SECONDS, supervision.start_python

    def start_another(*given: Any, **more: Any) -> subprocess.Popen:
        monkeypatch.setattr(supervision, "HUNG_SECONDS", patient)  # it may load for long where others work, too
        return real(*given, **more)

    monkeypatch.setattr(supervision, "HUNG_SECONDS", 7.0)
    monkeypatch.setattr(supervision, "start_python", start_another)
    run = queue()
    hanging = subprocess.Popen(["sleep", "600"], start_new_session=True)
    process = ProcessId.of(hanging.pid)
    at_work = {"state": State.RUNNING, "process": process, "host": host_name(), "heartbeat": time.time()}
    run.write_status(replace(run.written_status(), **at_work, attempt=1))
    try:
        assert supervise(str(run.path), {}) == State.FAILED
    finally:
        hanging.kill()
    assert hanging.wait() == -signal.SIGKILL
    status = run.status()
    assert (status.attempt, status.error_kind) == (2, ErrorKind.DATA)  # the next process found no pictures
    assert status.process != process


def test_a_process_that_loads_for_longer_than_counts_as_lost_is_starting_until_it_hangs(queue, monkeypatch) -> None:
    """On a busy machine TensorFlow may take half a minute to load, in which the process cannot say that it lives."""
    monkeypatch.setattr(heartbeat, "STALE_SECONDS", 8.0)
    monkeypatch.setattr(supervision, "HUNG_SECONDS", 12.0)
    save_engine_settings(EngineSettings(resume_lost=False))
    monkeypatch.setattr(
        supervision, "start_python", lambda *_, **__: subprocess.Popen(["sleep", "600"], start_new_session=True)
    )
    run = queue()
    looking = threading.Thread(target=supervise, args=(str(run.path), {}), daemon=True)
    looking.start()
    seen = []
    while looking.is_alive():
        status = run.status()
        if status.process is not None and status.process.alive():  # between its death and the note of it, it is lost
            seen.append(status)
        time.sleep(0.1)
    assert {(status.state, status.attempt) for status in seen} == {(State.STARTING, 1)}
    assert (run.status().state, run.status().error_kind) == (State.FAILED, ErrorKind.KILLED)
    assert "did not answer any more" in run.status().message


def test_what_another_machine_took_over_is_left_to_it(queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process writes there now; this supervisor only waits for the end."""
    run: RunFolder = queue()
    elsewhere = {"state": State.RUNNING, "process": ProcessId.of(os.getpid()), "host": "another-host"}
    run.write_status(replace(run.written_status(), **elsewhere, heartbeat=time.time()))
    monkeypatch.setattr(supervision, "start_python", lambda *_, **__: pytest.fail("a second process was started"))
    looks = itertools.count()

    def sleep(_: float) -> None:
        if next(looks) == 3:
            run.write_status(replace(run.written_status(), state=State.FINISHED))

    monkeypatch.setattr(supervision.time, "sleep", sleep)
    assert supervise(str(run.path), {}) == State.FINISHED


def test_the_environment_of_a_training_is_that_of_whoever_launched_it(queue, artifacts: Path) -> None:
    run = queue()
    environment = supervision.training_environment(run, {})
    assert environment["LESIONLAB_ARTIFACTS"] == str(artifacts)
    assert environment["LESIONLAB_DATA"] == str(artifacts.parent / "data")
    assert supervision.training_environment(run, {"LESIONLAB_DATA": "/mine"})["LESIONLAB_DATA"] == "/mine"


@pytest.fixture
def training(queue) -> Iterator[tuple[RunFolder, subprocess.Popen]]:
    """A run that a process is at work on, which does nothing, and that process."""
    run = queue()
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    at_work = {"state": State.RUNNING, "process": ProcessId.of(process.pid), "host": host_name()}
    run.write_status(replace(run.written_status(), **at_work, heartbeat=time.time(), attempt=1))
    yield run, process
    process.kill()
    process.wait()


@contextmanager
def supervised(run: RunFolder, lock: FileLock | None = None) -> Iterator[list]:
    """Supervise a run in a thread as a worker does; what comes of it stands in the list, an exception included."""
    came: list = []

    def look_after() -> None:
        try:
            came.append(supervise(str(run.path), {}, lock))
        except Exception as error:
            came.append(error)

    thread = threading.Thread(target=look_after)
    thread.start()
    yield came
    thread.join(300)
    assert not thread.is_alive()


def test_a_run_whose_folder_is_removed_while_it_trains_is_gone_everywhere_and_its_process_ended(training) -> None:
    run, process = training
    with supervised(run) as came:
        time.sleep(0.3)
        shutil.rmtree(run.path)
        assert process.wait(300) == -signal.SIGKILL
    assert came == [None]
    assert statuses() == read_workloads() == list_runs() == []
    assert claim() is None
    assert not run.path.exists()


def test_a_run_whose_folder_is_moved_away_and_back_while_it_trains_is_taken_up_again(training, artifacts: Path) -> None:
    run, process = training
    with supervised(run) as came:
        time.sleep(0.3)
        run.path.rename(artifacts / "elsewhere")
        assert process.wait(300) == -signal.SIGKILL
    assert came == [None]
    (artifacts / "elsewhere").rename(run.path)
    assert run.status().state is State.LOST
    claimed, lock = claim()
    lock.release()
    assert claimed == run


class FullDisk:
    """While `full`, no status of a run can be written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.full = False
        real = RunFolder.write_status

        def write_status(run: RunFolder, status: Status, *more) -> None:
            if self.full:
                raise DiskFullError("There is no space left.")
            real(run, status, *more)

        monkeypatch.setattr(RunFolder, "write_status", write_status)


def test_a_full_disk_when_the_end_of_a_process_is_noted_down_leaves_no_lock_behind(training, monkeypatch) -> None:
    """The whole disk cannot be filled in a test, so writing a status raises what a full disk raises."""
    run, process = training
    disk, lock = FullDisk(monkeypatch), run.lock_named("supervisor.lock")
    lock.acquire()
    lock.acquire()  # as often as somebody may have taken it
    looked_after = partial(supervise, str(run.path), {}, lock)
    disk.full = True
    process.kill()
    process.wait()
    with pytest.raises(DiskFullError):
        looked_after()
    assert not lock.is_locked
    disk.full = False
    monkeypatch.setattr(launch, "submit", lambda: None)
    assert launch.resume(run) is State.QUEUED
    claimed, lock = claim()
    lock.release()
    assert claimed == run  # the first of the queue


def test_a_worker_goes_on_with_other_runs_when_one_cannot_be_looked_after(queue, dying, monkeypatch) -> None:
    save_engine_settings(EngineSettings(resume_lost=False))
    first, second = queue(), queue()
    real = supervision._look_after

    def look_after(run: RunFolder, *arguments) -> State | None:
        if run == first:
            raise DiskFullError("There is no space left.")
        return real(run, *arguments)

    monkeypatch.setattr(supervision, "_look_after", look_after)
    assert take_runs(Standby(), dict) == 2
    assert second.status().state is State.FAILED
    assert not supervised_now(first)


def test_a_process_of_which_no_status_tells_is_ended_again(queue, dying, monkeypatch) -> None:
    run, disk = queue(), FullDisk(monkeypatch)
    disk.full = True
    with pytest.raises(DiskFullError):
        supervise(str(run.path), {})
    [child] = dying
    assert child.returncode == -signal.SIGKILL
    assert run.status().state is State.QUEUED
