"""Processes of the engine that are halted instead of killed, or are none of it: found out, said, replaced."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.base.processes import ProcessId, host_name, start_python
from core.base.settings import settings_for_processes
from core.daemon import revive_engine, start_engine
from core.engine import engine_heartbeat
from core.engine.daemon_process import daemon_answers
from core.engine.engine import engine_status
from core.engine.engine_folder import (
    DAEMON,
    WORKER,
    EngineRecord,
    engine_folder,
    processes_of_engine,
    read_record,
    write_record,
)
from core.engine.engine_heartbeat import beating, first_beat, lately_replaced, note_replaced, silence
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.engine.launch import launch
from core.engine.worker import worker_name
from core.runs.run_states import ErrorKind
from core.training.recipe import make_recipe

pytestmark = pytest.mark.usefixtures("leaving_nothing_behind")
SILENT_SECONDS = "6"


@pytest.fixture
def engine(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An engine without a standby process, which replaces what is silent for six seconds."""
    monkeypatch.setenv("LESIONLAB_SILENT_SECONDS", SILENT_SECONDS)
    save_engine_settings(EngineSettings(standby_minutes=0))
    start_engine()


def halt(process: ProcessId) -> None:
    os.kill(process.pid, signal.SIGSTOP)


def the_worker() -> ProcessId:
    [worker] = read_record().workers.values()
    return worker


def nothing_to_train():
    """A recipe that a worker is done with soon: its data set is in no data root."""
    return make_recipe(dataset="ham10000", model="majority")


@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_a_halted_worker_does_not_count_is_replaced_and_that_is_said(eventually) -> None:
    worker = the_worker()
    halt(worker)
    run = launch(nothing_to_train())
    eventually(lambda: run.written_status().state.over, "another worker takes the run")
    assert run.status().error_kind is ErrorKind.DATA
    assert not worker.alive()
    assert the_worker() != worker
    assert "The worker of cpu-0 did not answer and was replaced." in engine_status().notices


@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_a_halted_daemon_is_replaced_by_its_worker_which_goes_on(eventually) -> None:
    daemon, worker = read_record().daemon, the_worker()
    halt(daemon)
    eventually(lambda: read_record().daemon != daemon, "another daemon")
    assert not daemon.alive()
    assert the_worker() == worker
    assert "The daemon did not answer and was replaced." in engine_status().notices
    eventually(lambda: engine_status().running, "the engine runs")


@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_with_daemon_and_worker_halted_a_training_in_the_background_is_launched_and_done_all_the_same(
    artifacts: Path, eventually
) -> None:
    halted = [read_record().daemon, the_worker()]
    for process in halted:
        halt(process)
    command = "-m core train majority --dataset demo --background".split()
    subprocess.run([sys.executable, *command], check=True, timeout=300, capture_output=True)
    eventually(lambda: not daemon_answers(read_record()) or not halted[0].alive(), "the daemon counts as silent")
    eventually(lambda: revive_engine() or not halted[0].alive(), "a dashboard looks after it")
    eventually(lambda: engine_status().running and not halted[1].alive(), "both were replaced")


@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_processes_that_are_not_the_engine_s_of_now_are_ended(eventually) -> None:
    record, folder = read_record(), engine_folder()
    strangers = [
        start_python([WORKER, device, str(folder)], folder / "stranger.log", settings_for_processes())
        for device in ("cpu-0", "cpu-7")
    ]
    waited = [process.wait(300) for process in strangers]
    assert waited == [-signal.SIGKILL] * 2
    assert {*processes_of_engine(DAEMON, WORKER)} == {record.daemon, *record.workers.values()}


@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_two_dashboards_that_find_everything_dead_start_one_daemon_with_one_worker(queue, eventually) -> None:
    queue(dataset="isic2019")
    before = processes_of_engine(DAEMON, WORKER)
    for process in before:
        process.kill_group()
    code = "from core.daemon import revive_engine; revive_engine()"
    dashboards = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [dashboard.wait(300) for dashboard in dashboards] == [0] * 3

    def one_of_each() -> bool:
        record, living = read_record(), processes_of_engine(DAEMON, WORKER)
        return daemon_answers(record) and len(living) == 2 and {*living} == {record.daemon, *record.workers.values()}

    eventually(one_of_each, "one daemon and its worker are left")
    assert not {*processes_of_engine(DAEMON, WORKER)} & {*before}


@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_a_daemon_whose_folder_was_taken_away_ends_and_so_do_its_workers(artifacts: Path, eventually) -> None:
    processes = [read_record().daemon, the_worker()]
    (artifacts / "engine").rename(artifacts / "elsewhere")
    eventually(lambda: not any(process.alive() for process in processes), "they end")
    assert not (artifacts / "engine").exists()


@pytest.mark.usefixtures("artifacts")
def test_a_clock_that_is_set_makes_nobody_silent(monkeypatch: pytest.MonkeyPatch) -> None:

    engine_folder().mkdir()
    me = ProcessId.of(os.getpid())
    first_beat("daemon", me.pid)
    now = time.time()
    for step in (-86_400.0, 86_400.0):
        monkeypatch.setattr(engine_heartbeat.time, "time", lambda step=step: now + step)
        assert silence("daemon", me, host_name()) < 5
    assert silence("daemon", me, "another-host") == pytest.approx(86_400, abs=5)  # has only the time of day


@pytest.mark.usefixtures("artifacts")
def test_another_process_with_the_number_of_a_daemon_that_is_gone_is_not_waited_for() -> None:
    """As in a container that is started anew at once: its processes have the same numbers every time."""
    engine_folder().mkdir()
    ours = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", str(engine_folder())])
    another = subprocess.Popen(["sleep", "600"])
    try:
        for process, answers in ((ours, True), (another, False)):
            first_beat("daemon", process.pid)
            assert beating("daemon") is answers
    finally:
        for process in (ours, another):
            process.kill()
            process.wait()
    first_beat("daemon", ours.pid)
    assert not beating("daemon")


@pytest.mark.usefixtures("artifacts")
def test_an_engine_that_ended_long_ago_is_not_said_to_replace_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = subprocess.Popen(["sleep", "600"])
    gone = ProcessId.of(ended.pid)
    engine_folder().mkdir()
    write_record(EngineRecord(daemon=gone, host=host_name(), workers={"cpu-0": gone}))
    first_beat(worker_name("cpu-0"), gone.pid)
    ended.kill()
    ended.wait()
    later = time.monotonic() + 7915
    monkeypatch.setattr(engine_heartbeat.time, "monotonic", lambda: later)
    status = engine_status()
    assert (status.running, status.workers, status.notices) == (False, 0, ())


@pytest.mark.usefixtures("artifacts")
def test_that_a_process_was_replaced_is_told_for_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    engine_folder().mkdir()
    now = time.time()
    for age, what in ((601.0, "The daemon"), (300.0, "The worker of cpu-1"), (10.0, "The worker of cpu-0")):
        monkeypatch.setattr(engine_heartbeat.time, "time", lambda age=age: now - age)
        note_replaced(what)
    monkeypatch.setattr(engine_heartbeat.time, "time", lambda: now)
    with (engine_folder() / "replaced.jsonl").open("a") as file:
        file.write("[" * 3000 + "\n{\n7\n")  # a line that is damaged, in any way, hides no other
    assert lately_replaced() == ["The worker of cpu-1", "The worker of cpu-0"]


def test_an_engine_of_0_1_0_is_ended_when_the_daemon_starts(artifacts: Path) -> None:
    import json

    from core.daemon import end_engine_of_0_1_0

    children = [subprocess.Popen(["sleep", "600"], start_new_session=True) for _ in range(3)]
    keeper, scheduler, worker = (
        {"pid": child.pid, "started": psutil.Process(child.pid).create_time()} for child in children
    )
    record = {"keeper": keeper, "scheduler": scheduler, "address": "tcp://127.0.0.1:1", "problem": ""}
    engine_folder().mkdir()
    (engine_folder() / "engine.json").write_text(
        json.dumps({**record, "workers": [{"device": "cpu-0", "process": worker}]})
    )
    try:
        assert read_record() is None
        end_engine_of_0_1_0()
        assert [child.wait(60) for child in children] == [-signal.SIGKILL] * 3
    finally:
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                child.kill()


@pytest.mark.parametrize(("set_to", "seconds"), [(None, 30.0), ("4", 4.0), ("none", 30.0)])
def test_a_process_may_be_silent_for_thirty_seconds_unless_told_otherwise(monkeypatch, set_to, seconds) -> None:
    if set_to is None:
        monkeypatch.delenv("LESIONLAB_SILENT_SECONDS", raising=False)
    else:
        monkeypatch.setenv("LESIONLAB_SILENT_SECONDS", set_to)
    assert engine_heartbeat.silent_seconds() == seconds


def test_the_command_says_who_is_silent(artifacts: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    from core.__main__ import main
    from core.cli import commands

    silent = replace(
        engine_status(), running=True, workers=1, notices=("The worker of cpu has said nothing for 41 s.",)
    )
    monkeypatch.setattr(commands.engines, "engine_status", lambda: silent)
    assert main(["engine", "status"]) == 0
    assert "The worker of cpu has said nothing for 41 s." in capsys.readouterr().out.splitlines()
