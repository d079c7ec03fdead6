"""The index shows what the folders say at any moment, and reads only what has changed."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.files import write_json
from core.base.processes import ProcessId
from core.runs import index
from core.runs.index import RunsIndex, all_runs
from core.runs.labels import change_labels
from core.runs.run_folder import RunFolder, list_runs
from core.runs.run_states import State


@pytest.fixture
def runs(queue: Callable[..., RunFolder]) -> list[RunFolder]:
    """Three finished runs, oldest first."""
    made = [queue() for _ in range(3)]
    for run in made:
        run.write_status(replace(run.written_status(), state=State.FINISHED))
    return made


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the runs whose files were read, in order."""
    seen: list[str] = []
    real = index.summarise
    monkeypatch.setattr(index, "summarise", lambda run: seen.append(run.run_id) or real(run))
    return seen


def listed(known: RunsIndex) -> list[RunFolder]:
    return [each.summary.run for each in known.snapshot().runs]


def test_it_lists_what_the_folders_hold_newest_first(runs: list[RunFolder]) -> None:
    assert [each.summary.run for each in all_runs().runs] == list_runs() == runs[::-1]


def test_no_folder_is_no_run(artifacts: Path) -> None:
    assert all_runs().runs == ()


def test_runs_that_have_not_changed_are_not_read_again(runs, read) -> None:
    known = RunsIndex()
    first = known.snapshot()
    assert sorted(read) == sorted(run.run_id for run in runs)
    read.clear()
    assert known.snapshot() == first
    assert read == []


def test_each_kind_of_change_is_seen_at_once_and_tells_a_new_version(runs, read) -> None:
    known = RunsIndex()
    newest, middle, oldest = (each.summary.run for each in known.snapshot().runs)
    version = known.snapshot().version
    read.clear()

    change_labels(newest, tags=["seen"])
    assert known.snapshot().runs[0].labels.tags == ("seen",)
    write_json(middle.leakage_file, {"leaking": True})
    assert known.snapshot().runs[1].summary.leaking
    write_json(oldest.evaluation / "metrics.json", {"headline": "test", "test": {"accuracy": 0.5}})
    assert known.snapshot().runs[2].summary.metrics["headline"] == "test"
    newest.write_status(replace(newest.written_status(), state=State.STOPPED))
    assert known.snapshot().runs[0].summary.status.state is State.STOPPED
    assert read == [newest.run_id, middle.run_id, oldest.run_id, newest.run_id]
    assert known.snapshot().version == version + 4


def test_progress_is_told_but_is_no_new_version_of_a_list(queue) -> None:
    run = queue()
    this = {"host": socket.gethostname(), "process": ProcessId.of(os.getpid()), "heartbeat": time.time()}
    run.write_status(replace(run.written_status(), state=State.RUNNING, done=1.0, total=10.0, **this))
    known = RunsIndex()
    version = known.snapshot().version
    run.write_status(replace(run.written_status(), done=2.0))
    now = known.snapshot()
    assert now.runs[0].summary.status.done == 2.0
    assert now.version == version


def test_a_run_is_lost_without_any_file_changing(queue, monkeypatch: pytest.MonkeyPatch) -> None:
    run = queue()
    run.write_status(replace(run.written_status(), state=State.RUNNING, heartbeat=time.time(), host="elsewhere"))
    known = RunsIndex()
    assert known.snapshot().runs[0].summary.status.state is State.RUNNING
    monkeypatch.setattr("core.base.heartbeat.STALE_SECONDS", 0.0)  # as if so much time had passed
    assert known.snapshot().runs[0].summary.status.state is State.LOST


def test_new_deleted_and_damaged_runs_come_and_go(runs, queue) -> None:
    known = RunsIndex()
    known.snapshot()
    new = queue()
    assert listed(known) == [new, *runs[::-1]]
    shutil.rmtree(runs[0].path)
    assert listed(known) == [new, runs[2], runs[1]]
    (runs[1].path / "status.json").write_text('{"state": "fini')
    assert listed(known) == [new, runs[2]]
    runs[1].write_status(replace(new.written_status(), state=State.FINISHED))
    assert listed(known) == [new, runs[2], runs[1]]


def test_a_run_that_is_still_put_together_or_was_when_its_maker_was_killed_is_not_listed(runs) -> None:
    shutil.copytree(runs[0].path, runs[0].path.with_name(f".{runs[0].run_id}.building-0123456789ab"))
    assert listed(RunsIndex()) == runs[::-1] == list_runs()


def test_who_is_content_with_an_older_look_causes_no_new_one(runs, read) -> None:
    known = RunsIndex()
    known.snapshot()
    change_labels(runs[0], star=True)
    read.clear()
    assert not known.snapshot(max_age=60).runs[2].labels.star
    assert read == []
    assert known.snapshot().runs[2].labels.star


def test_many_who_ask_at_once_share_one_look(runs, read) -> None:
    known, start = RunsIndex(), threading.Barrier(8)
    found = []

    def ask() -> None:
        start.wait()
        found.append(len(known.snapshot(max_age=1.0).runs))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 8
    assert len(read) == 3


def test_another_artifacts_folder_has_runs_of_its_own(runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = RunsIndex()
    assert len(known.snapshot().runs) == 3
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", str(tmp_path / "elsewhere"))
    assert known.snapshot(max_age=60).runs == ()
