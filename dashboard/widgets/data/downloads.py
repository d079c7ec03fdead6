"""Downloading a public data set from a page: its licence is shown and accepted before it starts."""

import shutil

import httpx
import streamlit as st

from core.base.settings import configured_roots
from core.data.download.download import discard_partial, download_arguments, in_bytes, partial_bytes, size_in_words
from core.data.download.sources import Source, sum_known
from core.data.download.transfer import new_client, size_told_by_server
from core.jobs import Job, JobState, list_jobs, start_job
from dashboard.markdown import Markdown, code, link
from dashboard.roles import Role, current_role, require_instructor
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.data.job_progress import show_job

_PATIENCE_SECONDS = 5.0
"""How long a page waits for a server that is asked for the size of a file."""


def latest_downloads() -> dict[str, Job]:
    """The newest download of each source, by the name of the source."""
    newest: dict[str, Job] = {}
    for job in list_jobs("download"):
        newest.setdefault(str(job.arguments.get("source")), job)
    return newest


def show_download(source: Source, job: Job) -> None:
    """A download that works or has ended; where it broke off, buttons to go on and to discard what has come."""
    show_job(job)
    if job.status().state in (JobState.FINISHED, JobState.RUNNING) or current_role() is not Role.INSTRUCTOR:
        return
    kept = partial_bytes(source)
    with st.container(horizontal=True):
        label = f"Continue from {in_bytes(kept)}" if kept else "Try again"
        if st.button(label, icon=":material/download:", key=f"again-{source.name}"):
            require_instructor()
            start_job("download", job.title, job.arguments)
            st.rerun()
        key = f"discard-{source.name}"
        if (
            asks_first(
                "Delete the part that has come",
                f"{in_bytes(kept)} would have to be downloaded again.",
                "Delete the part",
                key=key,
            )
            if kept
            else st.button("Dismiss", icon=":material/close:", key=key)
        ):
            require_instructor()
            discard_partial(source)
            for each in list_jobs("download"):
                if each.arguments.get("source") == source.name:
                    each.forget()
            st.rerun()


@st.dialog("Download a data set", width="medium")
def download_dialog(source: Source) -> None:
    """What it is, how large, under which licence; starts once that is accepted."""
    st.markdown(Markdown("**{}.** {}").format(source.title, source.description))
    folder = configured_roots()[0] / source.folder
    size = size_in_words(source)
    if source.size is None:
        with st.spinner("Asking the server for the size …"):
            told = size_told(source)
        if told is not None:
            size = f"{in_bytes(told)}, as the server says"
        elif source.likely_size is None:
            size = "not known: the server does not say. The disk is watched during the download."
    existing = folder
    while not existing.exists():
        existing = existing.parent
    details = {
        "Size": size,
        "Free space": f"{in_bytes(shutil.disk_usage(existing).free)}. The download and the unpacked files "
        "need room at the same time.",
        "Goes to": code(folder),
        "Licence": link(source.licence, source.licence_url),
        "Please cite": source.citation,
        "Home page": source.homepage,
    }
    st.markdown(Markdown("\n").join(Markdown("- **{}**: {}").format(name, value) for name, value in details.items()))
    accepted = st.checkbox(f"I accept the licence, {source.licence}, and will cite the authors.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Cancel"):
            st.rerun()
        if st.button("Start the download", type="primary", icon=":material/download:", disabled=not accepted):
            require_instructor()
            start_job("download", f"Download of {source.title}", download_arguments(source))
            st.rerun()


@st.cache_data(ttl=600, show_spinner=False)
def size_told(source: Source) -> int | None:
    """Bytes of all files as their servers say now; None if one does not say."""
    sizes = []
    with new_client() as client:
        client.timeout = httpx.Timeout(_PATIENCE_SECONDS)
        for file in source.files:
            size = file.size if file.size is not None else size_told_by_server(client, file)
            if size is None:
                return None
            sizes.append(size)
    return sum_known(sizes)
