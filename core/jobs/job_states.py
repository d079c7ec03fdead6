"""States of a job, each with one line saying what it means."""

from enum import StrEnum

from core.base.record import RecordState


class JobState(RecordState):
    """Where a job is in its life."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    UNKNOWN = "unknown"

    @property
    def meaning(self) -> str:
        """One line for people."""
        return _MEANINGS[self]

    @property
    def active(self) -> bool:
        """True while a process should be working on the job."""
        return self is JobState.RUNNING


class JobRequest(StrEnum):
    """What a person can ask of a job."""

    CANCEL = "cancel"


_MEANINGS = {
    JobState.RUNNING: "Works in the background; the page may be closed.",
    JobState.FINISHED: "Done.",
    JobState.FAILED: "Ended with an error.",
    JobState.CANCELLED: "Stopped by a person.",
    JobState.LOST: "Its process is gone, or has not been heard of for half a minute.",
    JobState.UNKNOWN: "Its state is one that only a newer version of Lesion Lab knows.",
}
