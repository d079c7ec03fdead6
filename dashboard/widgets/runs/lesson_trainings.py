"""The three trainings of a leakage lesson, live and side by side."""

import streamlit as st

from core.data.splits.splits import TRAIN, SplitKind
from core.engine.launch import stop
from core.runs.run_folder import list_runs, summarise
from core.runs.run_states import State
from core.teaching.leakage_lesson import KINDS, LeakageLesson, open_leakage_lesson, runs_ahead, seconds_left
from dashboard.charts.lessons import SPLIT_NAMES, lesson_curves_chart
from dashboard.markdown import Markdown
from dashboard.rest.run_curves import SplitSize, follow, split_size
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.state.leakage_verdict import lesson_splits
from dashboard.widgets.notices import leak_badge
from dashboard.widgets.runs.run_list import STATE_COLOURS
from dashboard.wording import in_words

POLL_SECONDS = 1.5


def show_trainings(lesson: LeakageLesson) -> None:
    """State and curves of each run, refreshed while one is active; reruns the page when the last one is over."""
    live = lesson.live()

    @st.fragment(run_every=POLL_SECONDS if live else None)
    def three_trainings() -> None:
        now = open_leakage_lesson(lesson.lesson_id)
        if live and not now.live():
            st.rerun()
        if live:
            _waiting_line(now)
        for column, kind in zip(st.columns(3, gap="medium"), KINDS, strict=True):
            with column:
                _one_training(now, kind, live)

    three_trainings()


def _waiting_line(now: LeakageLesson) -> None:
    """How long it will take, as far as that is known, and a button to stop."""
    splits = lesson_splits(now.dataset, now.seed, now.fractions)
    sizes = {kind: len(split.part(TRAIN)) for kind, split in splits.items()}
    left = seconds_left(now, sizes)
    ahead = runs_ahead(now, list_runs())
    said = "The time left is known after the first epoch." if left is None else f"About {in_words(left)} left."
    if ahead:
        said += f" {ahead} other run{'s' if ahead > 1 else ''} on the engine came before; their time is not counted."
    line = st.container(horizontal=True, vertical_alignment="center")
    line.markdown(Markdown(":material/hourglass_top: {} The runs go on when this page is closed.").format(said))
    runs = [run for kind in KINDS if (run := now.run(kind)) is not None]
    asked_to_stop = all(run.stop_requested() or run.status().state.over for run in runs)
    if current_role() is Role.INSTRUCTOR and line.button(
        "Stop the lesson", icon=":material/stop_circle:", disabled=asked_to_stop
    ):
        require_instructor()
        for run in runs:
            if not run.status().state.over:
                stop(run)
        st.rerun(scope="fragment")


def _one_training(now: LeakageLesson, kind: SplitKind, live: bool) -> None:
    """State, mark, progress and curves of one of the three."""
    st.subheader(SPLIT_NAMES[kind], anchor=False)
    run = now.run(kind)
    if run is None:
        why = now.problems.get(kind) or "Its run was not started, or was deleted since."
        if not live or kind in now.problems:
            st.warning(why, icon=":material/block:")
        return
    summary = summarise(run)
    if summary is None:
        st.error(f"The files of the run {run.run_id} are damaged.", icon=":material/error:")
        return
    status = summary.status
    with st.container(horizontal=True):
        st.badge(str(status.state), color=STATE_COLOURS[status.state], help=status.state.meaning)
        leak_badge(summary.leaking)
    if status.state in (State.FAILED, State.LOST):
        hint = status.error_kind.hint if status.error_kind else ""
        st.error(f"{status.message} {hint}", title=status.failure, icon=":material/error:")
    elif not status.state.over:
        share_done = min(status.done / status.total, 1.0) if status.total else 0.0
        text = status.phase or status.state.meaning
        if status.state is State.RUNNING and status.total:
            text = f"Epoch {min(int(status.done) + 1, now.epochs)} of {now.epochs}"
        if status.eta_seconds is not None and status.state is not State.EVALUATING:
            text += f" · about {in_words(status.eta_seconds)}"
        st.progress(share_done, text=text)
    curves = follow(run)
    size = SplitSize()
    if run.split_file.is_file():
        size = split_size(str(run.split_file), run.split_file.stat().st_mtime_ns)
    if curves.epochs or curves.batches:
        st.plotly_chart(
            lesson_curves_chart(
                kind, curves.epoch_table(), curves.batch_table(), now.epochs, size.majority_baseline, size.images
            ),
            key=f"lesson-curves-{kind}-{now.lesson_id}",
            config={"displayModeBar": False},
            alt=f"{SPLIT_NAMES[kind]}: accuracy in training and validation by epoch",
        )
    elif not status.state.over:
        st.caption("Its curves start with its first batches." if status.state.active else "Waiting for its turn.")
    st.page_link(page_of("runs"), label="Open this run", icon=":material/monitoring:", query_params={"run": run.run_id})
