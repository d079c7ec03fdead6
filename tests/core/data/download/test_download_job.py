"""A download as a job in a process of its own: cancelled, killed, gone on with, and there in the end."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.catalog import list_datasets, open_dataset
from core.data.download.download import download_arguments, partial_bytes
from core.data.download.sources import Source
from core.jobs import Job, JobState, start_job
from tests.core.data.download.loopback import Loopback, offer, serving


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as server:
        yield server


@pytest.fixture
def slow(server, artifacts: Path, tmp_path: Path, monkeypatch) -> Source:
    """A source whose server takes its time."""
    return offer(server, tmp_path / "path", monkeypatch, seconds_a_block=0.2)


def begun(source: Source) -> Job:
    return start_job("download", f"Download of {source.title}", download_arguments(source))


def wait_until(condition) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_cancelled_download_goes_on_later_and_ends_in_the_catalog(server, slow) -> None:
    job = begun(slow)
    wait_until(lambda: partial_bytes(slow) > 0)
    assert begun(slow) == job, "a second press of the button starts no second download"
    job.cancel()
    wait_until(lambda: not job.status().state.active)
    assert job.status().state is JobState.CANCELLED, job.log_tail()
    assert partial_bytes(slow) > 0
    for served in server.files.values():
        served.seconds_a_block = 0.0
        served.requests.clear()
    again = begun(slow)
    wait_until(lambda: not again.status().state.active)
    assert again.status().state is JobState.FINISHED, again.log_tail()
    assert any(wanted.startswith("bytes=") for served in server.files.values() for _, wanted, _ in served.requests)
    assert "tiny" in {entry.spec.name for entry in list_datasets() if entry.present}
    assert len(open_dataset("tiny").table) == 6


def test_a_download_whose_process_is_killed_leaves_no_half_data_set_and_goes_on(server, slow, artifacts) -> None:
    job = begun(slow)
    wait_until(lambda: partial_bytes(slow) > 0 and job.status().process is not None)
    os.kill(job.status().process.pid, signal.SIGKILL)
    wait_until(lambda: not job.status().state.active)
    assert job.status().state is JobState.LOST
    assert not (artifacts.parent / "data" / "tiny").exists()
    again = begun(slow)
    assert again != job
    wait_until(lambda: not again.status().state.active)
    assert again.status().state is JobState.FINISHED, again.log_tail()


def test_a_download_without_an_accepted_licence_fails_as_a_job(server, slow) -> None:
    job = start_job("download", "Download", {"source": slow.name, "licence_accepted": ""})
    wait_until(lambda: not job.status().state.active)
    assert job.status().state is JobState.FAILED
    assert "Read and accept that first" in job.status().message
    assert all(served.requests == [] for served in server.files.values())
