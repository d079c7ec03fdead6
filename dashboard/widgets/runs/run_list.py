"""How runs look in lists: their states' colours, durations, one line each."""

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from core.data.splits.splits import SplitKind
from core.runs.index import IndexedRun, all_runs
from core.runs.run_folder import RunSummary
from core.runs.run_states import State
from core.training.recipe import Recipe
from dashboard.wording import data_name

STATE_COLOURS: dict[State, Literal["gray", "blue", "violet", "green", "orange", "red"]] = {
    State.QUEUED: "gray",
    State.STARTING: "blue",
    State.RUNNING: "blue",
    State.EVALUATING: "violet",
    State.FINISHED: "green",
    State.STOPPED: "orange",
    State.FAILED: "red",
    State.LOST: "red",
    State.UNKNOWN: "gray",
}
TABLE = "runs-table"
LEAKS = "leaks"
RED, NEUTRAL = "#C2221D", "#87919A40"
STAR = "★"


def readable_runs() -> list[RunSummary]:
    """All runs whose files can be read, newest first."""
    return [each.summary for each in all_runs().runs]


def runs_table(runs: Sequence[IndexedRun]) -> pd.DataFrame:
    """One line a run, in the order given; figures are of the part that speaks for the run, 0…1.

    `split` holds the kind of the split, which fold it is and, where it leaks, `LEAKS`.
    """
    rows = []
    for each in runs:
        s = each.summary
        headline = s.metrics.get(s.metrics.get("headline", ""), {})
        rows.append(
            {
                "state": str(s.status.state),
                "star": STAR if each.labels.star else "",
                "model": s.recipe.model,
                "data set": data_name(s.recipe),
                "split": [LEAKS] * bool(s.leaking) + [str(s.recipe.split), *_fold(s.recipe)],
                "accuracy": headline.get("accuracy"),
                "floor": headline.get("majority_accuracy"),
                "balanced accuracy": headline.get("balanced_accuracy"),
                "tags": list(each.labels.tags),
                "note": each.labels.note,
                "made": s.status.created,
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(made=pd.to_datetime(table["made"], unit="s", utc=True)) if rows else table


def _fold(recipe: Recipe) -> list[str]:
    """Which fold a run is tested on, or that it has those of all; nothing for a single split."""
    if not recipe.folds:
        return []
    return [f"fold {recipe.fold}/{recipe.folds}" if recipe.fold else "out-of-fold"]


def list_of_runs(runs: Sequence[IndexedRun], chosen: str) -> None:
    """A table of runs in which the chosen one is marked; a click on another puts that into the address.

    The chosen one need not be among them: then none is marked.
    """
    ids = [each.summary.run.run_id for each in runs]
    mark: Any = {"selection": {"rows": [ids.index(chosen)] if chosen in ids else [], "columns": [], "cells": []}}
    if st.session_state.get(TABLE) != mark:  # a new run on top has moved the others down
        st.session_state[TABLE] = mark

    def choose() -> None:
        if rows := st.session_state[TABLE].selection.rows:
            st.query_params["run"] = ids[rows[0]]

    metric_column = st.column_config.NumberColumn
    height: Literal["content"] | int = "content" if len(ids) <= 6 else 250
    mode: Literal["single-row-required", "single-row"] = "single-row-required" if chosen in ids else "single-row"
    table = runs_table(runs)
    words = list(
        dict.fromkeys([*map(str, SplitKind), *(word for of in table["split"] for word in of if word != LEAKS)])
    )
    st.dataframe(
        table,
        column_config={
            "star": st.column_config.TextColumn(STAR, width=40, help="Starred by an instructor."),
            "split": st.column_config.MultiselectColumn(options=[*words, LEAKS], color=[NEUTRAL] * len(words) + [RED]),
            "accuracy": metric_column(format="percent", help="On the test part."),
            "floor": metric_column(format="percent", help="Accuracy of always giving the most frequent class."),
            "balanced accuracy": metric_column(format="percent", help="Mean sensitivity of the classes."),
            "tags": st.column_config.ListColumn(),
            "note": st.column_config.TextColumn(width="medium"),
            "made": st.column_config.DatetimeColumn(format="distance"),
        },
        hide_index=True,
        height=height,
        on_select=choose,
        selection_mode=mode,
        selection_default=mark,  # a browser that loads the table late would choose the first row by itself
        key=TABLE,
        placeholder="–",
        alt="All runs with state, model, data set, split, figures and labels",
    )
