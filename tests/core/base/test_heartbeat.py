import json
import os
import shutil
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from core.base import clocks, heartbeat
from core.base.errors import DiskFullError
from core.base.heartbeat import STALE_SECONDS, StatusWriter, gone, heard_of, lives_here, silence
from core.base.processes import ProcessId, host_name
from core.jobs import Job, JobState, JobStatus


@dataclass(frozen=True)
class OnASmallDisk(Job):
    """Its disk is full for as many writings as `full` says; a really full one needs a mount, which tests may not do."""

    full: list[int]

    def write_status(self, status: JobStatus, *more: Any) -> None:
        if self.full[0]:
            self.full[0] -= 1
            raise DiskFullError("full")
        super().write_status(status, *more)


@pytest.fixture
def made(tmp_path: Path) -> JobStatus:
    """What stands in the folder of the test."""
    status = JobStatus(JobState.RUNNING, "k", "t", created=time.time())
    Job(tmp_path).write_status(status)
    return status


def written(folder: Path) -> dict:
    return json.loads((folder / "status.json").read_text())


def test_a_process_is_heard_of_until_it_is_gone_or_silent(made: JobStatus) -> None:
    working = replace(made, process=ProcessId.of(os.getpid()), host=host_name(), heartbeat=time.time())
    dead = replace(working, process=replace(working.process, started=1.0))
    elsewhere = replace(dead, host="another-host")
    silent = replace(working, heartbeat=time.time() - STALE_SECONDS - 1)
    said = {each: (heard_of(each), gone(each), lives_here(each)) for each in (working, dead, elsewhere, silent)}
    assert said == {
        working: (True, False, True),
        dead: (False, True, False),
        elsewhere: (True, False, False),
        silent: (False, False, True),
    }
    assert heard_of(made), "nobody has had the time to say anything yet"
    assert not heard_of(replace(made, created=time.time() - STALE_SECONDS - 1))


@pytest.mark.parametrize("step", [3600.0, -3600.0])
def test_a_clock_that_is_set_makes_nobody_lost_and_nobody_live_for_ever(
    made: JobStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    job = Job(tmp_path)
    working = replace(made, process=ProcessId.of(os.getpid()), host=host_name(), heartbeat=time.time())
    job.write_status(working)
    real_time, real_uptime = time.time, clocks.uptime
    monkeypatch.setattr(time, "time", lambda: real_time() + step)
    assert job.status().state is JobState.RUNNING
    monkeypatch.setattr(clocks, "uptime", lambda: real_uptime() + STALE_SECONDS + 5)
    assert job.status().state is JobState.LOST
    assert silence(job.written_status()) == pytest.approx(STALE_SECONDS + 5, abs=5)


def test_a_heartbeat_of_another_machine_is_told_by_the_time_of_day(made: JobStatus, tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.write_status(replace(made, host="another-host", heartbeat=time.time() - 20))
    file = tmp_path / "status.json"
    value = json.loads(file.read_text())
    value["written"] = {"time": time.time() - 20, "uptime": 5.0, "boot": "of another machine"}
    file.write_text(json.dumps(value))
    assert silence(job.written_status()) == pytest.approx(20, abs=5)


def test_what_changes_often_is_written_now_and_then_and_the_last_of_it_with_the_next_beat(
    made: JobStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECONDS", 1.0)
    writings: list[float] = []

    class Counting(Job):
        def write_status(self, status: JobStatus, *more: Any) -> None:
            writings.append(status.done)
            super().write_status(status, *more)

    writer = StatusWriter(Counting(tmp_path))
    for done in range(500):
        writer.progress(done, 1000, "Counting")
    assert 0 < len(writings) < 250
    eventually(lambda: written(tmp_path)["done"] == 499, "the last of it is written")
    writer.end(JobState.FINISHED)


def test_nothing_is_written_after_the_end(made: JobStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECONDS", 0.02)
    writer = StatusWriter(Job(tmp_path))
    writer.end(JobState.FINISHED, message="Done.")
    assert (written(tmp_path)["state"], written(tmp_path)["message"]) == ("finished", "Done.")
    (tmp_path / "status.json").unlink()
    time.sleep(0.2)
    assert not (tmp_path / "status.json").exists()


def test_a_writer_that_was_left_before_the_end_does_not_ask_for_its_folder_any_more(
    made: JobStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed: list[Path] = []

    class EndsItsProcess(StatusWriter):
        def folder_gone(self) -> None:
            missed.append(self.folder.path)

    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECONDS", 0.02)
    folder = tmp_path / "job"
    folder.mkdir()
    Job(folder).write_status(made)
    with pytest.raises(ValueError, match="left"), EndsItsProcess(Job(folder)):
        raise ValueError("left")
    shutil.rmtree(folder)
    time.sleep(0.2)
    assert not missed


def test_an_end_while_a_beat_is_being_written_is_not_taken_for_a_folder_that_is_gone(
    made: JobStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    missed: list[Path] = []
    writing, may_go_on = threading.Event(), threading.Event()

    class Slow(Job):
        def write_status(self, *given: Any, **more: Any) -> None:
            writing.set()
            may_go_on.wait(30)
            super().write_status(*given, **more)

    class EndsItsProcess(StatusWriter):
        def folder_gone(self) -> None:
            missed.append(self.folder.path)

    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECONDS", 0.02)
    Job(tmp_path).write_status(made)
    with EndsItsProcess(Slow(tmp_path)) as writer:
        assert writing.wait(30)
        ending = threading.Thread(target=writer.end, args=(JobState.FINISHED,))
        ending.start()
        eventually(writer._over.is_set, "the end has begun")
        may_go_on.set()
        ending.join()
    assert not missed
    assert written(tmp_path)["state"] == "finished"


def test_a_disk_that_is_full_for_a_moment_does_not_end_the_heartbeat(
    made: JobStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECONDS", 0.02)
    writer = StatusWriter(OnASmallDisk(tmp_path, [3]))
    eventually(lambda: written(tmp_path)["heartbeat"], "a beat came through")
    writer.end(JobState.FINISHED)


def test_a_disk_that_is_full_for_a_moment_does_not_cost_the_last_status(
    made: JobStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "END_PAUSES", (0.0, 0.0))
    StatusWriter(OnASmallDisk(tmp_path, [2])).end(JobState.FINISHED)
    assert written(tmp_path)["state"] == "finished"
    with pytest.raises(DiskFullError):
        StatusWriter(OnASmallDisk(tmp_path, [3])).end(JobState.FAILED)
    assert written(tmp_path)["state"] == "finished"
