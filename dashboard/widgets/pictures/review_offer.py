"""Putting an undecided picture into the review queue."""

import streamlit as st

from core.base.errors import LesionLabError
from core.runs.picture_answer import PictureAnswer
from core.runs.reviews import put_into_queue
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture
from dashboard.roles import current_person
from dashboard.router import page_of
from dashboard.widgets.pictures.verdict_view import picture_digest


def offer_review(told: PictureAnswer, picture: BroughtPicture, run: RunFolder) -> None:
    """The button that puts it into the queue, and the box that allows the picture to be kept."""
    waiting = st.session_state.setdefault("review-waiting", set())
    key = (run.run_id, picture_digest(picture))
    if key in waiting:
        st.success("In the review queue.", icon=":material/how_to_reg:")
        st.page_link(page_of("review"), label="Open the queue", icon=":material/rate_review:")
        return
    with st.form("review", border=True):
        keep = st.checkbox(
            "Keep the picture for whoever answers",
            help="Without it only the model's answer is kept, with a number by which the picture is known again.",
        )
        if st.form_submit_button("Put into the review queue", icon=":material/rate_review:"):
            try:
                put_into_queue(run, told, picture, keep, by=current_person())
            except LesionLabError as error:
                st.error(str(error), icon=":material/error:")
                return
            waiting.add(key)
            st.rerun()
