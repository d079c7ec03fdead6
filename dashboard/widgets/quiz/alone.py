"""A series on one's own: answers live in the memory of the server, and are stored only for those who ask for it.

The address names the attempt, so that a reloaded page, which phones do by themselves, goes on where it was.
"""

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import pandas as pd
import streamlit as st

from core.base.errors import DataError, LesionLabError, LessonError, RunError
from core.data.spec import Dataset
from core.runs.judging.results import Results, load_results
from core.runs.run_folder import open_run
from core.serving.predictor import PredictorInfo
from core.teaching.quiz.kept_results import (
    LONGEST_NICKNAME,
    KeptResult,
    delete_result,
    keep_result,
    load_result,
    results_of_series,
)
from core.teaching.quiz.quiz import LARGEST_SEED, SeriesSettings, draw_series, judge, series_rows
from dashboard.addresses import this_page
from dashboard.markdown import Markdown
from dashboard.state.loading import load_dataset
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.notices import disclaimer
from dashboard.widgets.quiz.feedback import show_feedback
from dashboard.widgets.quiz.question import Turn, reported, show_problem, show_turn
from dashboard.widgets.quiz.result import show_comparison

ATTEMPT = "quiz-attempt"
KEPT = "quiz-kept"
MOST_ATTEMPTS = 1000
"""Those that were gone on with last are remembered."""


@dataclass(frozen=True)
class Attempt:
    """Somebody's way through a series, in the session state alone."""

    settings: SeriesSettings
    image_ids: tuple[str, ...]
    answers: tuple[str, ...] = field(default=())
    finished: bool = False
    feedback: bool = False
    """Whether the truth is told after each picture."""


def begin(settings: SeriesSettings, *, feedback: bool = False) -> None:
    """Draw the series and show its first picture; with `feedback` the truth is told after each answer.

    Raises:
        LessonError, RunError, DataError: the run cannot give such a series.
    """
    image_ids = draw_series(load_results(open_run(settings.run_id)).predictions, settings)
    st.query_params["attempt"] = secrets.token_urlsafe(12)
    _go_on(Attempt(settings, image_ids, feedback=feedback))
    st.session_state.pop(KEPT, None)


def current_attempt() -> Attempt | None:
    """The attempt of this tab, or the one that its address names, as after a reload; None where there is none."""
    known = st.session_state.get(ATTEMPT) or _attempts().get(st.query_params.get("attempt", ""))
    if known is not None:
        st.session_state[ATTEMPT] = known
    return known


def _go_on(attempt: Attempt) -> None:
    st.session_state[ATTEMPT] = attempt
    if name := st.query_params.get("attempt"):
        attempts = _attempts()
        attempts[name] = attempt
        attempts.move_to_end(name)
        if len(attempts) > MOST_ATTEMPTS:
            attempts.popitem(last=False)


@st.cache_resource
def _attempts() -> OrderedDict[str, Attempt]:
    """Attempts by the random name that stands in their address, the oldest first."""
    return OrderedDict()


def series_address(settings: SeriesSettings) -> dict[str, str]:
    """The settings as they stand in the address of the page."""
    return {
        "run": settings.run_id,
        "n": str(settings.size),
        "sampling": str(settings.sampling),
        "seed": str(settings.seed),
        "metadata": "yes" if settings.with_metadata else "no",
    }


def write_address(settings: SeriesSettings) -> None:
    """Put the settings into the address, so that it gives others the same series."""
    stated = series_address(settings)
    if any(st.query_params.get(name) != value for name, value in stated.items()):
        st.query_params.update(stated)


def show_attempt(attempt: Attempt) -> None:
    """The next picture, or the result."""
    write_address(attempt.settings)
    if attempt.finished:
        _show_result(attempt)
        return
    try:
        info = PredictorInfo.load(open_run(attempt.settings.run_id).predictor_file)
        dataset = load_dataset(info.dataset)
    except (RunError, DataError) as error:
        st.title("You against the model")
        st.error(str(error), icon=":material/error:")
        st.button("Start over", icon=":material/restart_alt:", on_click=_stop)
        return
    if attempt.feedback:
        show_feedback(attempt.settings.run_id, attempt.image_ids, attempt.answers)
    turn = Turn(attempt.image_ids, attempt.answers, attempt.settings.with_metadata, _answer, _take_back, _finish)
    show_turn(turn, dataset, info.classes)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Quit", icon=":material/close:", type="tertiary", on_click=_stop)
        st.caption(f"Seed {attempt.settings.seed}. Not a diagnosis, for education only.", width="content")


def show_kept(key: str) -> None:
    """A kept result, for whoever has its key."""
    try:
        kept = load_result(key)
    except LessonError as error:
        st.title("A kept result")
        show_problem()
        st.error(str(error), icon=":material/error:")
        st.button("To the start of the quiz", icon=":material/home:", on_click=_stop)
        return
    st.title(f"The result of {kept.nickname}" if kept.nickname else "A kept result")
    show_problem()
    _show_comparison(kept.settings, kept.image_ids, kept.answers)
    _show_receipt(kept)
    disclaimer()
    st.button("Play a series of your own", icon=":material/swords:", on_click=_stop)


def _show_result(attempt: Attempt) -> None:
    st.title("Your result")
    show_problem()
    results = _show_comparison(attempt.settings, attempt.image_ids, attempt.answers)
    with st.container(horizontal=True):
        st.button(
            "Another series",
            type="primary",
            icon=":material/replay:",
            help="The same settings with the next seed.",
            disabled=results is None,
            on_click=reported,
            args=(
                partial(begin, feedback=attempt.feedback),
                replace(attempt.settings, seed=(attempt.settings.seed + 1) % LARGEST_SEED),
            ),
        )
        st.button("Other settings", icon=":material/tune:", on_click=_stop)
    if results is not None:
        _show_keeping(attempt)
        _show_scoreboard(attempt.settings, attempt.image_ids, results)
    disclaimer()


def _show_comparison(settings: SeriesSettings, image_ids: Sequence[str], answers: Sequence[str]) -> Results | None:
    """The comparison of a series; None where it cannot be judged, which is then said."""
    dataset: Dataset | None = None
    try:
        with st.spinner("Comparing …"):
            results = load_results(open_run(settings.run_id))
            majority = results.metrics["test"].majority_class
            comparison = judge(results.predictions, image_ids, answers, results.info.classes, majority)
        dataset = load_dataset(results.info.dataset)
    except (LessonError, RunError) as error:
        st.error(str(error), icon=":material/error:")
        return None
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")
    show_comparison(comparison, results, dataset, settings)
    return results


def _show_keeping(attempt: Attempt) -> None:
    if key := st.session_state.get(KEPT):
        try:
            _show_receipt(load_result(key))
        except LessonError as error:
            st.info(str(error), icon=":material/info:")
        return
    with st.expander("Keep my result", icon=":material/bookmark:"), st.form("quiz-keep", border=False):
        st.markdown(
            "Nothing of yours is stored so far. If you keep the result, this server stores which series it was, your "
            "answers, the day, and a nickname if you type one; whoever finishes the same series sees the nickname and "
            "the number of correct answers. You get an address at which you can see and delete it."
        )
        nickname = st.text_input(
            "Nickname (may stay empty)",
            max_chars=LONGEST_NICKNAME,
            autocomplete="off",
            key="quiz-nickname",
            help="Choose one that does not tell who you are. Only letters, digits, spaces and -_.' are kept.",
        )
        if st.form_submit_button("Keep my result", icon=":material/bookmark_add:"):
            try:
                kept = keep_result(attempt.settings, attempt.image_ids, attempt.answers, nickname)
            except LesionLabError as error:
                st.error(str(error), icon=":material/error:")
            else:
                st.session_state[KEPT] = kept.key
                st.rerun()


def _show_receipt(kept: KeptResult) -> None:
    address = this_page(result=kept.key)
    with st.container(border=True):
        st.markdown(
            Markdown("**Kept{}**, {}. Its address:").format(f" as {kept.nickname}" if kept.nickname else "", kept.day)
        )
        st.code(address, language=None, wrap_lines=True)
        st.caption(
            "It brings the result back in any browser that reaches this server. Note it down: whoever has it can see "
            "and delete the result, without it nobody can."
        )
        with st.container(horizontal=True):
            if st.query_params.get("result") != kept.key:
                st.link_button("Open the kept result", address, icon=":material/bookmark:")
            asks_first(
                "Delete the kept result",
                "Nobody can bring it back, and its address leads nowhere.",
                "Delete it for good",
                key=f"quiz-delete-{kept.key}",
                on_click=reported,
                args=(_delete, kept.key),
            )


def _show_scoreboard(settings: SeriesSettings, image_ids: Sequence[str], results: Results) -> None:
    kept = [each for each in results_of_series(settings) if each.image_ids == tuple(image_ids)]
    if not kept:
        return
    true = series_rows(results.predictions, image_ids)["true"]
    table = pd.DataFrame(
        {
            "nickname": each.nickname or "no nickname",
            "correct": sum(a == t for a, t in zip(each.answers, true, strict=False)),
            "with age, sex, site": each.settings.with_metadata,
            "kept on": each.day,
        }
        for each in kept
    ).sort_values("correct", ascending=False, kind="stable")
    st.subheader(f"Kept results of this series of {len(image_ids)}", anchor=False)
    st.dataframe(table, hide_index=True, alt="Nicknames and correct answers of those who kept their result")


def _answer(position: int, key: str) -> None:
    attempt = st.session_state[ATTEMPT]
    if position == len(attempt.answers):  # a second tap on the same button comes too late
        _go_on(replace(attempt, answers=(*attempt.answers, key)))


def _take_back(position: int) -> None:
    attempt = st.session_state[ATTEMPT]
    if position == len(attempt.answers) - 1:
        _go_on(replace(attempt, answers=attempt.answers[:-1]))


def _finish() -> None:
    _go_on(replace(st.session_state[ATTEMPT], finished=True))


def _delete(key: str) -> None:
    delete_result(key)
    st.session_state.pop(KEPT, None)
    st.query_params.pop("result", None)


def _stop() -> None:
    st.session_state.pop(ATTEMPT, None)
    _attempts().pop(st.query_params.pop("attempt", ""), None)
    st.query_params.pop("result", None)
