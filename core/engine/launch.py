"""What a person can do with runs, for pages and command line alike. Doing it twice does no harm."""

import contextlib
import time
from dataclasses import replace
from typing import Any

from filelock import Timeout

from core.base.errors import ConfigurationError, EngineError, RunError
from core.base.processes import host_name
from core.engine.engine import submit
from core.engine.engine_settings import load_engine_settings
from core.engine.queue import LOCK_SECONDS, has_died
from core.runs.index import all_runs
from core.runs.judging.comparison import ablation_partner
from core.runs.run_folder import RunFolder, create_run, summarise
from core.runs.run_states import ErrorKind, Request, State
from core.training.recipe import Recipe, changed_fields, make_recipe, refuse_idle


def launch(
    recipe: Recipe, *, owner: str = "", priority: int = 0, search: str = "", cross_validation: str = ""
) -> RunFolder:
    """Make a run and hand it to the engine; returns as soon as it is queued.

    Args:
        recipe: what to do.
        owner: who launches it.
        priority: runs of higher priority start earlier.
        search: id of the search of which it is a trial.
        cross_validation: id of the one of whose folds it is one.

    Raises:
        DatasetNotFoundError, DataError: as `create_run`.
        EngineError: the engine cannot be reached; the run is then kept as failed, and says so.
    """
    run = create_run(recipe, owner=owner, priority=priority, search=search, cross_validation=cross_validation)
    _hand_over(run)
    return run


def launch_with_ablation(recipe: Recipe, *, owner: str = "") -> tuple[RunFolder, RunFolder]:
    """`launch` a recipe with metadata, and the same without them, unless that is here or to come already.

    Returns:
        The run with metadata, and the one without.

    Raises:
        ConfigurationError: it has no metadata, so that both would be the same.
        DatasetNotFoundError, DataError, EngineError: as `launch`.
    """
    if not recipe.metadata:
        raise ConfigurationError("metadata: choose age, sex or site. Without them there is nothing to compare.")
    run = launch(recipe, owner=owner)
    return run, launch_partner(run, owner=owner)


def launch_partner(run: RunFolder, *, owner: str = "") -> RunFolder:
    """The run with the recipe of another one less its metadata: one that is here or to come, else it is launched.

    Raises:
        RunError: the recipe cannot be read.
        DatasetNotFoundError, DataError, EngineError: as `launch`.
    """
    summary = summarise(run)
    there = ablation_partner(summary, [each.summary for each in all_runs().runs]) if summary else None
    return there.run if there else launch(run.recipe().picture_alone, owner=owner)


def stop(run: RunFolder) -> State:
    """Ask a run to stop and return its state now. A queued run is stopped at once; one that is over stays.

    A running one finishes its batch, evaluates its best epoch and becomes `stopped`; one that does not
    answer, even one counted as lost whose process still hangs, is killed by its supervisor.
    """
    return _ask(run, Request.STOP)


def finish(run: RunFolder) -> State:
    """Ask a run to end after this epoch and return its state now; it is then evaluated and becomes `finished`.

    A queued run is stopped, for it has no epoch to end after.
    """
    return _ask(run, Request.FINISH)


def cancel(run: RunFolder) -> State:
    """Ask a run to end at once, without being evaluated, and return its state now."""
    return _ask(run, Request.CANCEL)


def resume(run: RunFolder) -> State:
    """Queue a run again that was stopped, failed or was lost; it goes on from its last whole epoch.

    Returns its state now: `queued`, or what it was if it is finished, waits or works already. Two who press at
    the same time queue it once.

    Raises:
        RunError: a process still holds it.
        EngineError: the engine cannot be reached; the run then says so.
    """
    if reopen(run):
        _hand_over(run)
    return run.status().state


def reopen(run: RunFolder) -> bool:
    """Queue a run again that ended before it was finished, without telling the engine; False if it did not.

    For whoever looks after it then, or hands it over.

    Raises:
        RunError: a process still holds it.
    """
    try:
        with run.lock_named("run.lock", timeout=2):
            if not run.resumable():
                return False
            run.forget_requests()
            fresh: dict[str, Any] = {"ended": None, "error_kind": None, "message": "", "phase": "", "process": None}
            fresh |= {"order": time.time(), "eta_seconds": None, "failed_restarts": 0}
            status = replace(run.written_status(), state=State.QUEUED, **fresh)
            run.write_status(status)
    except FileNotFoundError as error:
        raise RunError(f"The run {run.run_id} is gone.") from error
    except Timeout as error:
        if not run.resumable():  # somebody else resumed it, and it has started already
            return False
        raise RunError(f"A process still holds the run {run.run_id}. Stop it, then resume it.") from error
    return True


def clone(run: RunFolder, *, owner: str = "", **changes: Any) -> RunFolder:
    """Launch a new run with the recipe of another one, some of its fields changed; of `architecture`, each parameter.

    Raises:
        RunError: the recipe cannot be read.
        ConfigurationError: a change cannot be used, or does nothing.
        EngineError: as `launch`.
    """
    recipe = make_recipe(**changed_fields(run.recipe().model_dump(), changes))
    refuse_idle(recipe, changes)
    return launch(recipe, owner=owner)


def _ask(run: RunFolder, request: Request) -> State:
    if run.written_status().state.over:
        return run.status().state
    run.ask(request)
    try:
        with run.lock_named("run.lock", timeout=0.2):
            status = run.written_status()
            if status.state is State.QUEUED:
                done = "Cancelled" if request is Request.CANCEL else "Stopped"
                message = f"{done} before it started."
                run.write_status(replace(status, state=State.STOPPED, ended=time.time(), message=message))
            elif status.state.active and has_died(status) and not _goes_on(run, request):
                message = f"Its process was gone when somebody asked to {request} it, so nothing was evaluated."
                run.write_status(replace(status, state=State.STOPPED, ended=time.time(), message=message))
    except Timeout:
        pass  # its process holds the lock and sees the request itself
    return run.status().state


def _goes_on(run: RunFolder, request: Request) -> bool:
    """True if the engine starts another process for a run whose process died, which has something to evaluate."""
    return request is not Request.CANCEL and run.best_checkpoint.is_file() and load_engine_settings().resume_lost


def _hand_over(run: RunFolder) -> None:
    try:
        submit()
    except EngineError as error:
        with contextlib.suppress(Timeout), run.lock_named("run.lock", timeout=LOCK_SECONDS):
            status = run.written_status()
            if status.state is State.QUEUED:
                failed = replace(status, state=State.FAILED, ended=time.time(), host=host_name())
                run.write_status(replace(failed, error_kind=ErrorKind.OTHER, message=str(error)))
                raise
        # Else it has been taken by a worker that does answer; its process holds the lock until it has learnt.
