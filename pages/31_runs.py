"""Runs: what is queued, running and done, and one run live."""

import pandas as pd
import streamlit as st

from core.data.catalog import is_synthetic
from core.handover.package import package_of_run
from core.runs.index import Snapshot, all_runs
from core.runs.states import State
from dashboard.charts.curves import Look
from dashboard.curves import LOOK_SECONDS, counted_epochs, follow
from dashboard.loading import load_dataset
from dashboard.router import page_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.engine_notice import engine_notice, engine_runs
from dashboard.widgets.live_run import (
    show_by_class,
    show_curves,
    show_learning_rate,
    show_matrix,
    show_outcome,
    show_pictures,
    show_progress,
)
from dashboard.widgets.notices import leak_badge, synthetic_badge
from dashboard.widgets.pickers import run_title
from dashboard.widgets.run_actions import run_actions, show_deleted, show_place_in_queue
from dashboard.widgets.run_filter import pick_filter
from dashboard.widgets.run_labels import edit_labels, show_labels
from dashboard.widgets.run_list import STATE_COLOURS, list_of_runs, still_changing
from dashboard.widgets.run_log import show_log
from dashboard.widgets.show_code import show_code

ICON = ":material/monitoring:"
POLL_SECONDS = 1.0
BY_CLASS, MATRIX, RATE, LOG, RECIPE = "By class", "Confusion matrix", "Learning rate", "Log", "Recipe"


def ahead(snapshot: Snapshot) -> tuple[int, frozenset[str], bool]:
    """What the page outside of its fragments depends on: the list, the runs that may change, a missing engine."""
    summaries = [each.summary for each in snapshot.runs]
    changing = frozenset(s.run.run_id for s in summaries if still_changing(s))
    queued = any(s.status.state is State.QUEUED for s in summaries)
    return snapshot.version, changing, queued and not engine_runs()


known = all_runs()
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.title("Runs", width="stretch")
    if known.runs:
        st.page_link(page_of("compare"), label="Compare", icon=":material/compare_arrows:")
        st.page_link(page_of("presenter"), label="Presenter view", icon=":material/present_to_all:")
if not known.runs:
    st.info("No training has been started yet.", icon=":material/info:")
    st.page_link(page_of("train"), label="Start the first one", icon=":material/play_arrow:")
    st.stop()

drawn = _, changing, stranded = ahead(known)
by_id = {each.summary.run.run_id: each for each in known.runs}
wanted = st.query_params.get("run")
busy = [run_id for run_id, each in by_id.items() if each.summary.status.state.active]
chosen = wanted if wanted in by_id else (busy or list(by_id))[0]
st.session_state["run"] = chosen
run, recipe = by_id[chosen].summary.run, by_id[chosen].summary.recipe
live = chosen in changing

if stranded:
    engine_notice()
show_deleted()
with st.expander(f"All {len(by_id):,} runs", icon=":material/list:", expanded=not live, key="runs-list"):
    asked = pick_filter(known.runs)
    shown = [each for each in known.runs if asked.matches(each)]
    if shown:
        list_of_runs(shown, chosen)
    else:
        st.info("No run is like that.", icon=":material/filter_alt_off:")


def rerun_if_changed(snapshot: Snapshot) -> None:
    """Draw the page anew when its list has changed; what only grows is drawn by the fragments themselves."""
    if ahead(snapshot) != drawn:
        st.rerun()


each = by_id[chosen]
status = each.summary.status
with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader(run_title(each.summary), width="content")
    st.badge(str(status.state), color=STATE_COLOURS[status.state], help=status.state.meaning)
    synthetic_badge(is_synthetic(recipe.dataset))
    leak_badge(each.summary.leaking)
    show_labels(each.labels)
if each.labels.note:
    st.text(each.labels.note)


def pick_look() -> Look:
    """How the curves are drawn."""
    with st.popover("Curves", icon=":material/tune:"):
        smoothing = st.slider(
            "Smoothing", 0.0, 0.95, 0.0, 0.05, key="smoothing",
            help="Weight of what came before, as in TensorBoard; the values themselves stay faintly behind.",
        )  # fmt: skip
        log = st.toggle("Logarithmic axis", key="log-axis", help="For the loss and the learning rate.")
    return Look(smoothing, log)


def show_recipe() -> None:
    """Every field of the recipe and what it means."""
    asked = recipe.model_dump(mode="json")
    explained = {name: field.description for name, field in type(recipe).model_fields.items()}
    st.dataframe(
        pd.DataFrame([{"field": k, "value": str(v), "meaning": explained[k]} for k, v in asked.items()]),
        hide_index=True,
        alt="The recipe of the run",
    )


with st.container(horizontal=True, vertical_alignment="center"):
    run_actions(each.summary)
    edit_labels(run, each.labels, sorted({tag for other in known.runs for tag in other.labels.tags}))
    look = pick_look()
    if live or follow(run).epochs:
        csv_button("Epochs as CSV", lambda: counted_epochs(follow(run).epoch_table()), f"{run.run_id}-epochs.csv")
    if each.summary.metrics and run.model_file.is_file():
        for page, label, icon in (
            ("results", "See the results", "grid_on"),
            ("predict", "Predict with it", "image_search"),
        ):
            st.page_link(page_of(page), label=label, icon=f":material/{icon}:", query_params={"run": chosen})
if status.state.over:
    show_outcome(status)


@st.fragment(run_every=POLL_SECONDS if changing and not live else None)
def the_others() -> None:
    """Nothing to see: looks whether other runs have changed while the chosen one is over."""
    if changing and not live:
        rerun_if_changed(all_runs(max_age=POLL_SECONDS / 2))


@st.fragment(run_every=POLL_SECONDS if live else None)
def chosen_run() -> None:
    """What grows while the chosen run works; drawn again every second, so it has few parts."""
    summary = each.summary
    if live:
        snapshot = all_runs(max_age=POLL_SECONDS / 2)
        rerun_if_changed(snapshot)
        summary = next(other.summary for other in snapshot.runs if other.summary.run == run)
    curves = follow(run, max_age=LOOK_SECONDS if live else 0.0)
    if not summary.status.state.over:
        show_progress(summary.status, curves, engine_missing=stranded)
    if summary.status.state is State.QUEUED:
        show_place_in_queue(run)
    show_curves(summary, curves, look)
    show_pictures(summary, curves)
    detail = st.segmented_control(
        "Details", [BY_CLASS, MATRIX, RATE, LOG, RECIPE], default=BY_CLASS, required=True, key="run-details",
        label_visibility="collapsed",
    )  # fmt: skip
    if detail == BY_CLASS:
        show_by_class(summary, curves)
    elif detail == MATRIX:
        show_matrix(summary, curves)
    elif detail == RATE:
        show_learning_rate(summary, curves, look)
    elif detail == LOG:
        show_log(run)
    else:
        show_recipe()


the_others()
chosen_run()
show_code(lambda: package_of_run(run, load_dataset(recipe.dataset)), chosen)
