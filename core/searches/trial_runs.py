"""The runs of trials, and the table that a search comes to."""

import contextlib
import math
from collections.abc import Iterable
from typing import Any

from core.base.errors import RunError
from core.runs.run_folder import RunFolder, is_run, runs_folder
from core.runs.run_states import State
from core.searches.journal import Trial
from core.searches.search_config import SearchConfig
from core.searches.search_states import TrialState


def run_of(trial: Trial) -> RunFolder | None:
    """The run of a trial; None if it has none, or none any more."""
    run = RunFolder(runs_folder() / trial.run) if trial.run is not None else None
    return run if run is not None and is_run(run.path) else None


def shown_state(trial: Trial) -> str:
    """The state of a trial; while it is not over, that of its run, which says more unless it was halted."""
    run = None if trial.state.over else run_of(trial)
    state: State | None = None
    if run is not None:
        with contextlib.suppress(RunError):  # it is damaged, which its driver will take note of
            state = run.status().state
    return str(trial.state if state is None or (trial.state is TrialState.HALTED and state.over) else state)


def best_of(run: RunFolder, config: SearchConfig) -> tuple[float | None, int | None]:
    """The best metric of a run by the objective of a search, and its epoch from 0; None for both without any."""
    best: tuple[float | None, int | None] = None, None
    for line in run.metrics()[0]:
        score = line.get(config.objective)
        if line.get("kind") == "epoch" and score is not None and math.isfinite(score) and config.better(score, best[0]):
            best = score, line["epoch"]
    return best


def trial_rows(config: SearchConfig, trials: Iterable[Trial]) -> list[dict[str, Any]]:
    """One row a trial: number, state, objective, epochs, what was chosen, its run and why it has none or failed."""
    rows = []
    for trial in trials:
        chosen = {p.name: p.checked(trial.values[p.name]) for p in config.space if p.name in trial.values}
        row = {
            "trial": trial.number,
            "state": shown_state(trial),
            config.objective: trial.score,
            "best epoch": None if trial.best_epoch is None else trial.best_epoch + 1,
            "epochs": int(trial.values.get("tuner/epochs", config.recipe.epochs)),
        }
        if (earlier := trial.values.get("tuner/trial_id")) is not None:
            row["goes on from"] = int(earlier) + 1
        rows.append({**row, **chosen, "run": trial.run, "reason": trial.reason})
    return rows
