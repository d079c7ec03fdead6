"""Killing processes of an engine at random while runs and a search are at work, and what must hold afterwards."""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from core.base.processes import ProcessId
from core.daemon import revive_engine
from core.engine.engine import stop_engine
from core.engine.engine_folder import read_record
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.engine.launch import launch, stop
from core.engine.supervise import MOST_FAILED_RESTARTS
from core.runs.judging.results import evaluated
from core.runs.run_folder import RunFolder, list_runs, runs_folder
from core.runs.run_states import State
from core.searches.control import start_search
from core.searches.control import stop_all as stop_searches
from core.searches.journal import read_trials
from core.searches.search_config import make_search_config
from core.searches.search_folder import SearchFolder
from core.searches.search_states import SearchState
from core.training.recipe import Recipe

KINDS = ("training", "worker", "daemon", "dashboard", "search")


@dataclass
class Chaos:
    """What happened. `doubled` tells of each metrics file that two trainings wrote at the same moment who they were."""

    killed: Counter = field(default_factory=Counter)
    doubled: dict[str, set[str]] = field(default_factory=dict)
    runs: list[RunFolder] = field(default_factory=list)
    stopped: list[RunFolder] = field(default_factory=list)
    search: SearchFolder | None = None


def writers(folder: Path) -> dict[str, dict[int, str]]:
    """Who has a metrics file under a folder open for writing now: by its path, what runs in the sessions that have.

    A reader is none. Every training process leads a session of its own, in which what it starts is too: that has
    the file open as well, for the moment between being forked and becoming another program.
    """
    found: dict[str, dict[int, str]] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            for fd in descriptors(process):
                with contextlib.suppress(OSError):  # closed meanwhile
                    path = str(fd.readlink()).removesuffix(" (deleted)")
                    ours = path.startswith(f"{folder}/") and path.endswith("/metrics.jsonl")
                    if ours and opened_for_writing(process / "fdinfo" / fd.name):
                        what = (process / "cmdline").read_text().replace("\0", " ")
                        found.setdefault(path, {})[os.getsid(int(process.name))] = what
    return found


def descriptors(process: Path) -> list[Path]:
    """The open files of a process; none if it has ended."""
    try:
        return list((process / "fd").iterdir())
    except OSError:
        return []


def opened_for_writing(fdinfo: Path) -> bool:
    """Whether a file was opened for writing, by what Linux tells of a descriptor (proc(5): `flags` is octal)."""
    flags = next(line for line in fdinfo.read_text().splitlines() if line.startswith("flags:"))
    return int(flags.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY


@contextlib.contextmanager
def watching(chaos: Chaos) -> Iterator[None]:
    """Look all the time whether two processes train one run."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            for path, sessions in writers(runs_folder()).items():
                if len(sessions) > 1:
                    chaos.doubled.setdefault(path, set()).update(f"{sid}: {what}" for sid, what in sessions.items())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def kill_one(kind: str, rng: random.Random, chaos: Chaos, dashboard: psutil.Process | None) -> bool:
    """Kill one process of a kind with SIGKILL; False if there is none now."""
    victims: list[ProcessId] = []
    if record := read_record():  # else there is no engine at the moment
        if kind == "worker":
            victims = list(record.workers.values())
        elif kind == "daemon":
            victims = [record.daemon]
    if kind == "training":
        statuses = [run.written_status() for run in list_runs()]
        # One that was killed too often in a row without a whole epoch fails, as it should: a slow machine is no fault.
        enough = MOST_FAILED_RESTARTS - 2
        victims = [each.process for each in statuses if each.state.active and each.failed_restarts < enough]
    elif kind == "search" and chaos.search.written_status().state.active:
        victims = [chaos.search.written_status().process]
    elif kind == "dashboard" and dashboard is not None:
        victims = [ProcessId.of(dashboard.pid)]
    victims = [victim for victim in victims if victim and victim.alive()]
    if not victims:
        return False
    os.kill(rng.choice(victims).pid, signal.SIGKILL)
    chaos.killed[kind] += 1
    return True


def wreak(
    recipe: Callable[[int], Recipe],
    runs: int,
    trials: int,
    kills: int,
    seed: int,
    start_dashboard: Callable[[], psutil.Process] | None = None,
    pause: tuple[float, float] = (1.0, 4.0),
    limit: float = 1800.0,
) -> Chaos:
    """Launch runs and a search, kill as often as asked, and wait until all is over.

    Args:
        recipe: that of a run, by its number.
        runs: how many at least; every fifth of these is asked to stop once it learns.
        trials: of the search.
        kills: how many processes are killed.
        seed: of what is killed and when.
        start_dashboard: starts a dashboard, which is killed and started again like everything else.
        pause: shortest and longest time between two kills, in seconds.
        limit: after so many seconds the test has failed.
    """
    rng, chaos = random.Random(seed), Chaos()
    save_engine_settings(EngineSettings(cpu_workers=2))
    dashboard = start_dashboard() if start_dashboard else None
    kinds = KINDS if start_dashboard else tuple(kind for kind in KINDS if kind != "dashboard")
    deadline = time.monotonic() + limit
    with watching(chaos):
        chaos.runs = [launch(recipe(number)) for number in range(runs)]
        chaos.search = start_search(make_search_config(recipe=recipe(runs).model_dump(), trials=trials, parallel=2))
        to_stop = chaos.runs[4::5]
        while not (over := everything_over(chaos)) or sum(chaos.killed.values()) < kills:
            assert time.monotonic() < deadline, [
                str(run.status()) for run in list_runs() if not run.status().state.over
            ]
            for run in to_stop:
                if run.status().state is State.RUNNING and run not in chaos.stopped:
                    stop(run)
                    chaos.stopped.append(run)
            if sum(chaos.killed.values()) < kills:
                if over:  # a fast machine is done before enough was killed
                    chaos.runs.append(launch(recipe(len(chaos.runs) + 1)))
                # A training that is not worked on yet, or a driver that is just being started, is spared this time.
                kill_one(rng.choice(kinds), rng, chaos, dashboard)
            time.sleep(rng.uniform(*pause))
            if dashboard is not None and (not dashboard.is_running() or dashboard.status() == psutil.STATUS_ZOMBIE):
                dashboard = start_dashboard()
            if dashboard is None:
                revive_engine()  # which every dashboard does by itself
    return chaos


def everything_over(chaos: Chaos) -> bool:
    """True once every run and the search have ended."""
    return all(run.written_status().state.over for run in list_runs()) and not chaos.search.status().state.active


def must_hold(chaos: Chaos, epochs: int, processes_about: Callable[[Path], list[psutil.Process]], folder: Path) -> None:
    """Nothing lost, nothing doubled, nothing shown wrongly, nothing left behind."""
    for run in chaos.runs:
        status = run.status()
        wanted = (State.STOPPED, State.FINISHED) if run in chaos.stopped else (State.FINISHED,)
        assert status.state in wanted, f"{run.run_id}: {status} {run.log_tail(2000)}"
        assert evaluated(run), run.run_id
    assert chaos.search.status().state is SearchState.FINISHED
    trials = read_trials(chaos.search.trials_file)
    assert len({trial.run for trial in trials if trial.run}) == len([trial for trial in trials if trial.run])
    assert all(trial.state.over for trial in trials)
    assert not chaos.doubled, chaos.doubled
    for run in list_runs():
        lines = run.metrics()[0]
        done = [line["epoch"] for line in lines if line["kind"] == "epoch"]
        assert done == list(range(len(done))), run.run_id
        if run.status().state is State.FINISHED:
            assert len(done) == epochs, run.run_id
        steps = [(line["epoch"], line["step"]) for line in lines if line["kind"] == "batch"]
        assert steps == sorted(set(steps)), run.run_id
        whole = [[step for epoch, step in steps if epoch == number] for number in done if complete(lines, number)]
        assert all(each == whole[0] for each in whole), run.run_id
    stop_searches()
    stop_engine()
    deadline = time.monotonic() + 120  # a process that has said its last word may take a while to end
    while (left := processes_about(folder)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left, [str(process) for process in left]


def complete(lines: list[dict], epoch: int) -> bool:
    """True if an epoch was gone through whole."""
    return any(line["kind"] == "epoch" and line["epoch"] == epoch and line["complete"] for line in lines)
