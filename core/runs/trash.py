"""Runs that were deleted, kept for a day so that it can be undone."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import Timeout

from core.base.errors import RunError
from core.base.files import disk_full_named, move_folder
from core.base.settings import artifacts_dir
from core.runs.run_folder import LONGEST_ID, RUN_ID, RunFolder, is_run, runs_folder

KEPT_SECONDS = 24 * 3600.0


def trash_folder() -> Path:
    """Where deleted runs are."""
    return artifacts_dir() / "trash" / "runs"


def delete(run: RunFolder) -> None:
    """Put a run into the trash; one that is there already stays.

    Raises:
        RunError: it still waits or works; stop it first.
        DiskFullError: nothing was changed.
    """
    if not is_run(run.path):
        return
    if not run.status().state.over or run.worked_on():
        raise RunError(f"The run {run.run_id} has not ended. Stop or cancel it first.")
    try:
        with run.lock_named("run.lock", timeout=2), disk_full_named(trash_folder()):
            trash_folder().mkdir(parents=True, exist_ok=True)
            os.utime(run.path)
            # One of the same name is there where somebody has put it back by hand since.
            shutil.rmtree(trash_folder() / run.run_id, ignore_errors=True)
            with contextlib.suppress(FileNotFoundError):  # somebody else was quicker
                move_folder(run.path, trash_folder() / run.run_id)
    except FileNotFoundError:  # somebody else was quicker
        return
    except Timeout as error:
        raise RunError(f"A process still works on the run {run.run_id}. Stop or cancel it first.") from error


def refuse_deleted(run: RunFolder) -> None:
    """Raise where a run was deleted while something is made of it, before a folder is made anew in its place.

    Raises:
        RunError: it is not there any more.
    """
    if not is_run(run.path):
        raise RunError(
            f"The run {run.run_id} was deleted meanwhile, so nothing of this is kept. It can be brought back for a day "
            "on the page Runs; then try again."
        )


@contextlib.contextmanager
def deletion_named(run: RunFolder) -> Iterator[None]:
    """Let what goes wrong in the block because the run is deleted meanwhile be said so, as `refuse_deleted` does."""
    try:
        yield
    except Exception as error:
        if is_run(run.path):
            raise
        try:
            refuse_deleted(run)
        except RunError as deleted:
            raise deleted from error
        raise  # it has just been brought back
    refuse_deleted(run)


def restore(run_id: str) -> RunFolder:
    """Take a run out of the trash; one that is not there any more because it is back is returned as it is.

    Raises:
        RunError: it was not deleted, or longer ago than runs are kept.
    """
    run = RunFolder(runs_folder() / run_id)
    if not RUN_ID.fullmatch(run_id) or len(run_id) > LONGEST_ID:
        raise RunError(f"There is no deleted run “{run_id}”.")
    kept = trash_folder() / run_id
    if not is_run(run.path):
        if is_run(kept):  # a job that did not hear of the deletion may have written its result in that place
            shutil.rmtree(run.path, ignore_errors=True)
        try:
            move_folder(kept, run.path)
        except OSError as error:
            raise RunError(f"There is no deleted run “{run_id}”; deleted runs are kept for a day.") from error
    return run


def deleted_runs() -> list[tuple[RunFolder, float]]:
    """The runs in the trash with the seconds for which they are still kept, the latest first."""
    found = []
    with contextlib.suppress(OSError):
        for path in trash_folder().iterdir():
            left = path.stat().st_mtime + KEPT_SECONDS - time.time()
            if left > 0 and is_run(path):
                found.append((RunFolder(path), left))
    return sorted(found, key=lambda each: -each[1])


def empty_trash() -> None:
    """Remove what was deleted longer ago than it is kept, and what was left as long ago by who was killed making it."""
    for folder, names in ((trash_folder(), "*"), (runs_folder(), ".*.building-*")):
        with contextlib.suppress(FileNotFoundError):
            for path in folder.glob(names):
                with contextlib.suppress(OSError):
                    if path.stat().st_mtime + KEPT_SECONDS < time.time():
                        shutil.rmtree(path, ignore_errors=True)
