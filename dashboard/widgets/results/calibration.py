"""How far stated probabilities can be taken at their word, before and after the temperature."""

import numpy as np
import pandas as pd
import streamlit as st

from core.base.percents import percent, percent_limits, with_minus
from core.evaluation.brier import Brier
from core.evaluation.calibration import classwise_calibration_error, expected_calibration_error
from core.evaluation.intervals import row_losses
from core.evaluation.predictions import predicted_labels, probabilities
from core.serving.predictor import PredictorInfo
from dashboard.charts.judging import reliability_chart
from dashboard.state.judged import (
    VALIDATION,
    JudgedPart,
    load_bins,
    load_brier,
    load_calibration_intervals,
    uncalibrated,
    validation_of,
)
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.shares_table import shares_written

TOP = "the most likely class"
_BRIER = {
    "score": "Brier score, 0 to 2",
    "reliability": "– reliability, 0 is best",
    "resolution": "– resolution, large is good",
    "uncertainty": "– uncertainty",
    "within_bins": "– within bins",
}
"""The score and what it is made of, by their names in `Brier`."""


def show_calibration(part: JudgedPart) -> None:
    """Reliability diagrams side by side, and what calibration error and Brier score are made of."""
    if part.table.empty:
        st.info(f"There is nothing in {part.title} to judge probabilities on.", icon=":material/info:")
        return
    info, temperature = part.info, part.info.temperature
    names = {"": TOP} | {c.key: c.name for c in info.classes}
    shown = st.selectbox(
        "Probability of", list(names), format_func=names.__getitem__, key=f"calibrated-{info.run_id}",
        persist_state="session",
    )  # fmt: skip
    parts = {"after": part} if temperature == 1.0 else {"before": uncalibrated(part), "after": part}
    judged = parts if len(parts) > 1 else {"as it answers": part}
    noun = {"samples": "sample"}.get(info.things, "image")
    titles = {"before": "Before the temperature", "after": f"As it answers, at a temperature of {temperature:.2f}"}
    for column, (when, each) in zip(st.columns(len(parts), gap="large"), parts.items(), strict=True):
        title = titles[when] if len(parts) > 1 else "Reliability"
        column.plotly_chart(
            reliability_chart(load_bins(each, shown), title, noun=noun),
            key=f"reliability-{when}",
            alt=f"{title}: observed share against the stated probability of {names[shown]}",
        )
    if temperature == 1.0:
        st.caption(f"No temperature was fitted: the run {_why_no_temperature(part)}.")
    else:
        way = "less" if temperature > 1 else "more"
        st.caption(
            f"The temperature of {temperature:.2f} was fitted on {_fitted_on(info)}. It makes answers {way} "
            "certain; which class is the most likely stays. Larger dots stand for more "
            f"{info.things}, bars are 95 % intervals from resampling whole groups."
            + (_flatters(info) if part.name == VALIDATION else "")
        )
    table = pd.DataFrame({when: _figures(each) for when, each in judged.items()}).rename_axis("figure").reset_index()
    st.dataframe(table, hide_index=True, alt="Calibration error, log loss and Brier score before and after")
    st.caption(
        "In brackets: 95 % intervals from resampling whole groups. "
        "Brier score = reliability − resolution + uncertainty + what binning leaves over (Murphy 1973, in 15 bins). "
        "Reliability is what calibration can mend, resolution what the model knows, uncertainty what the task brings."
    )
    classwise = {when: classwise_calibration_error(each.table, info.class_keys) for when, each in judged.items()}
    limits = {when: load_calibration_intervals(each) for when, each in judged.items()}
    by_class = pd.DataFrame(
        {
            "class": c.name,
            info.things: int((part.table["true"] == c.key).sum()),
            **{when: errors[c.key] for when, errors in classwise.items()},
            **{f"{when}, 95 %": percent_limits(each.by_class[c.key]) for when, each in limits.items()},
        }
        for c in info.classes
    )
    st.subheader("Calibration error by class")
    st.dataframe(
        shares_written(by_class, classwise),
        hide_index=True,
        alt="Calibration error of the probability of each class, with 95 % intervals",
    )
    csv_button("Figures as CSV", table, f"{info.run_id}-{part.name}-calibration.csv")


def _why_no_temperature(part: JudgedPart) -> str:
    if part.info.folds:
        return "joins folds, which have temperatures of their own"
    return "has no validation part" if validation_of(part).empty else "is of an earlier version, or needs none"


def _fitted_on(info: PredictorInfo) -> str:
    if info.temperature_of_half:
        return (
            "one half of the validation part alone, divided by groups (the other half makes the sets of classes that "
            "Predict names, so that neither is judged on what the other was fitted to)"
        )
    return "the validation part alone" + (
        "; the sets of classes that Predict names have a temperature of one half of it, divided by groups, and their "
        "limits from the other, so that neither is judged on what the other was fitted to"
        if info.temperature_of_sets is not None
        else ""
    )


def _flatters(info: PredictorInfo) -> str:
    some = f"half of these very {info.things}" if info.temperature_of_half else f"these very {info.things}"
    return f" It was fitted on {some}, so the figures here are a little too good."


def _figures(part: JudgedPart) -> dict[str, str]:
    keys = part.info.class_keys
    score: Brier | None = load_brier(part)
    assert score is not None  # the part is not empty
    confidence = probabilities(part.table, keys).max(axis=1).mean()
    right = (predicted_labels(part.table, keys) == part.table["true"].to_numpy(dtype=str)).mean()
    brier = {
        name: with_minus(f"{value:z.4f}") + _in_brackets(score.limits.get(name))
        for name, value in ((each, getattr(score, each)) for each in _BRIER)
    }
    errors, limits = list(classwise_calibration_error(part.table, keys).values()), load_calibration_intervals(part)
    return {
        "expected calibration error": _with_limits(expected_calibration_error(part.table, keys), limits.expected),
        "classwise calibration error": _with_limits(float(np.mean(errors)), limits.classwise),
        "mean confidence": _with_limits(float(confidence), limits.confidence),
        "accuracy": _with_limits(float(right), part.metrics.intervals.get("accuracy")),
        "log loss (nats)": f"{row_losses(part.table, keys).mean():.4f}{_in_brackets(limits.log_loss)}",
        **{_BRIER[name]: text for name, text in brier.items()},
    }


def _in_brackets(limits: tuple[float, float] | None) -> str:
    return with_minus(f" ({limits[0]:z.3f} to {limits[1]:z.3f})") if limits else ""


def _with_limits(error: float | None, limits: tuple[float, float] | None) -> str:
    """An error with its interval in brackets."""
    return percent(error) + (f" ({percent_limits(limits)})" if limits else "")
