"""The check whether a picture is of a known kind: whether there is one, how it does, and overruling it."""

from contextlib import suppress

import pandas as pd
import streamlit as st

from core.base.errors import JobError, LesionLabError
from core.base.percents import percent, percent_range
from core.runs.answers.picture_answer import PictureAnswer
from core.runs.answers.reviews import put_into_queue
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture
from core.serving.gate import Gate, gate_folder, open_gate
from core.serving.gate_making import KIND, TITLE, why_no_gate
from core.serving.predictor import PredictorInfo
from dashboard.markdown import Markdown
from dashboard.roles import current_person
from dashboard.state.loading import load_dataset
from dashboard.widgets.data.job_progress import newest_job, offer_job, show_unless_done
from dashboard.widgets.pictures.verdict_view import picture_digest
from dashboard.widgets.shares_table import shares_written

CANNOT = (
    "It cannot see an unknown diagnosis: a picture of the right kind passes although its diagnosis is none of the "
    "classes. Then the model names one of them all the same."
)
_NOT_YET = "Nobody can tell yet whether a picture is of the kind that this model knows."
_NEVER = "Nobody can tell whether a picture is of the kind that this model knows."
_LONGEST_NOTE = 500


def gate_notice(info: PredictorInfo) -> None:
    """Where a data set has no check yet: the job that makes it, or the button that starts it; else nothing."""
    if open_gate(gate_folder(info.dataset)) is not None:
        return
    with suppress(LesionLabError):  # where it is not here, the job says so
        if why := why_no_gate(load_dataset(info.dataset)):
            st.info(f"{_NEVER} {why} So any picture gets an answer.", icon=":material/info:")
            return
    job = newest_job(KIND, info.dataset)
    if job is not None:
        show_unless_done(job)
        with suppress(JobError):  # a damaged one is shown as such, and another can be started
            if job.status().state.active:
                st.caption(f"{_NOT_YET} Until this is done, any picture gets an answer.")
                return
    offer_job(
        KIND,
        TITLE.format(info.dataset_title),
        {"dataset": info.dataset},
        why=f"{_NOT_YET} Any picture gets an answer. For that, some pictures of {info.dataset_title} have to be looked "
        "at once, which takes about a minute.",
        label="Look at them",
        icon=":material/visibility:",
    )


def overruled(picture: BroughtPicture, run: RunFolder) -> bool:
    """Whether somebody has overruled the check for this picture and run in this session."""
    return bool(overruled_because(picture, run))


def overruled_because(picture: BroughtPicture, run: RunFolder) -> str:
    """Why somebody has overruled the check for this picture and run in this session; "" if nobody has."""
    return str(st.session_state.get("gate-overruled", {}).get((run.run_id, picture_digest(picture)), ""))


def offer_overruling(told: PictureAnswer, picture: BroughtPicture, run: RunFolder) -> None:
    """Let a person have an answer all the same, who says why; that is kept in the review queue."""
    with st.form("overrule", border=True):
        note = st.text_input("Why the check is wrong", max_chars=_LONGEST_NOTE, help="Kept in the review queue.")
        if st.form_submit_button("Answer anyway", icon=":material/gavel:"):
            if not note.strip():
                st.error("Say why, so that others understand it.", icon=":material/error:")
                return
            try:
                put_into_queue(run, told, picture, None, note=note.strip(), by=current_person())
            except LesionLabError as error:
                st.error(str(error), icon=":material/error:")
                return
            known = st.session_state.setdefault("gate-overruled", {})
            known[run.run_id, picture_digest(picture)] = note.strip()
            st.rerun()


def overruling_note(picture: BroughtPicture, run: RunFolder) -> None:
    """Say that a person has overruled the check, and why; nothing where nobody has."""
    if note := overruled_because(picture, run):
        st.warning(
            Markdown("The check refused this picture, and a person has overruled it: “{}”").format(note),
            icon=":material/gavel:",
        )


def gate_details(info: PredictorInfo) -> None:
    """How many pictures of the right kind the check lets pass, by class and source; nothing without a check."""
    gate = open_gate(gate_folder(info.dataset))
    if gate is None:
        return
    whole = gate.rates[0]
    st.markdown(
        Markdown("Of {:,} pictures of {} that the check had not seen, **{}** passed.").format(
            whole.pictures, gate.title, percent(whole.passed / whole.pictures)
        )
    )
    st.caption(Markdown("{}").format(f"{CANNOT} {_left_out(gate)}".rstrip()))
    st.dataframe(
        shares_written(_rates(gate, info), ["passed"]),
        hide_index=True,
        height="content",
        alt="Share of pictures of the right kind that pass, by class and source",
    )


def _left_out(gate: Gate) -> str:
    """What became of each class that the check was made without; "" where nobody has looked."""
    if not gate.left_out:
        return ""
    aucs = [each.auc for each in gate.left_out]
    shares = [each.passed / each.pictures for each in gate.left_out]
    return (
        f"With each of {len(aucs)} diagnoses of {gate.title} left out in turn, its pictures were told from the others "
        f"with an AUC of {min(aucs):.2f} to {max(aucs):.2f} (0.5 is chance), and "
        f"{percent_range(min(shares), max(shares), 0)} of them passed."
    )


def _rates(gate: Gate, info: PredictorInfo) -> pd.DataFrame:
    names = {each.key: each.name for each in info.classes}
    rows = [
        {
            "pictures of": names.get(each.of, each.of) if each.column == "label" else each.of or "all",
            "by": {"label": "class", "source": "source"}.get(each.column, ""),
            "pictures": each.pictures,
            "passed": each.passed / each.pictures,
        }
        for each in gate.rates
    ]
    return pd.DataFrame(rows)
