"""States of a search and of its trials, each with one line saying what it means."""

from enum import StrEnum

from core.base.record import RecordState


class SearchState(RecordState):
    """Where a search is in its life."""

    RUNNING = "running"
    PAUSING = "pausing"
    STOPPING = "stopping"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"
    LOST = "lost"
    UNKNOWN = "unknown"

    @property
    def meaning(self) -> str:
        """One line for people."""
        return _SEARCH_MEANINGS[self]

    @property
    def active(self) -> bool:
        """True while a process should be driving the search."""
        return self in (SearchState.RUNNING, SearchState.PAUSING, SearchState.STOPPING)


_SEARCH_MEANINGS = {
    SearchState.RUNNING: "Asks for trials and follows them; the page may be closed.",
    SearchState.PAUSING: "Starts no new trial; those that run go on to their end.",
    SearchState.STOPPING: "Its running trials were asked to stop.",
    SearchState.PAUSED: "Starts no new trial until it is resumed.",
    SearchState.STOPPED: "Stopped by a person; resumed, it goes on with its unfinished trials.",
    SearchState.FINISHED: "All trials are over.",
    SearchState.FAILED: "Ended with an error; resumed, it tries again.",
    SearchState.LOST: "Its process is gone; the engine starts it again, or a person resumes it.",
    SearchState.UNKNOWN: "Its state is one that only a newer version of Lesion Lab knows.",
}


class TrialState(StrEnum):
    """Where a trial is in its life. While it runs, its run says more."""

    PROPOSED = "proposed"
    RUNNING = "running"
    HALTED = "halted"
    FINISHED = "finished"
    STOPPED = "stopped"
    INVALID = "invalid"
    FAILED = "failed"

    @property
    def meaning(self) -> str:
        """One line for people."""
        return _TRIAL_MEANINGS[self]

    @property
    def over(self) -> bool:
        """True once the oracle was told how it ended."""
        return self in (TrialState.FINISHED, TrialState.STOPPED, TrialState.INVALID, TrialState.FAILED)


_TRIAL_MEANINGS = {
    TrialState.PROPOSED: "Proposed; its run is about to be made.",
    TrialState.RUNNING: "Its run waits for a device or learns.",
    TrialState.HALTED: "Its run was stopped with the search and goes on with it.",
    TrialState.FINISHED: "Trained to its end.",
    TrialState.STOPPED: "Its run was stopped by a person; the best epoch until then counts.",
    TrialState.INVALID: "No network can be built from these values; nothing was trained.",
    TrialState.FAILED: "Its run ended with an error.",
}
