"""What is seen of one run while it learns: progress, best figures, curves, and the details of its last epoch.

Everything that depends on the metrics alone is drawn once, for whoever looks first; the others are sent the same.
"""

import time

import pandas as pd
import streamlit as st

from core.data.catalog import dataset_spec
from core.data.spec import ClassSpec
from core.errors import LesionLabError
from core.runs.folder import RunFolder, RunSummary
from core.runs.states import State
from core.runs.status import Status
from core.runs.watched import Watched, read_watched
from dashboard.charts.curves import ACCURACY, LEARNING_RATE, LEARNT, Look, curve_chart, sensitivity_chart
from dashboard.charts.results import confusion_chart
from dashboard.curves import Curves, part_facts
from dashboard.widgets.run_list import in_words
from dashboard.widgets.watched_pictures import show_watched

OLD = "This run was made before these were recorded, so it has none."


def show_progress(status: Status, *, engine_missing: bool) -> None:
    """What the run is doing, how far it is, and the time left."""
    done, total = status.done, status.total
    share = min(done / total, 1.0) if total else 0.0
    text = status.phase or status.state.meaning
    if status.state is State.QUEUED and engine_missing:
        text = "Waits for the engine, which is not running."
    if status.state is State.RUNNING and total:
        text = f"Epoch {min(int(done) + 1, int(total))} of {int(total)}"
    elif total:
        text += f": {done:,.0f} of {total:,.0f}"
    if status.eta_seconds is not None:
        text += f" · about {in_words(status.eta_seconds)} left"
    st.progress(share, text=text)


def show_outcome(status: Status) -> None:
    """Why a run ended, where that needs to be said."""
    if status.state in (State.FAILED, State.LOST):
        hint = status.error_kind.hint if status.error_kind else ""
        st.error(f"{status.message} {hint}", title=f"{status.state}: {status.error_kind}", icon=":material/error:")
    elif status.state.over and status.message:
        st.info(status.message, icon=":material/info:")


def show_curves(summary: RunSummary, curves: Curves, look: Look) -> None:
    """The best figures so far, and loss, accuracy and balanced accuracy of training and validation."""
    run = summary.run
    if not curves.epochs and not curves.batches:
        if not summary.status.state.over:
            st.caption("The curves start with the first batches.")
        return
    written = run.split_file.stat().st_mtime_ns if run.split_file.is_file() else 0
    _draw_curves(str(run.path), curves.version, written, look.smoothing, look.log, look.height, look.font, run, curves)


@st.cache_resource(max_entries=60, show_spinner=False)
def _draw_curves(
    path: str, version: int, split: int, smoothing: float, log: bool, height: int, font: int, _run, _curves: Curves  # noqa: ARG001 - key
) -> None:  # fmt: skip
    epochs, batches = _curves.epoch_table(), _curves.batch_table()
    pictures, floor = part_facts(str(_run.split_file), split) if split else (0, None)
    _figures(epochs, batches, floor)
    look = Look(smoothing, log, height, font)
    for measure, place in zip(LEARNT, st.columns(3), strict=True):
        known = floor if measure is ACCURACY else None
        chart = curve_chart(measure, epochs, batches, look, floor=known, images=pictures, run_id=_run.run_id)
        place.vega_lite_chart(chart.table, chart.spec, alt=f"{measure.title} in training and validation by epoch")


def _figures(epochs: pd.DataFrame, batches: pd.DataFrame, floor: float | None) -> None:
    """The best epochs so far, never accuracy alone, and how fast it is now."""
    row = st.grid(4, min_column_width=150)
    if not epochs.empty:
        best = epochs["val_accuracy"].max()
        at = int(epochs.loc[epochs["val_accuracy"].idxmax(), "epoch"]) + 1
        gain = None if floor is None else f"{100 * (best - floor):+.1f} points over floor {floor:.1%}"
        row.metric(
            "Best validation accuracy", f"{best:.1%}", gain,
            help=f"Reached in epoch {at}.",
        )  # fmt: skip
        balanced = epochs["val_balanced_accuracy"].max()
        row.metric("Best validation balanced accuracy", f"{balanced:.1%}")
        row.metric("Epochs", f"{len(epochs)}")
    newest = [table["images_per_second"].iloc[-1] for table in (batches, epochs) if "images_per_second" in table]
    if newest:
        row.metric("Speed", f"{newest[0]:,.0f} images/s")


def classes_of(run: RunFolder, dataset: str, watched: Watched | None) -> tuple[ClassSpec, ...]:
    """The classes in the order in which the network numbers them; empty where the run does not say."""
    if watched is None:
        return ()
    try:
        known = {each.key: each for each in dataset_spec(dataset).classes}
    except LesionLabError:
        known = {}
    return tuple(known.get(key, ClassSpec(key, key, None)) for key in watched.class_keys)


def show_pictures(summary: RunSummary, curves: Curves, *, large: bool = False) -> None:
    """Six validation pictures with what the network says of them; says so where a run has not recorded them."""
    watched = read_watched(summary.run)
    if watched is None:
        if curves.epochs:
            st.caption(f"Watched pictures: {OLD}")
        return
    show_watched(summary.run, watched, classes_of(summary.run, summary.recipe.dataset, watched), curves, large)


def show_by_class(summary: RunSummary, curves: Curves, *, font: int = 12) -> None:
    """Sensitivity of each class, growing by epoch."""
    if classes := _recorded(summary, curves):
        chart = sensitivity_chart(curves.epoch_table(), classes, summary.run.run_id, font=font)
        st.vega_lite_chart(chart.table, chart.spec, alt="Sensitivity of each class by epoch")


def show_matrix(summary: RunSummary, curves: Curves) -> None:
    """The confusion matrix of the last epoch on the validation part."""
    if not (classes := _recorded(summary, curves)):
        return
    last = [line for line in curves.epochs if line.get("confusion")][-1]
    shown = st.segmented_control(
        "Show", ["shares of each true class", "pictures"], default="shares of each true class", required=True,
        key=f"matrix-{summary.run.run_id}",
    )  # fmt: skip
    st.plotly_chart(
        confusion_chart(last["confusion"], classes, normalised=shown != "pictures"),
        key=f"confusion-{summary.run.run_id}",
        alt="Confusion matrix of the last epoch: true classes in rows, predicted classes in columns",
    )
    keys = ", ".join(f"**{each.key}** {each.name}" for each in classes)
    st.caption(f"Validation pictures in epoch {last['epoch'] + 1}. {keys}.")


def show_learning_rate(summary: RunSummary, curves: Curves, look: Look) -> None:
    """The size of a step by epoch."""
    if not curves.epochs:
        st.caption("It is known after the first epoch.")
        return
    chart = curve_chart(
        LEARNING_RATE, curves.epoch_table(), pd.DataFrame(), look, floor=None, images=0, run_id=summary.run.run_id
    )
    st.vega_lite_chart(chart.table, chart.spec, alt="Learning rate by epoch")


def show_age(status: Status, curves: Curves) -> None:
    """How old what is shown is."""
    age = time.time() - max(curves.last_time or 0, status.heartbeat or status.created)
    st.caption(f"Figures are {max(age, 0):.0f} s old; they update by themselves.")


def _recorded(summary: RunSummary, curves: Curves) -> tuple[ClassSpec, ...]:
    """The classes, if the run has recorded who was taken for whom; else says why there is nothing to see."""
    classes = classes_of(summary.run, summary.recipe.dataset, read_watched(summary.run))
    if classes and any(line.get("confusion") for line in curves.epochs):
        return classes
    st.caption(OLD if curves.epochs else "It is known after the first epoch.")
    return ()
