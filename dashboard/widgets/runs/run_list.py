"""How runs look in lists: their states' colours, durations, one line each."""

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from core.data.splits.splits import SplitKind
from core.runs.index import IndexedRun, all_runs
from core.runs.judging.earlier_figures import earlier_figures
from core.runs.run_folder import RunSummary
from core.runs.run_states import State
from core.training.recipe import Recipe
from dashboard.glossary import meaning
from dashboard.router import page_of
from dashboard.state.arrival import stands_in_address
from dashboard.widgets.shares_table import PERCENT_FORMAT, times_100
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
OLDER = ", figures from before"
"""Behind the state of a run that was resumed, and has not been evaluated again."""
LEAKS = "leaks"
RED, NEUTRAL = "#C2221D", "#87919A40"
STAR = "★"
COMPARED = ("name", "state", "model", "data set", "split", "accuracy", "balanced accuracy", "epochs", "minutes", "made")
"""Columns by which runs to compare are found."""
SHARES = ("accuracy", "floor", "balanced accuracy")


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
                "state": str(s.status.state) + (OLDER if s.metrics and earlier_figures(s.run, s.status) else ""),
                "star": STAR if each.labels.star else "",
                "name": each.labels.name,
                "made": s.status.created,
                "model": s.recipe.model,
                "data set": data_name(s.recipe),
                "split": [LEAKS] * bool(s.leaking) + [str(s.recipe.split), *_fold(s.recipe)],
                "accuracy": headline.get("accuracy"),
                "floor": headline.get("majority_accuracy"),
                "balanced accuracy": headline.get("balanced_accuracy"),
                "epochs": s.recipe.epochs,
                "minutes": _minutes(s),
                "tags": list(each.labels.tags),
                "note": each.labels.note,
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(made=pd.to_datetime(table["made"], unit="s", utc=True)) if rows else table


def _minutes(summary: RunSummary) -> float | None:
    """From its start to its last sign of life; None where it never started."""
    status = summary.status
    return None if status.started is None or status.heartbeat is None else (status.heartbeat - status.started) / 60


def _fold(recipe: Recipe) -> list[str]:
    """Which fold a run is tested on, or that it has those of all; nothing for a single split."""
    if not recipe.folds:
        return []
    return [f"fold {recipe.fold}/{recipe.folds}" if recipe.fold else "out-of-fold"]


def tick_to_compare(runs: Sequence[IndexedRun]) -> None:
    """The same table with a box before each run, and the way to the page that compares those that are ticked."""
    table = runs_table(runs)
    event = st.dataframe(
        times_100(table[[column for column in COMPARED if column in table]], SHARES),
        column_config=_columns(table),
        hide_index=True,
        height="content" if len(table) <= 6 else 250,
        on_select="rerun",
        selection_mode="multi-row",
        key="runs-ticked",
        placeholder="–",
        alt="Runs to be ticked and compared",
    )
    ticked = [runs[row].summary.run.run_id for row in event.selection.rows if row < len(runs)]
    if len(ticked) > 1:
        label = f"Compare these {len(ticked)} runs"
        query = {"runs": ",".join(ticked)}
        st.page_link(page_of("compare"), label=label, icon=":material/compare_arrows:", query_params=query)
    else:
        st.caption("Tick two or more runs. A click on the name of a column sorts by it.")


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
            stands_in_address("run", ids[rows[0]])

    height: Literal["content"] | int = "content" if len(ids) <= 6 else 250
    mode: Literal["single-row-required", "single-row"] = "single-row-required" if chosen in ids else "single-row"
    table = runs_table(runs)
    st.dataframe(
        times_100(table, SHARES),
        column_config=_columns(table),
        hide_index=True,
        height=height,
        on_select=choose,
        selection_mode=mode,
        selection_default=mark,  # a browser that loads the table late would choose the first row by itself
        key=TABLE,
        placeholder="–",
        alt="All runs with state, model, data set, split, figures and labels",
    )


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    """How the columns of `runs_table` look."""
    words = list(
        dict.fromkeys([*map(str, SplitKind), *(word for of in table["split"] for word in of if word != LEAKS)])
    )
    metric_column = st.column_config.NumberColumn
    return {
        "star": st.column_config.TextColumn(STAR, width=40, help="Starred by an instructor."),
        "split": st.column_config.MultiselectColumn(options=[*words, LEAKS], color=[NEUTRAL] * len(words) + [RED]),
        "accuracy": metric_column(format=PERCENT_FORMAT, help=meaning("accuracy", "On the test part.")),
        "floor": metric_column(format=PERCENT_FORMAT, help=meaning("floor")),
        "balanced accuracy": metric_column(format=PERCENT_FORMAT, help=meaning("balanced accuracy")),
        "epochs": st.column_config.NumberColumn(help="So many were asked for."),
        "minutes": metric_column(format="%.1f", help="From its start to its end, or until now."),
        "tags": st.column_config.ListColumn(),
        "note": st.column_config.TextColumn(width="medium"),
        "made": st.column_config.DatetimeColumn(format="distance"),
    }
