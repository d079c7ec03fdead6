"""How runs look in lists: their states' colours, durations, one line each."""

from collections.abc import Sequence

import pandas as pd

from core.runs.folder import RunSummary
from core.runs.states import State

STATE_COLOURS = {
    State.QUEUED: "gray",
    State.STARTING: "blue",
    State.RUNNING: "blue",
    State.EVALUATING: "violet",
    State.FINISHED: "green",
    State.STOPPED: "orange",
    State.FAILED: "red",
    State.LOST: "red",
}


def in_words(seconds: float) -> str:
    """A duration in seconds as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def runs_table(summaries: Sequence[RunSummary]) -> pd.DataFrame:
    """One line a run, in the order given; figures are of the part that speaks for the run, 0…1."""
    rows = []
    for s in summaries:
        headline = s.metrics.get(s.metrics.get("headline", ""), {})
        rows.append(
            {
                "state": str(s.status.state),
                "model": s.recipe.model,
                "data set": s.recipe.dataset,
                "split": f"⚠ leaks: {s.recipe.split}" if s.leaking else str(s.recipe.split),
                "accuracy": headline.get("accuracy"),
                "floor": headline.get("majority_accuracy"),
                "balanced accuracy": headline.get("balanced_accuracy"),
                "made": pd.to_datetime(s.status.created, unit="s", utc=True),
            }
        )
    return pd.DataFrame(rows)
