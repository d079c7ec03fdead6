"""A cross-validation is a folder that says what was asked; its runs say of which cross-validation they are.

Light, for the daemon looks often: how the folds stand is read from the status of the runs alone.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base.errors import JobError, LesionLabError, RunError
from core.base.files import UNREADABLE, folder_built_aside, folders_in, read_json, unreadable_named, write_json
from core.base.ids import new_id, newest_first
from core.base.record import RecordLock
from core.base.settings import artifacts_dir
from core.base.typed_json import read_as
from core.engine.queue import statuses
from core.jobs import Job, JobState
from core.jobs.job_folder import jobs_folder
from core.runs.run_folder import RUN_ID, RunFolder, is_run, runs_folder
from core.runs.run_states import State
from core.runs.run_status import Status

ASKED = "cross-validation.json"


@dataclass(frozen=True)
class Asked:
    """What `cross-validation.json` says: fields of the recipe, who asked, and the run in which the folds come together.

    `created` is in seconds since the epoch.
    """

    recipe: dict[str, Any]
    folds: int
    out_of_fold: str
    created: float
    owner: str = ""
    priority: int = 0


@dataclass(frozen=True)
class Joining:
    """The job that brings the folds together, and how often one was started."""

    job: str
    tries: int


@dataclass(frozen=True)
class FoldRun:
    """The run of one fold, and its state; None for both where it was never made or is deleted."""

    fold: int
    run: RunFolder | None
    state: State | None

    @property
    def missing(self) -> str:
        """Why its predictions are lacking and will not come by themselves; empty where they are here or will come."""
        if self.run is None or self.state is None:
            return f"Fold {self.fold} has no run: it was deleted, or never started."
        if self.state is State.FINISHED or not self.state.over:
            return ""
        return f"Fold {self.fold} is {self.state}."


@dataclass(frozen=True)
class CrossValidation:
    """One cross-validation, by its folder. Every method reads the files as they are now."""

    path: Path

    @property
    def cv_id(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def lock(self) -> RecordLock:
        """Held while runs are started for it."""
        return RecordLock(self.path / "start.lock", timeout=60)

    @property
    def joined_file(self) -> Path:
        """There once its out-of-fold run has been made, so that one which a person deletes is not made again."""
        return self.path / "joined.json"

    def asked(self) -> Asked:
        """What was asked.

        Raises:
            RunError: the file is missing or damaged.
        """
        with unreadable_named(RunError(f"The cross-validation {self.cv_id} cannot be used: its {ASKED} is damaged.")):
            return read_as(Asked, read_json(self.path / ASKED))

    def out_of_fold(self) -> RunFolder | None:
        """The run in which the folds have come together; None while there is none."""
        run = RunFolder(runs_folder() / self.asked().out_of_fold)
        return run if is_run(run.path) else None

    def folds(self, known: Sequence[tuple[RunFolder, Status]] | None = None) -> tuple[FoldRun, ...]:
        """The run of each fold. Of several for one fold, a finished one counts, else the newest.

        Args:
            known: all runs with their written status, where they were read already.
        """
        mine: dict[int, list[RunFolder]] = {}
        for run, status in statuses() if known is None else known:
            if status.cross_validation == self.cv_id and status.fold:
                mine.setdefault(status.fold, []).append(run)
        return tuple(_fold_run(fold, mine.get(fold, [])) for fold in range(1, self.asked().folds + 1))

    def joining(self) -> Joining | None:
        """The job that brings the folds together; None where none was started, or a retry is wanted."""
        with contextlib.suppress(*UNREADABLE):
            return read_as(Joining, read_json(self.path / "joining.json"))
        return None

    def note_joining(self, joining: Joining | None) -> None:
        """Write down which job brings the folds together; None forgets it."""
        if joining is None:
            (self.path / "joining.json").unlink(missing_ok=True)
        else:
            write_json(self.path / "joining.json", vars(joining))

    def joining_job(self) -> tuple[JobState, str] | None:
        """State and message of that job; None where there is none any more."""
        if (joining := self.joining()) is None:
            return None
        with contextlib.suppress(JobError, OSError):
            status = Job(jobs_folder() / joining.job).status()
            return status.state, status.message
        return None

    def lacking(self) -> tuple[str, ...]:
        """Why there are no out-of-fold predictions and none will come by themselves, in sentences; else nothing.

        Raises:
            RunError: the cross-validation is damaged.
        """
        if self.joined_file.is_file() or self.out_of_fold() is not None:
            return ()
        said = tuple(each.missing for each in self.folds() if each.missing)
        if said or self.joining() is None:
            return said
        state, message = self.joining_job() or (JobState.LOST, "")
        if state.active:
            return ()
        return (f"All folds are finished, and could not be brought together: {message or state.meaning}",)


def _fold_run(fold: int, runs: list[RunFolder]) -> FoldRun:
    states: list[tuple[RunFolder, State]] = []
    for run in newest_first([run.path for run in runs], "recipe.json"):
        with contextlib.suppress(LesionLabError, OSError):  # deleted since, or damaged: as if there were none
            states.append((RunFolder(run), RunFolder(run).status().state))
    finished = [each for each in states if each[1] is State.FINISHED]
    run_and_state = next(iter(finished or states), None)
    return FoldRun(fold, *(run_and_state or (None, None)))


def make_cross_validation(recipe: dict[str, Any], folds: int, name: str, owner: str, priority: int) -> CrossValidation:
    """Make the folder of a new cross-validation; no run is started.

    Args:
        recipe: what `Recipe.to_json` gave, without a fold.
        folds: how many.
        name: by which its runs are told, such as the model and the data set.
        owner, priority: of its runs.

    Raises:
        DiskFullError: nothing was made.
    """
    cv = CrossValidation(cross_validations_folder() / new_id(name))
    asked = Asked(recipe, folds, new_id(name, "out-of-fold"), time.time(), owner, priority)
    with folder_built_aside(cv.path) as aside:
        write_json(aside / ASKED, vars(asked), durable=True)
    return cv


def cross_validations_folder() -> Path:
    """Where all cross-validations are."""
    return artifacts_dir() / "cross-validations"


def list_cross_validations() -> list[CrossValidation]:
    """All cross-validations, newest first."""
    found = [path for path in folders_in(cross_validations_folder()) if (path / ASKED).is_file()]
    return [CrossValidation(path) for path in newest_first(found, ASKED)]


def open_cross_validation(cv_id: str) -> CrossValidation:
    """A cross-validation by its id, or by the part of it that is enough; the id of one of its runs does as well.

    Raises:
        RunError: there is none, or there are several.
    """
    if not RUN_ID.fullmatch(cv_id):
        raise RunError("The id of a cross-validation has only letters, digits, dots, dashes and underscores.")
    known = list_cross_validations()
    named = [cv for cv in known if cv.cv_id == cv_id] or [cv for cv in known if cv_id in cv.cv_id]
    if not named:
        of_runs = {status.cross_validation for run, status in statuses() if cv_id in run.run_id}
        named = [cv for cv in known if cv.cv_id in of_runs]
    if len(named) == 1:
        return named[0]
    if named:
        raise RunError(f"“{cv_id}” fits {len(named)} cross-validations: {', '.join(cv.cv_id for cv in named[:5])} …")
    raise RunError(f"There is no cross-validation “{cv_id}” in {cross_validations_folder()}.")
