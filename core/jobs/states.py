"""States of a job, each with one line saying what it means."""

from enum import StrEnum


class JobState(StrEnum):
    """Where a job is in its life."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def meaning(self) -> str:
        """One line for people."""
        return _MEANINGS[self]

    @property
    def active(self) -> bool:
        """True while a process should be working on the job."""
        return self is JobState.RUNNING


_MEANINGS = {
    JobState.RUNNING: "Works in the background; the page may be closed.",
    JobState.FINISHED: "Done.",
    JobState.FAILED: "Ended with an error.",
    JobState.CANCELLED: "Stopped by a person.",
    JobState.LOST: "Its process is gone, or has not been heard of for half a minute.",
}
