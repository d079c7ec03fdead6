"""One picture of the quiz and the buttons to answer; nothing of what the model said is known here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError, PictureError
from core.data.spec import ClassSpec, Dataset
from core.teaching.quiz.quiz import LEFT_OUT
from dashboard.charts.palette import class_colours, class_mark
from dashboard.markdown import Markdown
from dashboard.state.loading import thumbnail

SHOWN_HEIGHT = 600
"""Pixels; enough for a large screen, and no heavier than a phone takes."""
SHORTCUTS = "123456789"
PROBLEM = "quiz-problem"


@dataclass(frozen=True)
class Turn:
    """Where somebody stands in a series, and what to call when they answer."""

    image_ids: Sequence[str]
    answers: Sequence[str]
    with_metadata: bool
    answer: Callable[[int, str], object]
    """Called with the position from 0 and a class key, or `LEFT_OUT`."""
    take_back: Callable[[int], object]
    """Called with the position of the last answer."""
    finish: Callable[[], object]


def show_turn(turn: Turn, dataset: Dataset, classes: Sequence[ClassSpec]) -> None:
    """The next picture with its buttons, or what to do when all are answered."""
    show_problem()
    position, total = len(turn.answers), len(turn.image_ids)
    st.progress(position / total, text=_progress_text(position, total))
    if position == total:
        st.markdown(Markdown("### All {} pictures are answered").format(total))
        st.markdown("Nothing can be changed once the result is shown.")
        st.button(
            "Show the result",
            type="primary",
            icon=":material/emoji_events:",
            width="stretch",
            shortcut="Enter",
            on_click=reported,
            args=(turn.finish,),
        )
        _back_button(turn)
        return
    picture, buttons = st.columns([3, 2], gap="medium")
    with picture:
        shown = _show_picture(dataset, turn.image_ids[position], position, turn.with_metadata)
    with buttons, st.container(gap="xsmall"):
        if shown:
            _answer_buttons(turn, classes)
        else:
            st.button(
                "Leave this picture out",
                icon=":material/skip_next:",
                width="stretch",
                key=f"quiz-{position}-left-out",
                on_click=reported,
                args=(turn.answer, position, LEFT_OUT),
            )
        _back_button(turn)


def show_problem() -> None:
    """What went wrong with the last click, once."""
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(problem, icon=":material/error:")


def reported(action: Callable[..., object], *args: object) -> None:
    """Call `action`; what a person must know of its failure is shown with the next `show_problem`."""
    try:
        action(*args)
    except LesionLabError as error:
        st.session_state[PROBLEM] = str(error)


def _progress_text(position: int, total: int) -> str:
    return (
        Markdown("Picture **{}** of {}").format(position + 1, total)
        if position < total
        else f"{total} of {total} answered"
    )


def _answer_buttons(turn: Turn, classes: Sequence[ClassSpec]) -> None:
    """A wide button per class, malignant ones first; the key holds the position, so that no late tap counts twice."""
    position, colours = len(turn.answers), class_colours(classes)
    for number, each in enumerate(sorted(classes, key=lambda c: not c.malignant)):
        st.button(
            Markdown("{}\u2002{}").format(class_mark(colours[each.key]), each.name),
            key=f"quiz-{position}-{each.key}",
            width="stretch",
            wrap=True,
            shortcut=SHORTCUTS[number] if number < len(SHORTCUTS) else None,
            on_click=reported,
            args=(turn.answer, position, each.key),
        )


def _back_button(turn: Turn) -> None:
    last = len(turn.answers) - 1
    st.button(
        "Back to the picture before",
        key=f"quiz-back-{last}",
        icon=":material/undo:",
        type="tertiary",
        disabled=last < 0,
        shortcut="Backspace",
        on_click=reported,
        args=(turn.take_back, last),
    )


def _show_picture(dataset: Dataset, image_id: str, position: int, with_metadata: bool) -> bool:
    """Show a picture, named by its number alone: its file's name could tell what it shows."""
    row = dataset.table[dataset.table["image_id"] == image_id].head(1).squeeze()
    if row.empty:
        st.warning("This picture is no longer in the data set.", icon=":material/broken_image:")
        return False
    try:
        st.image(thumbnail(row["path"], SHOWN_HEIGHT), width="stretch", alt=f"Picture {position + 1} of the series")
    except PictureError:  # its message names the file
        st.warning("This picture cannot be read.", icon=":material/broken_image:")
        return False
    if with_metadata:
        st.caption(about_person(row))
    return True


def about_person(row: pd.Series) -> str:
    """Age, sex and site of one row of tidy metadata, each also where it is not recorded."""
    age = f"{row['age']:.0f} years" if pd.notna(row["age"]) else "age not recorded"
    sex = row["sex"] if pd.notna(row["sex"]) else "sex not recorded"
    site = row["site"] if pd.notna(row["site"]) else "site not recorded"
    return f"{age} · {sex} · {site}"
