"""What can be done with a run, by instructors alone: end it, go on, copy, delete, and its place in the queue."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.base.errors import LesionLabError
from core.engine.launch import cancel, finish, resume, stop
from core.engine.queue import HIGHEST_PRIORITY, move, set_priority
from core.engine.waiting import waiting
from core.models.registry import NOT_TRAINED, model_spec
from core.runs.run_folder import RunFolder, RunSummary
from core.runs.run_states import Request, State
from core.runs.trash import delete, deleted_runs, restore
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.run_names import title_of_folder
from dashboard.wording import in_words

ENDINGS = (
    ("Finish this epoch, then test", "Finishing …", "flag", Request.FINISH, finish, 220),
    ("Stop", "Stopping …", "stop_circle", Request.STOP, stop, 170),
    ("Cancel", "Cancelling …", "cancel", Request.CANCEL, cancel, 185),
)
"""Label, label once asked for, icon, request, function and width of each way to end a run.

They keep width and place whatever the run does, so that none moves away from, or under, a finger.
"""
WHILE_LEARNING = {Request.STOP: "Stop now and test", Request.CANCEL: "Cancel without a test"}
"""What those that are offered before, too, are called where epochs are there, or may be, to be tested."""
DELETED = "run-deleted"


def run_actions(summary: RunSummary) -> None:
    """Buttons for what makes sense in the state that the run is in; nothing for viewers."""
    if current_role() is not Role.INSTRUCTOR:
        return
    run, status = summary.run, summary.status
    hangs = status.state is State.LOST and run.worked_on()
    if not status.state.over or hangs:
        _endings(run, status.state)
    elif status.state is not State.FINISHED and st.button(
        "Resume", icon=":material/resume:", help="Goes on from its last whole epoch, with everything that it had then."
    ):
        _do(resume, run)
    if summary.recipe.model not in NOT_TRAINED:
        page, asked = page_to_clone(summary)
        st.page_link(
            page_of(page), label="Clone", icon=":material/content_copy:", query_params=asked,
            help=f"Opens {page.capitalize()} with this recipe filled in.",
        )  # fmt: skip
    # It comes where "Stop" was when a run ends under the finger, and deletes nothing by itself.
    if (status.state.over and not hangs) and asks_first(
        "Delete", "It can be brought back for a day.", "Delete this run", key=f"delete-{run.run_id}"
    ):
        st.session_state[DELETED] = run.run_id
        _do(delete, run)


def page_to_clone(summary: RunSummary) -> tuple[str, dict[str, str]]:
    """The page on which a recipe like that of a run is put together, and what its address asks."""
    recipe = summary.recipe
    asked = {"clone": summary.run.run_id, "dataset": recipe.dataset, "model": recipe.model}
    if model_spec(recipe.model).takes == "genes":
        return "genes", {"clone": summary.run.run_id, "gene-table": recipe.dataset}
    return "train", asked


def _endings(run: RunFolder, state: State) -> None:
    """A queued run has no epoch to finish and nothing to stop short of; what was asked for is not asked again."""
    asked, ranked = run.asked(), list(Request)
    useless = {State.QUEUED: (Request.FINISH, Request.CANCEL), State.RUNNING: ()}.get(state, (Request.FINISH,))
    for label, doing, icon, request, function, width in ENDINGS:
        offered = WHILE_LEARNING.get(request, label) if state is State.RUNNING else label
        if st.button(
            doing if asked is request else offered,
            icon=f":material/{icon}:",
            disabled=request in useless or (asked is not None and ranked.index(asked) >= ranked.index(request)),
            help=request.meaning,
            key=f"{request}-{run.run_id}",
            width=width,
        ):
            _do(function, run)


def show_place_in_queue(run: RunFolder) -> None:
    """How many come before a waiting run, when it is expected to start, and for instructors how to change that."""
    queue = _queue()
    mine = next((each for each in queue if each.run == run), None)
    if mine is None:  # it has just been taken
        return
    soon = "" if mine.expected_start is None else f", expected to start in about {in_words(mine.expected_start)}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            Markdown(":material/queue: Number {} of {} in the queue{}.").format(mine.position, len(queue), soon),
            width="content",
        )
        if mine.reason:
            st.caption(mine.reason, width="content")
        if current_role() is not Role.INSTRUCTOR:
            return
        for label, icon, position in (
            ("First", "vertical_align_top", 1),
            ("Earlier", "arrow_upward", mine.position - 1),
            ("Later", "arrow_downward", mine.position + 1),
        ):
            useless = not 1 <= position <= len(queue) or position == mine.position
            if st.button(label, icon=f":material/{icon}:", disabled=useless, key=f"queue-{label}-{run.run_id}"):
                _do(move, run, position)
        with st.popover(f"Priority {mine.status.priority}", icon=":material/low_priority:"):
            now = mine.status.priority
            lowest, highest = min(now, -HIGHEST_PRIORITY), max(now, HIGHEST_PRIORITY)  # an older version had no bounds
            wanted = st.number_input("Priority", lowest, highest, now, help="Runs of higher priority start first.")
            if wanted != now:
                _do(set_priority, run, int(wanted))


@st.cache_data(ttl=1.0, max_entries=1, show_spinner=False)
def _queue() -> list:
    return waiting()


def show_deleted() -> None:
    """The run that was deleted last, to be brought back with one click; below a button, all of the last day."""
    if current_role() is not Role.INSTRUCTOR:
        return
    deleted = deleted_runs()
    if not deleted:
        return
    ids = [run.run_id for run, _ in deleted]
    with st.container(horizontal=True, vertical_alignment="center"):
        if (latest := st.session_state.get(DELETED)) in ids:
            name = title_of_folder(next(run for run, _ in deleted if run.run_id == latest))
            st.markdown(Markdown(":material/delete: {} was deleted.").format(name), width="content")
            if st.button("Undo", icon=":material/undo:"):
                _do(restore, latest)
        with st.popover(f"Deleted runs ({len(ids)})", icon=":material/restore_from_trash:"):
            st.caption("Kept for a day.")
            for run, left in deleted[:50]:
                label = f"Bring back {title_of_folder(run)}"
                if st.button(label, key=f"restore-{run.run_id}", help=f"{in_words(left)} left"):
                    _do(restore, run.run_id)


def _do(action: Callable[..., Any], *what: Any) -> None:
    """Do it if the person may, and draw the page anew; says why where it cannot be done."""
    try:
        require_instructor()
        action(*what)
    except LesionLabError as error:
        st.toast(str(error), icon=":material/error:")
        return
    _queue.clear()
    st.rerun()
