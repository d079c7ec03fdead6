"""Saying that the engine does not run, or a part of it does not answer, with the button to start it."""

from typing import Literal

import streamlit as st

from core.base.errors import EngineError
from core.daemon import start_engine
from dashboard.rest.engine_state import known_engine_status, look_again
from dashboard.roles import Role, current_role, require_instructor


def show_trouble() -> None:
    """What does not answer, was replaced for that, or keeps the engine from its work."""
    for notice in known_engine_status().notices:
        st.warning(notice, icon=":material/warning:")


def engine_notice() -> None:
    """A warning that queued runs wait for the engine; an instructor can start it, which hands them over."""
    instructor = current_role() is Role.INSTRUCTOR
    st.warning(
        "Queued runs wait for it." if instructor else "Queued runs wait for it. Only instructors can start it here.",
        title="The engine is not running",
        icon=":material/power_off:",
    )
    start_button("primary")


def start_button(kind: Literal["primary", "secondary"] = "secondary") -> None:
    """The button that starts the engine, for instructors alone."""
    if current_role() is not Role.INSTRUCTOR:
        return
    if st.button("Start the engine", type=kind, icon=":material/play_arrow:"):
        require_instructor()
        try:
            with st.spinner("Starting the engine, about 3 seconds …"):
                start_engine()
        except EngineError as error:
            st.error(str(error), icon=":material/error:")
        else:
            look_again()
            st.rerun()
