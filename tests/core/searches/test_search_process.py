"""The process of a search: one at a time, brought back when it is killed; and one search on a real engine."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace

import psutil
import pytest

from core.__main__ import main
from core.base.errors import ConfigurationError, SearchError
from core.base.heartbeat import STALE_SECONDS
from core.base.processes import ProcessId, host_name
from core.daemon import work_ahead
from core.engine.engine import stop_engine
from core.engine.engine_heartbeat import lately_replaced
from core.runs.run_folder import list_runs, open_run
from core.runs.run_states import State
from core.searches import control, search_process
from core.searches.control import clone, extend, pause, resume, start_search, stop, stop_all
from core.searches.journal import Journal
from core.searches.revive import revive_searches, start_driver
from core.searches.search_folder import SearchFolder, list_searches, open_search
from core.searches.search_states import SearchState, TrialState
from tests.core.searches.conftest import end_run, waiting_runs

DEAD = ProcessId(2**22 + 1, 1.0)
"""A process that never was: its number is beyond those that Linux gives."""


def eventually(condition, what: str, seconds: float = 400.0):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"After {seconds:.0f} s still not: {what}"
        time.sleep(0.1)
    return value


@pytest.fixture
def nothing_left(artifacts):
    """Ends the drivers and the engine that a test has started."""
    yield
    for search in list_searches():
        if (process := search.written_status().process) is not None:
            process.kill_group()
    stop_engine()
    for process in psutil.process_iter(["cmdline"]):
        if process.pid != os.getpid() and any(str(artifacts) in word for word in process.info["cmdline"] or []):
            process.kill()


def test_looking_for_searches_to_revive_loads_nothing_heavy() -> None:
    code = (
        "import sys; from core.searches.revive import revive_searches; revive_searches(); "
        "print([m for m in ('tensorflow', 'keras', 'keras_tuner', 'pandas') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_only_a_search_whose_process_is_gone_is_revived_and_only_once(driven, monkeypatch) -> None:
    started: list[SearchFolder] = []

    def start(search: SearchFolder) -> bool:
        started.append(search)
        search.write_status(replace(search.written_status(), process=ProcessId.of(os.getpid())))
        return True

    monkeypatch.setattr("core.searches.revive.start_driver", start)
    gone, alive, paused, damaged = (driven() for _ in range(4))
    for search, change in (
        (gone, {"process": DEAD}),
        (alive, {"process": ProcessId.of(os.getpid()), "heartbeat": time.time()}),
        (paused, {"state": SearchState.PAUSED, "process": DEAD}),
    ):
        search.write_status(replace(search.written_status(), host=host_name(), **change))
    (damaged.path / "status.json").write_text("{")
    assert gone.status().state is SearchState.LOST
    assert revive_searches() == [gone]
    assert revive_searches() == []
    assert started == [gone]


def test_a_driver_that_is_halted_is_killed_and_another_one_started_in_its_place(driven, nothing_left) -> None:
    search = driven()
    code = (
        "import os, signal, sys; from pathlib import Path; from core.searches.search_folder import SearchFolder\n"
        "search = SearchFolder(Path(sys.argv[1]))\n"
        "with search.driver_lock, search.control_lock: print(1, flush=True); os.kill(os.getpid(), signal.SIGSTOP)"
    )
    halted = subprocess.Popen(
        [sys.executable, "-c", code, str(search.path)], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert halted.stdout.read(1) == b"1"
        of_it = {"process": ProcessId.of(halted.pid), "host": host_name()}
        search.write_status(replace(search.written_status(), **of_it, heartbeat=time.time()))
        assert revive_searches() == []  # it was heard of just now
        search.write_status(replace(search.written_status(), heartbeat=time.time() - STALE_SECONDS - 1))
        assert revive_searches() == [search]
        assert halted.wait(60) == -signal.SIGKILL
    finally:
        halted.kill()
        halted.communicate()
    assert search.written_status().process.pid != halted.pid
    assert lately_replaced() == [f"The driver of the search {search.search_id}"]


def test_a_disk_that_is_full_ends_a_search_with_what_to_do(driven, monkeypatch) -> None:
    search = driven()

    def full(*_) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(search_process, "_drive", full)
    assert search_process.main([str(search.path)]) == 1
    status = search.status()
    assert status.state is SearchState.FAILED
    assert status.message.startswith("The disk is full. Free some space, then resume the search")


def test_a_search_that_is_driven_gets_no_second_process(driven) -> None:
    search = driven()
    with search.driver_lock:
        assert not start_driver(search)
        assert not search.log.exists()


def test_what_is_wanted_twice_is_done_once(driven) -> None:
    search = driven(trials=3)
    for _ in range(2):
        pause(search)
    assert search.wanted().state is SearchState.PAUSED
    search.write_status(replace(search.written_status(), state=SearchState.PAUSED))
    assert stop(search) is SearchState.STOPPED  # nothing runs, so nobody is needed for it
    assert stop(search) is SearchState.STOPPED
    assert resume(search) is SearchState.RUNNING
    assert extend(search, 4) is SearchState.RUNNING
    assert search.wanted().trials == 7
    with pytest.raises(ConfigurationError, match="extended by 1 trial or more"):
        extend(search, 0)


def test_before_the_engine_is_stopped_every_search_that_is_driven_is(driven, monkeypatch) -> None:
    monkeypatch.setattr(control, "STOP_SECONDS", 0.0)
    going, over = driven(), driven()
    going.write_status(replace(going.written_status(), host=host_name(), process=ProcessId.of(os.getpid())))
    over.write_status(replace(over.written_status(), state=SearchState.FINISHED))
    assert stop_all() == 1
    assert (going.wanted().state, over.wanted().state) == (SearchState.STOPPED, SearchState.RUNNING)


@pytest.mark.parametrize("name", ["status.json", "wanted.json", "search.json", "trials.jsonl"])
def test_a_search_that_is_damaged_neither_keeps_the_engine_from_being_stopped_nor_hides_the_others(
    driven, monkeypatch, capsys, name: str
) -> None:
    monkeypatch.setattr(control, "STOP_SECONDS", 0.0)
    damaged, going = driven(), driven()
    driven_here = {"host": host_name(), "process": ProcessId.of(os.getpid()), "heartbeat": time.time()}
    for search in (damaged, going):
        search.write_status(replace(search.written_status(), **driven_here))
    (damaged.path / name).write_text("{\n")
    assert work_ahead()
    stop_all()
    assert going.wanted().state is SearchState.STOPPED
    assert main(["search", "list", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    told = {each["search_id"]: each["reason"] for each in value["damaged"]}
    assert [each["search_id"] for each in value["searches"]] == [going.search_id]
    assert f"its {name} is missing or damaged" in told[damaged.search_id]
    going.write_status(replace(going.written_status(), state=SearchState.STOPPED))
    if name == "status.json":
        assert not work_ahead()


def test_a_clone_asks_for_the_same_but_for_what_is_changed(driven) -> None:
    from core.searches.search_config import read_search_config

    search = driven(trials=3, oracle="grid", seed=5)
    changed = read_search_config(clone(search, trials=9, seed=0, owner="somebody"))
    before = read_search_config(search)
    assert changed == before.model_copy(
        update={"trials": 9, "owner": "somebody", "recipe": before.recipe.model_copy(update={"seed": 0})}
    )
    with pytest.raises(ConfigurationError, match="bogus"):
        clone(search, bogus=1)


def test_a_search_is_found_by_a_part_of_its_id(driven) -> None:
    search = driven()
    assert open_search(search.search_id) == open_search(search.search_id[-4:]) == search
    driven()
    for wrong, words in (("demo", "fits 2 searches"), ("nothing", "There is no search"), ("../x", "letters")):
        with pytest.raises(SearchError, match=words):
            open_search(wrong)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_left")
def test_a_killed_process_is_revived_and_takes_in_what_ended_meanwhile(driven) -> None:
    search = driven(trials=1, oracle="grid")
    from core.searches.driver import Driver

    with pytest.MonkeyPatch.context() as patch:  # a driver that was killed right after its launch
        patch.setattr("core.engine.launch.submit", lambda: None)
        Driver(search).step()
    end_run(waiting_runs()[0], 0.25)
    search.write_status(replace(search.written_status(), process=DEAD, host=host_name()))
    assert revive_searches() == [search]
    eventually(lambda: not search.status().state.active, "the search is over")
    assert search.status().state is SearchState.FINISHED, search.log_tail()
    assert [(trial.state, trial.score) for trial in search.trials()] == [(TrialState.FINISHED, 0.25)]
    assert len(list_runs()) == 1


@pytest.mark.slow
@pytest.mark.long  # the chaos test has a search of real runs among its runs, too
@pytest.mark.usefixtures("nothing_left", "demo_artifacts")
def test_a_real_search_survives_the_kill_of_its_process_and_trains_each_trial_once(make) -> None:
    tune = ("dropout=0.0:0.3", "learning_rate", "width=0.5:0.5", "dense=64:64")
    search = start_search(
        make(model="cnn-59k", tune=tune, trials=3, parallel=2, epochs=2, batch_size=64, seed=0, image_size=28)
    )
    eventually(lambda: len(search.trials()) == 2 and search.trials()[-1].run, "two trials at once")
    killed = search.written_status().process
    killed.kill_group(signal.SIGKILL)
    eventually(lambda: not killed.alive(), "the driver is dead")
    assert search.status().state is SearchState.LOST
    assert revive_searches() == [search]
    eventually(lambda: not search.status().state.active, "the search is over")
    assert search.status().state is SearchState.FINISHED, search.log_tail()
    trials = search.trials()
    assert [trial.state for trial in trials] == [TrialState.FINISHED] * 3
    kinds = Counter(line["kind"] for line in Journal(search.trials_file).lines)
    assert (kinds["proposed"], kinds["ended"]) == (3, 3)
    assert len(list_runs()) == 3
    for trial in trials:
        run = open_run(trial.run)
        assert run.status().state is State.FINISHED
        assert run.recipe().architecture["dense"] == 64
        assert run.recipe().learning_rate == trial.values["learning_rate"]
        best = max(line["val_accuracy"] for line in run.metrics()[0] if line["kind"] == "epoch")
        assert trial.score == best
