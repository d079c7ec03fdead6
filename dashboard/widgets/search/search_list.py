"""All searches in a table, one of them chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.searches.journal import Trial
from core.searches.search_config import SearchConfig, read_search_config
from core.searches.search_folder import SearchFolder, SearchStatus, list_searches
from core.searches.search_states import SearchState
from dashboard.charts.search import objective_text, words
from dashboard.local_time import made_at
from dashboard.wording import data_name

TABLE = "searches-table"
STATE_COLOURS: dict[SearchState, Literal["gray", "blue", "violet", "green", "orange", "red"]] = {
    SearchState.RUNNING: "blue",
    SearchState.PAUSING: "violet",
    SearchState.STOPPING: "orange",
    SearchState.PAUSED: "gray",
    SearchState.STOPPED: "orange",
    SearchState.FINISHED: "green",
    SearchState.FAILED: "red",
    SearchState.LOST: "red",
    SearchState.UNKNOWN: "gray",
}


@dataclass(frozen=True)
class SearchSummary:
    """One search as its files say now; `wanted` is the number of trials in all."""

    search: SearchFolder
    config: SearchConfig
    status: SearchStatus
    trials: tuple[Trial, ...]
    wanted: int

    @property
    def title(self) -> str:
        """What it is called in a list."""
        when = made_at(self.search.search_id)
        return f"{self.config.recipe.model} on {data_name(self.config.recipe)} · {self.config.oracle} · {when}"


def readable_searches() -> list[SearchSummary]:
    """All searches whose files can be read, newest first."""
    found = []
    for search in list_searches():
        try:
            trials = tuple(search.trials())
            found.append(
                SearchSummary(search, read_search_config(search), search.status(), trials, search.wanted().trials)
            )
        except (LesionLabError, OSError, ValueError, KeyError):
            continue
    return found


def list_of_searches(summaries: Sequence[SearchSummary], chosen: str) -> None:
    """A table of searches in which the chosen one is marked; a click on another puts that into the address.

    The chosen one need not be among them: then none is marked.
    """
    ids = [s.search.search_id for s in summaries]
    height: Literal["content"] | int = "content" if len(ids) <= 5 else 215
    mark: Any = {"selection": {"rows": [ids.index(chosen)] if chosen in ids else [], "columns": [], "cells": []}}
    if st.session_state.get(TABLE) != mark:  # a new search on top has moved the others down
        st.session_state[TABLE] = mark

    def choose() -> None:
        if rows := st.session_state[TABLE].selection.rows:
            st.query_params["search"] = ids[rows[0]]

    mode: Literal["single-row-required", "single-row"] = "single-row-required" if chosen in ids else "single-row"
    unfolded = len(ids) > 1 or chosen not in ids
    with st.expander(f"Searches: {len(ids):,}", icon=":material/list:", expanded=unfolded, key="searches-list"):
        st.dataframe(
            pd.DataFrame(map(_row, summaries)),
            column_config={"made": st.column_config.DatetimeColumn(format="distance")},
            hide_index=True,
            height=height,
            on_select=choose,
            selection_mode=mode,
            selection_default=mark,  # a browser that loads the table late would choose the first row by itself
            key=TABLE,
            placeholder="–",
            alt="All searches with state, model, data set, oracle, trials and best figure",
        )


def _row(s: SearchSummary) -> dict[str, object]:
    best = s.config.best(s.trials)
    return {
        "state": str(s.status.state),
        "model": s.config.recipe.model,
        "data set": data_name(s.config.recipe),
        "oracle": str(s.config.oracle),
        "trials": f"{sum(trial.state.over for trial in s.trials):,} of {s.wanted:,}",
        "best": None if best is None or best.score is None else objective_text(s.config, best.score),
        "objective": words(s.config.objective),
        "made": pd.to_datetime(s.status.created, unit="s", utc=True),
    }
