"""A run that goes on where another one ended, with more epochs."""

import contextlib
import shutil
import time
from dataclasses import replace

from core.data.catalog import dataset_spec
from core.runs.folder import RunFolder, create_run
from core.runs.launch import launch, resume
from core.runs.states import State
from core.training.recipe import Recipe


def launch_from(before: RunFolder, recipe: Recipe, *, owner: str = "", search: str = "") -> RunFolder:
    """Launch a run that goes on from the last whole epoch of another one, whose files stay as they are.

    From nothing where the other one has no state to go on from any more.

    Args:
        before: a run whose recipe differs in the number of epochs alone.
        recipe: with the epochs in all, those of `before` included.
        owner: who launches it.
        search: id of the search of which it is a trial.

    Raises:
        DatasetNotFoundError, EngineError: as `core.runs.launch.launch`.
    """
    dataset_spec(recipe.dataset)
    if not before.state_file.is_file():
        return launch(recipe, owner=owner, search=search)
    run = create_run(recipe, owner=owner, search=search, queued=False)
    with contextlib.suppress(FileNotFoundError):  # deleted meanwhile: what is missing is made anew
        for file in (before.split_file, before.leakage_file, before.watched_file, before.metrics_file):
            if file.is_file():
                shutil.copy2(file, run.path)
        shutil.copytree(before.state_file.parent, run.state_file.parent, dirs_exist_ok=True)
    run.write_status(replace(run.written_status(), state=State.STOPPED, ended=time.time()))
    resume(run)
    return run
