"""Drift watch of a run: what it was asked about, week by week, and whether that is still what it was tested on."""

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import LesionLabError
from core.base.percents import percent
from core.evaluation.drift import FEWEST, Change
from core.runs.answers.drift import Drift, load_drift
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.charts.drift import class_mix_chart, confidence_chart, refused_chart
from dashboard.glossary import meaning
from dashboard.markdown import Markdown
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.shares_table import shares_written


def show_drift(run: RunFolder, info: PredictorInfo) -> None:
    """Charts and sentences; nothing of a picture is kept, only counts by week."""
    st.caption(
        "Counted week by week for all that people and programs ask: how many pictures the gate refused, how sure the "
        "model was, and which class was most likely. No picture and no name is kept.",
        help=meaning("gate"),
    )
    try:
        drift = load_drift(run)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    if drift.ahead:
        st.warning(
            f"{drift.ahead:,} pictures were counted in weeks that have not come yet: the clock of this machine was "
            "wrong. They are left out.",
            icon=":material/schedule:",
        )
    if drift.by_week.empty:
        st.info("Nobody has asked this run about a picture of their own yet.", icon=":material/hourglass_empty:")
        return
    _say(drift)
    left, right = st.columns(2)
    if drift.by_week["looked_at"].any():
        left.plotly_chart(refused_chart(drift), alt="Share of pictures that the gate refused, by week")
    else:
        left.info(
            "Whether pictures are of the right kind was not looked at: there is no gate yet.",
            icon=":material/visibility_off:",
        )
    right.plotly_chart(confidence_chart(drift), alt="Mean probability of the most likely class, by week")
    st.plotly_chart(
        class_mix_chart(drift, info.classes), alt="Share of each most likely class by week, beside the training part"
    )
    csv_button("By week as CSV", drift.by_week, f"drift-{run.run_id}.csv")


def _say(drift: Drift) -> None:
    """What is other than expected, in words, or that nothing is."""
    if not drift.changes:
        st.info(
            f"Fewer than {FEWEST} pictures were asked about in these weeks: too few to compare.",
            icon=":material/hourglass_empty:",
        )
        return
    for change in drift.changes:
        if change.more_than_chance:
            st.warning(Markdown("{}").format(_in_words(change)), icon=":material/trending_up:")
    if not any(change.more_than_chance for change in drift.changes):
        st.success("These pictures are like those that the model was tested on, as far as can be told.")
    table = pd.DataFrame(
        [
            {
                "figure": {"classes": "class mix, share that differs", "refused": "refused"}.get(
                    each.figure, each.figure
                ),
                "now": each.now,
                "expected": each.expected,
                "pictures": each.pictures,
                "p-value": each.p_value,
            }
            for each in drift.changes
        ]
    )
    with st.expander("The tests", icon=":material/functions:"):
        st.dataframe(
            shares_written(table, ["now", "expected"]),
            hide_index=True,
            height="content",
            column_config={"p-value": st.column_config.NumberColumn(format="%.2g")},
            alt="Each figure now and as expected, with its p-value",
        )
        st.caption(
            "Refused: Fisher's exact test against pictures of the right kind that the gate had not seen. Confidence: "
            "Welch's test against test pictures. Classes: chi-squared against the training part, classes with fewer "
            "than 5 expected together. More than chance is a p-value below 0.05 / 3. Several photos of one person "
            "are counted as if they were independent, so a small difference may come from one person."
        )


def _in_words(change: Change) -> str:
    pictures = counted(change.pictures, "pictures")
    if change.figure == "refused":
        more = "more" if change.now > change.expected else "less"
        return (
            f"The gate refuses {more} than expected: {percent(change.now)} of {pictures} instead of "
            f"{percent(change.expected)}. Look at what is sent: another camera, another part of the body, "
            "another kind of picture?"
        )
    if change.figure == "confidence":
        more = "surer" if change.now > change.expected else "less sure"
        return (
            f"The model is {more} than on test pictures: {percent(change.now)} on average instead of "
            f"{percent(change.expected)}, over {pictures}."
        )
    return (
        f"The classes come in another mix than in training: {percent(change.now, 0)} of "
        f"{counted(change.pictures, 'answers')} "
        "would have to change their class to make the two alike. Either the patients are others, or the model is "
        "often wrong on their pictures."
    )
