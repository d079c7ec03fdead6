"""Starting and stopping runs, for pages and command line alike."""

import time
from dataclasses import replace

from filelock import FileLock, Timeout

from core.data.catalog import dataset_spec
from core.errors import EngineError
from core.runs.engine import submit
from core.runs.folder import RunFolder, create_run
from core.runs.states import ErrorKind, State
from core.training.recipe import Recipe


def launch(recipe: Recipe) -> RunFolder:
    """Make a run and hand it to the engine; returns as soon as it is queued.

    Raises:
        DatasetNotFoundError: the data set is not known.
        EngineError: the engine cannot be reached; the run is then kept as failed, and says so.
    """
    dataset_spec(recipe.dataset)
    run = create_run(recipe)
    try:
        submit(run)
    except EngineError as error:
        status = replace(
            run.written_status(),
            state=State.FAILED,
            ended=time.time(),
            error_kind=ErrorKind.OTHER,
            message=str(error),
        )
        run.write_status(status)
        raise
    return run


def stop(run: RunFolder) -> State:
    """Ask a run to stop and return its state now. A queued run is stopped at once; one that is over stays.

    A running one finishes its batch, evaluates its best epoch and becomes `stopped`; one that does not
    answer, even one counted as lost whose process still hangs, is killed by its supervisor. Asking twice does
    no harm.
    """
    if run.status().state.over and not run.worked_on():
        return run.status().state
    run.ask_to_stop()
    try:
        with FileLock(run.path / "run.lock", timeout=0):
            status = run.written_status()
            if status.state is State.QUEUED:
                message = "Stopped before it started."
                run.write_status(replace(status, state=State.STOPPED, ended=time.time(), message=message))
    except Timeout:
        pass  # its process holds the lock and sees the request itself
    return run.status().state
