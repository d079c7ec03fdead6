"""Who is next: order, priority, limits, and runs that lost whoever looked after them."""

import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from core.base.errors import ConfigurationError, DiskFullError, EngineError
from core.base.files import write_json
from core.base.processes import ProcessId, host_name
from core.engine import queue
from core.engine.engine import EngineStatus
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.engine.launch import cancel, stop
from core.engine.queue import claim, claimable, move, set_priority, statuses, supervised
from core.engine.waiting import waiting
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe


@pytest.fixture
def put(artifacts: Path) -> Callable[..., RunFolder]:
    """A function that makes a run with the given fields of its status."""

    def put(**changes) -> RunFolder:
        run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
        assert run.path.is_relative_to(artifacts)
        run.write_status(replace(run.written_status(), **changes))
        return run

    return put


@pytest.fixture
def gone() -> ProcessId:
    """A process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    return ProcessId(process.pid, time.time())


def order() -> list[RunFolder]:
    return [queued.run for queued in waiting()]


def test_runs_start_by_priority_and_then_in_the_order_in_which_they_were_made(put) -> None:
    first, second, urgent = put(order=1.0), put(order=2.0), put(order=3.0, priority=1)
    assert order() == [urgent, first, second]
    set_priority(first, 2)
    set_priority(first, 2)
    assert order() == [first, urgent, second]
    assert [queued.position for queued in waiting()] == [1, 2, 3]


@pytest.mark.parametrize("position", range(1, 5))
def test_a_run_that_is_moved_stands_where_it_was_put_and_the_others_keep_their_order(put, position: int) -> None:
    runs = [put(order=1.0, priority=2), put(order=2.0), put(order=3.0), put(order=4.0)]
    moved = runs[2]
    for _ in range(2):  # twice does no harm
        move(moved, position)
        others = [run for run in runs if run != moved]
        assert order() == [*others[: position - 1], moved, *others[position - 1 :]]


@pytest.mark.parametrize("seed", range(3))
def test_hundreds_of_moves_leave_the_order_that_a_list_would_have(put, seed: int) -> None:
    """Two runs between the same two neighbours, over and over, and anywhere; new ones come last of their priority."""
    rng, now = random.Random(seed), time.time()
    runs = [put(order=now + number * 0.01) for number in range(5)]
    for turn in range(150):
        moved = runs[turn % 2 + 1] if turn < 100 else rng.choice(runs)
        position = 2 if turn < 100 else rng.randint(1, len(runs))
        move(moved, position)
        runs.remove(moved)
        runs.insert(position - 1, moved)
        assert order() == runs, turn
    latest = put()
    assert order() == [*runs, latest]


@pytest.mark.parametrize("priority", [101, -101, 10**30])
def test_a_priority_beyond_what_pages_can_show_or_a_file_can_hold_is_refused(put, priority: int) -> None:
    run = put()
    set_priority(run, 100)
    with pytest.raises(ConfigurationError, match="from -100 to 100"):
        set_priority(run, priority)
    assert run.status().priority == 100


def test_runs_of_other_priorities_stay_where_they_are_when_room_has_to_be_made(put) -> None:
    urgent, late = [put(order=1.0, priority=3), put(order=2.0, priority=3)], put(order=5.0, priority=-1)
    first, last, moved = put(order=1.0), put(order=math.nextafter(1.0, 2.0)), put(order=7.0)
    move(moved, 4)
    assert order() == [*urgent, first, moved, last, late]
    assert [run.status().order for run in (*urgent, late)] == [1.0, 2.0, 5.0]


def test_a_run_that_cannot_be_taken_is_passed_by_and_its_lock_let_go(put, monkeypatch) -> None:
    """Whoever runs the tests may write everywhere, so that writing a status raises what a full disk raises."""
    broken, whole = put(order=1.0), put(order=2.0)
    real = RunFolder.write_status

    def write_status(run: RunFolder, status, *more) -> None:
        if run == broken:
            raise DiskFullError("There is no space left.")
        real(run, status, *more)

    monkeypatch.setattr(RunFolder, "write_status", write_status)
    run, lock = claim()
    lock.release()
    assert run == whole
    assert not supervised(broken)


def test_a_halted_process_that_holds_the_queue_keeps_nobody_waiting_for_ever(put, monkeypatch) -> None:
    put()
    monkeypatch.setattr(queue, "LOCK_SECONDS", 0.2)
    code = (
        "import signal, os; from core.engine.queue import queue_locked\n"
        "with queue_locked(): print(1, flush=True); os.kill(os.getpid(), signal.SIGSTOP)"
    )
    halted = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert halted.stdout.read(1) == b"1"
        with pytest.raises(EngineError, match="The queue is in use"):
            claim()
    finally:
        halted.kill()
        halted.communicate()
    run, lock = claim()
    lock.release()
    assert run.status().state is State.STARTING


def running(**changes) -> EngineStatus:
    return replace(EngineStatus(True, "", True, 2, ("cpu-0", "cpu-1"), 0), **changes)


def test_a_run_that_waits_although_a_device_is_free_says_why(put, monkeypatch) -> None:
    save_engine_settings(EngineSettings(per_person=1, cpu_workers=2))
    monkeypatch.setattr("core.engine.waiting.engine_status", running)
    put(state=State.RUNNING, owner="a@x", heartbeat=time.time(), host="elsewhere")
    held, hers, his = put(order=1.0), put(order=2.0, owner="a@x"), put(order=3.0, owner="b@x")
    with held.lock_named("supervisor.lock"):
        reasons = {each.run: each.reason for each in waiting()}
    assert "has not let go" in reasons[held]
    assert "a@x has 1 being trained" in reasons[hers]
    assert reasons[his] == ""
    put(state=State.RUNNING, heartbeat=time.time(), host="elsewhere")  # now no device is free
    assert {each.reason for each in waiting()} == {""}


def test_runs_that_wait_for_an_engine_that_cannot_work_say_what_keeps_it(put, monkeypatch) -> None:
    put()
    assert waiting()[0].reason == "The engine is not running."
    trouble = "The worker of cpu-0 has not answered for 31 s and is being replaced."
    monkeypatch.setattr("core.engine.waiting.engine_status", lambda: running(running=False, notices=(trouble,)))
    assert waiting()[0].reason == f"The engine is not running. {trouble}"


def test_a_position_beyond_the_ends_is_the_end(put) -> None:
    runs = [put(order=float(number)) for number in range(3)]
    move(runs[0], 99)
    assert order() == [runs[1], runs[2], runs[0]]
    move(runs[0], -5)
    assert order() == runs


def test_what_no_longer_waits_is_neither_moved_nor_given_a_priority(put) -> None:
    run, other = put(state=State.FINISHED, order=5.0), put()
    move(run, 1)
    set_priority(run, 7)
    assert (run.status().order, run.status().priority) == (5.0, 0)
    assert order() == [other]


def test_a_claimed_run_waits_no_more_and_nobody_else_gets_it(put) -> None:
    first, second = put(order=1.0), put(order=2.0)
    claimed = [claim(), claim(), claim()]
    assert [each[0] for each in claimed[:2]] == [first, second]
    assert claimed[2] is None
    assert first.status().state is State.STARTING
    assert order() == []
    for _, lock in claimed[:2]:
        lock.release()


def test_a_person_gets_no_more_devices_at_once_than_the_limit_and_others_pass_by(put) -> None:
    save_engine_settings(EngineSettings(per_person=1))
    put(state=State.RUNNING, owner="a@x", heartbeat=time.time(), host="elsewhere")
    hers, his = put(owner="a@x", order=1.0), put(owner="b@x", order=2.0)
    anonymous = put(order=3.0)
    assert order() == [hers, his, anonymous]
    assert claimable() == [his, anonymous]
    run, lock = claim()
    lock.release()
    assert run == his
    save_engine_settings(EngineSettings(per_person=2))
    assert claimable()[0] == hers


def test_a_training_without_a_supervisor_comes_first_then_one_that_died_then_the_queue(put, gone) -> None:
    queued = put()
    dead = put(state=State.RUNNING, host=host_name(), process=gone, heartbeat=time.time())
    orphan = put(state=State.RUNNING, host=host_name(), process=ProcessId.of(os.getpid()), heartbeat=time.time())
    assert claimable() == [orphan, dead, queued]
    run, lock = claim()
    assert run == orphan
    assert claimable() == [dead, queued]  # the orphan is looked after now
    lock.release()
    save_engine_settings(EngineSettings(resume_lost=False))
    assert claimable() == [orphan, queued]


def test_a_training_is_adopted_while_its_process_holds_its_status(put) -> None:
    orphan = put(state=State.RUNNING, host=host_name(), process=ProcessId.of(os.getpid()), heartbeat=time.time())
    with FileLock(orphan.path / "run.lock"):
        run, lock = claim()
    assert run == orphan
    lock.release()


def test_a_run_on_another_machine_is_taken_over_only_after_a_long_silence(put, gone) -> None:
    elsewhere = {"state": State.RUNNING, "host": "another-host", "process": ProcessId.of(os.getpid())}
    heard, silent = put(**elsewhere, heartbeat=time.time() - 40), put(**elsewhere, heartbeat=time.time() - 70)
    with FileLock(silent.path / "supervisor.lock"):  # a machine that was cut off keeps its locks
        assert claimable() == [silent]
        run, lock = claim()
        lock.release()
        assert run == silent
    assert claim() is not None  # it was not started, so it may be claimed again
    assert heard.status().state is State.LOST


def test_a_run_whose_worker_died_before_it_had_a_process_is_found_again(put) -> None:
    claimed = {"state": State.STARTING, "host": host_name(), "process": None}
    put(**claimed, heartbeat=time.time())
    stranded = put(**claimed, heartbeat=time.time() - 60)
    assert claimable() == [stranded]


def test_the_expected_start_follows_from_runs_of_the_same_kind(put) -> None:
    for seconds, epochs in ((100.0, 10), (300.0, 10)):
        done = put(state=State.FINISHED, started=1000.0, ended=1000.0 + seconds)
        write_json(done.path / "training.json", {"epochs": epochs})
    put(
        state=State.RUNNING,
        host=host_name(),
        process=ProcessId.of(os.getpid()),
        heartbeat=time.time(),
        eta_seconds=30.0,
    )
    for number in range(2):
        put(order=float(number))
    epochs = make_recipe(dataset="demo", model="cnn-59k").epochs
    first, second = waiting()
    assert first.expected_start == 30.0
    assert second.expected_start == pytest.approx(30 + 20 * epochs)  # the median of 10 and 30 s an epoch


def test_who_is_at_the_limit_is_passed_in_the_expected_starts_too(put) -> None:
    save_engine_settings(EngineSettings(per_person=1, cpu_workers=2))
    epochs = make_recipe(dataset="demo", model="cnn-59k").epochs
    done = put(state=State.FINISHED, started=1000.0, ended=1000.0 + 10 * epochs)
    write_json(done.path / "training.json", {"epochs": epochs})
    alive = {"host": host_name(), "process": ProcessId.of(os.getpid()), "heartbeat": time.time()}
    put(state=State.RUNNING, owner="a@x", eta_seconds=500.0, **alive)
    for number, owner in enumerate(("a@x", "b@x", "a@x")):
        put(owner=owner, order=float(number))
    assert [each.expected_start for each in waiting()] == pytest.approx([500.0, 0.0, 500.0 + 10 * epochs])


def test_a_run_that_died_and_is_not_resumed_by_itself_holds_nobody_back(put, gone) -> None:
    put(state=State.RUNNING, owner="a@x", host=host_name(), process=gone, heartbeat=time.time())
    hers = put(owner="a@x")
    save_engine_settings(EngineSettings(per_person=1))
    assert hers not in claimable()
    save_engine_settings(EngineSettings(per_person=1, resume_lost=False))
    assert claimable() == [hers]
    assert waiting()[0].expected_start == 0.0


def test_where_nothing_is_known_no_start_is_promised(put) -> None:
    put(), put()
    first, second = waiting()
    assert first.expected_start == 0.0
    assert second.expected_start is None


def test_a_damaged_status_hides_that_run_alone(put) -> None:
    damaged, whole = put(), put()
    (damaged.path / "status.json").write_text("{")
    assert [run for run, _ in statuses()] == [whole]
    assert order() == [whole]


@pytest.mark.parametrize("ask", [stop, cancel])
def test_a_run_that_waits_is_ended_at_once_and_for_good(put, ask) -> None:
    run = put()
    assert ask(run) is State.STOPPED
    assert ask(run) is State.STOPPED
    assert claim() is None


def test_a_run_whose_process_is_gone_is_ended_by_a_cancel(put, gone) -> None:
    run = put(state=State.RUNNING, host=host_name(), process=gone, heartbeat=time.time())
    assert run.status().state is State.LOST
    assert cancel(run) is State.STOPPED
    assert "nothing was evaluated" in run.status().message
    assert claim() is None
