"""How well each class is told from the rest, whatever the threshold: ROC, precision–recall, their areas."""

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.percents import percent_limits
from core.evaluation.curves import ScoreCurve
from dashboard.charts.judging import precision_recall_chart, roc_chart
from dashboard.state.judged import JudgedPart, load_areas
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.results.figures import reading_colours, readings
from dashboard.widgets.shares_table import shares_table


def show_curves(part: JudgedPart) -> None:
    """Both curves of each reading and the table of their areas."""
    wanted, noun = readings(part), {"samples": "sample"}.get(part.info.things, "image")
    judged = [reading for reading in wanted if not reading.problem(part.table)]
    for reading in wanted:
        if why := reading.problem(part.table, part.info.things[:-1]):
            st.caption(why)
    if not judged:
        return
    names = [reading.name for reading in judged]
    shown = st.pills(
        "Curves",
        names,
        selection_mode="multi",
        default=names,
        key=f"curves-{part.run.run_id}-{names}",
        persist_state="session",
    )
    curves = [
        (each, ScoreCurve.of(each.scores(part.table), each.is_positive(part.table)))
        for each in judged
        if each.name in shown
    ]
    if curves:
        colours = reading_colours(part)
        left, right = st.columns(2, gap="large")
        left.plotly_chart(
            roc_chart(curves, colours, len(part.table), noun),
            alt="ROC curve of each class against the rest; the areas stand in the table below",
        )
        right.plotly_chart(
            precision_recall_chart(curves, colours, len(part.table), noun),
            alt="Precision–recall curve of each class against the rest; the areas stand in the table below",
        )
    found = load_areas(part, tuple(wanted))
    table = pd.DataFrame(
        {
            "reading": area.reading.name,
            part.info.things: area.positives,
            "AUC (ROC)": area.roc,
            "95 % interval of AUC": percent_limits(area.roc_interval),
            "average precision": area.precision_recall,
            "95 % interval of precision": percent_limits(area.precision_recall_interval),
            "guessing": area.floor,
        }
        for area in found
    )
    shares = ("AUC (ROC)", "average precision", "guessing")
    shares_table(
        table,
        shares,
        "Area under the ROC and the precision–recall curve of each class, with intervals",
        pinned="reading",
    )
    st.caption(
        f"On {counted(len(part.table), part.info.things)} of {counted(part.metrics.groups, 'groups')} of {part.title}. "
        "Intervals come from resampling whole groups; there is none where all resamples come to the same. Guessing has "
        "an AUC of 50 %, and an average precision as large as the share of the class, which is why a rare class has a "
        "low one."
    )
    csv_button("Areas as CSV", table, f"{part.run.run_id}-{part.name}-areas.csv")
