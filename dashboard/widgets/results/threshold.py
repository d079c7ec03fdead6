"""Where to draw the line: one slider, what it finds and what it costs, saved with the run."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core.base.counting import are, counted
from core.base.errors import LesionLabError
from core.base.percents import percent, percent_limits, with_minus
from core.evaluation.operating import OperatingPoint
from core.evaluation.readings import Reading
from core.runs.judging.readings import melanoma_of
from core.runs.judging.result_words import threshold_in_words
from core.runs.judging.threshold import SavedThreshold, forget_threshold, load_threshold, save_threshold
from dashboard.charts.judging import decision_chart, threshold_chart
from dashboard.glossary import meaning
from dashboard.local_time import said_at
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.state.judged import (
    VALIDATION,
    JudgedPart,
    load_finding_curve,
    load_operating_curve,
    load_threshold_rules,
    validation_of,
)
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.results.figures import NOTE, readings

BY_HAND = "set by hand"
_PROBLEM = "threshold-problem"
"""Why the last attempt to save failed, until it has been shown."""


def show_threshold(part: JudgedPart) -> None:
    """Choose what is called, from which probability on, and see what that comes to."""
    wanted = {reading.name: reading for reading in readings(part)}
    name = st.selectbox(
        "Call a picture …" if part.info.things == "pictures" else "Call a sample …",
        list(wanted),
        key=f"called-{part.run.run_id}",
        persist_state="session",
        help="It is called so where the probability of these classes together reaches the threshold.",
    )
    reading = wanted[name]
    if why := reading.problem(part.table, part.info.things[:-1]):
        st.info(f"{why} Choose another class, or another part.", icon=":material/info:")
        return
    _threshold(part, reading)


@st.fragment
def _threshold(part: JudgedPart, reading: Reading) -> None:
    """All that moves with the slider, so that nothing else of the page is made anew."""
    noun = {"samples": "sample"}.get(part.info.things, "image")
    curve = load_operating_curve(part, reading)
    rules = load_threshold_rules(part, reading)
    key = f"threshold-{part.run.run_id}-{'+'.join(reading.positive)}"
    saved = _saved(part)
    if key not in st.session_state:
        st.session_state[key] = _start(saved, reading, rules)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for rule, value in rules.items():
            st.button(rule, on_click=_set, args=(key, value), help=f"{value:.3f} on {_chosen_on(part)}")
    if not rules:
        st.info(
            "This run has no validation part with such cases, and a threshold that is chosen on the pictures it is "
            "judged on flatters. Set it by hand, or train with a validation part.",
            icon=":material/rule:",
        )
    left, right = st.columns([3, 2], gap="large")
    threshold = left.slider(
        f"Threshold: call it {reading.name} at this probability or more", 0.0, 1.0, step=0.001, format="%.3f", key=key,
        persist_state="session", help=meaning("threshold"),
    )  # fmt: skip
    prevalence = (
        right.slider(
            f"How many of 1,000 are {reading.name}", 1, 999, round(1000 * min(max(curve.prevalence, 0.001), 0.999)),
            key=f"prevalence-{key}", persist_state="session",
            help="As it is where the model would be used. The slider starts at the share in this part, which is larger "
            "in most data sets than in a practice.",
        ) / 1000
    )  # fmt: skip
    point = curve.at(threshold)
    _tiles(part, reading, point, prevalence)
    left, right = st.columns(2, gap="large")
    left.plotly_chart(
        threshold_chart(curve, threshold, reading, noun),
        key=f"by-threshold-{key}",
        alt="Sensitivity and specificity by threshold; those of the chosen one stand above",
    )
    right.plotly_chart(
        decision_chart(curve, threshold, prevalence, reading, noun),
        key=f"decision-{key}",
        alt="Net benefit of the model, of calling all and of calling none, by threshold",
    )
    chosen_elsewhere = rules and part.name != VALIDATION
    st.caption(
        f"On {counted(point.found + point.missed, part.info.things)} that {are(point.found + point.missed)} "
        f"{reading.name} and {counted(point.false_alarms + point.left_alone, 'others')} of "
        f"{counted(curve.groups, 'groups')} of {part.title}. "
        + ("Rules choose the threshold on the validation part; below" if chosen_elsewhere else "Below")
        + " each figure: its 95 % interval from resampling whole groups, or by their number where all are alike "
        "(Wilson). Net benefit: cases found for each one looked at, less false alarms, of which at a threshold of 10 % "
        "nine weigh as much as one case (Vickers & Elkin 2006). The model is worth using where its line lies above "
        "both dashed ones. Where far fewer are "
        f"{reading.name} than in training, stated probabilities are too high: look at sensitivity and specificity."
    )
    if rules and part.name == VALIDATION:
        st.caption(
            "The threshold was chosen on these very pictures, so its figures are too good. Choose the test part."
        )
    rule = next((rule for rule, value in rules.items() if abs(value - threshold) < 5e-4), BY_HAND)
    if not part.info.folds:  # whose run has no model that could answer by it
        _keeping(part, reading, saved, threshold, rule)


def _tiles(part: JudgedPart, reading: Reading, point: OperatingPoint, prevalence: float) -> None:
    row = st.grid(5, min_column_width=150)
    row.metric(
        "Sensitivity", percent(point.sensitivity), percent_limits(point.sensitivity_interval),
        help=meaning("sensitivity", f"Here: {point.found:,} of {point.found + point.missed:,} {reading.name}."),
        **NOTE,
    )  # fmt: skip
    row.metric(
        "Specificity", percent(point.specificity), percent_limits(point.specificity_interval),
        help=meaning(
            "specificity", f"Here: {point.left_alone:,} of {point.left_alone + point.false_alarms:,} others."
        ), **NOTE,
    )  # fmt: skip
    row.metric(
        "Missed per 1,000",
        f"{point.missed_per_1000(prevalence):.1f}",
        _range(point.missed_per_1000_interval(prevalence)),
        help=f"Of 1,000 of which {1000 * prevalence:.0f} are {reading.name}, so many are not called so.",
        **NOTE,
    )
    row.metric(
        "Needless per 1,000",
        f"{point.needless_per_1000(prevalence):.0f}",
        _range(point.needless_per_1000_interval(prevalence), 0),
        help=f"Others that are called {reading.name}: needless operations, if everything that is called so is cut out.",
        **NOTE,
    )
    benefit = point.net_benefit(prevalence)
    row.metric(
        "Net benefit",
        with_minus(f"{benefit:z.4f}") if np.isfinite(benefit) else "not defined",
        _range(point.net_benefit_interval(prevalence), 4),
        help=meaning("net benefit", "The model helps where it has more than calling all, and more than calling none."),
        **NOTE,
    )
    if said := _melanomas(part, reading, point, prevalence):
        st.caption(said)


def _melanomas(part: JudgedPart, reading: Reading, point: OperatingPoint, prevalence: float) -> str:
    """How many of the missed ones are melanomas, where these are one of several classes that are called together."""
    melanoma = melanoma_of(part.info.classes)
    if melanoma is None or melanoma.key not in reading.positive or len(reading.positive) == 1:
        return ""
    curve = load_finding_curve(part, reading, melanoma.key)
    if not curve.positives:
        return ""
    found = curve.at(point.threshold)
    share = curve.positives / (point.found + point.missed)
    limits = _range(found.missed_per_1000_interval(prevalence * share))
    spread = f" (95 % interval {limits})" if limits else ""
    return (
        f"Missed melanomas per 1,000: {found.missed_per_1000(prevalence * share):.1f}{spread}, if {percent(share, 0)} "
        f"of what is {reading.name} are melanomas as here; {percent(found.sensitivity)} of "
        f"{counted(curve.positives, 'melanomas')} {are(curve.positives)} found."
    )


def _chosen_on(part: JudgedPart) -> str:
    return f"the validation part, {counted(len(validation_of(part)), part.info.things)}"


def _start(saved: SavedThreshold | None, reading: Reading, rules: dict[str, float]) -> float:
    if saved is not None and set(saved.positive) == set(reading.positive):
        return saved.value
    return next(iter(rules.values()), 0.5)


def _set(key: str, value: float) -> None:
    st.session_state[key] = value


def _saved(part: JudgedPart) -> SavedThreshold | None:
    try:
        return load_threshold(part.run)
    except LesionLabError as error:
        st.warning(str(error), icon=":material/warning:")
        return None


def _keeping(part: JudgedPart, reading: Reading, saved: SavedThreshold | None, threshold: float, rule: str) -> None:
    """What is saved with the run, and the buttons that save and forget."""
    if saved is None:
        st.caption("No threshold is saved with this run: Predict takes 0.5 where it is known what is malignant.")
    else:
        st.success(threshold_in_words(saved, part.info.things[:-1], said_at(saved.at)), icon=":material/bookmark:")
        if saved.outdated:
            st.warning("The run was evaluated anew since: save it again.", icon=":material/update:")
    allowed = current_role() is Role.INSTRUCTOR
    kept = saved is not None and not saved.outdated and (saved.value, saved.positive) == (threshold, reading.positive)
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(problem, icon=":material/error:")
    chosen_on = "" if rule == BY_HAND else VALIDATION
    with st.container(horizontal=True):
        st.button(
            "Save for Predict",
            icon=":material/bookmark_add:",
            disabled=not allowed or kept,
            help="Predict then compares each picture with it." if allowed else "Only instructors save one.",
            on_click=_save,
            args=(part, threshold, reading, rule, chosen_on),
        )
        if saved is not None:
            asks_first(
                "Forget the saved one",
                "Predict then says “high” from 0.5 on; who saved this one, and when, is forgotten.",
                "Forget it",
                key="forget-threshold",
                icon=":material/bookmark_remove:",
                disabled=not allowed,
                on_click=_forget,
                args=(part,),
            )


def _save(part: JudgedPart, threshold: float, reading: Reading, rule: str, chosen_on: str) -> None:
    _act(
        lambda: save_threshold(part.run, threshold, reading, rule=rule, chosen_on=chosen_on, by=current_person()),
    )


def _forget(part: JudgedPart) -> None:
    _act(lambda: forget_threshold(part.run))


def _act(action: Callable[[], object]) -> None:
    try:
        require_instructor()
        action()
    except LesionLabError as error:
        st.session_state[_PROBLEM] = str(error)


def _range(limits: tuple[float, float] | None, digits: int = 1) -> str:
    return with_minus(f"{limits[0]:z.{digits}f} to {limits[1]:z.{digits}f}") if limits else ""
