"""Presenter view: a run large and without controls, for a projector: that in the address, else the one that learns."""

import contextlib

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.base.percents import percent
from core.data.catalog import is_synthetic
from core.runs.index import all_runs
from core.runs.run_folder import RunSummary
from core.runs.run_states import State
from core.teaching.leakage_lesson import list_leakage_lessons
from dashboard.charts.curves import LEARNT, Look
from dashboard.charts.lessons import outcome_chart
from dashboard.router import page_of
from dashboard.state.arrival import let_address_follow
from dashboard.state.leakage_verdict import outcome_table
from dashboard.widgets.notices import leak_badge, not_here, synthetic_badge
from dashboard.widgets.page_frame import name_tab
from dashboard.widgets.presenting import PART, present, say_keys, show_neighbours
from dashboard.widgets.run_names import run_title
from dashboard.widgets.runs.live_run import show_detail, show_outcome, show_run
from dashboard.widgets.runs.run_list import STATE_COLOURS

POLL_SECONDS = 1.0
LARGE = Look(height=380, font=20, fit=True)
# Streamlit measures everything in the size of the root's font, so one rule makes the whole page as large as fits.
st.html(
    "<style>html { font-size: 22px; } [data-testid='stHeader'] { display: none; }"
    "[data-testid='stMainBlockContainer'] { padding: 1rem 2rem; }"
    "@media (min-width: 900px) { html { font-size: clamp(10px, 2vh, 30px); }"
    "[data-testid='stMainBlockContainer'] { padding: 1vh 2rem; } }</style>"
)


def followed(summaries: list[RunSummary]) -> RunSummary:
    """The run that started to learn last, else the one that waits, else the newest."""
    working = [s for s in summaries if s.status.state.active]
    if working:
        return max(working, key=lambda s: s.status.started or s.status.created)
    waiting = [s for s in summaries if s.status.state is State.QUEUED]
    return min(waiting, key=lambda s: s.status.created) if waiting else summaries[0]


@st.fragment(run_every=POLL_SECONDS)
def wait_for_the_first() -> None:
    """Until there is a run, nothing tells the page of one but a look."""
    if all_runs(max_age=POLL_SECONDS / 2).runs:
        st.rerun()
    st.title("Nothing has been trained yet", anchor=False)
    st.markdown("The first training will show up here automatically.")


def presented_lesson(dataset: str) -> pd.DataFrame:
    """Figures of the newest leakage lesson on a data set whose runs were all judged; empty without one."""
    for lesson in list_leakage_lessons(dataset):
        with contextlib.suppress(LesionLabError):  # the files of one of its runs are damaged
            outcomes = pd.DataFrame() if lesson.live() else outcome_table(lesson)
            if not outcomes.empty and outcomes["accuracy"].notna().all():
                return outcomes
    return pd.DataFrame()


known = all_runs()
if not known.runs:
    wait_for_the_first()
    st.stop()
asked = st.query_params.get("run")
let_address_follow("run")
named = [each.summary for each in known.runs if each.summary.run.run_id == asked]
if asked and not named:  # such as one that was deleted elsewhere: nothing else is shown in its place
    name_tab()
    not_here("run", asked, "Choose another one.")
    st.page_link(page_of("presenter"), label="The run that learns, or the newest", icon=":material/present_to_all:")
    st.page_link(page_of("runs"), label="All runs", icon=":material/monitoring:")
    st.stop()
summary = named[0] if named else followed([each.summary for each in known.runs])
status, recipe = summary.status, summary.recipe
name_tab(run_title(summary))
with st.container(horizontal=True, vertical_alignment="center"):
    st.title(run_title(summary), anchor=False, width="content")
    st.badge(str(status.state), color=STATE_COLOURS[status.state])
    synthetic_badge(is_synthetic(recipe.dataset))
    leak_badge(summary.leaking)
    if named:
        show_neighbours([each.summary.run.run_id for each in known.runs], summary.run.run_id)
        st.page_link(page_of("runs"), label="Back", icon=":material/close:", query_params={"run": summary.run.run_id})
    present()
show_outcome(summary.run, status)
with st.container(key=f"{PART}curves"):
    show_run(summary.run, known, LARGE, LEARNT[:3])
with st.container(key=f"{PART}matrix"):
    show_detail("matrix", summary.run, LARGE, mode="shares")
outcomes = presented_lesson(recipe.dataset)
if not outcomes.empty:
    with st.container(key=f"{PART}leakage"):
        st.plotly_chart(
            outcome_chart(outcomes),
            key="lesson-presented",
            config={"displayModeBar": False},
            alt="The leakage lesson on these data: accuracy under each split: "
            + ", ".join(f"{row.split} {percent(row.accuracy)}" for row in outcomes.itertuples()),
        )
say_keys(beside=bool(named), lesson=not outcomes.empty)
