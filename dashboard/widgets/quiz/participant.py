"""A participant's place in a class session: joining, answering, and the result."""

import streamlit as st

from core.base.counting import counted
from core.base.errors import DataError, LessonError, RunError
from core.data.spec import Dataset
from core.runs.judging.results import Results, load_results
from core.runs.run_folder import open_run
from core.serving.predictor import PredictorInfo
from core.teaching.quiz.class_answers import (
    Participant,
    answer,
    finish,
    load_participant,
    participants,
    take_back,
)
from core.teaching.quiz.class_results import class_results
from core.teaching.quiz.class_session import ClassSession, Phase, load_session
from core.teaching.quiz.quiz import judge
from dashboard.charts.quiz import dots_chart
from dashboard.markdown import Markdown
from dashboard.state.joining import join_as_visitor
from dashboard.state.loading import load_dataset
from dashboard.widgets.notices import disclaimer
from dashboard.widgets.quiz.question import Turn, reported, show_problem, show_turn
from dashboard.widgets.quiz.result import show_comparison

PARTICIPANT = "quiz-participant"
"""Session state: (session, participant), so that a way back is offered after a visit to another page.

In addresses the participant stands as `seat`, the word of version 0.1.0, so that those of open sessions go on working.
"""

STORED = (
    "Your answers are stored on this server until the instructor deletes the session: under a random number, without a "
    "name. The instructor sees how far everybody is, and at the end everybody's answers, not whose they are."
)
"""What everybody is told before joining."""


def leave() -> None:
    """Go back to the start of the quiz; answers stay stored."""
    for name in ("session", "seat", "view", "code"):
        st.query_params.pop(name, None)
    st.session_state.pop(PARTICIPANT, None)


def show_participant(session_id: str, participant_id: str | None) -> None:
    """What a participant sees of a session at this moment."""
    try:
        session = load_session(session_id)
        participant = load_participant(session_id, participant_id) if participant_id else None
        info = PredictorInfo.load(open_run(session.settings.run_id).predictor_file)
        dataset = load_dataset(info.dataset)
    except (LessonError, RunError, DataError) as error:
        st.title("A class session")
        show_problem()
        st.error(str(error), icon=":material/error:")
        st.button("To the start of the quiz", icon=":material/home:", on_click=leave)
        return
    if participant is None:
        _show_door(session, info)
        return
    st.session_state[PARTICIPANT] = (session_id, participant.participant_id)
    if participant.finished or session.phase is not Phase.OPEN:
        _show_end(session, participant, dataset)
        return
    show_turn(
        Turn(
            session.image_ids,
            participant.answers,
            session.settings.with_metadata,
            answer=lambda position, key: answer(session_id, participant.participant_id, position, key),
            take_back=lambda position: take_back(session_id, participant.participant_id, position),
            finish=lambda: finish(session_id, participant.participant_id),
        ),
        dataset,
        info.classes,
    )
    st.caption("The address of this page is yours: reload it to go on here. Not a diagnosis, for education only.")


def _show_door(session: ClassSession, info: PredictorInfo) -> None:
    st.title("You against the model, in class")
    show_problem()
    if session.phase is not Phase.OPEN:
        st.info("This class session is closed: no more answers are taken.", icon=":material/lock:")
        st.button("Play on your own", icon=":material/person:", on_click=leave)
        return
    st.markdown(
        Markdown(
            "You will see **{} pictures** of {}, one at a time, and say what each shows. A model was tested "
            "on the same pictures; what it said stays hidden until you have finished."
        ).format(session.settings.size, info.dataset_title)
    )
    if info.synthetic:
        st.badge("synthetic pictures", icon=":material/science:", color="violet")
    if info.leaking:
        st.badge("leaking split: the model's accuracy is too good", icon=":material/warning:", color="red")
    st.button(
        "Join",
        type="primary",
        icon=":material/login:",
        width="stretch",
        on_click=reported,
        args=(join, session.session_id),
    )
    st.caption(STORED)
    disclaimer()


def join(session_id: str) -> None:
    """Take part in a session, as the participant that this browser tab was before if it was one.

    Raises:
        LessonError: the session takes nobody any more, or too many have come from here.
    """
    remembered = st.session_state.get(PARTICIPANT)
    if remembered and remembered[0] == session_id:
        st.query_params["seat"] = remembered[1]
        return
    st.query_params["seat"] = join_as_visitor(session_id).participant_id


def _show_end(session: ClassSession, participant: Participant, dataset: Dataset) -> None:
    st.title("Your result")
    show_problem()
    if not participant.finished:
        st.info(
            f"The session was closed after you had answered {len(participant.answers)} of {session.settings.size} "
            "pictures. Only those who finished are counted in the result of the class.",
            icon=":material/lock:",
        )
    try:
        with st.spinner("Comparing …"):
            results = load_results(open_run(session.settings.run_id))
            metrics = results.metrics["test"]
            comparison = judge(
                results.predictions,
                session.image_ids,
                participant.answers,
                results.info.classes,
                metrics.majority_class,
            )
    except (LessonError, RunError, DataError) as error:
        st.warning(str(error), icon=":material/info:")
        st.button("To the start of the quiz", icon=":material/home:", on_click=leave)
        return
    _show_class(session, results, comparison.you.correct if participant.finished else None)
    show_comparison(comparison, results, dataset, session.settings)
    disclaimer()
    st.button("Leave the class session", icon=":material/logout:", on_click=leave)


def _show_class(session: ClassSession, results: Results, own: int | None) -> None:
    if session.phase is not Phase.REVEALED:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("The result of the class appears here once the instructor shows it.", width="content")
            st.button("Refresh", icon=":material/refresh:")
        return
    everybody, _ = participants(session.session_id)
    of_class = class_results(results.predictions, session.image_ids, everybody, results.info.classes)
    st.plotly_chart(
        dots_chart(of_class, session.settings.size, own=own),
        key="quiz-dots",
        config={"displayModeBar": False},
        alt=f"Correct answers of {counted(len(of_class.scores), 'participants')}; "
        f"the model has {of_class.model_correct}",
    )
