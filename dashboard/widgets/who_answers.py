"""Who answers for a run, Keras or ONNX Runtime: a line, and having it measured."""

import streamlit as st

from core.jobs import newest_job, start_job
from core.runs.run_folder import RunFolder
from core.serving.fast_network import missing
from core.serving.predictor import PredictorInfo
from core.serving.who_answers import KIND, known_who_answers, title_for, who_answers
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.widgets.data.job_progress import show_unless_done


def say_who_answers(run: RunFolder, info: PredictorInfo) -> None:
    """The line; nothing of a model of which there is no choice."""
    fast, told = who_answers(run.path, info)
    if told:
        st.caption(Markdown(":material/bolt: {}" if fast else ":material/info: {}").format(told))


def show_who_answers(run: RunFolder, info: PredictorInfo) -> None:
    """The line, and the offer to have it measured where that has not been done; the job while it works."""
    say_who_answers(run, info)
    if known_who_answers(run.path, info) or missing():
        return
    job = newest_job(KIND, run=run.run_id)
    if job is not None:
        show_unless_done(job)
    if job is not None and job.status().state.active:
        return
    if st.button(
        "Measure who answers faster",
        icon=":material/speed:",
        disabled=current_role() is not Role.INSTRUCTOR,
        help="The network is converted to ONNX, compared with Keras on up to 100 held-out pictures, and both are "
        "measured in turns. It is also done by itself when a program first asks the model without a heat map.",
    ):
        require_instructor()
        start_job(KIND, title_for(run.run_id), {"run": run.run_id})
        st.rerun()
