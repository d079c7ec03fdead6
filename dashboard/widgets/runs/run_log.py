"""The log of a run: warnings and errors apart, what is looked for, and the whole of it to download."""

import streamlit as st

from core.runs.log_lines import Level, log_lines
from core.runs.run_folder import RunFolder

SHOWN_BYTES = 200_000
"""So much of the end of a log is looked through; the whole of it can be downloaded."""
CHOICES = {"Everything": tuple(Level), "Warnings and errors": (Level.WARNING, Level.ERROR), "Errors": (Level.ERROR,)}


def show_log(run: RunFolder) -> None:
    """The end of the log, filtered by how grave its lines are and by what is looked for."""
    lines = log_lines(run.log_tail(SHOWN_BYTES))
    if not lines:
        st.caption("This run has written nothing to its log.")
        return
    counts = {name: sum(line.level in levels for line in lines) for name, levels in CHOICES.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choice = st.segmented_control(
            "Lines", list(CHOICES), default="Everything", required=True, key=f"log-level-{run.run_id}",
            persist_state="session", format_func=lambda name: f"{name} ({counts[name]:,})",
        )  # fmt: skip
        wanted = st.text_input(
            "Search in the log",
            key=f"log-search-{run.run_id}",
            persist_state="session",
            icon=":material/search:",
            max_chars=200,
            width=300,
        )
        st.download_button(
            "Download the log", run.log.read_bytes, f"{run.run_id}-log.txt", "text/plain",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    shown = [line.text for line in lines if line.level in CHOICES[choice] and wanted.lower() in line.text.lower()]
    if shown:
        st.code("\n".join(shown), language=None, height=400)
    else:
        st.caption("No line of the log matches.")
