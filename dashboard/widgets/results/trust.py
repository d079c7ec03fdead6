"""Coverage and risk of a part: how often answers are right when only the surest are given, and sets beside promises."""

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.base.percents import percent, percent_limits
from core.evaluation.abstention import FEWEST_LESIONS, RISKS
from core.runs.judging.caution import Caution, load_caution
from core.runs.judging.trust import Trust, load_trust
from dashboard.charts.trusting import abstention_chart
from dashboard.router import page_of
from dashboard.state.judged import VALIDATION, JudgedPart, load_abstention_curve
from dashboard.widgets.coverage import show_coverage
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.shares_table import shares_table


def show_trust_in_part(part: JudgedPart) -> None:
    """What a part says of answering only where the model is sure, and of the sets that Predict names."""
    if part.table.empty:
        st.info(f"There is nothing in {part.title} to count on.", icon=":material/info:")
        return
    try:
        trust, caution = load_trust(part.run), load_caution(part.run)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    _show_curve(part, trust, caution)
    st.subheader("Sets of classes beside what they promise")
    show_coverage(part, trust, caution)


def _show_curve(part: JudgedPart, trust: Trust, caution: Caution) -> None:
    noun = {"samples": "sample"}.get(part.info.things, "image")
    curve = load_abstention_curve(part)
    chosen = None if caution.risk is None else trust.least_confidence(caution.risk)
    st.plotly_chart(
        abstention_chart(curve, part.metrics.majority_accuracy, chosen, len(part.table), noun),
        alt="Share of right answers against the share of lesions that are answered; the numbers can be had as CSV",
    )
    st.caption(
        f"On {part.title}; several photos of a lesion or patient count as one. The model answers where its most likely "
        "class is probable enough: further right it answers less certain cases too. A falling line says that its "
        f"confidence means something. It begins where {FEWEST_LESIONS} are answered; the band is a 95 % interval from "
        "resampling whole groups."
    )
    csv_button("Curve as CSV", curve, f"{part.info.run_id}-{part.name}-coverage-and-accuracy.csv")
    if trust.calibration.empty:
        st.caption(
            "How sure the model has to be for a limit on wrong answers is chosen on validation pictures, of which this "
            "run has none."
        )
        return
    shares_table(_risks(part, trust), ("answered", "wrong"), "Effect of each limit on wrong answers")
    st.caption(
        "How sure it has to be was chosen on one half of the validation part"
        + ("; these very pictures are among them, so the figures are too good." if part.name == VALIDATION else
           f", and what came of it is counted on {part.title}.")
        + (" No limit is set for this run: Predict answers everything." if caution.risk is None else
           f" Predict answers by the limit of {percent(caution.risk, 0)}.")
    )  # fmt: skip
    st.page_link(
        page_of("predict"), label="Set the limit on Predict", icon=":material/tune:",
        query_params={"run": part.run.run_id},
    )  # fmt: skip


def _risks(part: JudgedPart, trust: Trust) -> pd.DataFrame:
    """A row for each limit on wrong answers."""
    rows = []
    for risk in RISKS:
        least = trust.least_confidence(risk)
        found = None if least is None else trust.abstained(least, part.table)
        given = found if found is not None and found.wrong is not None else None
        rows.append(
            {
                "limit: wrong at most": percent(risk, 0),
                "answers at a probability of at least": "never: the limit cannot be kept"
                if least is None
                else percent(least),
                "answered": 0.0 if found is None else found.answered,
                "wrong": None if given is None else given.wrong,
                "95 %": None if given is None else percent_limits((given.low, given.high)),
            }
        )
    return pd.DataFrame(rows)
