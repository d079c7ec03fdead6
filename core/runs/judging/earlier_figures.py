"""Figures that are older than the state of their run: it was resumed, and has not been evaluated again."""

from core.runs.judging.results import evaluated
from core.runs.run_folder import RunFolder
from core.runs.run_states import State
from core.runs.run_status import Status
from core.runs.trained import Trained, read_trained


def earlier_figures(run: RunFolder, status: Status) -> str:
    """A sentence that tells which epoch the figures of a run are of that was resumed since; empty for any other run."""
    if status.state is State.FINISHED or not evaluated(run):
        return ""
    trained = read_trained(run)
    if not _are_older(status, trained):
        return ""
    epoch = trained.best_epoch if trained is not None else None
    of = "those" if epoch is None else f"those of epoch {epoch + 1},"
    return f"Its figures are {of} from before it was resumed."


def _are_older(status: Status, trained: Trained | None) -> bool:
    """True where a run that has figures went on after them; what earlier versions wrote tells it by the state alone."""
    if status.state in (State.QUEUED, State.STARTING, State.RUNNING):
        return True
    if status.state is State.STOPPED and status.message:  # the message tells why nothing was evaluated
        return True
    return trained is not None and trained.attempt is not None and status.attempt > trained.attempt
