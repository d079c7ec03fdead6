"""What can be done with a run, by instructors alone."""

import streamlit as st

from core.runs.folder import RunSummary
from core.runs.launch import stop
from core.runs.states import State
from dashboard.roles import Role, current_role, require_instructor


def run_actions(summary: RunSummary) -> None:
    """Buttons for what makes sense in the state that the run is in; nothing for viewers."""
    run, status = summary.run, summary.status
    if current_role() is not Role.INSTRUCTOR:
        return
    if not status.state.over or run.worked_on():
        asked = run.stop_requested()
        label = "Stopping …" if asked else "Stop"
        if st.button(label, icon=":material/stop_circle:", disabled=asked, help=State.STOPPED.meaning):
            require_instructor()
            stop(run)
            st.rerun()
