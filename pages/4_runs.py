"""Runs: what is queued, running and done, and one run live."""

import time

import pandas as pd
import streamlit as st

from core.runs.folder import Status, list_runs, summarise
from core.runs.launch import stop
from core.runs.states import State
from dashboard.charts.training import curves_chart
from dashboard.curves import follow, part_facts
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.widgets.pickers import run_title
from dashboard.widgets.run_list import STATE_COLOURS, in_words, runs_table

ICON = ":material/monitoring:"
POLL_SECONDS = 1.0

st.title("Runs")
summaries = [s for s in map(summarise, list_runs()) if s is not None]
if not summaries:
    st.info("No training has been started yet.", icon=":material/info:")
    st.page_link(page_of("train"), label="Start the first one", icon=":material/play_arrow:")
    st.stop()

ids = [s.run.run_id for s in summaries]
with st.expander(f"All {len(ids):,} runs", icon=":material/list:", expanded=len(ids) > 1):
    picked = st.dataframe(
        runs_table(summaries),
        column_config={
            "accuracy": st.column_config.NumberColumn(format="percent", help="On the test part."),
            "floor": st.column_config.NumberColumn(
                format="percent", help="Accuracy of always giving the most frequent class."
            ),
            "balanced accuracy": st.column_config.NumberColumn(
                format="percent", help="Mean sensitivity of the classes."
            ),
            "split": st.column_config.TextColumn(width="medium"),
            "made": st.column_config.DatetimeColumn(format="distance"),
        },
        hide_index=True,
        height="content" if len(ids) <= 6 else 250,
        on_select="rerun",
        selection_mode="single-row",
        key="runs-table",
        placeholder="–",
        alt="All runs with state, model, data set, split and figures",
    )
rows = picked.selection.rows
if rows and rows[0] < len(ids) and st.session_state.get("runs-row") != ids[rows[0]]:
    st.session_state["runs-row"] = st.query_params["run"] = ids[rows[0]]
wanted = st.query_params.get("run")
busy = [s.run.run_id for s in summaries if s.status.state.active]
chosen = wanted if wanted in ids else (busy or ids)[0]
summary = summaries[ids.index(chosen)]
st.session_state["run"] = chosen
run = summary.run
live = not summary.status.state.over


@st.fragment(run_every=POLL_SECONDS if live else None)
def one_run() -> None:
    """The chosen run; reads only what was appended since the last time."""
    status = run.status()
    if live and status.state.over:
        st.rerun()
    head = st.container(horizontal=True, vertical_alignment="center")
    head.subheader(run_title(summary), width="content")
    head.badge(str(status.state), color=STATE_COLOURS[status.state], help=status.state.meaning)
    if summary.leaking or (run.leakage_file.is_file() and summary.recipe.split != "grouped"):
        head.badge("leaking split", color="red", icon=":material/warning:")
    if live and current_role() is Role.INSTRUCTOR:
        asked = run.stop_requested()
        label = "Stopping …" if asked else "Stop"
        if head.button(label, icon=":material/stop_circle:", disabled=asked, help=State.STOPPED.meaning):
            require_instructor()
            stop(run)
            st.rerun(scope="fragment")
    if live:
        progress(status)
    elif status.state in (State.FAILED, State.LOST):
        hint = status.error_kind.hint if status.error_kind else ""
        st.error(f"{status.message} {hint}", title=f"{status.state}: {status.error_kind}", icon=":material/error:")
    elif status.message:
        st.info(status.message, icon=":material/info:")

    curves = follow(run)
    epochs = curves.epoch_table()
    if run.split_file.is_file():
        pictures, floor = part_facts(str(run.split_file), run.split_file.stat().st_mtime_ns)
    else:
        pictures, floor = 0, None
    if not epochs.empty:
        figures(epochs, floor)
    if curves.epochs or curves.batches:
        st.plotly_chart(
            curves_chart(epochs, curves.batch_table(), floor, pictures, run.run_id),
            key=f"curves-{run.run_id}",
            alt="Loss and accuracy of training and validation by epoch",
        )
    elif live:
        st.caption("The curves start with the first batches.")
    if live:
        age = time.time() - max(curves.last_time or 0, status.heartbeat or status.created)
        st.caption(f"Figures are {age:.0f} s old; they update by themselves.")


def progress(status: Status) -> None:
    """What the run is doing, how far it is, and the time left."""
    done, total = status.done, status.total
    share = min(done / total, 1.0) if total else 0.0
    text = status.phase or status.state.meaning
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


one_run()

if summary.metrics and run.model_file.is_file():
    links = st.container(horizontal=True)
    address = {"run": run.run_id}
    links.page_link(page_of("results"), label="See the results", icon=":material/grid_on:", query_params=address)
    links.page_link(page_of("predict"), label="Predict with it", icon=":material/image_search:", query_params=address)
with st.expander("Recipe", icon=":material/receipt_long:"):
    recipe = summary.recipe.model_dump(mode="json")
    explained = {name: field.description for name, field in type(summary.recipe).model_fields.items()}
    st.dataframe(
        pd.DataFrame([{"field": k, "value": str(v), "meaning": explained[k]} for k, v in recipe.items()]),
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
