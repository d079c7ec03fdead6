"""What a tab is told of a run: all of it once, then only what is new, and always what it is to be drawn with."""

import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.base.files import write_json
from core.base.percents import percent
from core.base.processes import ProcessId
from core.data.adapters.skin import HAM10000_CLASSES
from core.data.catalog import open_dataset
from core.data.splits.splits import make_split
from core.runs.index import all_runs
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe
from dashboard.charts.palette import class_colours
from dashboard.rest.live import NOT_YET, OLD, Known, answer, listed, picture

CLASSES = ["bkl", "mel", "nv"]
COUNTS = [[3, 1, 0], [2, 2, 0], [0, 0, 0]]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is content with what another has seen shortly before."""
    monkeypatch.setattr("dashboard.rest.live.LIST_SECONDS", 0.0)
    monkeypatch.setattr("dashboard.rest.live.LOOK_SECONDS", 0.0)


@pytest.fixture
def make_run(demo_artifacts: Path) -> Callable[..., RunFolder]:
    """A function that makes a run with this status, on which this very process works."""

    def make_run(state: State = State.RUNNING, **status: Any) -> RunFolder:
        run = create_run(make_recipe(dataset="demo", model="cnn-59k", epochs=10))
        alive = {"host": socket.gethostname(), "process": ProcessId.of(os.getpid()), "heartbeat": time.time() + 3600}
        run.write_status(replace(run.written_status(), state=state, **{**alive, **status}))
        return run

    return make_run


def known_picture() -> str:
    """The id of a picture that is here."""
    return open_dataset("demo").table["image_id"].iloc[0]


def batch(epoch: int, step: int) -> dict[str, Any]:
    return {"kind": "batch", "epoch": epoch, "step": step, "steps": 4, "loss": 2.0, "accuracy": 0.5}


def epoch(number: int, **more: Any) -> dict[str, Any]:
    figures = {"loss": 1.5, "accuracy": 0.4, "balanced_accuracy": 0.3, "learning_rate": 1e-3}
    validation = {"val_loss": 1.6, "val_accuracy": 0.35, "val_balanced_accuracy": 0.25}
    return {"kind": "epoch", "epoch": number, "images_per_second": 500.0, **figures, **validation, **more}


def append(run: RunFolder, *lines: dict[str, Any]) -> None:
    with run.metrics_file.open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def known_after(told: dict[str, Any]) -> Known:
    """What a tab has that was told this first."""
    last = told["batches"][-1]["at"] if told["batches"] else -1.0
    return Known(told["telling"], told["start"] + len(told["epochs"]), last, told.get("facts", {}).get("version", ""))


def test_all_is_told_once_and_then_only_what_is_new(make_run) -> None:
    run = make_run()
    append(run, batch(0, 2), batch(0, 4), epoch(0), batch(1, 2))
    first = answer(run.run_id, Known())
    assert [line["at"] for line in first["epochs"]] == [1]
    assert [line["at"] for line in first["batches"]] == [0.5, 1.0, 1.5]
    assert "facts" in first
    nothing = answer(run.run_id, known_after(first))
    assert nothing["epochs"] == nothing["batches"] == []
    assert not {"facts", "figures", "matrix"} & nothing.keys()
    append(run, batch(1, 4), epoch(1, val_accuracy=0.6))
    then = answer(run.run_id, known_after(first))
    assert [line["at"] for line in then["batches"]] == [2.0]
    assert [(line["at"], line["val_accuracy"]) for line in then["epochs"]] == [(2, 0.6)]
    assert then["start"] == 1


def test_precision_and_recall_are_told_where_a_run_has_recorded_them(make_run) -> None:
    run = make_run()
    recorded = {"precision": 0.5, "recall": 0.25, "val_precision": 0.4, "val_recall": 0.2}
    append(run, {**batch(0, 2), "precision": 0.6}, epoch(0), epoch(1, **recorded))
    told = answer(run.run_id, Known())
    assert not recorded.keys() & told["epochs"][0].keys()
    assert recorded.items() <= told["epochs"][1].items()
    assert told["batches"][0]["precision"] == 0.6


def test_the_stage_of_each_epoch_is_told_where_a_run_learns_in_stages(make_run) -> None:
    run = make_run()
    append(run, epoch(0, stage=0), epoch(1, stage=0), epoch(2, stage=1))
    assert [line["stage"] for line in answer(run.run_id, Known())["epochs"]] == [0, 0, 1]
    run.metrics_file.write_text(json.dumps(epoch(0)) + "\n")
    assert "stage" not in answer(run.run_id, Known())["epochs"][0]


def test_a_run_that_is_written_anew_is_told_from_the_start(make_run) -> None:
    run = make_run()
    append(run, batch(0, 4), epoch(0), epoch(1))
    known = known_after(answer(run.run_id, Known()))
    run.metrics_file.write_text(json.dumps(epoch(0, loss=9.0)) + "\n")
    told = answer(run.run_id, known)
    assert (told["start"], [line["loss"] for line in told["epochs"]]) == (0, [9.0])
    assert told["telling"] != known.telling


def test_what_another_server_has_told_counts_for_nothing(make_run) -> None:
    run = make_run()
    append(run, epoch(0), epoch(1))
    told = answer(run.run_id, Known("before-0", epochs=2, batch=2.0))
    assert (told["start"], len(told["epochs"])) == (0, 2)


def test_figures_are_the_best_so_far_beside_the_floor_and_never_accuracy_alone(make_run) -> None:
    run = make_run()
    make_split(open_dataset("demo").table).save(run.split_file)
    append(run, epoch(0, val_accuracy=0.9), epoch(1, val_accuracy=None, val_balanced_accuracy=0.7))
    told = answer(run.run_id, Known())
    accuracy, balanced, epochs = told["figures"]
    majority_baseline = told["facts"]["floor"]
    assert 0 < majority_baseline < 0.8
    assert accuracy["value"] == "90.0\u00a0%"
    interval, _, said = accuracy["under"].partition("; ")
    assert interval.startswith("95 % interval 8")
    assert said == f"{100 * (0.9 - majority_baseline):+.1f} points over the floor of {percent(majority_baseline)}"
    assert balanced["value"] == "70.0\u00a0%"
    assert epochs["value"] == "2"
    assert told["facts"]["images"] > 100


def test_figures_of_the_epoch_that_is_kept_are_said_where_another_has_better_ones(make_run) -> None:
    run = make_run()
    lower = epoch(0, val_loss=0.5, val_accuracy=0.8, val_balanced_accuracy=0.6)
    append(run, lower, epoch(1, val_loss=0.6, val_accuracy=0.9, val_balanced_accuracy=0.7))
    told = answer(run.run_id, Known())
    assert (told["best"], told["figures"][0]["value"]) == (1, "90.0\u00a0%")
    assert told["figures"][2]["under"] == "epoch 1 is kept: accuracy 80.0\u00a0%, balanced 60.0\u00a0%"
    append(run, epoch(2, val_loss=0.4, val_accuracy=0.95, val_balanced_accuracy=0.8))
    assert answer(run.run_id, Known())["figures"][2]["under"] == ""


def test_an_accuracy_whose_interval_holds_the_floor_is_not_said_to_be_over_it(make_run) -> None:
    run = make_run()
    make_split(open_dataset("demo").table).save(run.split_file)
    append(run, epoch(0, val_accuracy=0.1))
    floor = answer(run.run_id, Known())["facts"]["floor"]
    for accuracy in (floor - 0.01, floor + 0.0004, floor + 0.02):
        append(run, epoch(1, val_accuracy=accuracy))
        [under, *_] = [each["under"] for each in answer(run.run_id, Known())["figures"]]
        said = f"not shown to be better than always answering “melanocytic nevus” ({percent(floor)})"
        assert under.partition("; ")[2] == said
        run.metrics_file.unlink()
        append(run, epoch(0, val_accuracy=0.1))


def test_a_figure_that_is_not_finite_is_a_gap_in_json_that_a_browser_reads(make_run) -> None:
    run = make_run()
    run.metrics_file.write_text('{"kind": "epoch", "epoch": 0, "loss": NaN, "val_loss": Infinity}\n')
    told = answer(run.run_id, Known())
    assert told["epochs"] == [{"at": 1, "loss": None, "val_loss": None}]
    json.dumps(told, allow_nan=False)


def test_a_running_run_says_how_far_it_is_and_how_long_it_takes_still(make_run) -> None:
    before = time.time()
    run = make_run(done=2.4, total=10.0, eta_seconds=75.0, phase="Learning", heartbeat=time.time() - 8)
    append(run, batch(2, 1) | {"images_per_second": 1234.0})
    told = answer(run.run_id, Known())["progress"]
    assert told["text"] == "Epoch 3 of 10 · 1,234 images/s · about 75 s left"
    assert told["share"] == 0.24
    assert 8 <= told["age"] <= 8 + time.time() - before


def test_a_run_that_waits_for_its_input_says_how_much_and_warns_where_that_is_the_bound(make_run) -> None:
    run = make_run(done=0.4, total=10.0, phase="Learning", heartbeat=time.time() + 3600)
    for step, waited in enumerate((0.9, 0.1, 0.1), 1):
        speed = {"images_per_second": 100.0 if waited > 0.5 else 300.0, "input_wait": waited}
        append(run, batch(0, step) | speed | {"time": 100.0 + 5 * step})
    told = answer(run.run_id, Known())
    assert (
        "58\u00a0% of the time waiting for input" in told["progress"]["text"]
    )  # the slow line took as long as three others
    assert "limits the speed" in told["note"]["input"]
    assert "58\u00a0%" in told["note"]["input"]
    append(run, epoch(0) | {"input_wait": 0.02, "seconds": 60.0})
    append(run, batch(1, 1) | {"images_per_second": 300.0, "input_wait": 0.9})
    told = answer(run.run_id, Known())
    assert "2\u00a0% of the time waiting for input" in told["progress"]["text"]
    assert told["note"]["input"] == ""
    append(run, epoch(1) | {"input_wait": 0.9, "seconds": 0.4})  # an epoch that is over in a moment
    assert answer(run.run_id, Known())["note"]["input"] == ""
    append(run, epoch(2) | {"input_wait": 0.9, "seconds": 4.0})
    assert "90\u00a0%" in answer(run.run_id, Known())["note"]["input"]


def test_a_run_that_decodes_pictures_says_how_many(make_run) -> None:
    run = make_run(State.STARTING, phase="Decoding pictures", done=1500, total=10_015)
    assert answer(run.run_id, Known())["progress"]["text"] == "Decoding pictures: 1,500 of 10,015"


def test_a_queued_run_without_an_engine_says_what_it_waits_for(make_run) -> None:
    run = make_run(State.QUEUED)
    assert answer(run.run_id, Known())["progress"]["text"] == "Waiting for the engine, which is not running."


def test_a_run_that_is_over_has_no_progress_and_need_not_be_asked_often(make_run) -> None:
    run = make_run(State.STOPPED)
    told = answer(run.run_id, Known())
    assert told["progress"] is None
    assert not told["live"]


@pytest.fixture
def recorded(make_run) -> RunFolder:
    """A run with everything that new runs record; one of its two watched pictures is not here."""
    run = make_run()
    pictures = [{"image_id": known_picture(), "label": "mel"}, {"image_id": "gone", "label": "nv"}]
    write_json(run.watched_file, {"classes": CLASSES, "pictures": pictures})
    more = {"confusion": COUNTS, "train_sensitivity": [0.9, 0.5, None]}
    append(run, epoch(0, pictures=[[0.2, 0.7, 0.1], [0.1, 0.3, 0.6]], **more))
    return run


def test_classes_have_their_names_and_colours_in_the_order_of_the_network(recorded) -> None:
    facts = answer(recorded.run_id, Known())["facts"]
    assert [each["key"] for each in facts["classes"]] == CLASSES
    known = {each.key: each.name for each in HAM10000_CLASSES}
    assert [each["name"] for each in facts["classes"]] == [known[key] for key in CLASSES]
    chosen = [each for each in HAM10000_CLASSES if each.key in CLASSES]
    assert {each["key"]: each["colour"] for each in facts["classes"]} == class_colours(chosen)
    assert facts["balanced_floor"] == pytest.approx(1 / len(CLASSES))
    assert facts["pictures"] == [{"here": True, "label": 1}, {"here": False, "label": 2}]


def test_sensitivities_follow_from_the_confusion_and_a_class_without_pictures_has_none(recorded) -> None:
    told = answer(recorded.run_id, Known())
    [line] = told["epochs"]
    assert line["found"] == [0.75, 0.5, None]
    assert line["found_train"] == [0.9, 0.5, None]
    assert line["pictures"] == [[0.2, 0.7, 0.1], [0.1, 0.3, 0.6]]
    assert told["matrix"] == {"epoch": 1, "counts": COUNTS}


def test_the_watched_pictures_are_served_and_others_are_not(recorded) -> None:
    assert picture(recorded.run_id, 0).startswith(b"\xff\xd8")
    for number in (1, 2, -1):
        assert picture(recorded.run_id, number) is None
    assert picture("another", 0) is None


def test_facts_are_told_again_once_they_are_others(make_run) -> None:
    run = make_run(State.STARTING)
    before = answer(run.run_id, Known())
    assert before["facts"]["classes"] == []
    write_json(run.watched_file, {"classes": CLASSES, "pictures": [{"image_id": known_picture(), "label": "mel"}]})
    told = answer(run.run_id, known_after(before))
    assert len(told["facts"]["classes"]) == 3


def test_what_is_not_there_is_said_and_why(make_run, recorded) -> None:
    new = make_run(State.STARTING)
    told = answer(new.run_id, Known())["note"]
    assert told["curves"] == "The curves start with the first batches."
    assert told["class"] == told["matrix"] == told["rate"] == NOT_YET
    assert not told["pictures"]
    old = make_run(State.STOPPED)
    append(old, epoch(0))
    told = answer(old.run_id, Known())["note"]
    assert told["class"] == told["matrix"] == OLD
    assert OLD in told["pictures"]
    assert not any(answer(recorded.run_id, Known())["note"].values())


def test_an_unknown_or_hostile_id_is_no_run(make_run) -> None:
    run = make_run()
    for run_id in ("", "..", "../runs/" + run.run_id, "/etc/passwd", "\0", "x" * 5000):
        assert answer(run_id, Known()) is None


def test_a_page_is_drawn_anew_when_a_run_begins_or_ends_and_not_because_one_learns(make_run) -> None:
    run = make_run()
    before = listed(all_runs())
    append(run, epoch(0))
    run.write_status(replace(run.written_status(), done=1.0, heartbeat=time.time() + 3600))
    assert answer(run.run_id, Known())["listed"] == before
    another = make_run(State.QUEUED)
    then = answer(run.run_id, Known())["listed"]
    assert then != before
    another.write_status(replace(another.written_status(), state=State.STOPPED))
    assert answer(run.run_id, Known())["listed"] != then


def test_a_part_of_an_epoch_stands_where_it_ended_and_is_no_epoch_more(make_run) -> None:
    run = make_run()
    append(run, epoch(0), epoch(1), epoch(2, complete=False, learnt=0.4))
    told = answer(run.run_id, Known())
    assert [line["at"] for line in told["epochs"]] == [1, 2, 2.4]
    [epochs] = [figure for figure in told["figures"] if figure["label"] == "Epochs"]
    assert (epochs["value"], epochs["under"]) == ("2", "and a part of one")


def test_a_resumed_run_counts_on_from_the_epochs_that_it_has(make_run) -> None:
    run = make_run(done=0.0, total=10.0)
    append(run, epoch(0), epoch(1))
    assert answer(run.run_id, Known())["progress"]["text"].startswith("Epoch 3 of 10")


def test_the_epoch_whose_model_is_kept_is_told_by_what_the_recipe_watches(make_run) -> None:
    run = make_run()
    monitor = run.recipe().monitor
    better = -1.0 if monitor.endswith("loss") else 1.0
    append(run, *(epoch(n, **{monitor: better * value}) for n, value in enumerate((1.0, 3.0, 2.0))))
    append(run, epoch(3, complete=False, learnt=0.5, **{monitor: better * 9.0}))
    assert answer(run.run_id, Known())["best"] == 2
