"""Where the quiz begins: choosing a series, joining a class, or opening a session for one."""

import random
from functools import partial

import streamlit as st

from core.base.errors import DataError, LesionLabError, RunError
from core.runs.judging.results import Results, load_results
from core.runs.run_folder import RunFolder, RunSummary
from core.teaching.quiz.class_session import Phase, delete_session, list_sessions, open_session, session_of_code
from core.teaching.quiz.quiz import LARGEST_SEED, PART, SIZES, Sampling, SeriesSettings, draw_series
from dashboard.markdown import Markdown, code
from dashboard.roles import Role, current_role, require_instructor, why_viewer
from dashboard.router import page_of
from dashboard.state.arrival import arrival
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.notices import disclaimer
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import finished_runs, pick_run
from dashboard.widgets.quiz.alone import begin, write_address
from dashboard.widgets.quiz.introduction import show_introduction
from dashboard.widgets.quiz.participant import PARTICIPANT, STORED, join
from dashboard.widgets.quiz.question import PROBLEM, reported, show_problem
from dashboard.widgets.quiz.result import show_marks

SEED = "quiz-seed"


def show_start(problem: str = "") -> None:
    """The first view of the quiz; `problem` is what went wrong on the way here."""
    st.title("You against the model")
    say_what_it_shows("quiz")
    if problem:
        st.session_state[PROBLEM] = problem
    show_problem()
    runs = sorted(
        (each for each in finished_runs() if PART in each.metrics and each.recipe.image_size), key=_last_resort
    )
    if not runs:
        st.info("There is no run with a test part yet: you need a model to play against.", icon=":material/info:")
        st.page_link(page_of("train"), label="Train one", icon=":material/play_arrow:")
        _show_join()
        return
    _show_join()  # first, for a phone in a class is opened for nothing else
    series, ways = st.columns([3, 2], gap="large")
    with series:
        run = pick_run(runs, "The model")
        try:
            results = load_results(run)
        except (RunError, DataError) as error:
            st.error(str(error), icon=":material/error:")
            return
        info = results.info
        st.caption(
            f"{info.model} at {info.image_size}×{info.image_size}, trained on {info.dataset_title}. You see every "
            "picture as it lies in the data set."
        )
        show_marks(results)
        settings = _pick_settings(run)
        write_address(settings)
    with ways:
        _show_start_button(settings)
        _show_opening(settings, results)
    show_introduction(run, results)
    disclaimer()


def _last_resort(summary: RunSummary) -> tuple[bool, bool]:
    """Sorts what is less worth playing against to the end: what a leak flatters, then what saw other data."""
    dataset = st.query_params.get("dataset") or st.session_state.get("dataset")
    return bool(summary.leaking), dataset not in (None, summary.recipe.dataset)


def _pick_settings(run: RunFolder) -> SeriesSettings:
    """Size, sampling, seed and metadata, starting with what stands in the address."""
    _take_settings_from_address()
    with st.container(horizontal=True, gap="medium"):
        size = st.segmented_control(
            "Pictures",
            SIZES,
            required=True,
            key="quiz-size",
            persist_state="session",
        )
        chosen = st.segmented_control(
            "Drawn",
            list(Sampling),
            required=True,
            format_func=lambda each: each.label,
            key="quiz-sampling",
            persist_state="session",
        )
    sampling = chosen or Sampling.BALANCED
    st.caption(f"{sampling.explanation} Never two pictures of the same group.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = st.number_input(
            "Seed",
            0,
            LARGEST_SEED,
            key=SEED,
            persist_state="session",
            width=200,
            help="The same seed and settings give the same pictures. They stand in the address of this page: send it "
            "to a class, and everybody gets this series.",
        )
        st.button("Another", icon=":material/casino:", help="Draw another seed", on_click=_new_seed)
    with_metadata = st.toggle(
        "Show age, sex and site beside the picture",
        key="quiz-metadata",
        persist_state="session",
        help="The model sees the picture alone.",
    )
    return SeriesSettings(run.run_id, size or SIZES[0], sampling, int(seed), with_metadata)


def _take_settings_from_address() -> None:
    """Begin with what the address asks for, where somebody comes with one; else with what was chosen before."""
    asked, coming = st.query_params, arrival().new_page or arrival().through_history
    size, sampling = asked.get("n", ""), asked.get("sampling", "")
    for parameter, key, value in (
        ("n", "quiz-size", int(size) if size in map(str, SIZES) else SIZES[0]),
        ("sampling", "quiz-sampling", Sampling(sampling) if sampling in list(Sampling) else Sampling.BALANCED),
        ("seed", SEED, _seed_asked_for(asked.get("seed", ""))),
        ("metadata", "quiz-metadata", asked.get("metadata") == "yes"),
    ):
        if key not in st.session_state or (coming and parameter in asked):
            st.session_state[key] = value


def _seed_asked_for(text: str) -> int:
    """The seed in an address, 1 where it is none."""
    return min(int(text), LARGEST_SEED) if text.isdecimal() and len(text) < 20 else 1


def _new_seed() -> None:
    st.session_state[SEED] = random.randrange(1, 10_000)  # short enough to be said aloud


def _show_start_button(settings: SeriesSettings) -> None:
    with st.container(border=True):
        st.subheader("On your own", icon=":material/person:", anchor=False)
        feedback = st.toggle(
            "Tell me after each picture",
            key="quiz-feedback",
            persist_state="session",
            help="To learn: what the picture showed, what the model said, and the way to its heat map.",
        )
        st.button(
            f"Start with {settings.size} pictures",
            type="primary",
            icon=":material/swords:",
            width="stretch",
            on_click=reported,
            args=(partial(begin, feedback=feedback), settings),
        )
        st.caption(
            "Nothing is stored unless you ask for it: your answers are kept in the memory of the server, so that a "
            "reloaded page goes on where it was."
        )


def _show_join() -> None:
    with st.container(border=True):
        st.subheader("In a class", icon=":material/groups:", anchor=False)
        if remembered := st.session_state.get(PARTICIPANT):
            st.button("Back to your class session", icon=":material/undo:", on_click=_back_to, args=remembered)
        with st.form("quiz-join", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            code = st.text_input(
                "Code from the projector", max_chars=20, placeholder="5 characters", autocomplete="off", key="quiz-code"
            )
            joined = st.form_submit_button("Join", icon=":material/login:")
        st.caption(STORED)
        if joined:
            try:
                session = session_of_code(code)
                _go_to(session.session_id)
                if session.phase is Phase.OPEN:
                    join(session.session_id)
            except LesionLabError as error:
                st.error(str(error), icon=":material/error:")
            else:
                st.rerun()


def _show_opening(settings: SeriesSettings, results: Results) -> None:
    """For instructors: a session with the settings chosen on the left, and those that are there."""
    if current_role() is not Role.INSTRUCTOR:
        said = Markdown(":material/co_present: Instructors open class sessions here. {}")
        st.caption(said.format(why_viewer()))
        return
    with st.container(border=True):
        st.subheader("For instructors", icon=":material/co_present:", anchor=False)
        st.button(
            "Open a class session with this series",
            icon=":material/add:",
            width="stretch",
            on_click=reported,
            args=(_open_session, settings, results),
        )
        sessions, damaged = list_sessions()
        for each in sessions:
            label = f"{each.code} · {each.settings.size} pictures · {each.phase.label}"
            st.button(
                label,
                key=f"quiz-session-{each.session_id}",
                icon=":material/cast_for_education:",
                type="tertiary",
                on_click=_go_to,
                args=(each.session_id, "class"),
            )
        for key in damaged:
            st.caption(Markdown("The files of the session {} are damaged.").format(code(key)))
            asks_first(
                "Delete it",
                "The answers in it that can still be read are deleted with it.",
                "Delete the session",
                key=f"quiz-damaged-{key}",
                on_click=reported,
                args=(_delete_damaged, key),
            )


def _open_session(settings: SeriesSettings, results: Results) -> None:
    require_instructor()
    session = open_session(settings, draw_series(results.predictions, settings), results.info.class_keys)
    _go_to(session.session_id, "class")


def _delete_damaged(key: str) -> None:
    require_instructor()
    delete_session(key)


def _go_to(session_id: str, view: str = "") -> None:
    st.query_params.from_dict({"session": session_id, "view": view} if view else {"session": session_id})


def _back_to(session_id: str, participant_id: str) -> None:
    st.query_params.from_dict({"session": session_id, "seat": participant_id})
