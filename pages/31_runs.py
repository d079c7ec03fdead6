"""Runs: what is queued, running and done, and one run live."""

import time

import pandas as pd
import streamlit as st

from core.data.catalog import is_synthetic
from core.runs.folder import RunSummary
from core.runs.launch import stop
from core.runs.states import State
from core.runs.status import Status
from dashboard.charts.training import curves_chart
from dashboard.curves import counted_epochs, follow, part_facts
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.engine_notice import engine_notice, engine_runs
from dashboard.widgets.notices import leak_badge, synthetic_badge
from dashboard.widgets.pickers import run_title
from dashboard.widgets.run_list import (
    STATE_COLOURS,
    in_words,
    list_of_runs,
    readable_runs,
    still_changing,
)

ICON = ":material/monitoring:"
POLL_SECONDS = 1.0


def ahead(summaries: list[RunSummary]) -> tuple[frozenset[str], bool]:
    """Ids of the runs that may still change by themselves, and whether some wait for an engine that does not run."""
    changing = frozenset(s.run.run_id for s in summaries if still_changing(s))
    queued = any(s.status.state is State.QUEUED for s in summaries)
    return changing, queued and not engine_runs()


st.title("Runs")
known = readable_runs()
if not known:
    st.info("No training has been started yet.", icon=":material/info:")
    st.page_link(page_of("train"), label="Start the first one", icon=":material/play_arrow:")
    st.stop()

changing, stranded = ahead(known)
by_id = {s.run.run_id: s for s in known}
wanted = st.query_params.get("run")
busy = [s.run.run_id for s in known if s.status.state.active]
chosen = wanted if wanted in by_id else (busy or list(by_id))[0]
st.session_state["run"] = chosen
run, recipe = by_id[chosen].run, by_id[chosen].recipe
live = chosen in changing

if stranded:
    engine_notice()


@st.fragment(run_every=POLL_SECONDS if changing else None)
def list_and_head() -> None:
    """All runs, and how the chosen one stands; read together, so that they never disagree."""
    summaries = {s.run.run_id: s for s in readable_runs()}
    picked = st.query_params.get("run", chosen)
    if ahead(list(summaries.values())) != (changing, stranded) or chosen not in summaries:
        st.rerun()
    if picked in summaries and picked != chosen:
        st.rerun()
    list_of_runs(list(summaries.values()), chosen)
    summary = summaries[chosen]
    status = summary.status
    head = st.container(horizontal=True, vertical_alignment="center")
    with head:
        st.subheader(run_title(summary), width="content")
        st.badge(str(status.state), color=STATE_COLOURS[status.state], help=status.state.meaning)
        synthetic_badge(is_synthetic(recipe.dataset))
        leak_badge(summary.leaking)
    if (not status.state.over or run.worked_on()) and current_role() is Role.INSTRUCTOR:
        asked = run.stop_requested()
        label = "Stopping …" if asked else "Stop"
        if head.button(label, icon=":material/stop_circle:", disabled=asked, help=State.STOPPED.meaning):
            require_instructor()
            stop(run)
            st.rerun()
    if not status.state.over:
        progress(status)
    elif status.state in (State.FAILED, State.LOST):
        hint = status.error_kind.hint if status.error_kind else ""
        st.error(f"{status.message} {hint}", title=f"{status.state}: {status.error_kind}", icon=":material/error:")
    elif status.message:
        st.info(status.message, icon=":material/info:")


@st.fragment(run_every=POLL_SECONDS if live else None)
def curves() -> None:
    """Figures and curves of the chosen run; reads only what was appended since the last time."""
    read = follow(run)
    epochs = read.epoch_table()
    if run.split_file.is_file():
        pictures, floor = part_facts(str(run.split_file), run.split_file.stat().st_mtime_ns)
    else:
        pictures, floor = 0, None
    if not epochs.empty:
        figures(epochs, floor)
    if read.epochs or read.batches:
        st.plotly_chart(
            curves_chart(epochs, read.batch_table(), floor, pictures, run.run_id),
            key=f"curves-{run.run_id}",
            alt="Loss and accuracy of training and validation by epoch",
        )
    elif live:
        st.caption("The curves start with the first batches.")
    below = st.container(horizontal=True, vertical_alignment="center")
    if not epochs.empty:
        with below:
            csv_button("Epochs as CSV", lambda: counted_epochs(epochs), f"{run.run_id}-epochs.csv")
    if live:
        status = run.status()
        age = time.time() - max(read.last_time or 0, status.heartbeat or status.created)
        below.caption(f"Figures are {age:.0f} s old; they update by themselves.")


def progress(status: Status) -> None:
    """What the run is doing, how far it is, and the time left."""
    done, total = status.done, status.total
    share = min(done / total, 1.0) if total else 0.0
    text = status.phase or status.state.meaning
    if status.state is State.QUEUED and stranded:
        text = "Waits for the engine, which is not running."
    if status.state is State.RUNNING and total:
        text = f"Epoch {min(int(done) + 1, int(total))} of {int(total)}"
    elif total:
        text += f": {done:,.0f} of {total:,.0f}"
    if status.eta_seconds is not None:
        text += f" · about {in_words(status.eta_seconds)} left"
    st.progress(share, text=text)


def figures(epochs: pd.DataFrame, floor: float | None) -> None:
    """The best epochs so far, never accuracy alone."""
    row = st.container(horizontal=True)
    best = epochs["val_accuracy"].max()
    at = int(epochs.loc[epochs["val_accuracy"].idxmax(), "epoch"]) + 1
    gain = None if floor is None else f"{100 * (best - floor):+.1f} points over the floor of {floor:.1%}"
    row.metric(
        "Best validation accuracy", f"{best:.1%}", gain, border=True, height="stretch", help=f"Reached in epoch {at}."
    )
    balanced = epochs["val_balanced_accuracy"].max()
    row.metric("Best validation balanced accuracy", f"{balanced:.1%}", border=True, height="stretch")
    row.metric("Epochs", f"{len(epochs)}", border=True, height="stretch")
    row.metric("Speed", f"{epochs['images_per_second'].iloc[-1]:,.0f} images/s", border=True, height="stretch")


list_and_head()
curves()

if by_id[chosen].metrics and run.model_file.is_file():
    links = st.container(horizontal=True)
    address = {"run": run.run_id}
    links.page_link(page_of("results"), label="See the results", icon=":material/grid_on:", query_params=address)
    links.page_link(page_of("predict"), label="Predict with it", icon=":material/image_search:", query_params=address)
with st.expander("Recipe", icon=":material/receipt_long:"):
    asked = recipe.model_dump(mode="json")
    explained = {name: field.description for name, field in type(recipe).model_fields.items()}
    st.dataframe(
        pd.DataFrame([{"field": k, "value": str(v), "meaning": explained[k]} for k, v in asked.items()]),
        hide_index=True,
        alt="The recipe of the run",
    )


@st.fragment(run_every=2.0 if live else None)
def log() -> None:
    """The end of the log, and the whole of it to download."""
    st.code(run.log_tail() or "The log is empty so far.", language=None, height=300)


with st.expander("Log", icon=":material/article:", on_change="rerun", key=f"log-{run.run_id}") as panel:
    if panel.open:
        log()
        if run.log.is_file():
            st.download_button(
                "Download the log", run.log.read_bytes(), f"{run.run_id}-log.txt", icon=":material/download:"
            )
