"""What a run's answers rest on: how often its sets are right, how cautious it is, and what the gate lets pass."""

import numpy as np
import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.evaluation.abstention import RISKS
from core.evaluation.conformal import LEVELS
from core.runs.caution import Caution, load_caution, save_caution
from core.runs.results import OtherResults, others_of
from core.runs.run_folder import RunFolder
from core.runs.trust import Trust, load_trust
from core.serving.predictor import PredictorInfo
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.state.judged import load_elsewhere
from dashboard.state.loading import load_dataset
from dashboard.widgets.coverage_table import coverage_table
from dashboard.widgets.pictures.gate_view import gate_details

BY = {"class": "label", "age": "age", "sex": "sex", "source": "source"}
"""By what coverage is told apart, and the column of the metadata."""
_AGES = (0, 30, 45, 60, 75, 200)
_AGE_NAMES = ("under 30", "30 to 44", "45 to 59", "60 to 74", "75 and older")


def show_trust(run: RunFolder, info: PredictorInfo) -> None:
    """Folded away: coverage, caution, gate; nothing where the run's predictions cannot be read."""
    try:
        trust, caution = load_trust(run), load_caution(run)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    with st.expander("How often the sets are right", icon=":material/data_check:"):
        _show_coverage(run, trust, info, caution)
    with st.expander("How cautious this model is", icon=":material/tune:"):
        _choose_caution(run, trust, caution)
    with st.expander("What counts as the right kind of picture", icon=":material/filter_alt:"):
        gate_details(info)


def _show_coverage(run: RunFolder, trust: Trust, info: PredictorInfo, caution: Caution) -> None:
    if trust.sets is None or trust.held_out is None:
        st.caption("This run has too few validation pictures for sets, or no test pictures to count on.")
        return
    level_box, by_box = st.columns(2)
    level = level_box.segmented_control(
        "Promise", LEVELS, format_func=lambda each: f"{each:.0%}", default=caution.level, required=True
    )
    elsewhere = _elsewhere(run)
    by = by_box.selectbox("Told apart by", BY if elsewhere is None else ["class"])
    try:
        values = _values(BY[by], info, trust) if elsewhere is None else _true_classes(elsewhere.predictions)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    counted_on = None if elsewhere is None else elsewhere.predictions
    found = trust.coverage(level, None, counted_on), trust.coverage(level, values, counted_on)
    tables = [each for each in found if each is not None]
    table = pd.concat(tables, ignore_index=True)
    names = {each.key: each.name for each in info.classes}
    table["of"] = table["of"].map(lambda value: names.get(value, value) if by == "class" else value)
    coverage_table(table, by)
    always = ", ".join(names[key] for key in trust.sets.always(level))
    st.caption(
        f"Promised: {level:.0%} of new lesions of each class. Counted on "
        f"{'test pictures' if elsewhere is None else f'the pictures of {elsewhere.name}'}, by lesion; low and high are "
        "a 95 % interval."
        + (f" Always in the set, because there were too few lesions to tell: {always}." if always else "")
        + (
            " On pictures of another hospital the promise does not hold by itself."
            if elsewhere is None
            else " The promise was not made for these pictures: this is what is left of it."
        )
    )


def _elsewhere(run: RunFolder) -> OtherResults | None:
    """What the run was judged on besides its own parts, if somebody chooses that; None is the test part."""
    others = others_of(run)
    if not others:
        return None
    chosen = st.selectbox("Counted on", ["", *others], format_func=lambda name: name or "test pictures of this run")
    if not chosen:
        return None
    try:
        return load_elsewhere(run, chosen)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return None


def _true_classes(predictions: pd.DataFrame) -> pd.Series:
    return predictions.drop_duplicates("image_id").set_index("image_id")["true"]


def _values(column: str, info: PredictorInfo, trust: Trust) -> pd.Series | None:
    """What each picture has in a column of the metadata, by image id; None where it is not known."""
    if column == "label":
        held_out = trust.held_out
        return None if held_out is None else _true_classes(held_out)
    table = load_dataset(info.dataset).table.drop_duplicates("image_id").set_index("image_id")
    if column == "age":
        bands = pd.cut(table["age"].astype(float), _AGES, right=False, labels=list(_AGE_NAMES))
        return bands.astype(object).where(bands.notna(), np.nan)
    return table[column]


def _choose_caution(run: RunFolder, trust: Trust, caution: Caution) -> None:
    may = current_role() is Role.INSTRUCTOR
    level = st.segmented_control(
        "An answer is undecided by the set that is right in",
        LEVELS,
        format_func=lambda each: f"{each:.0%} of cases",
        default=caution.level,
        required=True,
        key=f"caution-level-{run.run_id}",
    )
    risk = st.selectbox(
        "Of the answers that are given, at most so many may be wrong",
        (None, *RISKS),
        index=(None, *RISKS).index(caution.risk),
        format_func=lambda each: "no limit: every answer is given" if each is None else f"{each:.0%}",
        key=f"caution-risk-{run.run_id}",
    )
    _show_price(trust, risk)
    if (level, risk) != (caution.level, caution.risk) and st.button(
        "Keep for this run", icon=":material/save:", disabled=not may
    ):
        require_instructor()
        save_caution(run, level, risk, current_person())
        st.rerun()
    if not may:
        st.caption("On this server only an instructor can change this.")
    elif caution.at:
        who = caution.by or "a person at this machine"
        st.caption(f"Chosen by {who}.")


def _show_price(trust: Trust, risk: float | None) -> None:
    """What a limit on wrong answers comes to on the test part."""
    if risk is None:
        return
    least = trust.least_confidence(risk)
    if least is None:
        st.warning(
            f"However sure it is, more than {risk:.0%} of the model's answers are wrong on validation pictures: "
            "everything would be for a person to look at.",
            icon=":material/person_search:",
        )
        return
    found = trust.abstained(least)
    if found is None or found.wrong is None:
        st.caption(f"It would answer from a probability of {least:.0%} on.")
        return
    st.caption(
        f"It would answer from a probability of {least:.0%} on: {found.answered:.0%} of {found.lesions:,} test "
        f"lesions, of which {found.wrong:.1%} wrong ({found.low:.1%} to {found.high:.1%} with 95 % confidence)."
    )
