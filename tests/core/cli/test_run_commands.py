"""The commands that steer runs, each as a person types it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.engine.waiting import waiting
from core.runs.run_folder import RunFolder, create_run, list_runs, open_run
from core.runs.run_states import State
from core.training.recipe import make_recipe


@pytest.fixture
def ask(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any]]]:
    def ask(*arguments: str) -> tuple[int, dict[str, Any]]:
        capfd.readouterr()
        code = main([*arguments, "--json"])
        return code, json.loads(capfd.readouterr().out)

    return ask


def make(artifacts: Path, **status: Any) -> RunFolder:
    run = create_run(make_recipe(dataset="demo", model="majority"))
    assert run.path.is_relative_to(artifacts)
    run.write_status(replace(run.written_status(), **status))
    return run


@pytest.mark.parametrize("word", ["stop", "finish", "cancel"])
def test_a_run_that_waits_is_ended_by_every_word_for_it(artifacts: Path, ask, word: str) -> None:
    run = make(artifacts)
    for _ in range(2):
        assert ask(word, run.run_id) == (0, {"run_id": run.run_id, "state": "stopped"})


def test_a_finished_run_is_not_resumed_and_one_that_waits_is_not_queued_twice(artifacts: Path, ask) -> None:
    finished, queued = make(artifacts, state=State.FINISHED), make(artifacts)
    assert ask("resume", finished.run_id)[1]["state"] == "finished"
    assert ask("resume", queued.run_id)[1]["state"] == "queued"


def test_a_resume_without_an_engine_leaves_a_run_that_says_so(
    artifacts: Path, ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESIONLAB_SCHEDULER", "tcp://127.0.0.1:1")
    run = make(artifacts, state=State.STOPPED)
    code, value = ask("resume", run.run_id)
    assert (code, value["kind"]) == (1, "EngineError")
    assert run.status().state is State.FAILED
    assert "127.0.0.1:1" in run.status().message


def test_a_clone_differs_in_what_was_set_alone(artifacts: Path, ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.launch.submit", lambda: None)  # nothing is trained here
    run = make(artifacts, state=State.FINISHED)
    code, value = ask("clone", run.run_id, "--set", "epochs=7")
    assert (code, value["state"]) == (0, "queued")
    [other] = [each for each in list_runs() if each != run]
    assert other.recipe() == run.recipe().model_copy(update={"epochs": 7})
    assert ask("clone", run.run_id, "--set", "epochs=0")[0] == 1
    assert ask("clone", run.run_id, "--set", "nonsense=1")[0] == 1
    wide = ask("clone", run.run_id, "--set", "model=cnn-59k", "--set", "architecture.width=2")[1]["run_id"]
    both = open_run(ask("clone", wide, "--set", "architecture.dense=64")[1]["run_id"]).recipe().architecture
    assert both == {"width": 2.0, "dense": 64}, "each parameter by itself, as train does"
    staged = ask("clone", wide, "--set", 'stages=[{"learns": "head", "epochs": 2}]')[1]["run_id"]
    for idle in ("epochs=3", "learning_rate=0.1"):
        code, value = ask("clone", staged, "--set", idle)
        assert code == 1
        assert f"{idle.partition('=')[0]}: this recipe learns in stages" in value["error"]
    assert ask("clone", staged, "--set", "epochs=3", "--set", "stages=[]")[0] == 0


def test_a_deleted_run_is_listed_and_restored(artifacts: Path, ask) -> None:
    run = make(artifacts, state=State.FINISHED)
    assert ask("deleted")[1] == {"runs": []}
    assert ask("delete", run.run_id)[0] == 0
    [entry] = ask("deleted")[1]["runs"]
    assert entry["run_id"] == run.run_id
    assert list_runs() == []
    assert ask("restore", run.run_id)[1] == {"run_id": run.run_id, "state": "finished"}
    assert list_runs() == [run]
    assert ask("restore", "no-such-run")[0] == 1


def test_the_queue_is_listed_and_put_in_order(artifacts: Path, ask) -> None:
    first, second = make(artifacts, order=1.0), make(artifacts, order=2.0)
    assert [entry["run_id"] for entry in ask("queue")[1]["queue"]] == [first.run_id, second.run_id]
    assert [entry["position"] for entry in ask("queue", second.run_id, "--position", "1")[1]["queue"]] == [1, 2]
    assert waiting()[0].run == second
    assert ask("queue", first.run_id, "--priority", "3")[1]["queue"][0]["priority"] == 3
    assert ask("queue", first.run_id)[0] == ask("queue", "--position", "1")[0] == 1
