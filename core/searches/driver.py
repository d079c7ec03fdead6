"""Driving a search: ask the oracle, launch a run for each trial, take in how it ends, tell the oracle."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import Any

from core.base.errors import ConfigurationError, EngineError, RunError
from core.base.heartbeat import silence
from core.engine.engine_folder import record_file
from core.engine.launch import launch, resume, stop
from core.engine.queue import statuses
from core.runs.run_folder import RunFolder
from core.runs.run_states import State
from core.searches.continuing import launch_from
from core.searches.journal import Journal, Trial
from core.searches.oracles import Proposer
from core.searches.search_config import SearchConfig, read_search_config
from core.searches.search_folder import SearchFolder, Wanted
from core.searches.search_states import SearchState, TrialState
from core.searches.trial_runs import best_of, run_of

MOST_FAILURES = 3
"""So many trials that fail in a row end a search: the reason is likely to be the same for all that would follow."""
LOST_SECONDS = 120.0
"""How long a lost run is left to the engine before it is queued again from here."""
MOST_REFUSALS = 5
"""So often in a row may the engine not be reached, at intervals that double from two seconds."""
MOST_REVIVALS = 2
"""How often a lost run is queued again from here."""


class Driver:
    """One search and everything that its process does, one `step` at a time."""

    def __init__(self, search: SearchFolder):
        self.search = search
        self.config: SearchConfig = read_search_config(search)
        self.journal = Journal(search.trials_file)
        self.proposer = Proposer(self.config, self.journal)
        self.message = ""
        self._failures = 0
        self._exhausted = False
        self._engine_seen = False
        self._told = ""
        self._refusals = 0
        self._not_before = 0.0
        self._revivals: dict[str, int] = {}

    def step(self) -> SearchState:
        """Take in what has happened, do what is due, and say how the search stands now."""
        wanted = self._wanted()
        for trial in self._open():
            if trial.state is TrialState.RUNNING:
                self._take_in(trial, stopping=wanted.state is SearchState.STOPPED)
        if wanted.state is SearchState.RUNNING and self._failures < MOST_FAILURES:
            self._launch_what_is_due(wanted)
        elif wanted.state is SearchState.STOPPED:
            self._halt()
        return self._state(wanted)

    def still(self, state: SearchState) -> bool:
        """True if that is still how it stands, with what is wanted by now."""
        return self._state(self.search.wanted()) is state

    def _wanted(self) -> Wanted:
        """What is wanted; a stop, if somebody has stopped the engine, which a launch would start again."""
        engine = record_file().is_file()
        if self._engine_seen and not engine:
            self._engine_seen = False
            self._told = "The engine was stopped, and the search with it; resume it when it is to go on."
            with self.search.control_lock:
                self.search.want(replace(self.search.wanted(), state=SearchState.STOPPED))
        self._engine_seen |= engine
        return self.search.wanted()

    def _state(self, wanted: Wanted) -> SearchState:
        running = any(trial.state is TrialState.RUNNING or _occupied(trial) for trial in self._open())
        self.message = ""
        if wanted.state is SearchState.STOPPED:
            self.message = self._told
            return SearchState.STOPPING if running else SearchState.STOPPED
        if wanted.state is SearchState.PAUSED:
            return SearchState.PAUSING if running else SearchState.PAUSED
        if running:
            return SearchState.RUNNING
        if self._failures >= MOST_FAILURES:
            reason = next(t.reason for t in reversed(self._trials()) if t.state is TrialState.FAILED)
            self.message = f"{self._failures} trials failed one after the other, the last one so: {reason}"
            return SearchState.FAILED
        if self._open():  # proposed, or halted, and not launched yet
            return SearchState.RUNNING
        if self._exhausted:
            self.message = "Every combination that the oracle could propose has been tried."
            return SearchState.FINISHED
        return SearchState.FINISHED if len(self._trials()) >= wanted.trials else SearchState.RUNNING

    def _trials(self) -> list[Trial]:
        return list(self.journal.trials.values())

    def _open(self) -> list[Trial]:
        return [trial for trial in self._trials() if not trial.state.over]

    def _launch_what_is_due(self, wanted: Wanted) -> None:
        """Keep as many trials running as may; an engine that does not answer gets a minute to come back."""
        if time.monotonic() < self._not_before:
            return
        try:
            self._go_on()
            self._fill(wanted)
            self._refusals = 0
        except EngineError:
            self._refusals += 1
            if self._refusals > MOST_REFUSALS:
                raise
            self._not_before = time.monotonic() + 2.0**self._refusals

    def _fill(self, wanted: Wanted) -> None:
        """Ask for new trials until as many run as may."""
        self._exhausted = False
        while len(self._open()) < self.config.parallel and len(self.journal.trials) < wanted.trials:
            proposed = self.proposer.ask_next()
            if proposed is None:  # until another trial ends, or for good
                self._exhausted = not self._open()
                return
            trial_id, values = proposed
            self.journal.propose(trial_id, values)
            self._launch(self.journal.trials[trial_id])

    def _go_on(self) -> None:
        """Go on with what was halted, or proposed by a process that died before its run was noted."""
        for trial in self._open():
            run = run_of(trial)
            if trial.state is TrialState.HALTED and run is not None:
                try:
                    over = run.status().state.over
                except RunError as error:  # damaged
                    self._end(trial, TrialState.FAILED, reason=str(error))
                    continue
                if over:  # else it is still about to stop
                    resume(run)  # which leaves one alone that was finished all the same
                    self.journal.start(trial.trial_id, run.run_id)
            elif trial.state is not TrialState.RUNNING:
                self._launch(trial)

    def _launch(self, trial: Trial) -> None:
        """Give a trial its run, unless no network can be built from its values."""
        try:
            recipe = self.config.recipe_of(trial.values)
        except ConfigurationError as error:
            self._end(trial, TrialState.INVALID, reason=str(error))
            return
        ours: dict[str, Any] = {"owner": self.config.owner, "search": self.search.search_id}
        known = {each.run for each in self._trials()}
        orphans = [r for r, s in statuses() if s.search == self.search.search_id and r.run_id not in known]
        run = next((each for each in orphans if each.recipe() == recipe), None)
        if run is not None:
            if run.resumable():
                resume(run)
        elif (earlier := trial.values.get("tuner/trial_id")) is not None and (
            before := run_of(self.journal.trials[earlier])
        ):
            run = launch_from(before, recipe, **ours)
        else:
            run = launch(recipe, **ours)
        self.journal.start(trial.trial_id, run.run_id)

    def _halt(self) -> None:
        """Stop what runs, so that it can go on later."""
        for trial in self._open():
            if trial.state is TrialState.RUNNING:
                self.journal.halt(trial.trial_id)
            if (run := run_of(trial)) is not None and _occupied(trial):
                stop(run)

    def _take_in(self, trial: Trial, *, stopping: bool) -> None:
        """Tell how a trial ended, if its run has; one that is stopped with the search has not."""
        run = run_of(trial)
        if run is None:
            self._end(trial, TrialState.STOPPED, reason="Its run was deleted.")
            return
        try:
            status = run.status()
        except RunError as error:  # damaged: no other trial is to suffer from it
            self._end(trial, TrialState.FAILED, reason=str(error))
            return
        if stopping and status.state is not State.FINISHED:
            return
        if status.state is State.LOST:
            self._revive(trial, run, silence(status))
        elif status.state is State.FAILED:
            kind = f"{status.error_kind}: " if status.error_kind else ""
            self._end(trial, TrialState.FAILED, reason=f"{kind}{status.message}")
        elif status.state.over:
            score, epoch = best_of(run, self.config)
            if score is None:
                self._end(trial, TrialState.STOPPED, reason="It was stopped before its first epoch was over.")
            else:
                ended = TrialState.FINISHED if status.state is State.FINISHED else TrialState.STOPPED
                self._end(trial, ended, score, epoch)

    def _revive(self, trial: Trial, run: RunFolder, silent: float) -> None:
        """Queue a lost run again if the engine has not done so for long."""
        revivals = self._revivals.get(trial.trial_id, 0)
        if silent < LOST_SECONDS:
            return
        if revivals >= MOST_REVIVALS or not run.resumable():
            self._end(trial, TrialState.FAILED, reason="Its process was lost again and again.")
            return
        self._revivals[trial.trial_id] = revivals + 1
        resume(run)

    def _end(
        self, trial: Trial, state: TrialState, score: float | None = None, epoch: int | None = None, reason: str = ""
    ) -> None:
        self.journal.end(trial.trial_id, state, score, epoch, reason)
        self.proposer.tell(trial.trial_id, score, epoch)
        if state is TrialState.FAILED:
            self._failures += 1
        elif state is not TrialState.INVALID:
            self._failures = 0


def _occupied(trial: Trial) -> bool:
    """True while the run of a trial is not over."""
    run = run_of(trial)
    with contextlib.suppress(RunError):
        return run is not None and not run.status().state.over
    return False
