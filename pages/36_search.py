"""Search: which hyperparameters are best; start a search, follow it live, take the best along."""

import time
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.base.counting import counted, have
from core.base.percents import percent
from core.data.catalog import is_synthetic
from core.searches.cost import seconds_left
from core.searches.importance import FEWEST_TRIALS, importances
from core.searches.journal import Trial
from core.searches.search_states import SearchState, TrialState
from core.searches.trial_runs import run_of, trial_rows
from dashboard.addresses import page_address
from dashboard.charts.search import (
    OBJECTIVES,
    best_so_far_chart,
    importance_chart,
    objective_text,
    parallel_chart,
    trial_curves_chart,
    words,
)
from dashboard.glossary import meaning
from dashboard.markdown import Markdown
from dashboard.rest.run_curves import follow, split_size
from dashboard.roles import Role, current_role
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.notices import not_here, synthetic_badge
from dashboard.widgets.page_frame import name_tab, say_what_it_shows
from dashboard.widgets.samples import sample_curves
from dashboard.widgets.search.search_actions import best_actions, search_buttons
from dashboard.widgets.search.search_form import BEGUN, search_form
from dashboard.widgets.search.search_list import STATE_COLOURS, SearchSummary, list_of_searches, readable_searches
from dashboard.widgets.shares_table import PERCENT_FORMAT, times_100
from dashboard.wording import in_words

POLL_SECONDS = 2.0
VIEWS = ("Best so far", "Parallel coordinates", "Importance", "Curves")


def changing(summary: SearchSummary) -> bool:
    """True while a search may change by itself; a lost one is started again by the engine."""
    return summary.status.state.active or summary.status.state is SearchState.LOST


st.title("Search hyperparameters")
say_what_it_shows("search")
known = readable_searches()
if current_role() is Role.INSTRUCTOR:
    if st.session_state.pop(BEGUN, False):  # what has begun is to be seen, not what was asked
        st.session_state["search-start"] = False
    look: dict[str, Any] = {"icon": ":material/add_circle:", "expanded": not known, "key": "search-start"}
    with st.expander("Start a search", on_change="rerun", **look) as panel:
        if panel.open:
            search_form()
if not known:
    st.info(
        "No search has been started yet. It tries many settings of a model, each as a run of its own, and shows which "
        "are best."
        + ("" if current_role() is Role.INSTRUCTOR else " On this server only an instructor can start one."),
        icon=":material/info:",
    )
    sample_curves()
    st.stop()

by_id = {s.search.search_id: s for s in known}
busy = [s.search.search_id for s in known if s.status.state.active]
wanted = st.query_params.get("search")  # by hand: what is chosen is a row of a table, which Streamlit cannot bind
chosen = (busy or list(by_id))[0] if wanted is None else wanted
live = any(map(changing, known))
name_tab(by_id[chosen].title if chosen in by_id else "")
if wanted is None:
    st.query_params["search"] = chosen  # so that the page stays on it when it ends
elif wanted not in by_id:  # such as one that was deleted elsewhere: nothing else is shown in its place
    not_here("search", wanted, "Choose another one.")
    list_of_searches(known, chosen)
    st.stop()


@st.fragment(run_every=POLL_SECONDS if live else None)
def searches() -> None:
    """The list and the chosen search, read together, so that they never disagree."""
    summaries = {s.search.search_id: s for s in readable_searches()}
    picked = st.query_params.get("search", chosen)
    if any(map(changing, summaries.values())) != live or chosen not in summaries:
        st.rerun()
    if picked in summaries and picked != chosen:
        st.rerun()
    list_of_searches(list(summaries.values()), chosen)
    show(summaries[chosen])


def show(summary: SearchSummary) -> None:
    """One search: how it stands, the best so far, its charts and its trials."""
    status, trials = summary.status, summary.trials
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(summary.title, width="content", anchor=False)
        st.badge(str(status.state), color=STATE_COLOURS[status.state], help=status.state.meaning)
        synthetic_badge(is_synthetic(summary.config.recipe.dataset))
    if status.state in (SearchState.FAILED, SearchState.LOST):
        st.error(status.message, title=str(status.state), icon=":material/error:")
    elif status.message:
        st.info(status.message, icon=":material/info:")
    search_buttons(summary)
    best = summary.config.best(trials)
    show_metrics(summary, best)
    if best is not None:
        best_actions(summary, best)
    if trials:
        views(summary, best)
        table(summary)
    elif status.state.active:
        st.caption("The first trials are proposed in about 10 seconds, once Keras Tuner has been loaded.")


def majority_baseline_of(summary: SearchSummary) -> float | None:
    """The objective of always giving the most frequent class; None for a loss, or before there is a split."""
    config = summary.config
    if config.objective == "val_balanced_accuracy":
        return 1 / len(current_catalog().spec(config.recipe.dataset).classes)
    runs = (run_of(trial) for trial in summary.trials)
    file = next((run.split_file for run in runs if run is not None and run.split_file.is_file()), None)
    if config.objective != "val_accuracy" or file is None:
        return None
    return split_size(str(file), file.stat().st_mtime_ns).majority_baseline


def show_metrics(summary: SearchSummary, best: Trial | None) -> None:
    """The best metric, how many trials there are of each kind, and how long it has taken."""
    over = [trial for trial in summary.trials if trial.state.over]
    without = [trial for trial in over if trial.state in (TrialState.INVALID, TrialState.FAILED)]
    row = st.container(horizontal=True)
    metric = partial(row.metric, delta_color="off", delta_arrow="off", border=True, height="stretch")
    metric(
        f"Best {OBJECTIVES[summary.config.objective].partition(' (')[0]}",
        "–" if best is None or best.score is None else objective_text(summary.config, best.score),
        None if best is None or best.best_epoch is None else f"trial {best.number}, epoch {best.best_epoch + 1}",
        help=meaning(
            "validation part",
            "Here: the best epoch of the best trial. How good it is on new pictures, only the test part tells.",
        ),
    )
    majority_baseline = majority_baseline_of(summary)
    if majority_baseline is not None:
        metric("Floor", percent(majority_baseline), help=meaning("floor"))
    ended = f"{len(over):,} of {summary.wanted:,}"
    metric("Trials finished", ended, f"{len(without):,} invalid or failed" if without else None)
    halted = [trial for trial in summary.trials if trial.state is TrialState.HALTED]
    metric(
        "Running or queued",
        f"{len(summary.trials) - len(over) - len(halted):,}",
        f"{len(halted):,} halted" if halted else None,
        help=f"Halted: {TrialState.HALTED.meaning[0].lower()}{TrialState.HALTED.meaning[1:]}" if halted else None,
    )
    until = summary.status.ended or time.time()
    running = summary.status.state is SearchState.RUNNING
    left = seconds_left(summary.config, summary.trials, summary.wanted) if running else None
    taken = in_words(until - summary.status.created)
    metric("Since its start", taken, f"about {in_words(left)} left" if left else None)


def views(summary: SearchSummary, best: Trial | None) -> None:
    """One chart at a time, so that only what is looked at is drawn again."""
    view = st.segmented_control(
        "Chart", VIEWS, default=VIEWS[0], required=True, label_visibility="collapsed",
        key="search-chart", persist_state="session",
    )  # fmt: skip
    key = f"search-{view}-{summary.search.search_id}"
    scored = [trial for trial in summary.trials if trial.score is not None]
    if view == "Curves":
        curves(summary, best, key)
    elif not scored:
        st.caption("The charts start when the first trial has ended.")
    elif view == "Best so far":
        against_time = st.toggle("Against time", key="search-against-time", persist_state="session")
        began = summary.status.created
        majority_baseline = majority_baseline_of(summary)
        figure = best_so_far_chart(
            summary.config, scored, began=began, against_time=against_time, majority_baseline=majority_baseline
        )
        st.plotly_chart(figure, key=key, alt="Score of every trial, and the best so far as a line")
    elif view == "Parallel coordinates":
        parallel(summary, scored, key)
    else:
        importance(summary, key)


def parallel(summary: SearchSummary, scored: list[Trial], key: str) -> None:
    """Parallel coordinates through the parameters that are asked for."""
    names = [parameter.name for parameter in summary.config.space]
    with st.popover("Axes", icon=":material/tune:"):
        axes = st.pills(
            "Axes",
            names,
            selection_mode="multi",
            default=names,
            format_func=words,
            label_visibility="collapsed",
            key=f"axes-{summary.search.search_id}",
            persist_state="session",
        )
    figure = parallel_chart(summary.config, scored, axes)
    st.plotly_chart(figure, key=key, alt="A line for each trial through what was chosen to its score")
    st.caption(
        "The best are orange. Draw along an axis to keep only trials in that range; click it to take that back. "
        "Fewer axes are easier to read on a small screen."
    )


def importance(summary: SearchSummary, key: str) -> None:
    """What the objective hangs on, or how many trials that still takes."""
    found, scored = ranked(summary.search.search_id, tuple(t for t in summary.trials if t.score is not None))
    if not found:
        st.caption(
            f"{counted(scored, 'trials')} {have(scored)} a score; importance needs {FEWEST_TRIALS} or more."
            if scored < FEWEST_TRIALS
            else "The scores depend on none of the parameters."
        )
        return
    alt = "Importance of each parameter for the objective, as bars"
    st.plotly_chart(importance_chart(found, scored), key=key, alt=alt)
    st.caption(
        "How much worse a random forest predicts the scores after the values of one parameter are shuffled. With "
        "few trials this is a hint, not a finding."
    )
    rows = [{"parameter": words(e.name), "share": e.fraction, "standard deviation": e.spread} for e in found]
    csv_button("Importance as CSV", pd.DataFrame(rows), f"{summary.search.search_id}-importance.csv")


@st.cache_data(max_entries=20, show_spinner="Computing the importance …")
def ranked(search_id: str, scored: tuple[Trial, ...]):
    """The importances, computed once for the same trials."""
    return importances(by_id[search_id].config, scored)


def curves(summary: SearchSummary, best: Trial | None, key: str) -> None:
    """The objective of every trial that has run for an epoch; reads only what was appended."""
    found = {}
    for trial in summary.trials:
        run = run_of(trial)
        epochs = pd.DataFrame() if run is None else follow(run).epoch_table()
        if not epochs.empty:
            found[trial.number] = epochs
    if not found:
        st.caption("The curves start with the first whole epoch.")
        return
    figure = trial_curves_chart(
        summary.config, found, best=best.number if best else None, majority_baseline=majority_baseline_of(summary)
    )
    st.plotly_chart(figure, key=key, alt="The objective of every trial by epoch, the best in colour")
    longest = [table.assign(trial=number, epoch=table["epoch"] + 1) for number, table in found.items()]
    columns = ["trial", "epoch", summary.config.objective]
    csv_button("Curves as CSV", lambda: pd.concat(longest)[columns], f"{summary.search.search_id}-curves.csv")


def table(summary: SearchSummary) -> None:
    """Every trial with its state and score, its run or why it has none, and its values."""
    rows = pd.DataFrame(trial_rows(summary.config, reversed(summary.trials)))
    st.subheader("Trials", anchor=False)
    objective, fraction = summary.config.objective, summary.config.direction == "max"
    shown = rows.assign(run=rows["run"].map(lambda run: page_address("runs", run=run), na_action="ignore"))
    first = ["trial", "state", objective, "run", *(["reason"] if rows["reason"].any() else [])]
    order = [*first, *shown.columns.difference([*first, "reason"], sort=False)]
    st.dataframe(
        times_100(shown, [objective] * fraction)[order].rename(columns=words),
        column_config={
            "state": st.column_config.TextColumn(
                help=Markdown("\n\n").join(Markdown("**{}**: {}").format(s, s.meaning) for s in TrialState)
            ),
            words(objective): st.column_config.NumberColumn(
                format=PERCENT_FORMAT if fraction else "%.4f", help="Of its best epoch."
            ),
            "learning rate": st.column_config.NumberColumn(format="%.2g"),
            "run": st.column_config.LinkColumn(display_text="open"),
            "reason": st.column_config.TextColumn(width="medium", help="Why it has no score; click to read all."),
        },
        hide_index=True,
        height="content" if len(rows) <= 10 else 390,
        placeholder="–",
        alt="All trials with state, objective, parameters, run and reason",
    )
    csv_button("Trials as CSV", rows, f"{summary.search.search_id}-trials.csv")


searches()
if current_role() is Role.INSTRUCTOR:
    with st.expander("Log of the search", icon=":material/article:", on_change="rerun", key="search-log") as panel:
        if panel.open:
            st.code(by_id[chosen].search.log_tail() or "Nothing stands in it.", language=None, height=300)
