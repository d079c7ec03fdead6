"""A job is a folder: what was asked, its status, its log, its result."""

import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base.errors import JobError
from core.base.files import folders_in, read_json, unreadable_named
from core.base.heartbeat import gone, lives_here, silence
from core.base.record import Record, RecordLock, RecordStatus
from core.base.schema import JOB, JOB_STATUS
from core.base.settings import artifacts_dir
from core.base.typed_json import read_as
from core.jobs.job_states import JobRequest, JobState

CANCEL_GRACE_SECONDS = 15.0
"""How long a job that was asked to stop may take before its process is killed."""

LOCK_SECONDS = 2.0


@dataclass(frozen=True)
class JobStatus(RecordStatus):
    """What `status.json` says.

    `done` of `total` counts whatever `phase` names; `total` is 0 where it is not known. `eta_seconds` is the time
    left of this phase, None where it cannot be told yet.
    """

    schema = JOB_STATUS

    state: JobState
    kind: str
    title: str
    phase: str = ""
    done: float = 0.0
    total: float = 0.0
    eta_seconds: float | None = None

    @property
    def fraction(self) -> float:
        """How much of the phase is done, 0…1; 0 where it is not known."""
        return min(max(self.done / self.total, 0.0), 1.0) if self.total else 0.0


@dataclass(frozen=True)
class JobArguments:
    """What `job.json` says: kind and title of the job, and its function, as "module:function", with its arguments."""

    kind: str
    title: str
    arguments: dict[str, Any]
    function: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types, with the version of the format."""
        return JOB.stamped(vars(self))


@dataclass(frozen=True)
class Job(Record[JobStatus]):
    """One job, by its folder. Every property reads the files as they are now."""

    status_type = JobStatus
    error = JobError
    noun = "job"

    @property
    def job_id(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def kind(self) -> str:
        """Which kind of work it is, a key of `core.jobs.kinds.KINDS`."""
        return self.read_arguments().kind

    @property
    def title(self) -> str:
        """What it is called on a page."""
        return self.read_arguments().title

    @property
    def arguments(self) -> dict[str, Any]:
        """What its function is called with."""
        return self.read_arguments().arguments

    @property
    def lock(self) -> RecordLock:
        """Held by its process while it works, and before by whoever starts that, until it is written down."""
        return self.lock_named("job.lock", LOCK_SECONDS)

    def read_arguments(self) -> JobArguments:
        """What it is to do.

        Raises:
            JobError: the file cannot be read.
        """
        with self.unreadable_named("job.json"):
            return read_as(JobArguments, JOB.current(read_json(self.path / "job.json")))

    def status(self) -> JobStatus:
        """The status, with `lost` or `cancelled` where the file still says running but nobody works on the job.

        A job that was asked to stop and did not within `CANCEL_GRACE_SECONDS` is killed by whoever looks.

        Raises:
            JobError: its files cannot be read.
        """
        asked = self.asked_seconds_ago(JobRequest.CANCEL)
        if asked is not None and asked > CANCEL_GRACE_SECONDS and self.written_status().state.active:
            self._kill()
        return super().status()

    def if_lost(self, status: JobStatus) -> dict[str, Any]:
        """What of the status is otherwise once its process is not heard of any more."""
        if not gone(status):
            message = f"It has not been heard of for {silence(status):.0f} s. Cancel it and start it again."
        elif self.cancel_asked():
            return {"state": JobState.CANCELLED, "eta_seconds": None, "message": "Stopped by force."}
        else:
            message = (
                "Its process was ended from outside; if nobody did it, the machine ran out of memory or was "
                "started anew. Start it again."
            )
        return {"state": JobState.LOST, "eta_seconds": None, "message": message}

    def worked_on(self) -> bool:
        """True if its process lives on this machine, heard of or not."""
        return lives_here(self.written_status())

    def result(self) -> dict[str, Any] | None:
        """What its function returned; None while it is not finished.

        Raises:
            JobError: the file cannot be read.
        """
        if self.written_status().state is not JobState.FINISHED:
            return None
        with self.unreadable_named("result.json"):
            return dict(read_json(self.path / "result.json"))

    def cancel(self) -> None:
        """Ask it to stop; asked again, its whole process group is killed. Does nothing once it is over."""
        if not self.written_status().state.active:
            return
        if self.cancel_asked():
            self._kill()
            return
        self.ask(JobRequest.CANCEL)

    def forget(self) -> None:
        """Delete its folder once it is over.

        Raises:
            JobError: it still works.
        """
        if self.status().state.active or self.worked_on():
            raise JobError(f"“{self.title}” still works. Cancel it first.")
        shutil.rmtree(self.path, ignore_errors=True)

    def cancel_asked(self) -> bool:
        """True once somebody asked it to stop."""
        return self.asked_for(JobRequest.CANCEL)

    def unreadable_named(self, name: str) -> AbstractContextManager[None]:
        """Raises a `JobError` where the block cannot read the file of that name."""
        message = f"cannot be shown: its {name} is missing or damaged. Delete the folder {self.path}."
        return unreadable_named(JobError(f"The job {self.job_id} {message}"))

    def _kill(self) -> None:
        status = self.written_status()
        if status.process is not None and lives_here(status):
            status.process.kill_group()


def jobs_folder() -> Path:
    """Where all jobs are."""
    return artifacts_dir() / "jobs"


def list_jobs(kind: str | None = None) -> list[Job]:
    """All jobs, or those of one kind, newest first; folders that are no job are passed over."""
    found = []
    for job in map(Job, folders_in(jobs_folder())):
        try:
            if kind is None or job.kind == kind:
                found.append((job.written_status().created, job))
        except JobError:
            continue
    return [job for _, job in sorted(found, key=lambda each: (each[0], each[1].job_id), reverse=True)]


def newest_job(kind: str, **named: Any) -> Job | None:
    """The job of a kind that was started last with these among its arguments; None if there is none."""
    return next((job for job in list_jobs(kind) if named.items() <= job.arguments.items()), None)
