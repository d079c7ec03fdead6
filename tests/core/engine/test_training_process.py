"""One run from start to end in a real process: what it leaves, how it ends, and that only one trains it."""

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pandas as pd
import psutil
import pytest

from core.base.errors import ConfigurationError, DataError, DatasetNotFoundError, DiskFullError
from core.base.files import read_json
from core.base.percents import percent
from core.base.processes import ProcessId
from core.base.settings import settings_for_processes
from core.data.adapters.ham10000 import METADATA_FILE
from core.data.catalog import open_dataset
from core.data.images.cache import open_cache
from core.data.splits.splits import Split
from core.engine import training_process
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.engine.launch import stop
from core.engine.supervise import supervise
from core.engine.training_process import (
    ALREADY_TRAINED,
    DivergedError,
    RunWriter,
    close,
    kind_of,
    message_of,
    training_noted,
)
from core.evaluation.metrics import Metrics, evaluate
from core.evaluation.predictions import load_predictions
from core.runs.judging.earlier_figures import earlier_figures
from core.runs.judging.results import evaluated, headline_metrics, load_results
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import ErrorKind, Request, State
from core.runs.run_status import Status
from core.runs.trained import read_trained
from core.training.recipe import make_recipe
from tests.conftest import train_here

pytestmark = pytest.mark.usefixtures("leaving_nothing_behind")

FILES = (
    "recipe.json status.json metrics.jsonl system.jsonl log.txt checkpoints/best.keras "
    "evaluation/predictions.parquet "
    "evaluation/metrics.json model.keras card.md split.parquet leakage.json predictor.json training.json"
).split()


@contextmanager
def supervised(run: RunFolder) -> Iterator[threading.Thread]:
    """Supervise a run in a thread, as the engine's worker does."""
    thread = threading.Thread(target=supervise, args=(str(run.path), settings_for_processes()))
    thread.start()
    try:
        yield thread
    finally:
        run.ask(Request.CANCEL)
        if run.status().process is not None:
            run.status().process.kill_group()
        thread.join(300)


@dataclass(frozen=True)
class OnADiskThatFills(RunFolder):
    """Its disk is full once the run is to be written down as finished; a full one needs a mount."""

    def write_status(self, status: Status, *more: Any) -> None:
        if status.state is State.FINISHED:
            raise DiskFullError("full")
        super().write_status(status, *more)


def test_a_process_that_was_halted_while_it_wrote_does_not_write_over_whoever_took_the_run_over(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(make_recipe(dataset="demo", model="majority"))
    writer, write = RunWriter(run), os.fsync
    taken_over = replace(run.written_status(), attempt=writer.status.attempt + 1, host="another")

    def halted(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", write)
        run.write_status(taken_over)
        write(handle)

    def ended(code: int) -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr(os, "fsync", halted)
    monkeypatch.setattr(os, "_exit", ended)
    with pytest.raises(SystemExit) as code:
        writer.end(State.FINISHED)
    assert code.value.code == ALREADY_TRAINED
    assert (run.written_status().host, run.written_status().state) == ("another", taken_over.state)


def test_what_a_run_goes_on_from_stays_until_its_end_is_written(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.base.heartbeat.END_PAUSES", ())
    run = create_run(make_recipe(dataset="demo", model="majority"))
    run.state_file.parent.mkdir()
    run.state_file.touch()
    filling = OnADiskThatFills(run.path)
    with RunWriter(filling) as writer, pytest.raises(DiskFullError):
        close(filling, writer, stopped=False)
    assert run.state_file.is_file()
    close(run, RunWriter(run), stopped=True)
    assert run.state_file.is_file()
    close(run, RunWriter(run), stopped=False)
    assert run.written_status().state is State.FINISHED
    assert not run.state_file.is_file()


def outcome(epochs: int, **more: bool) -> Any:
    """What learning came to."""
    told = {"parameters": 1, "epochs": epochs, "best_epoch": epochs - 1, "seconds": 2.0, "images_per_second": 3.0}
    return SimpleNamespace(**told, **more)


def test_what_is_told_of_a_training_belongs_to_the_figures_that_stand_beside_it(artifacts: Path) -> None:
    run = create_run(make_recipe(dataset="demo", model="majority"))
    with training_noted(run, outcome(2), "CPU", attempt=1):
        pass
    with pytest.raises(OSError, match="full"), training_noted(run, outcome(5), "CPU", attempt=2):
        raise OSError("full")
    trained = read_trained(run)
    assert (trained.epochs, trained.best_epoch, trained.attempt) == (2, 1, 1)
    with training_noted(run, outcome(5), "CPU", attempt=3):
        assert read_trained(run).epochs == 5  # the card is written while it is evaluated


def trainings_of(run: RunFolder) -> list[psutil.Process]:
    return [
        p
        for p in psutil.process_iter(["cmdline", "status"])
        if str(run.path) in (p.info["cmdline"] or []) and p.info["status"] != psutil.STATUS_ZOMBIE
    ]


def test_a_finished_run_has_every_file_of_the_contract_and_nothing_half_done(trained: RunFolder) -> None:
    status = trained.status()
    assert (status.state, status.error_kind, status.message) == (State.FINISHED, None, "")
    assert all((trained.path / name).stat().st_size > 0 for name in FILES if name != "log.txt")
    assert trained.log.is_file()
    assert not list(trained.path.rglob(".*"))
    assert status.created <= status.started < status.ended
    assert status.eta_seconds is None
    assert evaluated(trained)


def test_the_figures_of_a_run_are_a_function_of_its_predictions(trained: RunFolder) -> None:
    written = read_json(trained.evaluation / "metrics.json")
    table = load_predictions(trained.evaluation / "predictions.parquet")
    assert written.pop("headline") == "test"
    assert set(written) == set(table["part"]) == {"validation", "test"}
    keys = load_results(trained).info.class_keys
    split = pd.read_parquet(trained.split_file)
    majority = split.loc[split["part"] == "train", "label"].mode()[0]
    for part, metrics in written.items():
        again = evaluate(table[table["part"] == part], keys, majority)
        assert Metrics.from_json(metrics) == Metrics.from_json(json.loads(json.dumps(again.to_json())))


def test_every_held_out_picture_is_predicted_once_with_its_own_class_and_group(trained: RunFolder) -> None:
    table = load_predictions(trained.evaluation / "predictions.parquet")
    split = pd.read_parquet(trained.split_file)
    held_out = split[split["part"] != "train"].rename(columns={"label": "true"})
    columns = ["image_id", "group_id", "part", "true"]
    expected = held_out[columns].sort_values("image_id").reset_index(drop=True)
    assert table[columns].sort_values("image_id").reset_index(drop=True).equals(expected.astype(table[columns].dtypes))


def test_the_curves_have_every_epoch_once_and_the_record_of_the_training_agrees(trained: RunFolder) -> None:
    lines, _ = trained.metrics()
    epochs = [line for line in lines if line["kind"] == "epoch"]
    assert [line["epoch"] for line in epochs] == [0, 1, 2, 3]
    training = read_json(trained.path / "training.json")
    assert (training["epochs"], training["parameters"]) == (4, 59_005)
    losses = [line["val_loss"] for line in epochs]
    assert training["best_epoch"] == losses.index(min(losses))
    assert 0 < training["seconds"] <= sum(line["seconds"] for line in epochs)


def test_the_log_tells_the_parts_the_epochs_the_best_one_and_the_memory(trained: RunFolder) -> None:
    log, record = trained.log.read_text(), read_json(trained.path / "training.json")
    counts = Split.load(trained.split_file).rows["part"].value_counts()
    assert f"Learns cnn-59k from {counts['train']:,} to learn from, {counts['validation']:,} to choose the epoch" in log
    assert f"Learnt {record['epochs']} epochs in " in log
    assert f"epoch {record['best_epoch'] + 1} was the best." in log
    cache = open_cache(open_dataset("demo"), 28)
    assert cache is not None
    assert f"Pictures are read by batch from a cache of {cache.values.nbytes / 1e6:,.0f} MB.\n" in log
    [used] = re.findall(r"^At most ([\d,]+) MB of memory, ([\d,]+) MB of them before learning", log, re.MULTILINE)
    most, before = (int(each.replace(",", "")) for each in used)
    assert most >= before > 0


def test_the_kept_model_does_on_the_validation_part_what_the_curves_say(trained: RunFolder) -> None:
    lines, _ = trained.metrics()
    best = min((line for line in lines if line["kind"] == "epoch"), key=lambda line: line["val_loss"])
    validation = load_results(trained).metrics["validation"]
    assert validation.accuracy == pytest.approx(best["val_accuracy"], abs=1e-4)
    assert validation.balanced_accuracy == pytest.approx(best["val_balanced_accuracy"], abs=1e-4)
    calibrated = read_json(trained.calibration_file)["parts"]["validation"]
    assert calibrated["before"]["log_loss"] == pytest.approx(best["val_loss"], abs=1e-3)
    assert validation.log_loss == pytest.approx(calibrated["after"]["log_loss"], abs=1e-6)


def test_the_card_says_what_the_run_rests_on_and_that_it_is_no_diagnosis(trained: RunFolder) -> None:
    card = (trained.path / "card.md").read_text()
    part, metrics = headline_metrics(trained)
    for words in (
        "Not a medical device, not a diagnosis",
        "synthetic",
        trained.run_id,
        f"the {part} part: {metrics.images:,} pictures of {metrics.groups:,} groups",
        percent(metrics.accuracy),
        percent(metrics.majority_accuracy),
    ):
        assert words in card, words
    assert "This split leaks" not in card


@pytest.mark.slow
@pytest.mark.usefixtures("tiny_data")
def test_one_process_trains_a_run_and_a_stop_keeps_and_judges_its_best_epoch(queue, eventually) -> None:
    """On a leaking split, which must be marked wherever the run shows."""
    run = queue(epochs=1000, split="oversample-first")
    with supervised(run) as first:
        eventually(lambda: run.status().state is State.RUNNING and run.best_checkpoint.is_file(), "a first epoch")
        process = run.status().process
        again = subprocess.run([sys.executable, "-m", "core.engine.training_process", str(run.path)], check=False)
        assert again.returncode == ALREADY_TRAINED
        with supervised(run) as second:  # adopts the living process
            time.sleep(1)
            assert second.is_alive()
            assert [p.pid for p in trainings_of(run)] == [process.pid]
            assert stop(run) in (State.RUNNING, State.EVALUATING, State.STOPPED)
            stop(run)  # twice does no harm
            for thread in (first, second):
                thread.join(300)
                assert not thread.is_alive()
    status = run.status()
    assert (status.state, status.error_kind) == (State.STOPPED, None), run.log_tail()
    assert status.process == process
    assert not trainings_of(run)
    assert all((run.path / name).is_file() for name in FILES)
    epochs = [line for line in run.metrics()[0] if line["kind"] == "epoch"]
    assert [line["epoch"] for line in epochs] == list(range(len(epochs)))
    assert len(epochs) < 1000
    assert supervise(str(run.path), {}) == State.STOPPED  # what is over is not done again

    leakage = read_json(run.leakage_file)
    assert leakage["leaking"]
    assert leakage["identical_images_shared"] > 0
    results = load_results(run)
    assert results.info.leaking
    assert "**This split leaks.**" in (run.path / "card.md").read_text()


@pytest.mark.slow
@pytest.mark.usefixtures("tiny_data")
def test_a_training_that_the_system_ends_leaves_a_failed_run_that_says_so_where_none_is_to_go_on(
    queue, eventually
) -> None:
    """A machine that shuts down and a scheduler that ends a job ask processes to end: that is no person's stop."""
    save_engine_settings(EngineSettings(resume_lost=False))
    run = queue(epochs=50)
    with supervised(run) as supervisor:
        eventually(lambda: run.status().state is State.RUNNING, "it learns")
        run.status().process.kill_group(signal.SIGTERM)
        supervisor.join(300)
        assert not supervisor.is_alive()
    status = run.written_status()
    assert (status.state, status.error_kind) == (State.FAILED, ErrorKind.KILLED)
    assert "SIGTERM" in status.message
    assert "memory" in status.error_kind.hint
    assert status.ended is not None


def test_a_data_set_that_is_not_here_fails_the_run_with_the_reason(artifacts: Path, queue) -> None:
    run = queue()
    assert supervise(str(run.path), settings_for_processes()) == State.FAILED
    status = run.status()
    assert status.error_kind is ErrorKind.DATA
    assert "HAM10000 is not here" in status.message
    assert str(artifacts.parent / "data") in status.message
    assert "Traceback" in run.log_tail()
    assert "Traceback" not in status.message


def test_a_data_set_with_unreadable_pictures_alone_fails_the_run_as_data(tiny_data: Path, queue) -> None:
    for picture in tiny_data.rglob("*.jpg"):
        picture.write_bytes(b"no picture")
    run = queue()
    assert supervise(str(run.path), settings_for_processes()) == State.FAILED
    assert run.status().error_kind is ErrorKind.DATA
    assert "None of the 66 pictures could be read" in run.status().message


def test_a_run_that_was_asked_to_stop_before_it_began_never_starts(queue) -> None:
    run = queue()
    assert stop(run) is State.STOPPED
    assert run.status().message == "Stopped before it started."
    assert stop(run) is State.STOPPED
    assert supervise(str(run.path), settings_for_processes()) == State.STOPPED
    assert not run.log.exists()


def test_a_request_to_stop_that_comes_while_the_process_starts_is_kept(queue) -> None:
    run = queue()
    run.ask(Request.STOP)  # as `stop` does, but before it could take the lock
    assert supervise(str(run.path), settings_for_processes()) == State.STOPPED
    assert run.status().error_kind is None


@pytest.mark.slow
def test_a_run_that_is_trained_a_second_time_starts_from_nothing_and_lists_what_it_left_out(
    tiny_data: Path, queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the engine does when worker and process were both lost."""
    asked: list[tuple] = []
    broken = next(tiny_data.rglob("*.jpg"))
    broken.write_bytes(b"no picture")
    with (tiny_data / METADATA_FILE).open("a") as table:
        table.writelines(f"HAM_X,ISIC_absent{number:03},mel,histo,50.0,male,back\n" for number in range(300))
    run = queue(epochs=2)
    line = {"kind": "epoch", "epoch": 0, "time": 0.0, "val_loss": 0.0}
    run.metrics_file.write_text(json.dumps(line) + "\n" + '{"kind": "bat')
    for left in (run.tensorboard / "train" / "events.out.tfevents.old", run.best_checkpoint):
        left.parent.mkdir(parents=True)
        left.write_bytes(b"old")

    def asked_for(what: object, pictures: str = "") -> None:
        status = run.written_status()
        asked.append((what if isinstance(what, str) else what.spec.name, pictures, status.state, status.eta_seconds))

    monkeypatch.setattr(training_process, "start_gate_job", asked_for)
    monkeypatch.setattr(training_process, "start_missing_gate_job", asked_for)
    assert train_here(str(run.path)) == State.FINISHED, run.log_tail()
    epochs = [line for line in run.metrics()[0] if line["kind"] == "epoch"]
    assert [line["epoch"] for line in epochs] == [0, 1]
    assert all(line["time"] > 0 for line in epochs)
    assert not list(run.tensorboard.rglob("*.old"))
    left_out = [line for line in run.log.read_text().splitlines() if line.startswith("WARNING: ")]
    assert left_out[0].startswith(
        "WARNING: Left out 300 (ISIC_absent000, ISIC_absent001, ISIC_absent002, …): No file …"
    )
    assert left_out[1].startswith(f"WARNING: Left out 1 ({broken.stem}): ")
    assert left_out[2:] == ["WARNING: All 301 are listed in left_out.txt beside this log."]
    listed = run.left_out_file.read_text().splitlines()
    assert len(listed) == 301
    assert f"{broken.stem}: " in listed[-1]
    assert run.left_out_file.stat().st_mode & 0o077 == 0, "as the log, it names pictures"
    (name, pictures, first, _), (again, _, last, left) = asked
    assert name == again == run.recipe().dataset, "the gate is made"
    assert (first, last) == (State.STARTING, State.EVALUATING), "with the cache, and where a process was killed"
    assert left is None, "how long learning takes is over"
    cache = open_cache(open_dataset(name), run.recipe().image_size)
    assert cache is not None
    assert pictures == cache.fingerprint

    def cancelled_while_it_learns(*_: object, **__: object) -> Any:
        run.ask(Request.CANCEL)
        return outcome(epochs=5, stopped=True, diverged=False)

    before = (run.path / "training.json").read_bytes()
    monkeypatch.setattr("core.training.fit.fit", cancelled_while_it_learns)
    run.write_status(replace(run.written_status(), state=State.QUEUED, attempt=2))
    assert train_here(str(run.path)) == State.STOPPED, run.log_tail()
    assert (run.path / "training.json").read_bytes() == before, "it belongs to the figures, which are older"
    assert earlier_figures(run, run.status()).startswith("Its figures are those of epoch ")


def test_a_silent_run_whose_process_hangs_can_be_stopped(queue, monkeypatch: pytest.MonkeyPatch) -> None:
    run = queue()
    hanging = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        process = ProcessId.of(hanging.pid)
        changes = {"state": State.RUNNING, "process": process, "host": socket.gethostname(), "heartbeat": 1.0}
        run.write_status(replace(run.written_status(), **changes))
        assert run.status().state is State.LOST
        stop(run)
        assert run.stop_requested()
        monkeypatch.setattr("core.engine.supervise.STOP_GRACE_SECONDS", 0.1)
        assert supervise(str(run.path), {}) == State.STOPPED
        assert not process.alive()
        assert "ended by force" in run.status().message
    finally:
        hanging.kill()
        hanging.wait()


def test_stopping_what_is_over_changes_nothing(trained: RunFolder) -> None:
    before = trained.written_status()
    assert stop(trained) is State.FINISHED
    assert trained.written_status() == before


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), ErrorKind.OUT_OF_MEMORY),
        (type("ResourceExhaustedError", (Exception,), {})("OOM when allocating"), ErrorKind.OUT_OF_MEMORY),
        (DivergedError("x"), ErrorKind.DIVERGED),
        (DiskFullError("x"), ErrorKind.DISK_FULL),
        (OSError(28, "No space left on device"), ErrorKind.DISK_FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), ErrorKind.DISK_FULL),
        (DataError("x"), ErrorKind.DATA),
        (DatasetNotFoundError("x"), ErrorKind.DATA),
        (ConfigurationError("x"), ErrorKind.CONFIGURATION),
        (ValueError("x"), ErrorKind.OTHER),
    ],
)
def test_a_failure_is_named_by_its_kind(error: Exception, kind: ErrorKind) -> None:
    assert kind_of(error) is kind


def test_a_long_message_is_cut_and_an_empty_one_is_the_name_of_the_error() -> None:
    assert len(message_of(ValueError("x" * 100_000))) < 700
    assert message_of(MemoryError()) == "MemoryError"
