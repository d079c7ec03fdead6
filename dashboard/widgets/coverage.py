"""How often sets of classes hold the true one in a part, by class, age band, sex, …, beside what they promise."""

import pandas as pd
import streamlit as st

from core.base.errors import DataError
from core.base.percents import percent
from core.evaluation.conformal import LEVELS
from core.runs.answers.verdict import always_in_words
from core.runs.judging.caution import Caution
from core.runs.judging.trust import Trust
from dashboard.charts.trusting import coverage_chart
from dashboard.state.judged import VALIDATION, JudgedPart
from dashboard.state.metadata_of_part import columns_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.shares_table import LONG_NAME, NAME_WIDTH, TWO_LINES, shares_written

CLASS = "class"


def show_coverage(part: JudgedPart, trust: Trust, caution: Caution, *, drawn: bool = True) -> None:
    """What sets promise and what came of it, told apart by one column: a table, and where it is `drawn` a chart.

    Who only looks it up beside a prediction needs neither the chart nor a file.
    """
    if trust.sets is None:
        st.info(trust.why_no_sets, icon=":material/info:")
        return
    names = {each.key: each.name for each in part.info.classes}
    columns = pd.DataFrame({CLASS: part.table["true"].map(names).to_numpy()})
    if part.info.takes == "pictures":
        try:
            columns = columns.join(columns_of(part))
        except DataError as error:
            st.caption(f"Grouped by class alone. {error}")
    first, second = st.columns(2)
    level = first.segmented_control(
        "Promise", LEVELS, format_func=lambda each: percent(each, 0), default=caution.level, required=True,
        key=f"coverage-level-{part.run.run_id}", persist_state="session",
    )  # fmt: skip
    by = second.selectbox(
        "Grouped by", list(columns), key=f"coverage-by-{part.run.run_id}-{part.name}", persist_state="session"
    )
    whole, found = (trust.coverage_of(part.table, level, each) for each in (None, columns[by]))
    if whole is None or found is None:
        return
    table = pd.concat([whole, found.sort_values("of")], ignore_index=True)
    if drawn:
        noun = {"samples": "sample"}.get(part.info.things, "image")
        st.plotly_chart(
            coverage_chart(table, level, len(part.table), noun),
            alt=f"How often the set holds the true class by {by}, beside the promise; the numbers are in the table "
            "below",
        )
    _table(table, by)
    always = always_in_words(trust.sets.always(level), names)
    flattering = part.name == VALIDATION
    st.caption(
        f"Promised: {percent(level, 0)} of new lesions of each class; for other groups nothing is promised. "
        f"Counted on {part.title}, by lesion or patient; low and high are a 95 % interval."
        + (" The limits were made from half of these very pictures, so the figures are too good." if flattering else "")
        + (f" {always}" if always else "")
        + (
            " On pictures of another hospital the promise does not hold by itself."
            if part.own
            else " The promise was not made for these pictures: here is how far it still holds."
        )
    )
    if drawn:
        csv_button("Coverage as CSV", table, f"{part.info.run_id}-{part.name}-coverage-by-{by.split()[0]}.csv")


def _table(table: pd.DataFrame, by: str) -> None:
    long = table["of"].astype(str).str.len().max() > LONG_NAME
    st.dataframe(
        shares_written(
            table.rename(columns={"of": by, "coverage": "holds the true class", "size": "classes in a set"}),
            ["holds the true class", "low", "high"],
        ),
        hide_index=True,
        height="content",
        row_height=TWO_LINES if long else None,
        column_config={
            by: st.column_config.Column(pinned=True, width=NAME_WIDTH if long else None),
            "classes in a set": st.column_config.NumberColumn(format="%.2f"),
        },
        alt="How often the set holds the true class",
    )
