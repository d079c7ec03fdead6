"""Results: how good is a run, for which classes, and on which pictures it errs."""

import pandas as pd
import streamlit as st

from core.base.errors import DataError, RunError
from core.evaluation.predictions import predicted_labels
from core.models.registry import model_spec
from core.runs.results import load_results
from core.serving.explaining import methods_for
from core.serving.predictor import DISCLAIMER
from dashboard.charts.results import confusion_chart, sensitivity_chart
from dashboard.markdown import Markdown, code
from dashboard.router import page_of
from dashboard.state.loading import load_dataset
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.notices import leak_warning, split_notice, synthetic_badge
from dashboard.widgets.pickers import finished_runs, pick_run
from dashboard.widgets.pictures.cell_pictures import cell_rows, clicked_cell, show_cell, show_samples_of_cell
from dashboard.widgets.runs.learning_speed import show_learning_speed

st.title("Results")
runs = finished_runs()
if not runs:
    st.info("No run has been evaluated yet. Results appear here when a training ends.", icon=":material/info:")
    st.page_link(page_of("train"), label="Start a training", icon=":material/play_arrow:")
    st.stop()

first, second = st.columns([3, 1], vertical_alignment="bottom")
with first:
    run = pick_run(runs)
try:
    results = load_results(run)
except (RunError, DataError) as error:
    st.error(str(error), icon=":material/error:")
    st.stop()
info, classes, keys = results.info, results.info.classes, results.info.class_keys
names = {c.key: c.name for c in classes}
parts = list(results.metrics)
part = second.segmented_control("Judged on", parts, default=results.headline, required=True)
metrics = results.metrics[part]

synthetic_badge(info.synthetic)
leak_warning(results.leakage, info.things)
split_notice(results.leakage)
if part == "validation" and len(parts) > 1:
    st.caption("The validation part chose the best epoch, so its figures are a little flattering.")


def in_percent(value: float | None) -> str:
    """A metric in percent, or that it is not defined."""
    return "not defined" if value is None else f"{value:.1%}"


def interval(name: str, *, percent: bool = True) -> str:
    """The 95 % interval of a metric, over groups."""
    if name not in metrics.intervals:
        return ""
    low, high = metrics.intervals[name]
    return f"{low:.1%} to {high:.1%}" if percent else f"{low:.3f} to {high:.3f}"


note = {"delta_arrow": "off", "delta_color": "off", "border": True, "height": "stretch"}
row = st.grid(5, min_column_width=150)
over = 100 * ((metrics.accuracy or 0) - (metrics.majority_accuracy or 0))
row.metric(
    "Accuracy",
    in_percent(metrics.accuracy),
    f"{over:+.1f} points",
    border=True,
    height="stretch",
    help=f"Share of {info.things} that are right, and how far it lies above the floor. 95 % interval "
    f"{interval('accuracy')}{', from resampling whole groups' if info.takes == 'pictures' else ''}.",
)
row.metric(
    "Floor",
    in_percent(metrics.majority_accuracy),
    f"always “{metrics.majority_class}”",
    help=f"Accuracy of answering {names[metrics.majority_class]} every time, without looking at any "
    f"{info.things[:-1]}. An accuracy near it is worth nothing.",
    **note,
)
row.metric(
    "Balanced accuracy",
    in_percent(metrics.balanced_accuracy),
    interval("balanced_accuracy"),
    help=f"Mean sensitivity of the classes; guessing gives {1 / len(keys):.1%}. Below: 95 % interval.",
    **note,
)
row.metric(
    "Macro AUC",
    in_percent(metrics.macro_auc),
    interval("macro_auc"),
    help="Mean area under the one-against-rest ROC curves; guessing gives 50 %. Below: 95 % interval.",
    **note,
)
row.metric(
    "Calibration error",
    in_percent(metrics.ece),
    "expected, 15 bins",
    help="How far stated confidence lies from the share that is right, on average (Guo et al. 2017).",
    **note,
)
surprise = ""
if metrics.log_loss is not None:
    surprise = f"Log loss {metrics.log_loss:.3f} nats (95 % interval {interval('log_loss', percent=False)}). "
st.caption(
    Markdown("On {:,} {} of {:,} groups of the {} part. {}Run {}, {} on {}, split {}.").format(
        metrics.images,
        info.things,
        metrics.groups,
        part,
        surprise,
        code(run.run_id),
        info.model_at_size,
        info.dataset_title,
        info.split,
    )
)
show_learning_speed(run, info.things)


def take_clicked() -> None:
    """Show the pictures of the cell that was clicked."""
    cell = clicked_cell(st.session_state[chart_key].selection)
    if cell is not None:
        st.session_state["cell-true"], st.session_state["cell-predicted"] = cell


def forget_clicked() -> None:
    """After a choice by hand, draw the matrix anew: the browser does not report a click on a cell still marked."""
    st.session_state["matrix-drawn"] = st.session_state.get("matrix-drawn", 0) + 1


matrix, by_class = st.columns([3, 2], gap="large")
with matrix:
    shown = st.segmented_control(
        "Show", ["shares of each true class", info.things], default="shares of each true class", required=True
    )
    chart = confusion_chart(metrics.confusion, classes, normalised=shown != info.things, things=info.things)
    chart_key = f"confusion-{run.run_id}-{part}-{shown}-{st.session_state.get('matrix-drawn', 0)}"
    st.plotly_chart(
        chart,
        key=chart_key,
        on_select=take_clicked,
        selection_mode="points",
        alt="Confusion matrix: true classes in rows, predicted classes in columns",
    )
    st.caption(
        Markdown(", ").join(Markdown("**{}** {}").format(key, name) for key, name in names.items())
        + f". Click a cell for its {info.things}."
    )
with by_class:
    st.plotly_chart(sensitivity_chart(metrics, classes, info.things), alt="Sensitivity of each class as bars")

st.subheader("By class")
table = pd.DataFrame(
    {
        "class": names[c.key],
        "malignant": spec.malignant,
        info.things: c.support,
        "predicted": c.predicted,
        "sensitivity": c.sensitivity,
        "specificity": c.specificity,
        "precision": c.precision,
        "F1": c.f1,
        "AUC": c.auc,
    }
    for c, spec in zip(metrics.per_class, classes, strict=True)
)
fractions = ["sensitivity", "specificity", "precision", "F1", "AUC"]
st.dataframe(
    table,
    hide_index=True,
    column_config={name: st.column_config.NumberColumn(format="percent") for name in fractions},
    placeholder="not defined",
    alt="Sensitivity, specificity, precision, F1 and AUC of each class",
)

st.subheader(f"The {info.things} of a cell")
worst = max(
    ((n, t, p) for t, of in zip(keys, metrics.confusion, strict=True) for p, n in zip(keys, of, strict=True) if t != p),
    default=(0, keys[0], keys[0]),
)
for state, default in (("cell-true", worst[1]), ("cell-predicted", worst[2])):
    if st.session_state.get(state) not in keys:
        st.session_state[state] = default
first, second = st.columns(2)
by_name = {"format_func": names.__getitem__, "on_change": forget_clicked}
true = first.selectbox("True class", keys, key="cell-true", **by_name)
taken = second.selectbox("Predicted class", keys, key="cell-predicted", **by_name)
predictions = results.predictions[results.predictions["part"] == part].reset_index(drop=True)
labels = pd.Series(predicted_labels(predictions, keys), index=predictions.index)
rows = cell_rows(predictions, labels, true, taken)
if rows.empty:
    st.info(f"No {info.things[:-1]} of {names[true]} was taken for {names[taken]}.", icon=":material/info:")
else:
    st.caption(
        f"{len(rows):,} {info.things} of {names[true]} taken for {names[taken]}, the most confident first; the "
        "percentage is the probability of the predicted class."
    )
    try:
        if info.takes == "genes":
            show_samples_of_cell(rows)
        else:
            key = f"cell-{run.run_id}-{part}-{true}-{taken}"
            show_cell(rows, load_dataset(info.dataset), key, run.run_id if methods_for(model_spec(info.model)) else "")
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")

downloads = st.container(horizontal=True)
with downloads:
    csv_button(
        "Predictions as CSV",
        lambda: results.predictions.assign(notice=DISCLAIMER),
        f"{run.run_id}-predictions.csv",
    )
if (run.path / "card.md").is_file():
    downloads.download_button(
        "Model card",
        (run.path / "card.md").read_text(),
        f"{run.run_id}-card.md",
        icon=":material/description:",
    )
st.caption(f"Data: {info.citation} Licence: {info.licence}. For research and education only.")
