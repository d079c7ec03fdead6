"""You against the model: label pictures that a model was tested on, and see who does better."""

import streamlit as st

from core.base.errors import LessonError
from core.teaching.quiz.class_session import session_of_code
from dashboard.widgets.quiz.alone import current_attempt, show_attempt, show_kept
from dashboard.widgets.quiz.instructor_view import show_instructor_view
from dashboard.widgets.quiz.participant import show_participant
from dashboard.widgets.quiz.start import show_start

NOT_KEPT = (
    "The answers of the quiz in this address are not kept any more: the server was started anew, or many others have "
    "played since. You can begin another one."
)

asked = st.query_params
problem = ""
if code := asked.get("code"):
    try:
        asked["session"] = session_of_code(code).session_id
    except LessonError as error:
        problem = str(error)
    del asked["code"]

if session := asked.get("session"):
    if asked.get("view") == "class":
        show_instructor_view(session)
    else:
        show_participant(session, asked.get("seat"))
elif key := asked.get("result"):
    show_kept(key)
elif attempt := current_attempt():
    show_attempt(attempt)
else:
    if asked.pop("attempt", None):
        problem = problem or NOT_KEPT
    show_start(problem)
