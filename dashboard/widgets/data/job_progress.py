"""A job in the background: offered, and shown live while it works."""

from typing import Any

import streamlit as st

from core import jobs
from core.base.errors import JobError
from core.base.percents import percent
from core.jobs import Job, JobState, JobStatus, start_job
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.wording import in_words

POLL_SECONDS = 1.0


def newest_job(kind: str, dataset: str) -> Job | None:
    """The job of a kind that was started last for a data set; None if there is none."""
    return jobs.newest_job(kind, dataset=dataset)


def offer_job(kind: str, title: str, arguments: dict[str, Any], *, why: str, label: str, icon: str) -> None:
    """Say why a job is needed, with the button that starts it; viewers are told who can press it.

    Args:
        kind: a key of `core.jobs.kinds.KINDS`.
        title: of the job.
        arguments: of the job.
        why: what has not been done yet, what it will do and how long that takes.
        label: what stands on the button.
        icon: of the button.
    """
    st.info(why, icon=":material/info:")
    may_start = current_role() is Role.INSTRUCTOR
    if st.button(label, type="primary", icon=icon, disabled=not may_start):
        require_instructor()
        start_job(kind, title, arguments)
        st.rerun()
    if not may_start:
        st.caption("On this server only an instructor can have it done.")


def show_job(job: Job) -> None:
    """Title, bar, phase, time left and a button to cancel; looks again only while the job works.

    When it ends, the whole page runs once more, so that what it made is shown.
    """
    try:
        active = job.status().state.active
    except JobError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.fragment(_job, run_every=POLL_SECONDS if active else None)(job, active)


def show_unless_done(job: Job) -> None:
    """`show_job` where a job that is done has nothing to tell: its pictures have changed since."""
    try:
        done = job.status().state is JobState.FINISHED
    except JobError:
        done = False
    if not done:
        show_job(job)


def progress_text(status: JobStatus) -> str:
    """One line under a bar: what is being done, how much of it, how long it will take."""
    parts = [status.phase or status.state.meaning]
    if status.total:
        parts.append(percent(status.fraction, 0))
    if status.eta_seconds is not None:
        parts.append(f"{in_words(status.eta_seconds)} left")
    return ", ".join(parts)


def _job(job: Job, was_active: bool) -> None:
    try:
        status = job.status()
    except JobError as error:
        st.error(str(error), icon=":material/error:")
        return
    if was_active and not status.state.active:
        st.rerun()
    if status.state.active:
        with st.container(border=True, gap="small"):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(Markdown("**{}**").format(status.title), width="content")
                _cancel_button(job)
            st.progress(status.fraction, text=progress_text(status))
    elif status.state is JobState.FINISHED:
        st.success(f"{status.title}: done.", icon=":material/check:")
    elif status.state is JobState.CANCELLED:
        st.info(f"{status.title}: {status.message or status.state.meaning}", icon=":material/cancel:")
    else:
        with st.container(border=True, gap="small"):
            st.error(status.message or status.state.meaning, title=f"{status.title}: {status.state}")
            log = job.log_tail()
            if log and current_role() is Role.INSTRUCTOR:
                with st.expander("Log", icon=":material/description:"):
                    st.code(log, language=None)
            if status.state is JobState.LOST and job.worked_on():
                _cancel_button(job)


def _cancel_button(job: Job) -> None:
    asked = job.cancel_asked()
    label = "Stop by force" if asked else "Cancel"
    why = "It was asked to stop and has not yet." if asked else None
    viewer = current_role() is not Role.INSTRUCTOR
    if st.button(label, key=f"cancel-{job.job_id}-{asked}", icon=":material/cancel:", disabled=viewer, help=why):
        require_instructor()
        job.cancel()
        st.rerun()
