"""How good a run is at a glance: its figures, the confusion matrix, each class, and the pictures behind each cell."""

from typing import Any

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import DataError, RunError
from core.base.percents import percent, percent_limits, points
from core.combined.ensembles import load_ensemble
from core.evaluation.predictions import predicted_labels
from core.runs.judging.result_words import not_above_floor
from core.runs.judging.results import load_folds
from dashboard.charts.results import confusion_chart, sensitivity_chart
from dashboard.glossary import meaning
from dashboard.markdown import Markdown, code
from dashboard.state.arrival import arrival
from dashboard.state.judged import JudgedPart, load_calibration_intervals, load_class_intervals
from dashboard.state.loading import load_dataset
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.pictures.cell_pictures import BESIDE, cell_rows, clicked_cell, show_cell, show_samples_of_cell
from dashboard.widgets.results.figures import NOTE
from dashboard.widgets.runs.ablation import show_ablation
from dashboard.widgets.runs.ensemble_view import show_beside_members
from dashboard.widgets.runs.fold_view import show_over_folds
from dashboard.widgets.runs.learning_speed import show_learning_speed
from dashboard.widgets.shares_table import shares_table

CELL = ("true", "predicted")
"""Parameters of the address that name the classes of a cell of the confusion matrix."""
OF_TRUE, OF_PREDICTED = "% of true class", "% of predicted class"


def show_overview(part: JudgedPart) -> None:
    """Figures, confusion matrix, sensitivities, the table by class, and the pictures of a cell."""
    _figures(part)
    show_learning_speed(part.run, part.info.things)
    if part.own:
        _of_several_models(part)
    _choose_worst_cell(part)
    figures, cell = st.columns(2, gap="large")
    with figures:
        _matrix(part)
        classes, things = part.info.classes, part.info.things
        st.plotly_chart(sensitivity_chart(part.metrics, classes, things), alt="Sensitivity of each class as bars")
    with cell:
        _pictures_of_a_cell(part)
    _by_class(part)
    if part.own:
        show_ablation(part.run)


def _of_several_models(part: JudgedPart) -> None:
    """The folds that a run comes from, or the members of an ensemble; nothing for any other run."""
    try:
        folds = load_folds(part.run)
    except RunError as error:
        st.error(str(error), icon=":material/error:")
        return
    if folds:
        show_over_folds(folds, part.info.classes, part.run.run_id)
    if (ensemble := load_ensemble(part.run)) is not None:
        show_beside_members(ensemble)


def _figures(part: JudgedPart) -> None:
    info, metrics = part.info, part.metrics
    names = {c.key: c.name for c in info.classes}
    accuracy, floor = metrics.accuracy or 0, metrics.majority_accuracy or 0
    flatters = (info.leaking and part.own) or bool(part.seen)
    # Green only where it is more than chance, and was not reached by having seen the same before.
    above = not flatters and metrics.intervals.get("accuracy", (0, 0))[0] > floor
    row = st.grid(5, min_column_width=150)
    row.metric(
        "Accuracy",
        percent(metrics.accuracy),
        percent_limits(metrics.intervals.get("accuracy")),
        delta_color="green" if above else "gray",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=meaning(
            "accuracy",
            f"Here it is {points(accuracy - floor)} points from the floor. Below: 95 % interval"
            f"{', from resampling whole groups' if info.takes == 'pictures' else ''}; "
            + (
                "never green, for the run has learnt from others of these groups."
                if flatters
                else "green where all of it lies above the floor."
            ),
        ),
    )
    row.metric(
        "Floor",
        percent(metrics.majority_accuracy),
        "most frequent class",
        help=meaning("floor", f"Here: always {names[metrics.majority_class]}."),
        **NOTE,
    )
    row.metric(
        "Balanced accuracy",
        percent(metrics.balanced_accuracy),
        percent_limits(metrics.intervals.get("balanced_accuracy")),
        help=meaning("balanced accuracy", f"Here guessing gives {percent(1 / len(names))}. Below: 95 % interval."),
        **NOTE,
    )
    row.metric(
        "Macro AUC",
        percent(metrics.macro_auc),
        percent_limits(metrics.intervals.get("macro_auc")),
        help=meaning("AUC", "Macro: the mean over the classes, each against all others. Below: 95 % interval."),
        **NOTE,
    )
    row.metric(
        "Calibration error",
        percent(metrics.ece),
        percent_limits(load_calibration_intervals(part).expected) or "expected, 15 bins",
        help=meaning("calibration", "Measured in 15 bins of confidence (Guo et al. 2017). Below: 95 % interval."),
        **NOTE,
    )
    if said := not_above_floor(metrics, names):
        st.info(said, icon=":material/horizontal_rule:")
    surprise = ""
    if metrics.log_loss is not None:
        low, high = metrics.intervals.get("log_loss", (None, None))
        spread = "" if low is None else f" (95 % interval {low:.3f}–{high:.3f})"
        surprise = f"Log loss {metrics.log_loss:.3f} nats{spread}. "
    st.caption(
        Markdown("On {} of {} of {}. The floor is always answering “{}”. {}Run {}, {} on {}, split {}.").format(
            counted(metrics.images, info.things),
            counted(metrics.groups, "groups"),
            part.title,
            names[metrics.majority_class],
            surprise,
            code(part.run.run_id),
            info.model_at_size,
            info.dataset_title,
            info.split,
        )
    )


def _matrix(part: JudgedPart) -> None:
    info = part.info
    options = [OF_TRUE, OF_PREDICTED, info.things]
    shown = st.segmented_control(
        "Show",
        options,
        default=OF_TRUE,
        required=True,
        wrap=True,
        key=f"matrix-of-{info.things}",
        persist_state="session",
    )
    chart = confusion_chart(
        part.metrics.confusion,
        info.classes,
        normalised=shown != info.things,
        of_predicted=shown == OF_PREDICTED,
        things=info.things,
        marked=(st.session_state["cell-true"], st.session_state["cell-predicted"]),
    )
    key = f"confusion-{part.run.run_id}-{part.name}-{shown}-{st.session_state.get('matrix-drawn', 0)}"

    def take_clicked() -> None:
        """Show the pictures of the cell that was clicked."""
        cell = clicked_cell(st.session_state[key].selection)
        if cell is not None:
            st.session_state["cell-true"], st.session_state["cell-predicted"] = cell
            _address_cell()

    st.plotly_chart(
        chart,
        key=key,
        on_select=take_clicked,
        selection_mode="points",
        alt="Confusion matrix: true classes in rows, predicted classes in columns",
    )
    in_short = [c for c in info.classes if c.short != c.name]
    st.caption(
        Markdown(", ").join(Markdown("**{}** {}").format(c.short, c.name) for c in in_short)
        + (". " if in_short else "")
        + f"Click a cell for its {info.things}."
    )


def _by_class(part: JudgedPart) -> None:
    st.subheader("By class")
    shares = ["sensitivity", "specificity", "precision", "F1", "AUC"]
    table = pd.DataFrame(
        {
            "class": spec.name,
            part.info.things: c.support,
            "predicted": c.predicted,
            "sensitivity": c.sensitivity,
            "specificity": c.specificity,
            "precision": c.precision,
            "F1": c.f1,
            "AUC": c.auc,
            "malignant": spec.malignant,
        }
        for c, spec in zip(part.metrics.per_class, part.info.classes, strict=True)
    )
    found = load_class_intervals(part)
    intervals = {name: [found[key].get(name.lower()) for key in part.info.class_keys] for name in shares}
    alt = "Sensitivity, specificity, precision, F1 and AUC of each class, with 95 % intervals"
    shares_table(table, shares, alt, pinned="class", intervals=intervals)
    st.caption(
        "In brackets: 95 % interval, from resampling whole groups; where all of a class are found, or none, from the "
        "number of its groups (Wilson)."
    )
    for name, limits in intervals.items():
        table.insert(table.columns.get_loc(name) + 1, f"{name}, 95 %", [percent_limits(each) for each in limits])
    csv_button("Classes as CSV", table, f"{part.run.run_id}-{part.name}-classes.csv")


def _choose_worst_cell(part: JudgedPart) -> None:
    """Where no cell of these classes is chosen or in the address, the mistake that was made most often is.

    Where none was made, it is the class with most right answers: an empty cell shows nothing.
    """
    keys = part.info.class_keys
    asked = [st.query_params.get(parameter) for parameter in CELL]
    if arrival().new_page and any(asked):
        if all(key in keys for key in asked):
            st.session_state["cell-true"], st.session_state["cell-predicted"] = asked
        else:
            st.info("The address asks for a class that this run does not have. It was ignored.")
            _forget_addressed_cell()
    counts = {
        (true, taken): count
        for true, row in zip(keys, part.metrics.confusion, strict=True)
        for taken, count in zip(keys, row, strict=True)
    }
    mistakes = {cell: count for cell, count in counts.items() if cell[0] != cell[1] and count}
    worst = max(mistakes or counts, key=counts.__getitem__, default=(keys[0], keys[0]))
    for state, default in zip(("cell-true", "cell-predicted"), worst, strict=True):
        if st.session_state.get(state) not in keys:
            st.session_state[state] = default
            _forget_addressed_cell()  # of another run
    if (
        not st.query_params.get(CELL[0])
        and (st.session_state["cell-true"], st.session_state["cell-predicted"]) != worst
    ):
        _address_cell()


def _pictures_of_a_cell(part: JudgedPart) -> None:
    info = part.info
    names, keys = {c.key: c.name for c in info.classes}, info.class_keys
    st.subheader(f"{info.things.capitalize()} in the selected cell")
    first, second = st.columns(2)
    by_name: dict[str, Any] = {
        "format_func": names.__getitem__,
        "on_change": _forget_clicked,
        "persist_state": "session",
    }
    true = first.selectbox("True class", keys, key="cell-true", **by_name)
    taken = second.selectbox("Predicted class", keys, key="cell-predicted", **by_name)
    labels = pd.Series(predicted_labels(part.table, keys), index=part.table.index)
    rows = cell_rows(part.table, labels, true, taken)
    if rows.empty:
        st.info(f"No {info.things[:-1]} of {names[true]} was taken for {names[taken]}.", icon=":material/info:")
        return
    st.caption(
        f"{counted(len(rows), info.things)} of {names[true]} taken for {names[taken]}, the most confident first; the "
        "percentage is the probability of the predicted class."
    )
    if info.takes == "genes":
        show_samples_of_cell(rows)
        return
    try:
        dataset = load_dataset(part.dataset)
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")
    else:
        key = f"cell-{part.run.run_id}-{part.name}-{true}-{taken}"
        show_cell(rows, dataset, key, part.heat_maps, linked=True, per_page=BESIDE)


def _forget_clicked() -> None:
    """After a choice by hand, draw the matrix anew: the browser does not report a click on a cell still marked."""
    st.session_state["matrix-drawn"] = st.session_state.get("matrix-drawn", 0) + 1
    _address_cell()


def _address_cell() -> None:
    """Let the address name the chosen cell, so that it comes back and can be sent."""
    chosen = (st.session_state["cell-true"], st.session_state["cell-predicted"])
    st.query_params.update(dict(zip(CELL, chosen, strict=True)))


def _forget_addressed_cell() -> None:
    for parameter in CELL:
        st.query_params.pop(parameter, None)
