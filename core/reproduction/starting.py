"""Training what a row of the table lacks."""

from collections.abc import Callable

from core.engine.launch import launch, reopen, resume
from core.reproduction.outcomes import Standing, Training
from core.runs.run_folder import RunFolder, create_run


def start(standing: Standing, owner: str = "") -> list[RunFolder]:
    """Hand everything that a row lacks to the engine; what stopped or failed goes on. Returns at once.

    Raises:
        DatasetNotFoundError, DataError, EngineError, RunError: as `launch` and `resume`; what was handed over goes on.
    """
    started = []
    for training in lacking(standing):
        if training.run is None:
            started.append(launch(training.recipe, owner=owner))
        elif not training.active:
            resume(training.run)
            started.append(training.run)
    return started


def train_here(training: Training, look_after: Callable[[RunFolder], None]) -> RunFolder:
    """Train one in this process' care, from where it stopped; one that is at work elsewhere is waited for.

    Args:
        training: what is trained.
        look_after: takes a run to its end.
    """
    run = training.run
    if run is None:
        run = create_run(training.recipe, queued=False)
    elif not training.active:
        reopen(run)
    look_after(run)
    return run


def lacking(standing: Standing) -> list[Training]:
    """The trainings of a row that are not done, each once."""
    return list({each.recipe: each for each in standing.trainings if not each.done}.values())
