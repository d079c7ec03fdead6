"""A run that goes on where another one ended, with more epochs."""

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.engine.launch import launch, resume
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.training.recipe import Recipe


def launch_from(before: RunFolder, recipe: Recipe, *, owner: str = "", search: str = "") -> RunFolder:
    """Launch a run that goes on from the last whole epoch of another one, whose files stay as they are.

    From nothing where the other one has no state to go on from any more, or where its learning rate followed a
    schedule: with more epochs it would have been another from the first step.

    Args:
        before: a run whose recipe differs in the number of epochs alone.
        recipe: with the epochs in all, those of `before` included.
        owner: who launches it.
        search: id of the search of which it is a trial.

    Raises:
        DatasetNotFoundError, DataError, EngineError: as `core.engine.launch.launch`.
    """
    if not before.state_file.is_file() or recipe.schedule != "constant":
        return launch(recipe, owner=owner, search=search)
    run = create_run(recipe, owner=owner, search=search, queued=False)
    for file in (before.split_file, before.leakage_file, before.watched_file, before.metrics_file):
        shutil.copy2(file, run.path)
    run.state_file.parent.mkdir()
    if before.best_checkpoint.is_file():
        shutil.copy2(before.best_checkpoint, run.best_checkpoint)
    copy_state(before.state_file, run.state_file)
    run.write_status(replace(run.written_status(), state=State.STOPPED, ended=time.time()))
    resume(run)
    return run


def copy_state(before: Path, after: Path) -> None:
    """Copy what learning goes on from, so that it goes on although it had reached its last epoch.

    It does not where it was stopped early: it would not have gone on with more epochs either.
    """
    with np.load(before) as file:
        values = dict(file)
    record = json.loads(str(values.pop("record")))
    record["over"] = any(carried.get("stopped_epoch") for carried in record["callbacks"].values())
    np.savez(after, record=json.dumps(record), **values)
