"""Deleting runs, and taking that back within a day."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.errors import RunError
from core.base.files import write_json
from core.base.processes import ProcessId, host_name
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import State
from core.runs.trash import delete, deleted_runs, deletion_named, empty_trash, restore, trash_folder
from core.training.recipe import make_recipe


@pytest.fixture
def done(artifacts: Path) -> RunFolder:
    run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    assert run.path.is_relative_to(artifacts)
    run.write_status(replace(run.written_status(), state=State.FINISHED))
    return run


def test_what_goes_wrong_because_a_run_is_deleted_meanwhile_is_said_so_and_nothing_else(done: RunFolder) -> None:
    def work(*, deleted: bool, fails: bool) -> None:
        with deletion_named(done):
            if deleted:
                delete(done)
            if fails:
                (done.path / "file").read_text()

    work(deleted=False, fails=False)
    with pytest.raises(FileNotFoundError):
        work(deleted=False, fails=True)
    for fails in (False, True):
        with pytest.raises(RunError, match="was deleted meanwhile"):
            work(deleted=True, fails=fails)
        restore(done.run_id)


def test_a_deleted_run_is_gone_until_it_is_restored_and_twice_does_no_harm(done: RunFolder) -> None:
    recipe = done.recipe()
    for _ in range(2):
        delete(done)
        assert list_runs() == []
    [(kept, seconds)] = deleted_runs()
    assert kept.run_id == done.run_id
    assert 23 * 3600 < seconds <= 24 * 3600
    for _ in range(2):
        assert restore(done.run_id) == done
        assert list_runs() == [done]
    assert done.recipe() == recipe
    assert deleted_runs() == []


def test_what_a_job_wrote_after_the_deletion_keeps_no_run_from_coming_back(done: RunFolder) -> None:
    delete(done)
    write_json(done.path / "explanations" / "checks.json", {"methods": []})
    assert list_runs() == []
    assert restore(done.run_id) == done
    assert list_runs() == [done]
    assert not (done.path / "explanations").exists()


@pytest.fixture
def another_disk() -> Iterator[Path]:
    """An empty folder on another file system than that of the tests."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or memory.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip("there is no other file system to write to")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def test_a_run_is_deleted_and_restored_where_runs_and_trash_lie_on_two_disks(
    done: RunFolder, artifacts: Path, another_disk: Path
) -> None:
    shutil.move(artifacts / "runs", another_disk / "runs")
    (artifacts / "runs").symlink_to(another_disk / "runs", target_is_directory=True)
    recipe = done.recipe()
    delete(done)
    assert list_runs() == list((another_disk / "runs").iterdir()) == []
    [(kept, seconds)] = deleted_runs()
    assert kept.run_id == done.run_id
    assert 23 * 3600 < seconds <= 24 * 3600
    assert restore(done.run_id) == done
    assert (list_runs(), deleted_runs()) == ([done], [])
    assert done.recipe() == recipe
    assert not list(trash_folder().iterdir())


def test_a_run_that_somebody_put_back_by_hand_can_be_deleted_again(done: RunFolder) -> None:
    delete(done)
    shutil.copytree(trash_folder() / done.run_id, done.path)
    (done.path / "notes.txt").write_text("newer")
    delete(done)
    assert list_runs() == []
    assert (restore(done.run_id).path / "notes.txt").read_text() == "newer"


def test_what_killed_processes_left_half_made_among_the_runs_is_removed_after_a_day(done: RunFolder) -> None:
    left = [done.path.with_name(f".{done.run_id}.building-{number:012x}") for number in range(2)]
    for folder in left:
        folder.mkdir()
    day_ago = time.time() - 24 * 3600 - 1
    os.utime(left[0], (day_ago, day_ago))
    os.utime(done.path, (day_ago, day_ago))
    empty_trash()
    assert [folder.exists() for folder in (*left, done.path)] == [False, True, True]


def test_after_a_day_a_deleted_run_is_removed(done: RunFolder) -> None:
    delete(done)
    empty_trash()
    assert len(deleted_runs()) == 1
    day_ago = time.time() - 24 * 3600 - 1
    os.utime(trash_folder() / done.run_id, (day_ago, day_ago))
    assert deleted_runs() == []
    empty_trash()
    assert not list(trash_folder().iterdir())
    with pytest.raises(RunError, match="kept for a day"):
        restore(done.run_id)


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_a_run_that_waits_or_works_is_not_deleted(done: RunFolder, state: State) -> None:
    process = ProcessId.of(os.getpid())
    status = replace(done.written_status(), state=state, process=process, host=host_name(), heartbeat=time.time())
    done.write_status(status)
    with pytest.raises(RunError, match="Stop or cancel it first"):
        delete(done)
    assert list_runs() == [done]


@pytest.mark.parametrize("run_id", ["../runs/x", "..", "/etc", "a/b", "", "x" * 300])
def test_a_hostile_name_restores_nothing(done: RunFolder, run_id: str) -> None:
    with pytest.raises(RunError):
        restore(run_id)
    assert list_runs() == [done]


def test_nothing_was_deleted_yet(artifacts: Path) -> None:
    assert artifacts.is_dir()
    empty_trash()
    assert deleted_runs() == []
