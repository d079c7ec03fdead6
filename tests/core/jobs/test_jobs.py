"""Jobs in real processes: what they leave, how they end, and that nobody doubles them."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from core.base.errors import ConfigurationError, DiskFullError, JobError
from core.base.settings import PROJECT_ROOT
from core.jobs import Job, JobState, JobStatus, list_jobs, start, start_job
from core.jobs import job_folder as folders
from core.jobs.job_process import Pace, main


def ended(job: Job, wait_for) -> JobState:
    wait_for(lambda: not job.status().state.active, job)
    return job.status().state


def counting(job: Job) -> bool:
    return job.status().done > 0


def test_a_finished_job_has_a_result_and_ran_in_a_process_and_session_of_its_own_that_gave_way_where_it_can(
    work, wait_for, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.start.GIVE_WAY", {"counts"})
    job = start_job("counts", "Counting to three", {"steps": 3})
    assert ended(job, wait_for) is JobState.FINISHED, job.log_tail()
    result = job.result()
    assert result["counted"] == 3
    assert result["pid"] != os.getpid()
    assert result["priority"] == 19
    assert result["data"] == os.environ["LESIONLAB_DATA"]
    status = job.status()
    assert (status.kind, status.title) == ("counts", "Counting to three")
    assert status.ended >= status.created
    assert [each.job_id for each in list_jobs("counts")] == [job.job_id]
    assert list_jobs("another kind") == []


def test_progress_and_time_left_can_be_read_while_it_works(work, wait_for) -> None:
    job = start_job("counts", "Slow", {"steps": 2000, "seconds": 0.05})
    wait_for(lambda: job.status().eta_seconds is not None, job)
    status = job.status()
    assert status.phase == "Counting"
    assert 0 < status.fraction < 1
    assert job.result() is None
    assert os.getsid(status.process.pid) == status.process.pid


def test_a_job_that_looks_is_cancelled_when_asked(work, wait_for) -> None:
    job = start_job("counts", "Slow", {"steps": 2000, "seconds": 0.05})
    wait_for(lambda: counting(job), job)
    job.cancel()
    assert ended(job, wait_for) is JobState.CANCELLED
    wait_for(lambda: not job.worked_on())
    assert job.result() is None
    job.cancel()
    assert job.written_status().state is JobState.CANCELLED


def test_a_job_that_does_not_look_is_killed_when_asked_twice(work, wait_for) -> None:
    job = start_job("never_looks", "Deaf", {})
    wait_for(lambda: counting(job), job)
    job.cancel()
    assert job.status().state is JobState.RUNNING
    job.cancel()
    wait_for(lambda: not job.worked_on())
    assert job.status().state is JobState.CANCELLED


def test_a_job_that_does_not_answer_in_time_is_killed_by_whoever_looks(work, wait_for, monkeypatch) -> None:
    job = start_job("never_looks", "Deaf", {})
    wait_for(lambda: counting(job), job)
    job.cancel()
    monkeypatch.setattr(folders, "CANCEL_GRACE_SECONDS", 0.1)
    assert ended(job, wait_for) is JobState.CANCELLED
    assert not job.worked_on()


@pytest.mark.parametrize(
    ("kind", "said", "logged"),
    [
        ("refuses", "The table has no rows. Choose another one.", "DataError"),
        ("breaks", "ZeroDivisionError: by nought", "Traceback"),
        ("fills_the_disk", "The disk is full. Free some space", "No space left"),
        ("returns_no_json", "not JSON serializable", "Traceback"),
    ],
)
def test_a_job_that_fails_says_why_and_the_log_has_the_rest(work, wait_for, kind, said, logged) -> None:
    job = start_job(kind, "Fails", {})
    assert ended(job, wait_for) is JobState.FAILED
    assert said in job.status().message
    assert logged in job.log_tail()
    assert job.result() is None


def test_a_job_whose_process_is_killed_is_lost_and_says_what_to_do(work, wait_for) -> None:
    job = start_job("is_killed", "Killed", {})
    assert ended(job, wait_for) is JobState.LOST
    assert "ended from outside" in job.status().message


def test_a_job_that_is_silent_for_half_a_minute_is_lost_though_its_process_lives(work, wait_for) -> None:
    job = start_job("never_looks", "Silent", {})
    wait_for(lambda: counting(job), job)
    process = job.status().process
    os.kill(process.pid, signal.SIGSTOP)
    try:
        job.write_status(replace(job.written_status(), heartbeat=time.time() - 100))
        assert job.status().state is JobState.LOST
        assert start_job("never_looks", "Silent", {}) == job, "its process lives, so a second one would double it"
    finally:
        os.kill(process.pid, signal.SIGCONT)


def test_the_same_job_is_not_started_twice_even_by_two_at_once(work, wait_for) -> None:
    started: list[Job] = []
    asked = {"steps": 2000, "seconds": 0.05}
    threads = [
        threading.Thread(target=lambda: started.append(start_job("counts", "Slow", dict(asked)))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({job.job_id for job in started}) == 1
    other = start_job("counts", "Another", {"steps": 1})
    assert other != started[0]
    assert ended(other, wait_for) is JobState.FINISHED
    assert start_job("counts", "Another", {"steps": 1}) != other, "what is over can be done again"


def test_a_job_goes_on_after_the_process_that_started_it_has_ended(work, wait_for) -> None:
    code = """
from core.jobs import start_job
from core.jobs.kinds import KINDS
KINDS["counts"] = "work_of_tests:counts"
start_job("counts", "Slow", {"steps": 2000, "seconds": 0.05})
"""
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=True, timeout=300)
    [job] = list_jobs()
    wait_for(lambda: counting(job), job)
    assert job.status().state is JobState.RUNNING


def test_which_process_does_a_job_is_known_as_soon_as_it_has_started(work, wait_for) -> None:
    job = start_job("counts", "Slow", {"steps": 2000, "seconds": 0.05})
    assert job.worked_on()
    process = job.written_status().process
    wait_for(lambda: counting(job), job)
    assert job.written_status().process == process


def test_a_job_on_another_machine_is_judged_by_its_heartbeat_alone_and_never_killed(work, wait_for) -> None:
    job = start_job("never_looks", "Deaf", {})
    wait_for(lambda: counting(job), job)
    status = job.written_status()
    os.kill(status.process.pid, signal.SIGSTOP)  # so that it does not write meanwhile
    try:
        job.write_status(replace(status, host="another-host", heartbeat=time.time()))
        assert not job.worked_on()
        job.cancel()
        job.cancel()
        assert job.status().state is JobState.RUNNING
        assert status.process.alive()
    finally:
        job.write_status(status)
        status.process.kill_group()


def test_a_second_process_does_not_take_the_same_job(work, wait_for) -> None:
    job = start_job("counts", "Slow", {"steps": 2000, "seconds": 0.05})
    wait_for(lambda: counting(job), job)
    assert main([str(job.path)]) == 1
    assert job.status().state is JobState.RUNNING


def test_an_unknown_kind_is_refused_and_leaves_nothing(work) -> None:
    with pytest.raises(ConfigurationError, match="no background job called “cook”"):
        start_job("cook", "Cook", {})
    assert list_jobs() == []


def test_a_job_that_cannot_be_started_leaves_nothing(work, monkeypatch) -> None:
    def full(*_, **__):
        raise DiskFullError("full")

    monkeypatch.setattr("core.jobs.start.write_json", full)
    with pytest.raises(DiskFullError):
        start_job("counts", "Slow", {"steps": 1})
    monkeypatch.undo()
    assert list_jobs() == []


def test_a_job_of_which_no_status_tells_is_ended_again_and_leaves_nothing(work, monkeypatch) -> None:
    started: list[subprocess.Popen] = []
    real, write = start.start_python, Job.write_status

    def start_python(*given, **more) -> subprocess.Popen:
        started.append(real(*given, **more))
        return started[-1]

    def write_status(job: Job, status: JobStatus, *more) -> None:
        if status.process is not None:
            raise DiskFullError("full")
        write(job, status, *more)

    monkeypatch.setattr(start, "start_python", start_python)
    monkeypatch.setattr(Job, "write_status", write_status)
    with pytest.raises(DiskFullError):
        start_job("counts", "Slow", {"steps": 2000, "seconds": 0.05})
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert list_jobs() == []


def test_folders_that_are_damaged_or_no_job_do_not_disturb_the_list(work, wait_for) -> None:
    job = start_job("counts", "Counting", {"steps": 1})
    assert ended(job, wait_for) is JobState.FINISHED
    (job.path.parent / "empty").mkdir()
    (job.path.parent / "damaged").mkdir()
    (job.path.parent / "damaged" / "job.json").write_text('{"kind": ')
    (job.path.parent / "other").mkdir()
    (job.path.parent / "other" / "job.json").write_text("[]")
    assert list_jobs() == [job]
    assert list_jobs("counts") == [job]
    with pytest.raises(JobError, match="missing or damaged"):
        Job(job.path.parent / "damaged").status()
    (job.path / "result.json").write_text("7")
    with pytest.raises(JobError, match=r"result\.json is missing or damaged"):
        job.result()


def test_a_job_can_be_forgotten_once_it_is_over(work, wait_for) -> None:
    job = start_job("counts", "Slow", {"steps": 2000, "seconds": 0.05})
    with pytest.raises(JobError, match="Cancel it first"):
        job.forget()
    job.cancel()
    wait_for(lambda: not job.status().state.active and not job.worked_on(), job)
    job.forget()
    assert list_jobs() == []


def test_old_jobs_are_forgotten_when_a_new_one_starts_but_none_that_works(work, wait_for, monkeypatch) -> None:
    working = start_job("counts", "Slow", {"steps": 2000, "seconds": 0.05})
    over = [start_job("counts", str(n), {"steps": 1, "n": n}) for n in range(3)]
    for job in over:
        ended(job, wait_for)
        wait_for(lambda job=job: not job.worked_on())
    monkeypatch.setattr(start, "KEPT_OF_A_KIND", 2)
    newest = start_job("counts", "New", {"steps": 1, "n": 3})
    left = {job.job_id for job in list_jobs("counts")}
    assert left == {working.job_id, over[2].job_id, newest.job_id}
    working.cancel()
    ended(working, wait_for)


def test_the_newest_job_stands_first(work, wait_for) -> None:
    jobs = [start_job("counts", "Counting", {"steps": n}) for n in (1, 2, 3)]
    assert list_jobs() == jobs[::-1]
    for job in jobs:
        ended(job, wait_for)


def test_the_status_file_is_plain_json_for_other_readers(work, wait_for) -> None:
    job = start_job("counts", "Counting", {"steps": 1})
    ended(job, wait_for)
    status = json.loads((job.path / "status.json").read_text())
    assert status["state"] == "finished"
    assert {"kind", "title", "done", "total", "phase", "eta_seconds", "message", "process", "heartbeat"} <= set(status)


def test_time_left_follows_the_pace_of_late_and_begins_anew_with_each_phase() -> None:
    pace = Pace()
    assert pace.seconds_left(0, 0, 100) is None
    assert pace.seconds_left(2, 20, 100) == pytest.approx(8)
    for second in range(3, 40):
        left = pace.seconds_left(second, 20 + (second - 2), 100)
    assert left == pytest.approx(100 - 57)
    assert pace.seconds_left(41, 5, 100) is None, "less than before is another phase"
