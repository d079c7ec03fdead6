"""Two machines that share the artifacts folder, one of which is cut off in the middle of a search.

Both are this machine in truth: each has a worker of its own, with a name and a mount of its own, and the cut is that
every process of one of them is halted and later goes on, as if the network had come back.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.base.processes import ProcessId
from core.engine.engine import engine_status
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.runs.run_folder import RunFolder, list_runs
from core.runs.run_states import State
from core.searches.control import start_search, stop_all
from core.searches.search_config import make_search_config
from core.searches.search_states import SearchState, TrialState
from core.searches.space import narrowed_space
from core.training.recipe import make_recipe
from tests.conftest import free_port

TRIALS, EPOCHS = 8, 15
SCHEDULER, WORKER = "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"
"""Dask's command lines, as modules."""


@pytest.fixture
def two_hosts(artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A scheduler, and a worker on each of the machines "a" and "b"."""
    address = f"tcp://127.0.0.1:{free_port()}"
    scheduler = f"{SCHEDULER} --host {address} --no-dashboard --no-jupyter".split()
    worker = f"{WORKER} {address} --no-nanny --nworkers 1 --nthreads 1 --resources device=1".split()
    started = [(scheduler, tmp_path, {})]
    for host in ("a", "b"):
        folder = tmp_path / f"host-{host}"
        folder.mkdir()
        (folder / "artifacts").symlink_to(artifacts, target_is_directory=True)
        environment = {"LESIONLAB_HOST": host, "LESIONLAB_ARTIFACTS": str(folder / "artifacts")}
        environment |= {"LESIONLAB_DATA": str(tmp_path / "data"), "CUDA_VISIBLE_DEVICES": "-1"}
        started.append((worker, folder, environment))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    processes = [
        subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env={**os.environ, **environment}, **quiet)
        for command, folder, environment in started
    ]
    monkeypatch.setenv("LESIONLAB_SCHEDULER", address)
    try:
        yield
    finally:
        for process in [p for host in ("a", "b") for p in processes_of(host)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for process in processes:
            process.kill()
            process.wait(60)


def processes_of(host: str) -> list[psutil.Process]:
    """Every process of one of the machines."""
    found = []
    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(psutil.Error):
            if process.info["status"] != psutil.STATUS_ZOMBIE and process.environ().get("LESIONLAB_HOST") == host:
                found.append(process)
    return found


def at_work_on(host: str) -> list[RunFolder]:
    """Runs that are worked on by a machine."""
    statuses = ((run, run.written_status()) for run in list_runs())
    return [run for run, status in statuses if status.state.active and status.host == host]


def in_the_middle_on(host: str) -> list[RunFolder]:
    """Runs that learn on a machine, with an epoch behind them and some before them."""
    return [r for r in at_work_on(host) if r.state_file.is_file() and 0 < r.written_status().done < EPOCHS - 5]


@pytest.mark.long  # that a run is taken over from a machine that fell silent is tested beside the engine, too
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("tiny_data", "leaving_nothing_behind", "two_hosts")
def test_a_search_over_two_machines_ends_whole_when_one_of_them_is_cut_off(artifacts: Path, eventually) -> None:
    save_engine_settings(EngineSettings(takeover_seconds=15))
    eventually(lambda: engine_status().running, "the scheduler answers")
    recipe = make_recipe(dataset="ham10000", model="cnn-59k", epochs=EPOCHS, batch_size=2)
    space = narrowed_space(recipe.model, ["learning_rate"])  # in which no trial is invalid
    search = start_search(make_search_config(recipe=recipe.model_dump(), trials=TRIALS, parallel=3, space=space))
    [cut_off, *_] = eventually(lambda: at_work_on("b") and in_the_middle_on("a"), "both machines are at work", 240)
    before = cut_off.written_status()

    halted = processes_of("a")
    assert ProcessId.of(before.process.pid) == before.process
    for process in halted:
        process.send_signal(signal.SIGSTOP)
    eventually(lambda: cut_off.written_status().host == "b", "the other machine takes the run over", 240)
    eventually(lambda: cut_off.written_status().state.over, "it is trained to its end there", 240)
    for process in halted:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)
    eventually(lambda: not before.process.alive(), "the process that lost the run ends")

    eventually(lambda: not search.status().state.active, "the search is over", 600)
    assert search.status().state is SearchState.FINISHED
    trials = search.trials()
    assert [trial.state for trial in trials] == [TrialState.FINISHED] * TRIALS
    assert len({trial.run for trial in trials}) == TRIALS
    after = cut_off.status()
    assert (after.state, after.host, after.attempt) == (State.FINISHED, "b", before.attempt + 1)
    for run in list_runs():
        epochs = [line["epoch"] for line in run.metrics()[0] if line["kind"] == "epoch"]
        assert epochs == list(range(EPOCHS))
    assert stop_all() == 0
