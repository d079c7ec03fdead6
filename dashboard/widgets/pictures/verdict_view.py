"""The answer for one picture, large: high, low, for a person to look at, or refused; and how far to trust it."""

import hashlib

import streamlit as st

from core.base.percents import percent, percent_range
from core.runs.answers.picture_answer import PictureAnswer
from core.runs.answers.verdict import Kind, Verdict, always_in_words
from core.runs.judging.class_sensitivity import class_sensitivities
from core.runs.judging.trust import Trust
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture
from core.serving.predictor import PredictorInfo
from dashboard.glossary import meaning
from dashboard.markdown import Markdown

_LOOKS = {
    Kind.HIGH: ("red", ":material/arrow_upward:"),
    Kind.LOW: ("green", ":material/arrow_downward:"),
    Kind.REVIEW: ("orange", ":material/person_search:"),
    Kind.REFUSED: ("grey", ":material/block:"),
}
"""Colour and icon of each."""


def show_verdict(told: PictureAnswer, run: RunFolder, info: PredictorInfo) -> None:
    """The kind of answer, large, with its reasons; then the most likely class and how sure that is.

    Beside it stands how many of that class the model finds where the truth is known.

    Args:
        told: of a picture; of one that is refused no percentage is shown.
        run: that has answered.
        info: of the run.
    """
    verdict, names = told.verdict, {each.key: each.name for each in info.classes}
    if verdict.kind is not None:
        colour, icon = _LOOKS[verdict.kind]
        st.header(Markdown(f"{icon} :{colour}[{{}}]").format(verdict.kind.heading), anchor=False)
    for reason in verdict.reasons:
        st.markdown(Markdown("{}").format(reason))
    if verdict.kind is Kind.REFUSED:
        return
    answer = told.answer
    row = st.container(horizontal=True)
    sure = answer.probabilities[answer.label]
    row.metric("Most likely", names[answer.label], percent(sure), delta_arrow="off", delta_color="off")
    if answer.malignant is not None:
        malignant = ", ".join(each.name for each in info.classes if each.malignant) or "no class"
        row.metric("Probability of malignant", percent(answer.malignant), help=f"Sum over {malignant}.")
    st.caption(Markdown("{}").format(class_sensitivities(run)[answer.label].sentence), help=meaning("sensitivity"))
    if verdict.line is not None:
        st.caption(Markdown("{}").format(_line_in_words(verdict)))
    if told.such is None:
        st.caption("Too few pictures were held out to say how many of 100 such answers are right.")
    else:
        such = told.such
        st.markdown(Markdown("**{}**").format(such.sentence))
        st.caption(
            f"Counted on {such.pictures:,} test pictures of {such.lesions:,} lesions that the model was as sure of: "
            f"{percent_range(such.least, such.most, 0)}. With 95 % confidence."
        )


def show_set(verdict: Verdict, info: PredictorInfo, trust: Trust) -> None:
    """The set of classes at each level, the one that decides marked, and which classes are always in it."""
    names = {each.key: each.name for each in info.classes}
    if verdict.sets is None or trust.sets is None:
        st.caption(trust.why_no_sets)
        return
    st.markdown(Markdown("**Which classes are possible**"), help=meaning("conformal set"))
    for level, keys in verdict.sets.items():
        named = ", ".join(names[key] for key in keys) or "none"
        decides = " (decides)" if level == verdict.level else ""
        st.markdown(Markdown("- {}: {}").format(f"right in {percent(level, 0)} of cases{decides}", named))
    for level in verdict.sets:
        if said := always_in_words(trust.sets.always(level), names, level):
            st.caption(Markdown("{}").format(said))
    if trust.approximate:
        st.caption(
            "This run is of an older version: its percentages were fitted on the same validation pictures, so the "
            "promise holds only nearly. Judge it again to have it hold."
        )


def show_quality(quality: tuple[str, ...]) -> None:
    """What is amiss with the picture; nothing where all is well."""
    for sentence in quality:
        st.warning(sentence, icon=":material/photo_camera:")


def calibration_note(info: PredictorInfo) -> str:
    """What the percentages of a run mean."""
    if info.temperature == 1.0:
        return "These percentages are not calibrated: 80 % does not mean right in 8 of 10 cases."
    return "These percentages are calibrated on validation pictures (temperature scaling)."


def picture_digest(picture: BroughtPicture) -> str:
    """Tells pictures apart: a hash of what is shown of one."""
    return hashlib.sha256(picture.shown.tobytes() + str(picture.shown.shape).encode()).hexdigest()


def _line_in_words(verdict: Verdict) -> str:
    line = verdict.line
    if line is None or verdict.score is None:
        return ""
    whose = "as it was saved for this run" if line.saved else "0.5, as nobody has saved another one for this run"
    return (
        f"An answer is high where {line.name} has at least {percent(line.value)} ({whose}); here it has "
        f"{percent(verdict.score)}."
    )
