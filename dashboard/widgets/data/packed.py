"""Archives that were left packed in a data root, or are uploaded: unpacked in the background into a data set."""

import contextlib

import streamlit as st

from core.base.errors import JobError, LesionLabError
from core.data.catalog import Catalog
from core.data.download.archives import Contents
from core.data.download.download import in_bytes
from core.data.packed import (
    ENDINGS,
    Packed,
    contents_of,
    delete_unpacked,
    is_unpacked,
    keep_upload,
    list_packed,
    list_unpacked,
)
from core.jobs import Job, JobState, list_jobs, start_job
from dashboard.markdown import Markdown, code
from dashboard.rest.uploads import content_of, let_go_of
from dashboard.roles import Role, current_role, require_instructor
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.data.job_progress import show_job

MOST_OFFERED = 20
"""More archives than these are only counted; some people keep hundreds beside their data."""


def packed_archives(catalog: Catalog) -> None:
    """What is being unpacked, and every archive that was left packed, with a button to unpack it; for instructors."""
    if current_role() is not Role.INSTRUCTOR:
        return
    working = _unpackings()
    waiting = [packed for packed in list_packed(catalog) if str(packed.archive) not in working]
    for packed in waiting[:MOST_OFFERED]:
        _offer(packed)
    if len(waiting) > MOST_OFFERED:
        st.caption(f"{len(waiting) - MOST_OFFERED:,} more archives are packed there.")


def upload_archive() -> None:
    """A field for an archive that becomes a data set, and what was unpacked into our own folder, to be deleted."""
    if current_role() is not Role.INSTRUCTOR:
        return
    problem, number = "packed-problem", "packed-number"
    kept = st.session_state
    upload = st.file_uploader(
        "Or a zip or tar with pictures, at most 20 MB; put larger ones into a data folder",
        type=list(ENDINGS),
        key=f"upload-archive-{kept.setdefault(number, 0)}",
    )
    if upload is not None:
        require_instructor()
        kept[problem] = ""
        try:
            archive = keep_upload(content_of(upload), upload.name)
            start_job("unpack", f"Unpacking {archive.name}", {"archive": str(archive), "uploaded": True})
        except LesionLabError as error:
            kept[problem] = str(error)
        let_go_of(upload)
        kept[number] += 1  # another uploader, which holds no file
        st.rerun()
    if kept.get(problem):
        st.error(kept[problem], icon=":material/folder_off:")
    for folder in list_unpacked():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(code(folder), width="stretch")
            stays = "Its files are deleted; runs that learnt from them stay."
            if asks_first("Delete", stays, "Delete them", key=f"delete-{folder}"):
                require_instructor()
                delete_unpacked(folder)
                st.rerun()


def _unpackings() -> set[str]:
    """Shows what is being unpacked, broke off, or ended while this session watched; returns the archives at work."""
    watched: set[str] = st.session_state.setdefault("watched-unpackings", set())
    newest: dict[str, Job] = {}
    for job in list_jobs("unpack"):
        newest.setdefault(str(job.arguments.get("archive")), job)
    working = set()
    for archive, job in newest.items():
        try:
            state = job.status().state
        except JobError:
            continue
        if state.active:
            watched.add(job.job_id)
            working.add(archive)
        if state is not JobState.FINISHED or job.job_id in watched:
            show_job(job)
        if state is JobState.FINISHED and job.job_id in watched:
            _say_what_came(job)
        if state in (JobState.FAILED, JobState.CANCELLED, JobState.LOST) and st.button(
            "Dismiss", key=f"dismiss-{job.job_id}", icon=":material/close:"
        ):
            require_instructor()
            for each in list_jobs("unpack"):
                if str(each.arguments.get("archive")) == archive:
                    with contextlib.suppress(JobError):  # its process is about to end; another press a moment later
                        each.forget()
            st.rerun()
    return working


def _say_what_came(job: Job) -> None:
    try:
        result = job.result() or {}
    except JobError:
        return
    if not result.get("data_sets"):
        st.warning(
            Markdown("No data set was recognised in {}. See what it holds there, or add it as a folder.").format(
                code(str(result.get("folder", "")))
            ),
            icon=":material/help:",
        )


def _offer(packed: Packed) -> None:
    told = _told(packed)
    if isinstance(told, Contents) and is_unpacked(packed, told):
        return
    name = packed.archive.name
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"packed-{packed.archive}"):
        with st.container(width="stretch", gap="xsmall"):
            line = Markdown(":material/folder_zip: packed: **{}**").format(name)
            if isinstance(told, Contents):
                files = "file" if told.files == 1 else "files"
                line += Markdown(", {:,} {}, unpacks to {}").format(told.files, files, in_bytes(told.bytes))
            st.markdown(line)
            st.markdown(Markdown(":small[{}]").format(code(packed.archive)))
            if told is None:
                st.caption("How many files it holds is known after it has been unpacked.")
            elif isinstance(told, str):
                st.caption(told)
        if not isinstance(told, str) and st.button(
            "Unpack", key=f"unpack-{packed.archive}", icon=":material/unarchive:"
        ):
            require_instructor()
            start_job("unpack", f"Unpacking {name}", {"archive": str(packed.archive)})
            st.rerun()


def _told(packed: Packed) -> Contents | str | None:
    """What is in an archive; None where that would take long to tell, or in words why it cannot be unpacked."""
    if packed.foreign:
        return "Archives of this kind are not unpacked here. Unpack it yourself, or pack it as zip."
    try:
        stat = packed.archive.stat()
        return _contents(packed, stat.st_mtime_ns, stat.st_size)
    except LesionLabError as error:
        return str(error)
    except OSError as error:
        return f"It cannot be read: {error.strerror}."


@st.cache_data(max_entries=64, show_spinner="Looking into an archive …")
def _contents(packed: Packed, changed: int, size: int) -> Contents | None:  # noqa: ARG001 - another state, another entry
    return contents_of(packed)
