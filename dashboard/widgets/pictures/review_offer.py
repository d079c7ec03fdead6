"""Putting an undecided picture into the review queue, by hand or by itself, and taking it out again."""

import streamlit as st

from core.base.errors import LesionLabError
from core.runs.answers.picture_answer import PictureAnswer
from core.runs.answers.reviews import put_into_queue, take_back
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture
from dashboard.roles import current_person
from dashboard.router import page_of
from dashboard.widgets.pictures.verdict_view import picture_digest

TAKEN_BACK = ""
"""In place of the id of an entry that was taken out: it does not go in by itself again."""


def offer_review(
    told: PictureAnswer, picture: BroughtPicture, run: RunFolder, whole: BroughtPicture, *, by_itself: bool
) -> None:
    """Say that it is in the queue, with the offer to take it out again; else the button that puts it there.

    Args:
        told: the run's answer.
        picture: what was answered for.
        run: that answered.
        whole: the picture before it was cropped; another crop of it takes the place of the one before in the queue.
        by_itself: whether it goes there without being asked for, and then without the picture.
    """
    waiting: dict[tuple[str, str, str], str] = st.session_state.setdefault("review-waiting", {})
    of_whole = (run.run_id, picture_digest(whole))
    key = (*of_whole, picture_digest(picture))
    earlier = [each for each in waiting if each[:2] == of_whole and each != key]
    if by_itself and key not in waiting and not any(waiting[each] == TAKEN_BACK for each in earlier):
        _put(told, picture, run, keep=False, key=key)
        for each in earlier:
            _take_back(waiting.pop(each))
    if waiting.get(key, TAKEN_BACK) == TAKEN_BACK:
        _form(told, picture, run, key)
        return
    st.success("In the review queue.", icon=":material/how_to_reg:")
    if by_itself:
        st.caption(
            "It went there by itself, as was chosen for this model: the model's answer without the name "
            "of the file, and without the picture unless you allow that."
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(page_of("review"), label="Open the queue", icon=":material/rate_review:")
        if st.button("Take it out again", icon=":material/undo:", key="review-back") and _take_back(waiting[key]):
            waiting[key] = TAKEN_BACK
            st.rerun()
        may_keep = by_itself and key not in st.session_state.setdefault("review-kept", set())
        if may_keep and st.button("Keep the picture, too", icon=":material/image:", key="review-keep"):
            before = waiting[key]
            if _put(told, picture, run, keep=True, key=key):
                _take_back(before)
                st.session_state["review-kept"].add(key)
                st.rerun()


def _form(told: PictureAnswer, picture: BroughtPicture, run: RunFolder, key: tuple[str, str, str]) -> None:
    with st.form("review", border=True):
        keep = st.checkbox(
            "Keep the picture for whoever answers",
            help="Without it only the model's answer is kept, with a number by which the picture is known again.",
        )
        pressed = st.form_submit_button("Put into the review queue", icon=":material/rate_review:")
        if pressed and _put(told, picture, run, keep=keep, key=key):
            st.rerun()


def _put(
    told: PictureAnswer, picture: BroughtPicture, run: RunFolder, *, keep: bool, key: tuple[str, str, str]
) -> bool:
    try:
        st.session_state["review-waiting"][key] = put_into_queue(run, told, picture, keep, by=current_person())
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return False
    return True


def _take_back(review_id: str) -> bool:
    try:
        take_back(review_id, current_person())
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return False
    return True
