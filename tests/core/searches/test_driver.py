"""Driving a search, step by step: every trial is asked for once, launched once and told once, whatever dies."""

import json
import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from core.base.processes import ProcessId, host_name
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.engine.queue import claimable
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import State
from core.searches.control import extend, pause, resume, stop
from core.searches.journal import Journal, read_trials
from core.searches.search_states import SearchState, TrialState
from core.searches.trial_runs import shown_state
from tests.core.searches.conftest import end_run, waiting_runs

pytestmark = pytest.mark.usefixtures("by_hand")
BLOCKS = ("blocks=2:5",)


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch):
    """`drive(search)` is a process that begins to drive it; what commands start is left to the test."""
    from core.searches.driver import Driver

    return Driver


def states(search) -> list[str]:
    return [str(trial.state) for trial in search.trials()]


def test_as_many_trials_run_at_once_as_may_and_each_is_told_once(driven, drive) -> None:
    search = driven(trials=5, parallel=2)
    driver = drive(search)
    best = 0.0
    for number in range(5):
        assert driver.step() is SearchState.RUNNING
        assert len(waiting_runs()) == min(2, 5 - number)
        best = max(best, 0.1 * number)
        end_run(waiting_runs()[0], 0.05, 0.1 * number)
    assert driver.step() is SearchState.FINISHED
    assert driver.step() is SearchState.FINISHED
    trials = search.trials()
    assert [trial.state for trial in trials] == [TrialState.FINISHED] * 5
    assert [trial.score for trial in trials] == pytest.approx([0.05, 0.1, 0.2, 0.3, 0.4])
    assert [trial.best_epoch for trial in trials] == [0, 1, 1, 1, 1]
    assert len(list_runs()) == len({trial.run for trial in trials}) == 5
    assert {run.status().search for run in list_runs()} == {search.search_id}
    assert Counter(line["kind"] for line in Journal(search.trials_file).lines) == {
        "proposed": 5,
        "started": 5,
        "ended": 5,
    }


def test_the_trials_of_a_search_count_for_whoever_asked_for_it(driven, drive) -> None:
    save_engine_settings(EngineSettings(per_person=1))
    search = driven(trials=3, parallel=2, owner="a@x")
    driver = drive(search)
    driver.step()
    first, second = waiting_runs()
    other = create_run(first.recipe(), owner="b@x")
    status = replace(first.written_status(), state=State.RUNNING, heartbeat=time.time(), host="elsewhere")
    first.write_status(status)
    assert claimable() == [other]
    end_run(first, 0.5)
    driver.step()
    assert second in claimable()
    assert {run.written_status().owner for run in (first, second, waiting_runs()[-1])} == {"a@x"}


def test_a_loss_is_better_when_it_is_smaller_and_a_figure_that_is_missing_does_not_count(driven, drive) -> None:
    search = driven(trials=1, monitor="val_loss")
    driver = drive(search)
    driver.step()
    [run] = list_runs()
    end_run(run)
    metrics = [(0, 0.9), (1, 0.4), (2, None), (3, 0.6)]
    run.metrics_file.write_text(
        "".join(json.dumps({"kind": "epoch", "epoch": e, "val_loss": v}) + "\n" for e, v in metrics)
    )
    driver.step()
    [trial] = search.trials()
    assert (trial.score, trial.best_epoch) == (0.4, 1)


def test_a_network_that_cannot_be_built_is_invalid_with_its_reason_and_no_run_is_started(driven, drive) -> None:
    search = driven(oracle="grid", trials=4, tune=BLOCKS)
    driver = drive(search)
    while driver.step() is SearchState.RUNNING:
        for run in waiting_runs():
            end_run(run, 0.5)
    invalid = [trial for trial in search.trials() if trial.state is TrialState.INVALID]
    assert {trial.values["blocks"] for trial in invalid} == {5}  # 28 pixels cannot be halved so often
    assert all("needs at least" in trial.reason and trial.run is None for trial in invalid)
    assert driver.step() is SearchState.FINISHED  # for they are not counted as failures
    assert len(list_runs()) == 3


def test_a_grid_that_is_exhausted_ends_by_itself(driven, drive) -> None:
    search = driven(oracle="grid", trials=50, tune=("blocks=2:3",))
    driver = drive(search)
    while driver.step() is SearchState.RUNNING:
        for run in waiting_runs():
            end_run(run, 0.5)
    assert driver.step() is SearchState.FINISHED
    assert "Every combination" in driver.message
    assert len(search.trials()) == 2


def test_three_failures_in_a_row_end_a_search_with_the_reason_and_it_can_be_resumed(driven, drive) -> None:
    search = driven(trials=10)
    driver = drive(search)
    for outcome in (State.FAILED, State.FINISHED, State.FAILED, State.FAILED, State.FAILED):
        assert driver.step() is SearchState.RUNNING
        end_run(waiting_runs()[0], 0.5, state=outcome, reason="No memory is left.")
    assert driver.step() is SearchState.FAILED
    assert "3 trials failed one after the other" in driver.message
    assert "out of memory: No memory is left." in driver.message
    assert not waiting_runs()
    again = drive(search)
    assert again.step() is SearchState.RUNNING
    assert len(waiting_runs()) == 1


def test_a_pause_lets_what_runs_go_on_and_starts_nothing_new(driven, drive) -> None:
    search = driven(trials=5, parallel=2)
    driver = drive(search)
    driver.step()
    pause(search)
    end_run(waiting_runs()[0], 0.5)
    assert driver.step() is SearchState.PAUSING
    assert not driver.still(SearchState.PAUSED)
    end_run(waiting_runs()[0], 0.5)
    assert driver.step() is SearchState.PAUSED
    assert len(search.trials()) == 2
    resume(search)
    assert not driver.still(SearchState.PAUSED)  # so that its process does not end now
    assert driver.step() is SearchState.RUNNING
    assert len(search.trials()) == 4


def test_a_stop_ends_what_runs_and_a_resume_goes_on_with_the_same_runs(driven, drive, by_hand) -> None:
    search = driven(trials=3, parallel=2)
    driver = drive(search)
    driver.step()
    first, second = waiting_runs()
    at_work = {"state": State.RUNNING, "process": ProcessId.of(1), "host": host_name(), "heartbeat": time.time()}
    first.write_status(replace(first.written_status(), **at_work))
    stop(search)
    assert driver.step() is SearchState.STOPPING
    assert first.stop_requested()
    assert second.status().state is State.STOPPED  # it only waited
    assert [shown_state(trial) for trial in search.trials()] == ["running", "halted"]
    end_run(first, 0.4, state=State.STOPPED)
    assert driver.step() is SearchState.STOPPED
    assert states(search) == ["halted", "halted"]
    assert [shown_state(trial) for trial in search.trials()] == ["halted", "halted"]
    assert not any(trial.state.over for trial in search.trials())

    resume(search)
    again = drive(search)
    assert again.step() is SearchState.RUNNING
    assert by_hand[2:] == [f"resume {first.run_id}", f"resume {second.run_id}"]
    end_run(first, 0.4, 0.6)
    end_run(second, 0.5)
    again.step()
    assert [trial.score for trial in search.trials()[:2]] == [0.6, 0.5]
    assert len(search.trials()) == 3


def test_a_resume_waits_for_a_run_that_is_still_about_to_stop(driven, drive, by_hand) -> None:
    search = driven(trials=1)
    driver = drive(search)
    driver.step()
    [run] = list_runs()
    at_work = {"state": State.EVALUATING, "host": "elsewhere", "heartbeat": time.time()}
    run.write_status(replace(run.written_status(), **at_work))
    stop(search)
    assert driver.step() is SearchState.STOPPING
    resume(search)
    assert driver.step() is SearchState.RUNNING
    assert len(by_hand) == 1
    end_run(run, 0.4, state=State.STOPPED)
    driver.step()
    assert by_hand[1:] == [f"resume {run.run_id}"]
    assert states(search) == ["running"]


def test_what_was_finished_when_a_search_is_stopped_counts(driven, drive) -> None:
    search = driven(trials=3)
    driver = drive(search)
    driver.step()
    end_run(waiting_runs()[0], 0.4)
    stop(search)
    assert driver.step() is SearchState.STOPPED
    assert states(search) == ["finished"]


def test_an_engine_that_does_not_answer_for_a_moment_costs_nothing_and_one_that_stays_away_ends_it(
    driven, drive, by_hand, monkeypatch
) -> None:
    from core.base.errors import EngineError

    def refuse(recipe, **kinds):
        end_run(create_run(recipe, **kinds), state=State.FAILED, reason="The engine does not answer.")
        raise EngineError("The engine does not answer.")

    now = [0.0]
    monkeypatch.setattr("core.searches.driver.time.monotonic", lambda: now[0])
    search = driven(trials=1)
    driver = drive(search)
    with monkeypatch.context() as patch:
        patch.setattr("core.searches.driver.launch", refuse)
        assert driver.step() is SearchState.RUNNING
    assert driver.step() is SearchState.RUNNING  # it is not asked again at once
    assert states(search) == ["proposed"]
    now[0] += 3
    driver.step()
    [run] = list_runs()
    assert by_hand == [f"resume {run.run_id}"]
    assert states(search) == ["running"]

    away = drive(driven(trials=1, seed=9))
    monkeypatch.setattr("core.searches.driver.launch", refuse)
    monkeypatch.setattr("core.searches.driver.resume", lambda run: refuse(run.recipe()))
    for _ in range(5):
        assert away.step() is SearchState.RUNNING
        now[0] += 100
    with pytest.raises(EngineError):
        away.step()


def test_stopping_the_engine_stops_the_search_too_so_that_it_does_not_start_the_engine_again(
    driven, drive, artifacts
) -> None:
    search = driven(trials=5)
    driver = drive(search)
    record = artifacts / "engine" / "engine.json"
    record.parent.mkdir()
    record.touch()
    driver.step()
    record.unlink()
    end_run(waiting_runs()[0], 0.5, state=State.STOPPED)
    assert driver.step() is SearchState.STOPPED
    assert "The engine was stopped" in driver.message
    assert states(search) == ["halted"]  # not told as stopped by a person: it goes on with the search
    assert search.wanted().state is SearchState.STOPPED


def test_a_run_that_a_person_stops_counts_with_its_best_epoch_and_the_search_goes_on(driven, drive) -> None:
    search = driven(trials=3)
    driver = drive(search)
    driver.step()
    end_run(waiting_runs()[0], 0.3, 0.7, 0.6, state=State.STOPPED)
    driver.step()
    end_run(waiting_runs()[0], state=State.STOPPED)
    driver.step()
    assert states(search) == ["stopped", "stopped", "running"]
    assert [trial.score for trial in search.trials()] == [0.7, None, None]


def test_a_search_that_has_ended_is_extended_and_goes_on_where_it_was(driven, drive) -> None:
    search = driven(trials=2, oracle="grid", tune=("blocks=2:4", "optimizer=adam,rmsprop"))
    driver = drive(search)
    while driver.step() is SearchState.RUNNING:
        end_run(waiting_runs()[0], 0.5)
    extend(search, 2)
    assert search.wanted().trials == 4
    again = drive(search)
    while again.step() is SearchState.RUNNING:
        end_run(waiting_runs()[0], 0.5)
    values = [tuple(trial.values.values()) for trial in search.trials()]
    assert len(set(values)) == 4


def test_a_driver_killed_between_asking_and_launching_launches_that_trial_and_no_other(
    driven, drive, by_hand, monkeypatch
) -> None:
    search = driven(trials=2)
    driver = drive(search)
    with monkeypatch.context() as patch:
        patch.setattr("core.searches.driver.launch", killed)
        with pytest.raises(KeyboardInterrupt):
            driver.step()
    assert states(search) == ["proposed"]
    assert not list_runs()
    drive(search).step()
    assert states(search) == ["running"]
    assert len(by_hand) == 1


def test_a_driver_killed_between_launching_and_noting_it_takes_that_run_in(driven, drive, by_hand, monkeypatch) -> None:
    search = driven(trials=2)
    driver = drive(search)
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "start", killed)
        with pytest.raises(KeyboardInterrupt):
            driver.step()
    [run] = list_runs()
    drive(search).step()
    assert [trial.run for trial in search.trials()] == [run.run_id]
    assert len(by_hand) == 1


def test_what_ended_while_nobody_drove_is_taken_in_once(driven, drive) -> None:
    search = driven(trials=4, parallel=3)
    drive(search).step()
    for number, run in enumerate(waiting_runs()):
        end_run(run, 0.1 * number)
    again = drive(search)
    again.step()
    assert states(search) == ["finished", "finished", "finished", "running"]
    drive(search).step()
    assert Counter(line["kind"] for line in Journal(search.trials_file).lines)["ended"] == 3


def test_a_line_that_its_writer_was_killed_within_is_cut_off(driven, drive) -> None:
    search = driven(trials=2)
    drive(search).step()
    before = search.trials()
    with search.trials_file.open("a") as file:
        file.write('{"kind": "ended", "trial": "0000", "sta')
    assert read_trials(search.trials_file) == before
    driver = drive(search)
    end_run(waiting_runs()[0], 0.5)
    driver.step()
    assert states(search) == ["finished", "running"]


def test_a_run_that_was_deleted_does_not_hold_up_its_search(driven, drive) -> None:
    from core.runs.trash import delete

    search = driven(trials=2)
    driver = drive(search)
    driver.step()
    [run] = waiting_runs()
    end_run(run, 0.5, state=State.STOPPED)
    delete(run)
    driver.step()
    assert states(search) == ["stopped", "running"]
    assert search.trials()[0].reason == "Its run was deleted."


def test_a_run_whose_status_is_damaged_fails_its_own_trial_alone(driven, drive) -> None:
    search = driven(trials=2)
    driver = drive(search)
    driver.step()
    [run] = waiting_runs()
    (run.path / "status.json").write_text("{")
    assert [shown_state(trial) for trial in search.trials()] == ["running"]
    assert driver.step() is SearchState.RUNNING
    assert states(search) == ["failed", "running"]
    assert "its status.json is missing or damaged" in search.trials()[0].reason


def test_a_lost_run_is_left_to_the_engine_for_a_while_and_then_queued_again(driven, drive, by_hand) -> None:
    search = driven(trials=1)
    driver = drive(search)
    driver.step()
    [run] = list_runs()

    def lose(seconds: float) -> None:
        gone = {"state": State.RUNNING, "process": None, "host": "elsewhere", "heartbeat": time.time() - seconds}
        run.write_status(replace(run.written_status(), **gone))

    lose(60)
    driver.step()
    assert states(search) == ["running"]
    assert len(by_hand) == 1
    for _ in range(2):
        lose(600)
        driver.step()
    assert by_hand[1:] == [f"resume {run.run_id}"] * 2
    lose(600)
    driver.step()
    assert states(search) == ["failed"]


def test_hyperband_promotes_into_a_run_that_has_the_state_of_the_earlier_one(driven, drive) -> None:
    search = driven(oracle="hyperband", trials=12, epochs=9, owner="a@x")
    driver = drive(search)
    while driver.step() is SearchState.RUNNING and len(search.trials()) < 10:
        run = waiting_runs()[0]
        run.state_file.parent.mkdir()
        np.savez(run.state_file, record=json.dumps({"over": True, "callbacks": {}}), weight=len(search.trials()))
        for file in (run.best_checkpoint, run.split_file, run.leakage_file, run.watched_file):
            file.write_text(f"{file.name} of {run.run_id}")
        end_run(run, 0.1 * len(search.trials()))
    promoted = search.trials()[9]
    before = next(t for t in search.trials() if t.trial_id == promoted.values["tuner/trial_id"])
    assert before.score == max(trial.score for trial in search.trials()[:9])
    run, earlier = (RunFolder(list_runs()[0].path.parent / trial.run) for trial in (promoted, before))
    assert (earlier.recipe().epochs, run.recipe().epochs) == (1, 3)
    assert run.recipe() == earlier.recipe().model_copy(update={"epochs": 3})
    for name in ("best_checkpoint", "split_file", "leakage_file", "watched_file", "metrics_file"):
        assert getattr(run, name).read_text() == getattr(earlier, name).read_text()
    with np.load(run.state_file) as state, np.load(earlier.state_file) as was:
        assert state["weight"] == was["weight"]
        assert json.loads(str(state["record"]))["over"] is False
    status = run.status()
    assert (status.state, status.search, status.owner) == (State.QUEUED, search.search_id, "a@x")
    assert earlier.status().state is State.FINISHED


def killed(*_, **__):
    raise KeyboardInterrupt
