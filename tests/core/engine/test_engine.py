"""The engine: real daemons and workers, each test with an artifacts folder of its own."""

import contextlib
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.base.errors import EngineError
from core.base.processes import ProcessId
from core.daemon import start_engine
from core.engine import daemon_process
from core.engine.daemon_process import ensure_daemon, wait_for_the_end
from core.engine.dask_client import answers, tls
from core.engine.engine import engine_status, ensure_engine, stop_engine, submit
from core.engine.engine_folder import engine_folder, processes_of_engine, read_record, record_file, write_record
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.engine.launch import launch, stop
from core.engine.standby import STANDBY
from core.runs.judging.results import evaluated
from core.runs.run_folder import RunFolder, open_run
from core.runs.run_states import ErrorKind, State
from core.training.recipe import make_recipe
from tests.conftest import free_port

SCHEDULER, WORKER = "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"
"""Dask's command lines, as modules."""
pytestmark = [pytest.mark.usefixtures("leaving_nothing_behind"), pytest.mark.slow]


@pytest.fixture(autouse=True)
def without_standby(artifacts: Path) -> None:
    """No process loads TensorFlow for a run that may come."""
    save_engine_settings(EngineSettings(standby_minutes=0))


def without_data(**fields):
    """A recipe that an engine takes a second for: it fails, because HAM10000 is in no data root."""
    return make_recipe(**{"dataset": "ham10000", "model": "majority", **fields})


def over(run: RunFolder) -> bool:
    return run.written_status().state.over  # not lost, as a busy machine may have it for a moment


def recorded() -> list[ProcessId]:
    record = read_record()
    return [record.daemon, *record.workers.values()]


def worked_by_others_than(worker: ProcessId) -> list[ProcessId]:
    return [each for each in read_record().workers.values() if each != worker]


def test_an_engine_starts_once_says_what_it_has_and_leaves_no_process_when_stopped(
    artifacts: Path, processes_about, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = engine_status()
    assert (before.running, before.embedded, before.workers, before.memory) == (False, True, 0, None)
    started = start_engine()
    assert started.running
    assert started.embedded
    assert started.workers == len(started.devices) >= 1
    assert started.memory > 10_000_000
    assert ensure_engine() == read_record()
    processes = recorded()
    start_engine()
    assert recorded() == processes
    now, told = time.time, psutil.Process.create_time
    with monkeypatch.context() as clock:  # set by an hour, which the system tells of processes as well
        clock.setattr(time, "time", lambda: now() + 3600)
        clock.setattr(psutil.Process, "create_time", lambda self: told(self) + 3600)
        start_engine()
        assert engine_status().running
    assert recorded() == processes
    assert len(processes) == 1 + started.workers
    assert all(process.alive() for process in processes)
    assert processes_about(artifacts)
    assert stop_engine() == 0
    assert not engine_status().running
    assert not processes_about(artifacts)
    assert stop_engine() == 0  # twice does no harm


def test_no_process_of_the_engine_listens_on_a_port_and_none_loads_anything_heavy() -> None:
    start_engine()
    for process in recorded():
        assert not psutil.Process(process.pid).net_connections("inet")
        loaded = Path(f"/proc/{process.pid}/maps").read_text()
        assert not [name for name in ("numpy", "pandas", "tensorflow", "pydantic_core") if f"/{name}/" in loaded]
    assert engine_status().memory < 120e6


def test_a_training_outlives_its_launcher_while_the_next_one_waits_and_stopping_the_engine_keeps_both(
    tiny_data: Path, artifacts: Path, eventually, processes_about
) -> None:
    code = (
        "from core.engine.launch import launch; from core.training.recipe import make_recipe; "
        "print(launch(make_recipe(dataset='ham10000', model='cnn-59k', epochs=1000)).run_id)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    training = open_run(said.stdout.strip())  # its launcher, which also started the engine, has ended
    waiting = launch(without_data())
    eventually(training.best_checkpoint.is_file, "a first epoch")
    assert training.status().state is State.RUNNING
    assert waiting.status().state is State.QUEUED  # one device, one run

    assert stop_engine() == 1
    assert training.status().state is State.STOPPED
    assert evaluated(training)
    assert waiting.status().state is State.QUEUED
    assert not waiting.log.exists()
    assert not processes_about(artifacts)

    shutil.rmtree(tiny_data)  # so that the next one is over soon
    start_engine()
    eventually(lambda: over(waiting), "the waiting run is over")
    assert waiting.status().error_kind is ErrorKind.DATA


def test_stopping_the_engine_also_ends_a_process_that_has_just_been_started(
    artifacts: Path, queue, eventually, processes_about
) -> None:
    run = queue()
    start_engine()
    eventually(lambda: run.written_status().process, "a training process")
    stop_engine()
    assert not processes_about(artifacts)
    assert run.status().state in (State.STOPPED, State.FAILED, State.QUEUED)


def test_when_worker_and_daemon_are_killed_the_training_is_adopted_and_nothing_is_started_beside_it(
    tiny_data: Path, queue, eventually
) -> None:
    training, waiting = queue(epochs=1000), queue()
    start_engine()
    eventually(training.best_checkpoint.is_file, "a first epoch")
    process = training.status().process
    daemon, worker = recorded()

    worker.kill_group()
    [another] = eventually(lambda: worked_by_others_than(worker), "another worker")
    daemon.kill_group()
    eventually(lambda: not daemon.alive(), "the daemon has ended")
    shutil.rmtree(tiny_data)  # so that the others are over soon
    latest = launch(without_data())
    assert recorded()[0] != daemon
    assert recorded()[1:] == [another]  # a new daemon goes on with the worker of the old one
    time.sleep(5)  # time enough for a worker to start what waits, were its device thought free
    assert training.status().process == process
    assert training.status().state is State.RUNNING
    assert (waiting.status().state, latest.status().state) == (State.QUEUED, State.QUEUED)
    stop(training)
    eventually(lambda: over(waiting) and over(latest), "the waiting runs are over")
    assert (training.status().state, training.status().process) == (State.STOPPED, process)
    assert training.status().attempt == 1
    assert waiting.status().error_kind is latest.status().error_kind is ErrorKind.DATA
    assert training.status().ended <= waiting.status().started <= waiting.status().ended <= latest.status().started


@pytest.mark.usefixtures("tiny_data")
def test_a_waiting_process_takes_the_next_run_and_ends_when_its_worker_dies(eventually) -> None:
    save_engine_settings(EngineSettings())
    submit()
    [worker] = recorded()[1:]
    [waiting] = eventually(lambda: processes_of_engine(STANDBY), "a standby process")
    run = launch(make_recipe(dataset="ham10000", model="majority"))
    eventually(lambda: over(run), "it is over")
    assert (run.status().state, run.status().process) == (State.FINISHED, waiting)
    [another] = eventually(lambda: [p for p in processes_of_engine(STANDBY) if p != waiting], "another standby process")
    worker.kill_group()
    eventually(lambda: not another.alive(), "it ended")


def test_a_damaged_run_folder_does_not_keep_the_engine_from_starting(queue) -> None:
    damaged = queue()
    (damaged.path / "status.json").write_text("{")
    assert start_engine().running
    assert stop_engine() == 0


def test_a_daemon_that_dies_between_two_looks_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    start_engine()
    record = read_record()
    record.daemon.kill_group()
    wait_for_the_end(record.daemon)
    write_record(replace(record, workers={}))
    looks = itertools.count()
    real = daemon_process.daemon_answers
    monkeypatch.setattr(daemon_process, "daemon_answers", lambda record: next(looks) < 2 or real(record))
    assert ensure_daemon("").daemon != record.daemon


def test_an_engine_that_cannot_start_says_so_and_where_the_reason_stands(artifacts: Path) -> None:
    (artifacts / "engine" / "daemon.lock").mkdir(parents=True)
    with pytest.raises(EngineError, match=r"could not be started; .*daemon\.log says why"):
        start_engine()
    assert "daemon.lock" in (engine_folder() / "daemon.log").read_text()
    assert not engine_status().running


def test_a_record_that_cannot_be_read_is_as_good_as_none() -> None:
    engine_folder().mkdir(parents=True)
    record_file().write_text("{")
    assert not engine_status().running


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:1", "nonsense", "tcp://127.0.0.1", "tcp://host.invalid:8786", "tcp://[::1", "tls://:1"]
)
def test_a_scheduler_that_cannot_be_reached_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, artifacts: Path, address: str
) -> None:
    monkeypatch.setenv("LESIONLAB_SCHEDULER", address)
    status = engine_status()
    assert (status.running, status.address, status.embedded) == (False, address, False)
    with pytest.raises(
        EngineError, match=rf"No Dask scheduler answers at {re.escape(address)} \(LESIONLAB_SCHEDULER\)"
    ):
        submit()
    with pytest.raises(EngineError, match="was not started here"):
        stop_engine()
    assert not record_file().exists()


def test_a_run_that_could_not_be_handed_over_says_so(monkeypatch: pytest.MonkeyPatch, artifacts: Path) -> None:
    monkeypatch.setenv("LESIONLAB_SCHEDULER", "tcp://127.0.0.1:1")
    with pytest.raises(EngineError):
        launch(without_data())
    [folder] = (artifacts / "runs").iterdir()
    status = RunFolder(folder).status()
    assert status.state is State.FAILED
    assert "127.0.0.1:1" in status.message


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_whoever_listens_answers_by_either_kind_of_address(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host.strip("[]"), 0), family=family) as server:
        port = server.getsockname()[1]
        assert [answers(f"{scheme}{host}:{port}") for scheme in ("tcp://", "tls://", "")] == [True] * 3


def cluster(folder: Path, scheme: str, options: str) -> Iterator[str]:
    """A scheduler and a worker that were started by hand in a folder; gives the address."""
    address = f"{scheme}://127.0.0.1:{free_port()}"
    scheduler = f"{SCHEDULER} --host {address} --no-dashboard --no-jupyter {options}".split()
    worker = f"{WORKER} {address} --nthreads 1 --no-nanny --resources device=1 --no-dashboard {options}".split()
    place = {"cwd": folder, "start_new_session": True}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [subprocess.Popen([sys.executable, "-m", *command], **place, **quiet) for command in (scheduler, worker)]
    try:
        yield address
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.fixture
def external(tmp_path: Path) -> Iterator[str]:
    """Address of a cluster without TLS."""
    yield from cluster(tmp_path, "tcp", "")


@pytest.fixture
def certificates(tmp_path: Path) -> dict[str, str]:
    """Files of an authority, and of a certificate and its key that it has signed, by the names of their settings."""
    names = {f"LESIONLAB_TLS_{name}": str(tmp_path / f"{name}.pem") for name in ("CA", "CERT", "KEY")}
    authority, certificate, key = names.values()
    new = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    signed = f"-CA {authority} -CAkey {tmp_path}/authority.key"
    for command in (
        f"{new} -subj /CN=authority -keyout {tmp_path}/authority.key -out {authority}",
        f"{new} -subj /CN=lesionlab {signed} -keyout {key} -out {certificate}",
    ):
        subprocess.run(command.split(), check=True, capture_output=True)
    return names


@pytest.fixture
def guarded(tmp_path: Path, certificates: dict[str, str]) -> Iterator[str]:
    """Address of a cluster that talks only to those who have a certificate of its authority."""
    authority, certificate, key = certificates.values()
    yield from cluster(tmp_path, "tls", f"--tls-ca-file {authority} --tls-cert {certificate} --tls-key {key}")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl, which makes the certificates, is not installed")
def test_a_cluster_with_tls_trains_for_those_who_have_a_certificate_alone(
    guarded: str, certificates: dict[str, str], monkeypatch: pytest.MonkeyPatch, artifacts: Path, eventually
) -> None:
    monkeypatch.setenv("LESIONLAB_SCHEDULER", guarded)
    eventually(lambda: engine_status().running, "the scheduler answers")
    refused = None
    with contextlib.suppress(EngineError):  # the daemon may find out before the launch is over
        refused = launch(without_data())
    eventually(lambda: any("does not answer" in notice for notice in engine_status().notices), "it is said")
    assert refused is None or refused.status().state is State.QUEUED
    (daemon := read_record().daemon).kill_group()
    wait_for_the_end(daemon)  # else its record says once more that the scheduler does not answer
    for name, file in certificates.items():
        monkeypatch.setenv(name, file)
    run = launch(without_data())
    eventually(lambda: over(run) and (refused is None or over(refused)), "all runs are over")
    assert run.status().error_kind is ErrorKind.DATA
    monkeypatch.delenv("LESIONLAB_TLS_KEY")
    with pytest.raises(EngineError, match="set all of"):
        tls()


def test_a_scheduler_elsewhere_is_used_with_the_settings_of_who_launches(
    external: str, monkeypatch: pytest.MonkeyPatch, artifacts: Path, queue, eventually
) -> None:
    forgotten = queue()  # it was queued on a scheduler that is no more
    monkeypatch.setenv("LESIONLAB_SCHEDULER", external)
    eventually(lambda: engine_status().running, "the scheduler answers")
    run = launch(without_data())
    eventually(lambda: over(run) and over(forgotten), "both runs are over")
    for each in (forgotten, run):
        assert each.status().error_kind is ErrorKind.DATA
        assert str(artifacts.parent / "data") in each.status().message
    assert (read_record().address, read_record().workers) == (external, {})  # only a daemon
    with pytest.raises(EngineError, match="was not started here"):
        stop_engine()
    assert engine_status().running
