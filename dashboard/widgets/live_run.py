"""What is seen of one run while it learns: progress, best figures, curves, and the details of its last epoch.

Everything that depends on the metrics alone is drawn once, for whoever looks first; the others are sent the same.
"""

import time

import streamlit as st

from core.data.catalog import dataset_spec
from core.data.spec import ClassSpec
from core.errors import LesionLabError
from core.runs.folder import RunSummary
from core.runs.states import State
from core.runs.status import Status
from core.runs.watched import Watched, read_watched
from dashboard.charts.curves import ACCURACY, LEARNING_RATE, LEARNT, Look, curve_chart, sensitivity_chart
from dashboard.charts.results import confusion_chart
from dashboard.curves import Curves, part_facts
from dashboard.widgets.run_list import in_words
from dashboard.widgets.watched_pictures import show_watched

OLD = "This run was made before these were recorded, so it has none."


def show_progress(status: Status, curves: Curves, *, engine_missing: bool = False) -> None:
    """What the run is doing, how far and how fast it is, the time left, and how old that is."""
    done, total = status.done, status.total
    share = min(done / total, 1.0) if total else 0.0
    text = status.phase or status.state.meaning
    if status.state is State.QUEUED and engine_missing:
        text = "Waits for the engine, which is not running."
    if status.state is State.RUNNING and total:
        text = f"Epoch {min(int(done) + 1, int(total))} of {int(total)}"
        lines = [line for line in (*curves.epochs[-1:], *curves.batches[-1:]) if "images_per_second" in line]
        if lines:
            text += f" · {max(lines, key=lambda line: line.get('time', 0))['images_per_second']:,.0f} images/s"
    elif total:
        text += f": {done:,.0f} of {total:,.0f}"
    if status.eta_seconds is not None:
        text += f" · about {in_words(status.eta_seconds)} left"
    if status.state.active:
        age = time.time() - max(curves.last_time or 0, status.heartbeat or status.created)
        text += f" · {max(age, 0):.0f} s ago"
    st.progress(share, text=text)


def show_outcome(status: Status) -> None:
    """Why a run ended, where that needs to be said."""
    if status.state in (State.FAILED, State.LOST):
        hint = status.error_kind.hint if status.error_kind else ""
        st.error(f"{status.message} {hint}", title=status.failure, icon=":material/error:")
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
    if curves.epochs:
        _draw_figures(str(run.path), *curves.told, written, run, curves)
    _draw_curves(str(run.path), curves.version, written, look.smoothing, look.log, look.height, look.font, run, curves)


@st.cache_resource(max_entries=60, show_spinner=False)
def _draw_curves(
    path: str, version: int, split: int, smoothing: float, log: bool, height: int, font: int, _run, _curves: Curves  # noqa: ARG001 - key
) -> None:  # fmt: skip
    pictures, floor = part_facts(str(_run.split_file), split) if split else (0, None)
    look = Look(smoothing, log, height, font)
    for measure, place in zip(LEARNT, st.columns(3), strict=True):
        known = floor if measure is ACCURACY else None
        chart = curve_chart(
            measure, _curves.epochs, _curves.batches, look, floor=known, images=pictures, run_id=_run.run_id
        )
        place.vega_lite_chart(chart.table, chart.spec, alt=f"{measure.title} in training and validation by epoch")


@st.cache_resource(max_entries=60, show_spinner=False)
def _draw_figures(path: str, epochs: int, last: float, split: int, _run, _curves: Curves) -> None:  # noqa: ARG001 - key
    """The best epochs so far, never accuracy alone."""
    _, floor = part_facts(str(_run.split_file), split) if split else (0, None)
    row = st.container(horizontal=True)
    best = max(_curves.epochs, key=lambda line: line["val_accuracy"] or 0.0)
    accuracy = best["val_accuracy"] or 0.0
    gain = None if floor is None else f"{100 * (accuracy - floor):+.1f} points over the floor of {floor:.1%}"
    row.metric("Best validation accuracy", f"{accuracy:.1%}", gain, help=f"Reached in epoch {best['epoch'] + 1}.")
    balanced = max(line["val_balanced_accuracy"] or 0.0 for line in _curves.epochs)
    row.metric("Best validation balanced accuracy", f"{balanced:.1%}")
    row.metric("Epochs", f"{len(_curves.epochs)}")


def watched_of(summary: RunSummary) -> tuple[Watched | None, tuple[ClassSpec, ...]]:
    """The watched pictures of a run, and its classes in the order in which the network numbers them.

    None and nothing where the run does not say, as old ones.
    """
    file = summary.run.watched_file
    written = file.stat().st_mtime_ns if file.is_file() else 0
    return _watched(str(file), written, summary.recipe.dataset, summary.run)


@st.cache_resource(max_entries=200, show_spinner=False)
def _watched(file: str, written: int, dataset: str, _run) -> tuple[Watched | None, tuple[ClassSpec, ...]]:  # noqa: ARG001 - key
    watched = read_watched(_run)
    try:
        known = {each.key: each for each in dataset_spec(dataset).classes}
    except LesionLabError:
        known = {}
    keys = watched.class_keys if watched else ()
    return watched, tuple(known.get(key, ClassSpec(key, key, None)) for key in keys)


def show_pictures(summary: RunSummary, curves: Curves) -> None:
    """Six validation pictures with what the network says of them; says so where a run has not recorded them."""
    watched, classes = watched_of(summary)
    if watched is not None:
        show_watched(summary.run, watched, classes, curves)
    elif curves.epochs:
        st.caption(f"Watched pictures: {OLD}")


def show_by_class(summary: RunSummary, curves: Curves, *, font: int = 12) -> None:
    """Sensitivity of each class, growing by epoch."""
    if classes := _recorded(summary, curves):
        _draw_by_class(str(summary.run.path), *curves.told, font, curves, classes)


@st.cache_resource(max_entries=60, show_spinner=False)
def _draw_by_class(path: str, epochs: int, last: float, font: int, _curves: Curves, _classes) -> None:  # noqa: ARG001 - key
    chart = sensitivity_chart(_curves.epochs, _classes, path, font=font)
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
    chart = curve_chart(LEARNING_RATE, curves.epochs, [], look, floor=None, images=0, run_id=summary.run.run_id)
    st.vega_lite_chart(chart.table, chart.spec, alt="Learning rate by epoch")


def _recorded(summary: RunSummary, curves: Curves) -> tuple[ClassSpec, ...]:
    """The classes, if the run has recorded who was taken for whom; else says why there is nothing to see."""
    _, classes = watched_of(summary)
    if classes and any(line.get("confusion") for line in curves.epochs):
        return classes
    st.caption(OLD if curves.epochs else "It is known after the first epoch.")
    return ()
