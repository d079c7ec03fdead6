"""States of a run and kinds of failure, each with one line saying what it means."""

from enum import StrEnum

from core.base.record import RecordState


class State(RecordState):
    """Where a run is in its life."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    EVALUATING = "evaluating"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"
    UNKNOWN = "unknown"

    @property
    def meaning(self) -> str:
        """One line for people."""
        return _MEANINGS[self]

    @property
    def active(self) -> bool:
        """True while a process should be working on the run."""
        return self in (State.STARTING, State.RUNNING, State.EVALUATING)

    @property
    def over(self) -> bool:
        """True when nothing more will happen by itself."""
        return not self.active and self is not State.QUEUED


CANCELLED = "Cancelled; nothing was evaluated."
"""What a run says that a person has ended without an evaluation."""
_MEANINGS = {
    State.QUEUED: "Waiting for a free processor.",
    State.STARTING: "Its process is loading TensorFlow and the pictures.",
    State.RUNNING: "Learns.",
    State.EVALUATING: "Training is over; the best epoch is being tested on held-out pictures.",
    State.FINISHED: "Done and evaluated.",
    State.STOPPED: "Stopped by a person; the best epoch until then is kept and evaluated.",
    State.FAILED: "Ended with an error.",
    State.LOST: "Its process is gone, or has not been heard of for half a minute.",
    State.UNKNOWN: "Its state is one that only a newer version of Lesion Lab knows.",
}


class Request(StrEnum):
    """What a person can ask of a run, in the order of rank; each is a file in the run's `control` folder."""

    FINISH = "finish"
    STOP = "stop"
    CANCEL = "cancel"

    @property
    def meaning(self) -> str:
        """One line for people."""
        return _REQUESTS[self]


_REQUESTS = {
    Request.FINISH: "Ends after this epoch; the best one is kept and evaluated, and the run counts as finished.",
    Request.STOP: "Ends after this batch; the best epoch is kept and evaluated.",
    Request.CANCEL: "Ends at once; nothing is evaluated.",
}


class ErrorKind(StrEnum):
    """Why a run failed."""

    OUT_OF_MEMORY = "out of memory"
    DATA = "data"
    CONFIGURATION = "configuration"
    DIVERGED = "diverged"
    DISK_FULL = "disk full"
    KILLED = "killed"
    LOST = "lost"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> "ErrorKind | None":
        """Kinds that only a newer version has."""
        return cls.OTHER if isinstance(value, str) else None

    @property
    def hint(self) -> str:
        """One line on what to do about it."""
        return _HINTS[self]


_HINTS = {
    ErrorKind.OUT_OF_MEMORY: "Halve the batch size, or choose a smaller image size.",
    ErrorKind.DATA: "Put the data set right as the message says, then start again.",
    ErrorKind.CONFIGURATION: "Change the setting that the message names.",
    ErrorKind.DIVERGED: "The loss became infinite: start again with a tenth of the learning rate.",
    ErrorKind.DISK_FULL: "Free some space; old runs and caches are under the artifacts folder.",
    ErrorKind.KILLED: "The process was ended from outside; if nobody did it, the machine ran out of memory.",
    ErrorKind.LOST: "Resume it: it goes on from its last whole epoch.",
    ErrorKind.OTHER: "The last lines of the log say more.",
}
