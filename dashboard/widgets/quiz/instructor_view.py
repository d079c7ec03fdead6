"""The instructor's view of a class session, made for a projector: how to join, who has finished, how all did."""

import io
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

import streamlit as st

from core.base.counting import counted
from core.base.errors import DataError, LessonError, RunError
from core.base.percents import percent
from core.data.spec import Dataset
from core.runs.judging.results import Results, load_results
from core.runs.run_folder import open_run
from core.serving.predictor import DISCLAIMER
from core.teaching.quiz.class_answers import Participant, participants
from core.teaching.quiz.class_results import NO_VOTE, ClassResults, class_results
from core.teaching.quiz.class_session import ClassSession, Phase, delete_session, load_session, set_phase
from dashboard.addresses import only_here, this_page
from dashboard.charts.quiz import class_sensitivity_chart, dots_chart
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.state.loading import load_dataset
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.notices import disclaimer
from dashboard.widgets.quiz.participant import leave
from dashboard.widgets.quiz.question import reported, show_problem
from dashboard.widgets.quiz.result import PLAIN, show_labelled, show_marks
from dashboard.widgets.run_names import title_of_run

POLL_SECONDS = 2.0
MOST_MISSED = 5
PHASE_COLOURS: dict[Phase, Literal["green", "orange", "blue"]] = {
    Phase.OPEN: "green",
    Phase.CLOSED: "orange",
    Phase.REVEALED: "blue",
}


def qr_code(address: str) -> bytes:
    """An address as a QR code, a PNG: dark on light with the margin that cameras need, on dark pages too."""
    import segno

    content = io.BytesIO()
    segno.make(address, error="m", micro=False).save(content, kind="png", scale=8, border=4)
    return content.getvalue()


def show_instructor_view(session_id: str) -> None:
    """A session as the instructor, and the whole room, sees it."""
    if current_role() is not Role.INSTRUCTOR:
        st.title("Class session")
        st.error("Only instructors see how a class session goes.", icon=":material/lock:")
        st.button("To the start of the quiz", icon=":material/home:", on_click=leave)
        return
    try:
        session = load_session(session_id)
    except LessonError as error:
        st.title("Class session")
        st.error(str(error), icon=":material/error:")
        st.button("To the start of the quiz", icon=":material/home:", on_click=leave)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Class session", width="content")
        st.badge(session.phase.label, color=PHASE_COLOURS[session.phase], help=session.phase.meaning)
    show_problem()
    if session.phase is Phase.OPEN:
        _how_to_join(session)

    @st.fragment(run_every=POLL_SECONDS if session.phase is Phase.OPEN else None)
    def who_is_there() -> None:
        """How many have joined and finished; polls only while answers are taken."""
        try:
            now, (everybody, damaged) = load_session(session_id), participants(session_id)
        except LessonError:
            st.rerun()
        if now.phase is not session.phase:
            st.rerun()
        _attendance(now, everybody, damaged)

    who_is_there()
    if session.phase is Phase.REVEALED:
        _show_results(session)
    _buttons(session)
    disclaimer()


def _how_to_join(session: ClassSession) -> None:
    short, link = this_page(code=session.code), this_page(session=session.session_id)
    place = urlsplit(short)
    with st.container(border=True, horizontal_alignment="center", gap="xsmall"):
        st.markdown(Markdown("Open **{}{}** and enter").format(place.netloc, place.path), text_alignment="center")
        # Read from the last row of a lecture hall; the code has only letters and digits of our own.
        st.html(
            '<p style="font-size:clamp(3.2rem,13vw,9rem);font-weight:700;letter-spacing:.12em;line-height:1.1;'
            f'text-align:center;margin:0;font-family:monospace">{session.code}</p>'
        )
        if not only_here(link):
            st.image(qr_code(short), width=240, alt=f"QR code of {short}")
            st.caption("Phones can point their camera at this.", text_alignment="center")
    if only_here(link):
        st.warning(
            "This dashboard listens to this computer alone, so only you can open the link. For a class, start it "
            "with --server.address 0.0.0.0 and name the server in --server.allowedHosts. Whoever opens the link in its "
            "terminal, or logs in where that is configured, is the instructor there.",
            icon=":material/computer:",
        )
    with st.expander("Link to send", icon=":material/link:"):
        st.code(link, language=None, wrap_lines=True)
        st.code(short, language=None, wrap_lines=True)
        st.caption("Both lead to the same session; the short one works only while the session is open.")


def _attendance(session: ClassSession, everybody: Sequence[Participant], damaged: int) -> None:
    finished = sum(each.done(session.settings.size) for each in everybody)
    given = sum(len(each.answers) for each in everybody)
    wanted = len(everybody) * session.settings.size
    row = st.grid(3, min_column_width=110)
    row.metric("Joined", f"{len(everybody):,}", border=True)
    row.metric("Finished", f"{finished:,}", border=True)
    row.metric("Answers", f"{given:,} of {wanted:,}", border=True)
    if session.phase is Phase.OPEN:
        text = (
            "Nobody has joined yet"
            if not everybody
            else f"{percent(given / max(wanted, 1), 0)} of all answers are given"
        )
        st.progress(given / max(wanted, 1), text=text)
    if damaged:
        st.warning(f"{damaged} damaged files of participants were passed over.", icon=":material/warning:")


def _buttons(session: ClassSession) -> None:
    with st.container(horizontal=True):
        if session.phase is Phase.OPEN:
            _phase_button("Close: no more answers", ":material/lock:", session, Phase.CLOSED, primary=True)
        if session.phase is Phase.CLOSED:
            _phase_button("Show everybody's results", ":material/visibility:", session, Phase.REVEALED, primary=True)
            _phase_button("Open again", ":material/lock_open:", session, Phase.OPEN)
        asks_first(
            "Delete",
            "All answers of this session are deleted for good.",
            "Delete the session",
            key="quiz-delete-session",
            on_click=reported,
            args=(_delete, session.session_id),
        )
        st.button("Leave", icon=":material/arrow_back:", type="tertiary", on_click=leave)
    settings = session.settings
    metadata = "with age, sex and site" if settings.with_metadata else "without age, sex and site"
    st.caption(
        Markdown("{} pictures, {}, seed {}, {}; the model is {}. {}").format(
            settings.size,
            settings.sampling.label.lower(),
            settings.seed,
            metadata,
            title_of_run(settings.run_id),
            session.phase.meaning,
        )
    )


def _phase_button(label: str, icon: str, session: ClassSession, phase: Phase, *, primary: bool = False) -> None:
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    st.button(label, icon=icon, type=kind, on_click=reported, args=(_set_phase, session.session_id, phase))


def _set_phase(session_id: str, phase: Phase) -> None:
    require_instructor()
    set_phase(session_id, phase)


def _delete(session_id: str) -> None:
    require_instructor()
    delete_session(session_id)
    leave()


def _show_results(session: ClassSession) -> None:
    try:
        results = load_results(open_run(session.settings.run_id))
        everybody, _ = participants(session.session_id)
        of_class = class_results(results.predictions, session.image_ids, everybody, results.info.classes)
    except (LessonError, RunError, DataError) as error:
        st.error(str(error), icon=":material/error:")
        return
    show_marks(results)
    if not of_class.scores:
        st.info("Nobody finished, so there is nothing to show.", icon=":material/info:")
        return
    size = session.settings.size
    row = st.grid(4, min_column_width=140)
    mean = sum(of_class.scores) / len(of_class.scores)
    ahead = sum(score > of_class.model_correct for score in of_class.scores)
    row.metric("The class, on average", f"{mean:.1f} of {size}", f"{len(of_class.scores)} finished", **PLAIN)
    row.metric("The model", f"{of_class.model_correct} of {size}", "same pictures", **PLAIN)
    row.metric(
        "The class by vote",
        f"{of_class.vote_correct} of {size}",
        "one vote each",
        help="Pictures on which the most frequent answer of the class is right; a tie is no answer.",
        **PLAIN,
    )
    row.metric("Better than the model", f"{ahead} of {len(of_class.scores)}", "participants", **PLAIN)
    dots, by_class = st.columns(2, gap="large")
    dots.plotly_chart(
        dots_chart(of_class, size),
        key="quiz-dots",
        config={"displayModeBar": False},
        alt=f"Correct answers of {counted(len(of_class.scores), 'participants')}; "
        f"the model has {of_class.model_correct}",
    )
    by_class.plotly_chart(
        class_sensitivity_chart(of_class.sensitivities, results.info.classes, size),
        key="quiz-sensitivities",
        config={"displayModeBar": False},
        alt="Share of each diagnosis that the class found, with the model's share",
    )
    _most_missed(of_class, results)
    csv_button(
        "All answers as CSV",
        lambda: of_class.answers.assign(run=session.settings.run_id, note=DISCLAIMER),
        f"class-{session.code}.csv",
        help="One row per participant and picture. Participants are numbered in an order of chance.",
    )


def _most_missed(of_class: ClassResults, results: Results) -> None:
    st.subheader("The pictures that were missed most", anchor=False)
    dataset: Dataset | None = None
    try:
        dataset = load_dataset(results.info.dataset)
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")
    names = {c.key: c.name for c in results.info.classes}
    missed = of_class.pictures[of_class.pictures["right"] < of_class.pictures["answered"]]
    if missed.empty:
        st.success("Everybody was right on every picture.", icon=":material/verified:")
    grid = st.grid(MOST_MISSED, min_column_width=150)
    for row in missed.sort_values("fraction_right", kind="stable").head(MOST_MISSED).itertuples():
        mistaken = (
            "" if row.mistaken_for == NO_VOTE else Markdown("Mostly taken for {}  \n").format(names[row.mistaken_for])
        )
        show_labelled(
            grid.container(gap="xsmall"),
            dataset,
            row.image_id,
            Markdown("**{}**  \n{} of {} were right  \n{}Model: {}  \n:small[picture {}, {}]").format(
                names[row.true], row.right, row.answered, mistaken, names[row.model], row.position, row.image_id
            ),
        )
