"""Starting a job in a process of its own."""

import contextlib
import shutil
import time
from dataclasses import replace
from typing import Any

from core.base.errors import ConfigurationError, JobError
from core.base.files import disk_full_named, folder_built_aside, write_json
from core.base.ids import new_id
from core.base.locks import locked
from core.base.processes import ProcessId, give_way, host_name, start_python, wait_in_background
from core.base.settings import settings_for_processes
from core.jobs.job_folder import Job, JobArguments, JobStatus, jobs_folder, list_jobs
from core.jobs.job_states import JobState
from core.jobs.kinds import GIVE_WAY, KINDS

KEPT_OF_A_KIND = 20
"""Jobs of one kind that are kept, those that work not counted."""


def start_job(kind: str, title: str, arguments: dict[str, Any]) -> Job:
    """Start work in the background and return at once.

    If the same kind works with the same arguments already, that job is returned and none is started.

    Args:
        kind: a key of `core.jobs.kinds.KINDS`.
        title: what it is called on a page.
        arguments: plain JSON types, given to the function of the kind.

    Raises:
        ConfigurationError: the kind is not known.
        DiskFullError, JobError: it could not be started; nothing is left of it.
    """
    if kind not in KINDS:
        raise ConfigurationError(f"There is no background job called “{kind}”. Known are: {', '.join(KINDS)}.")
    folder = jobs_folder()
    with disk_full_named(folder):
        folder.mkdir(parents=True, exist_ok=True)
    busy = JobError("Another job is just being started. Try again in a minute.")
    with locked(folder / "start.lock", busy, 60):  # two dashboards, or a double click
        earlier = list_jobs(kind)
        for job in earlier:
            state = job.status().state
            silent = state is JobState.LOST and job.worked_on()
            if job.arguments == arguments and (state.active or silent):
                return job
        # Pages read every job of a kind, so only the newest that are over are kept.
        for job in earlier[KEPT_OF_A_KIND - 1 :]:
            with contextlib.suppress(JobError):  # it still works
                job.forget()
        return _start(kind, title, arguments)


def _start(kind: str, title: str, arguments: dict[str, Any]) -> Job:
    job = Job(jobs_folder() / new_id(kind))
    asked = JobArguments(kind, title, arguments, KINDS[kind])
    with folder_built_aside(job.path) as aside:
        write_json(aside / "job.json", asked.to_json(), private=True)  # it names files that people have brought
        first = JobStatus(JobState.RUNNING, kind, title, created=time.time(), phase="Starting", host=host_name())
        Job(aside).write_status(first)
    process = None
    try:
        with job.lock:
            process = start_python(["core.jobs.job_process", str(job.path)], job.log, settings_for_processes())
            job.write_status(replace(first, process=ProcessId.of(process.pid)))
            if kind in GIVE_WAY:
                give_way(process)
    except BaseException as error:
        if process is not None:  # else it would do what nobody knows of
            process.kill()
            process.wait()
        shutil.rmtree(job.path, ignore_errors=True)
        if isinstance(error, OSError):
            raise JobError(f"“{title}” cannot be started: {error.strerror}.") from error
        raise
    wait_in_background(process)
    return job
