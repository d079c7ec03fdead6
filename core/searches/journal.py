"""The journal of a search: everything that was proposed, started and told, in order, so that nothing is done twice.

Keras Tuner's own saved state is not enough to go on from: a grid forgets where it was, and Bayesian optimization where
its random numbers were. What was asked and told, repeated in the same order, brings every oracle back.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.base.files import parse_json
from core.base.typed_json import read_as
from core.searches.search_states import TrialState


@dataclass(frozen=True)
class Trial:
    """One trial. `values` are what the oracle proposed; names with a slash are the oracle's own.

    `score` is the objective at `best_epoch` (counted from 0), None without one; `reason` says why a trial is invalid
    or has failed.
    """

    trial_id: str
    values: dict[str, Any]
    proposed: float
    state: TrialState = TrialState.PROPOSED
    run: str | None = None
    score: float | None = None
    best_epoch: int | None = None
    ended: float | None = None
    reason: str = ""

    @property
    def number(self) -> int:
        """From 1, in the order of proposals."""
        return int(self.trial_id) + 1


class Journal:
    """The file of a search's driver, which alone appends to it; `trials` is what its `lines` come to."""

    def __init__(self, path: Path):
        self.path = path
        self.lines, size = _whole_lines(path)
        self.trials: dict[str, Trial] = {}
        for line in self.lines:
            _take(self.trials, line)
        if path.is_file():
            os.truncate(path, size)  # its writer may have been killed within a line

    def propose(self, trial_id: str, values: dict[str, Any]) -> None:
        """Note what the oracle has proposed."""
        self._append({"kind": "proposed", "trial": trial_id, "values": values})

    def start(self, trial_id: str, run: str) -> None:
        """Note the run that trains a trial from now on."""
        self._append({"kind": "started", "trial": trial_id, "run": run})

    def halt(self, trial_id: str) -> None:
        """Note that the run of a trial is stopped because the search is."""
        self._append({"kind": "halted", "trial": trial_id})

    def end(
        self,
        trial_id: str,
        state: TrialState,
        score: float | None = None,
        best_epoch: int | None = None,
        reason: str = "",
    ) -> None:
        """Note how a trial ended."""
        outcome = {"state": str(state), "score": score, "best_epoch": best_epoch, "reason": reason}
        self._append({"kind": "ended", "trial": trial_id, **outcome})

    def _append(self, line: dict[str, Any]) -> None:
        line = {**line, "time": round(time.time(), 3)}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.lines.append(line)
        _take(self.trials, line)


def read_trials(path: Path) -> list[Trial]:
    """What the journal of a search comes to now, whoever writes; a last line still being written is left out."""
    trials: dict[str, Trial] = {}
    for line in _whole_lines(path)[0]:
        _take(trials, line)
    return list(trials.values())


def _whole_lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The lines of a journal, and how many bytes they take."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    whole = data[: data.rfind(b"\n") + 1]
    return [parse_json(line) for line in whole.splitlines()], len(whole)


def _take(trials: dict[str, Trial], line: dict[str, Any]) -> None:
    """Bring the trials up to one more line; one of a kind that only a newer version knows changes nothing."""
    kind, trial_id = line["kind"], line["trial"]
    if kind == "proposed" and read_as(str, trial_id).isdecimal():
        trials[trial_id] = read_as(Trial, {"trial_id": trial_id, "values": line["values"], "proposed": line["time"]})
    elif kind == "started":
        trials[trial_id] = replace(trials[trial_id], run=read_as(str, line["run"]), state=TrialState.RUNNING)
    elif kind == "halted":
        trials[trial_id] = replace(trials[trial_id], state=TrialState.HALTED)
    elif kind == "ended":
        outcome = {name: line[name] for name in ("state", "score", "best_epoch", "reason")}
        trials[trial_id] = read_as(Trial, {**vars(trials[trial_id]), **outcome, "ended": line["time"]})
