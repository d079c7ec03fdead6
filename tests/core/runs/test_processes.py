import contextlib
import os
import signal
import subprocess
import time
from dataclasses import replace

import psutil
import pytest

from core.runs.processes import ProcessId


@pytest.fixture
def leader():
    """A process that leads a group of three and sleeps."""
    process = subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60; true"], start_new_session=True)
    while len(psutil.Process(process.pid).children()) < 2:
        time.sleep(0.02)
    yield process
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_process_is_alive_until_it_ends_and_a_zombie_is_not(leader: subprocess.Popen) -> None:
    identity = ProcessId.of(leader.pid)
    assert identity.alive()
    leader.kill()
    time.sleep(0.2)  # nobody has waited for it, so it is a zombie
    assert psutil.Process(leader.pid).status() == psutil.STATUS_ZOMBIE
    assert not identity.alive()


def test_a_reused_id_is_not_taken_for_the_old_process(leader: subprocess.Popen) -> None:
    impostor = replace(ProcessId.of(leader.pid), started=ProcessId.of(leader.pid).started - 60)
    assert not impostor.alive()
    impostor.kill_group()
    time.sleep(0.1)
    assert ProcessId.of(leader.pid).alive()


def test_the_whole_group_is_ended_and_a_second_time_does_no_harm(leader: subprocess.Popen) -> None:
    children = psutil.Process(leader.pid).children()
    identity = ProcessId.of(leader.pid)
    identity.kill_group(signal.SIGKILL)
    leader.wait(5)
    _, left = psutil.wait_procs(children, timeout=5)
    assert not left
    identity.kill_group()


def test_an_identity_survives_being_written() -> None:
    assert ProcessId.from_json(ProcessId(12, 34.5).to_json()) == ProcessId(12, 34.5)
