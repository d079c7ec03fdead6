"""The model card of a run as a page: its sections, and the notes that people write."""

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.runs.card.as_html import card_html
from core.runs.card.blocks import Block, Card, Items, Missing, Table, Text
from core.runs.card.notes import LONGEST_NOTE, add_note, load_notes, remove_note
from core.runs.run_folder import RunFolder
from dashboard.markdown import Markdown, code
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.state.prediction import printed
from dashboard.widgets.asks_first import asks_first

NOTES = "Notes by people"


def offer_pdf(card: Card) -> None:
    """The card as PDF, which takes a second or two, so it is made when it is asked for."""
    if st.button("Make a PDF", icon=":material/picture_as_pdf:"):
        with st.spinner("Making the PDF …"):
            st.session_state["card-pdf"] = (card, *printed(card_html(card)))
    made, pdf, problem = st.session_state.get("card-pdf", (None, None, ""))
    if made != card:
        return
    if pdf is not None:
        st.download_button(
            "PDF", pdf, f"{card.run_id}-card.pdf", "application/pdf", icon=":material/download:", on_click="ignore"
        )
    if problem:
        st.info(problem, icon=":material/info:")


def show_card(card: Card) -> None:
    """Every section of a card but the notes, which are changed beside them."""
    for warning in card.warnings:
        st.warning(warning.text, icon=":material/warning:")
    for section in card.sections:
        if section.title == NOTES:
            continue
        st.subheader(section.title)
        for block in section.blocks:
            _show(block, section.title)


def _show(block: Block, title: str) -> None:
    if isinstance(block, Text):
        st.markdown(Markdown("**{}**").format(block.text) if block.warning else block.text)
    elif isinstance(block, Items):
        st.markdown(Markdown("\n").join(Markdown("- {}").format(each) for each in block.items))
    elif isinstance(block, Table):
        _table(block, title)
    else:
        _missing(block)


def _table(block: Table, title: str) -> None:
    names = [name or " " * (number + 1) for number, name in enumerate(block.head)]
    frame = pd.DataFrame(list(block.rows), columns=names)
    st.dataframe(frame, hide_index=True, height="content", alt=f"{title}: {', '.join(filter(None, block.head))}")


def _missing(block: Missing) -> None:
    st.info(
        Markdown("**Not computed: {}.** {} {}").format(
            block.what, block.how, code(block.command) if block.command else ""
        ),
        icon=":material/rule:",
    )


def show_notes(run: RunFolder) -> None:
    """What people wrote, with who and when, and the form for more."""
    st.subheader(NOTES)
    try:
        notes = load_notes(run)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    may = current_role() is Role.INSTRUCTOR
    if not notes:
        st.caption("Nobody has written any yet.")
    for note in notes:
        with st.container(border=True):
            st.caption(note.heading)
            st.text(note.text)
            if may:
                asks_first(
                    "Take away", "The note is deleted for good.", "Delete the note", key=f"note-{note.note_id}",
                    on_click=_act, args=(remove_note, run, note.note_id),
                )  # fmt: skip
    if not may:
        st.caption("On this server only instructors write notes.")
        return
    with st.form(f"card-note-{run.run_id}", clear_on_submit=True):
        text = st.text_area("A note for everybody who reads this card", max_chars=LONGEST_NOTE)
        if st.form_submit_button("Keep it", icon=":material/edit_note:"):
            _act(add_note, run, text, current_person())
            st.rerun()
    if problem := st.session_state.pop("card-note-problem", ""):
        st.error(problem, icon=":material/error:")


def _act(action, *arguments) -> None:
    try:
        require_instructor()
        action(*arguments)
    except LesionLabError as error:
        st.session_state["card-note-problem"] = str(error)
