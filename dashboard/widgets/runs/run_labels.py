"""Name, star, tags and note of a run: everybody sees them, instructors write them."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.base.errors import LesionLabError
from core.runs.labels import LONGEST_NAME, LONGEST_NOTE, Labels, change_labels
from core.runs.run_folder import RunFolder
from dashboard.roles import Role, current_role, require_instructor


def show_labels(labels: Labels) -> None:
    """Tags as badges and the note, where there are any; the star."""
    if labels.star:
        st.badge("starred", icon=":material/star:", color="yellow")
    for tag in labels.tags:
        st.badge(tag, icon=":material/sell:", color="gray")


def edit_labels(run: RunFolder, labels: Labels, known_tags: Sequence[str]) -> None:
    """A small window to change name, star, tags and note; shows nothing to viewers."""
    if current_role() is not Role.INSTRUCTOR:
        return
    keys = {name: f"label-{name}-{run.run_id}" for name in ("name", "star", "tags", "note")}
    # Set every time, for others change labels too, and what a person has just changed is written by then.
    known = {"name": labels.name, "star": labels.star, "tags": list(labels.tags), "note": labels.note}
    st.session_state.update({keys[name]: value for name, value in known.items()})

    def write(name: str) -> None:
        _write(run, **{name: st.session_state[keys[name]]})

    with st.popover("Name and notes", icon=":material/sell:"):
        st.text_input(
            "Name", key=keys["name"], on_change=write, args=("name",), max_chars=LONGEST_NAME,
            placeholder="What the run is called everywhere",
        )  # fmt: skip
        st.toggle("Star", key=keys["star"], on_change=write, args=("star",))
        st.multiselect(
            "Tags", sorted({*known_tags, *labels.tags}), key=keys["tags"], on_change=write, args=("tags",),
            accept_new_options=True, placeholder="Choose or write one",
        )  # fmt: skip
        st.text_area("Note", key=keys["note"], on_change=write, args=("note",), max_chars=LONGEST_NOTE)


def _write(run: RunFolder, **change: Any) -> None:
    try:
        require_instructor()
        change_labels(run, **change)
    except (LesionLabError, OSError) as error:
        st.toast(str(error), icon=":material/error:")
