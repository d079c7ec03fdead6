"""A job on a page: who may start it, its bar while it works, how it ended, and who may stop it."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.base.files import write_json
from core.base.processes import ProcessId
from core.jobs import Job, JobState, JobStatus, list_jobs
from dashboard import roles
from dashboard.widgets.data import job_progress
from dashboard.widgets.data.job_progress import newest_job, progress_text


@pytest.fixture
def working() -> Iterator[ProcessId]:
    """A process that lives, for jobs to claim as theirs."""
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    yield ProcessId.of(process.pid)
    process.kill()
    process.wait()


@pytest.fixture
def job(artifacts: Path, working: ProcessId):
    """`job(state, …)`: a job whose files say so."""

    def make(state: JobState, **changes) -> Job:
        made = Job(artifacts / "jobs" / "one")
        write_json(made.path / "job.json", {"kind": "k", "title": "Drawing a map", "arguments": {}})
        now = time.time()
        fields = {"created": now, "heartbeat": now + 3600, "process": working, "host": socket.gethostname(), **changes}
        made.write_status(JobStatus(state, "k", "Drawing a map", **fields))
        return made

    return make


@pytest.fixture
def instructor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_progress, "current_role", lambda: job_progress.Role.INSTRUCTOR)
    monkeypatch.setattr(job_progress, "require_instructor", lambda: None)


def page(path: str) -> None:
    from pathlib import Path

    from core.jobs import Job
    from dashboard.widgets.data.job_progress import show_job

    show_job(Job(Path(path)))


def shown(job: Job) -> AppTest:
    test = AppTest.from_function(page, default_timeout=120, args=(str(job.path),)).run()
    assert not test.exception
    return test


def test_an_active_job_shows_its_title_phase_share_and_time_left(job, instructor) -> None:
    test = shown(job(JobState.RUNNING, phase="Placing pictures", done=25, total=100, eta_seconds=45.0))
    assert "**Drawing a map**" in [m.value for m in test.markdown]
    [bar] = test.get("progress")
    assert bar.proto.value == 25
    assert bar.proto.text == "Placing pictures, 25\u00a0%, 45 s left"


def test_cancel_asks_once_and_then_offers_force(job, instructor, working) -> None:
    one = job(JobState.RUNNING, phase="Placing pictures")
    test = shown(one)
    [button] = test.button
    assert button.label == "Cancel"
    test = button.click().run()
    assert one.cancel_asked()
    assert working.alive()
    [button] = test.button
    assert button.label == "Stop by force"
    test = button.click().run()
    deadline = time.monotonic() + 400
    while working.alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not working.alive()
    [info] = shown(one).info
    assert "Stopped by force" in info.value


def test_a_viewer_sees_the_job_but_cannot_stop_it(job, monkeypatch) -> None:
    monkeypatch.setattr(job_progress, "current_role", lambda: job_progress.Role.VIEWER)
    one = job(JobState.RUNNING, phase="Placing pictures")
    [button] = shown(one).button
    assert button.disabled
    assert not one.cancel_asked()


def test_a_job_that_is_over_says_how_it_ended_and_has_no_button(job, instructor) -> None:
    assert "done" in shown(job(JobState.FINISHED)).success[0].value
    failed = shown(job(JobState.FAILED, message="The disk is full."))
    assert failed.error[0].value == "The disk is full."
    assert "failed" in failed.error[0].proto.title
    assert not failed.button


def test_a_job_whose_process_is_gone_is_shown_as_lost(job, instructor) -> None:
    gone = ProcessId(os.getpid(), 1.0)
    assert "ended from outside" in shown(job(JobState.RUNNING, process=gone)).error[0].value


def test_a_damaged_job_is_an_error_on_the_page_not_a_crash(job, instructor) -> None:
    one = job(JobState.RUNNING)
    (one.path / "status.json").write_text("{")
    assert "missing or damaged" in shown(one).error[0].value


def test_nothing_is_said_of_what_is_not_known() -> None:
    status = JobStatus(JobState.RUNNING, "k", "t", created=0.0, phase="Starting")
    assert progress_text(status) == "Starting"


def offering_page() -> None:
    from dashboard.widgets.data.job_progress import offer_job

    what = {"why": "Nobody has looked yet.", "label": "Look", "icon": ":material/fact_check:"}
    offer_job("integrity", "Integrity of nothing", {"dataset": "nowhere"}, **what)


def test_the_button_starts_the_job_that_is_offered(artifacts: Path, instructor) -> None:
    test = AppTest.from_function(offering_page, default_timeout=120).run()
    assert [info.value for info in test.info] == ["Nobody has looked yet."]
    assert not test.caption
    assert list_jobs() == []
    test.button[0].click().run()
    assert not test.exception
    [started] = list_jobs("integrity")
    assert (started.title, started.arguments) == ("Integrity of nothing", {"dataset": "nowhere"})
    deadline = time.monotonic() + 400
    while started.status().state.active:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "nowhere" in started.status().message


def test_a_viewer_is_told_who_can_start_it_and_cannot(artifacts: Path, monkeypatch) -> None:
    monkeypatch.setattr(job_progress, "current_role", lambda: job_progress.Role.VIEWER)
    test = AppTest.from_function(offering_page, default_timeout=120).run()
    assert [button.disabled for button in test.button] == [True]
    assert ["an instructor can have it done" in caption.value for caption in test.caption] == [True]


def test_the_action_itself_refuses_a_viewer(errors_shown, artifacts: Path, monkeypatch) -> None:
    monkeypatch.setattr(job_progress, "current_role", lambda: job_progress.Role.INSTRUCTOR)  # so the button works
    monkeypatch.setattr(roles, "current_role", lambda: job_progress.Role.VIEWER)
    test = AppTest.from_function(offering_page, default_timeout=120).run()
    test.button[0].click().run()
    assert [error.value.partition(".")[0] for error in test.error] == ["Only instructors can start or stop runs"]
    assert list_jobs() == []


def test_the_newest_job_is_that_of_its_kind_and_data_set(artifacts: Path) -> None:
    def make(name: str, kind: str, dataset: str, created: float) -> Job:
        made = Job(artifacts / "jobs" / name)
        write_json(made.path / "job.json", {"kind": kind, "title": "t", "arguments": {"dataset": dataset}})
        made.write_status(JobStatus(JobState.FINISHED, kind, "t", created=created))
        return made

    make("a", "map", "demo", created=1.0)
    newest = make("b", "map", "demo", created=3.0)
    make("c", "map", "demo", created=2.0)
    make("d", "map", "ham10000", created=4.0)
    make("e", "integrity", "demo", created=5.0)
    assert newest_job("map", "demo") == newest
    assert newest_job("map", "nowhere") is None
    assert newest_job("measure", "demo") is None


def lacking_page(path: str) -> None:
    from pathlib import Path

    from core.jobs import Job
    from dashboard.widgets.data.job_progress import show_unless_done

    show_unless_done(Job(Path(path)))


def test_where_the_result_is_lacking_a_job_that_is_done_is_not_shown_and_a_failed_one_is(job, instructor) -> None:
    def shown_lacking(one: Job) -> AppTest:
        return AppTest.from_function(lacking_page, default_timeout=120, args=(str(one.path),)).run()

    assert not shown_lacking(job(JobState.FINISHED)).success
    assert shown_lacking(job(JobState.FAILED, message="The disk is full.")).error[0].value == "The disk is full."
