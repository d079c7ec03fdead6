"""What a tab is told of the machine's part in a run."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.runs.system_use import GpuUse, SystemSample
from core.training.recipe import make_recipe
from dashboard.rest.system_curves import GIB, NOT_RECORDED, NOT_YET, answer, curves_of


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.rest.live.LIST_SECONDS", 0.0)
    monkeypatch.setattr("dashboard.rest.system_curves.LOOK_SECONDS", 0.0)


def run_in(state: State) -> RunFolder:
    run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    run.write_status(replace(run.written_status(), state=state))
    return run


def append(run: RunFolder, *samples: SystemSample) -> None:
    with run.system_file.open("a") as file:
        file.writelines(json.dumps(sample.to_json()) + "\n" for sample in samples)


def test_curves_stand_over_the_time_at_work_whatever_lay_between(artifacts: Path) -> None:
    samples = [
        SystemSample(102, 2, 1, 1.5, 1.8, 2, GIB, 3 * GIB, 8 * GIB, (GpuUse("0", 90.0, 2 * GIB, 16 * GIB),)),
        SystemSample(104, 2, 1, 1.0, 1.8, 2, GIB, 3 * GIB, 8 * GIB),
        SystemSample(9_002, 2, 2, 0.5, 1.8, 2, 2 * GIB, 3 * GIB, 8 * GIB),
    ]
    lines = [
        {"time": 101.0, "input_wait": 0.1}, {"time": 103.5, "input_wait": 0.3}, {"time": 9_000.5, "input_wait": 0.5},
        {"time": 104.0}, {"time": 99_999.0, "input_wait": 0.9},
    ]  # fmt: skip
    told = curves_of(samples, lines)
    assert told["at"] == [2, 4, 6]
    assert told["again"] == [4]
    assert (told["cores"], told["memory_total"]) == (2, 8)
    assert (told["cpu"], told["memory"]) == ([1.5, 1.0, 0.5], [1, 1, 2])
    assert told["gpus"] == [{"index": "0", "total": 16, "use": [0.9, None, None], "memory": [2, None, None]}]
    assert told["wait"] == {"at": [1, 3.5, 4.5], "share": [0.1, 0.3, 0.5]}


def test_a_tab_that_knows_all_is_told_no_curves_again(artifacts: Path) -> None:
    run = run_in(State.STOPPED)
    append(run, SystemSample(10, 2, 1, cpu=1.0))
    first = answer(run.run_id)
    assert first["curves"]["cpu"] == [1.0]
    assert not first["live"]
    assert "curves" not in answer(run.run_id, first["version"])
    append(run, SystemSample(12, 2, 1, cpu=2.0))
    assert answer(run.run_id, first["version"])["curves"]["cpu"] == [1.0, 2.0]


def test_an_old_run_says_that_nothing_was_recorded_and_a_new_one_that_it_comes(artifacts: Path) -> None:
    assert answer("no-such-run") is None
    old, new = run_in(State.FINISHED), run_in(State.QUEUED)
    assert answer(old.run_id)["note"] == NOT_RECORDED
    assert answer(old.run_id)["curves"]["at"] == []
    assert answer(new.run_id)["note"] == NOT_YET
