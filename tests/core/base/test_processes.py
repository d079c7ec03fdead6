import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from core.base import processes
from core.base.processes import ProcessId, main_unknown, start_python
from core.base.settings import PROJECT_ROOT


@pytest.fixture
def leader():
    """A process that leads a group of three and sleeps."""
    process = subprocess.Popen(["sh", "-c", "sleep 600 & sleep 600; true"], start_new_session=True)
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
    while psutil.Process(leader.pid).status() != psutil.STATUS_ZOMBIE:  # as it is from now on, for nobody waits for it
        time.sleep(0.02)
    assert not identity.alive()


def test_a_reused_id_is_not_taken_for_the_old_process(leader: subprocess.Popen) -> None:
    impostor = replace(ProcessId.of(leader.pid), started=ProcessId.of(leader.pid).started - 60)
    assert not impostor.alive()
    impostor.kill_group()
    time.sleep(0.1)
    assert ProcessId.of(leader.pid).alive()


def test_a_clock_that_is_set_changes_nothing_about_who_lives(
    leader: subprocess.Popen, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ProcessId.of(leader.pid)
    told = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: told(self) + 90)  # as it tells after such a step
    assert before.alive()
    assert ProcessId.of(leader.pid) == before
    assert ProcessId.from_json(json.loads(json.dumps(before.to_json()))) == before


def test_a_process_of_another_start_of_the_machine_is_not_taken_for_one_of_this(leader: subprocess.Popen) -> None:
    assert not replace(ProcessId.of(leader.pid), boot="of another start").alive()


def test_a_process_is_known_by_its_time_where_version_0_1_0_wrote_it_or_the_system_tells_no_more(
    leader: subprocess.Popen, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ProcessId.from_json({"pid": leader.pid, "started": psutil.Process(leader.pid).create_time()})
    assert old.alive()
    assert not replace(old, started=old.started - 60).alive()
    monkeypatch.setattr(processes, "boot_id", lambda: "")
    assert ProcessId.of(leader.pid) == old


def test_a_process_may_be_called_anything(tmp_path: Path) -> None:
    odd = tmp_path / ") R 1 (x"
    odd.symlink_to("/bin/sleep")
    process = subprocess.Popen([odd, "600"])
    while not ProcessId.of(process.pid).alive():
        time.sleep(0.02)
    assert abs(ProcessId.of(process.pid).started - ProcessId.of(os.getpid()).started) < 1e6
    process.kill()
    process.wait()


def test_the_whole_group_is_ended_and_a_second_time_does_no_harm(leader: subprocess.Popen) -> None:
    children = psutil.Process(leader.pid).children()
    identity = ProcessId.of(leader.pid)
    identity.kill_group(signal.SIGKILL)
    leader.wait(60)
    _, left = psutil.wait_procs(children, timeout=60)
    assert not left
    identity.kill_group()


def test_an_identity_survives_being_written() -> None:
    assert ProcessId.from_json(ProcessId(12, 34.5).to_json()) == ProcessId(12, 34.5)


def test_a_started_process_leads_its_session_in_the_project_and_its_words_go_to_the_end_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "said.py").write_text(
        "import json, os, sys\n"
        "report = {'words': sys.argv[1:], 'folder': os.getcwd(), 'leads': os.getsid(0) == os.getpid()}\n"
        "report |= {name: os.environ[name] for name in ('OURS', 'BOTH', 'PYTHONUNBUFFERED')}\n"
        "report |= {'typed': sys.stdin.read()}\n"
        "print('an error', file=sys.stderr, flush=True)\n"
        "print(json.dumps(report))\n"
    )
    (tmp_path / "log.txt").write_text("earlier\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("OURS", "ours")
    monkeypatch.setenv("BOTH", "ours")
    process = start_python(["said", "--option", "value"], tmp_path / "log.txt", {"BOTH": "given"})
    assert process.wait(300) == 0
    assert (tmp_path / "log.txt").stat().st_mode & 0o777 == 0o600, "an older log is made private, too"
    *others, said = (tmp_path / "log.txt").read_text().splitlines()
    assert others == ["earlier", "an error"]
    assert json.loads(said) == {
        "words": ["--option", "value"],
        "folder": str(PROJECT_ROOT),
        "leads": True,
        "typed": "",
        "OURS": "ours",
        "BOTH": "given",
        "PYTHONUNBUFFERED": "1",
    }


def test_a_spawned_process_runs_no_page_whose_file_may_be_gone(tmp_path: Path, monkeypatch) -> None:
    page = ModuleType("__main__")
    page.__file__ = str(tmp_path / "a page that is gone.py")
    monkeypatch.setitem(sys.modules, "__main__", page)
    process = multiprocessing.get_context("spawn").Process(target=os.getpid)
    with main_unknown():
        process.start()
    process.join(300)
    assert process.exitcode == 0
    assert sys.modules["__main__"] is page
