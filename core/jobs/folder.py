"""A job is a folder: what was asked, its status, its log, its result."""

import shutil
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from core.base.errors import JobError
from core.base.files import folders_in, read_json, read_tail, unreadable_named, write_json
from core.base.heartbeat import gone, heard_of, lives_here, silence
from core.base.processes import ProcessId
from core.base.settings import artifacts_dir
from core.jobs.states import JobState

CANCEL_GRACE_SECONDS = 15.0
"""How long a job that was asked to stop may take before its process is killed."""

LOCK_SECONDS = 2.0


@dataclass(frozen=True)
class JobStatus:
    """What `status.json` says. Times are seconds since the epoch.

    `done` of `total` counts whatever `phase` names; `total` is 0 where it is not known. `eta_seconds` is the time
    left of this phase, None where it cannot be told yet.
    """

    state: JobState
    kind: str
    title: str
    created: float
    phase: str = ""
    done: float = 0.0
    total: float = 0.0
    eta_seconds: float | None = None
    ended: float | None = None
    heartbeat: float | None = None
    process: ProcessId | None = None
    host: str = ""
    message: str = ""

    @property
    def share(self) -> float:
        """How much of the phase is done, 0…1; 0 where it is not known."""
        return min(max(self.done / self.total, 0.0), 1.0) if self.total else 0.0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {**self.__dict__, "process": self.process.to_json() if self.process else None}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "JobStatus":
        """What `to_json` gave."""
        process = ProcessId.from_json(value["process"]) if value["process"] else None
        return cls(**{**value, "state": JobState(value["state"]), "process": process})


@dataclass(frozen=True)
class Job:
    """One job, by its folder. Every property reads the files as they are now."""

    path: Path

    @property
    def job_id(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def kind(self) -> str:
        """Which kind of work it is, a key of `core.jobs.kinds.KINDS`."""
        return str(self.asked()["kind"])

    @property
    def title(self) -> str:
        """What it is called on a page."""
        return str(self.asked()["title"])

    @property
    def arguments(self) -> dict[str, Any]:
        """What its function is called with."""
        return dict(self.asked()["arguments"])

    @property
    def log(self) -> Path:
        """Standard output and error of its process."""
        return self.path / "log.txt"

    @property
    def lock(self) -> FileLock:
        """Held by its process while it works, and before by whoever starts that, until it is written down."""
        return FileLock(self.path / "job.lock", timeout=LOCK_SECONDS)

    def asked(self) -> dict[str, Any]:
        """`job.json`: kind, title, arguments, and the function as "module:function".

        Raises:
            JobError: the file cannot be read.
        """
        with self._unreadable_named("job.json"):
            return dict(read_json(self.path / "job.json"))

    def written_status(self) -> JobStatus:
        """`status.json` as it stands.

        Raises:
            JobError: the file cannot be read.
        """
        with self._unreadable_named("status.json"):
            return JobStatus.from_json(read_json(self.path / "status.json"))

    def status(self) -> JobStatus:
        """The status, with `lost` or `cancelled` where the file still says running but nobody works on the job.

        A job that was asked to stop and did not within `CANCEL_GRACE_SECONDS` is killed by whoever looks.

        Raises:
            JobError: its files cannot be read.
        """
        status = self.written_status()
        if not status.state.active:
            return status
        asked = self._cancel_asked_at()
        if asked is not None and time.time() - asked > CANCEL_GRACE_SECONDS:
            self._kill()
        if gone(status):
            status = self.written_status()  # it may have written its end between the two looks
            if not status.state.active:
                return status
            if asked is not None:
                return replace(status, state=JobState.CANCELLED, eta_seconds=None, message="Stopped by force.")
            message = (
                "Its process was ended from outside; if nobody did it, the machine ran out of memory or was "
                "started anew. Start it again."
            )
            return replace(status, state=JobState.LOST, eta_seconds=None, message=message)
        if not heard_of(status):
            message = f"It has not been heard of for {silence(status):.0f} s. Cancel it and start it again."
            return replace(status, state=JobState.LOST, eta_seconds=None, message=message)
        return status

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
        with self._unreadable_named("result.json"):
            return dict(read_json(self.path / "result.json"))

    def cancel(self) -> None:
        """Ask it to stop; asked again, its whole process group is killed. Does nothing once it is over."""
        if not self.written_status().state.active:
            return
        if self.cancel_asked():
            self._kill()
            return
        (self.path / "control").mkdir(exist_ok=True)
        (self.path / "control" / "cancel").touch()

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
        return self._cancel_asked_at() is not None

    def write_status(self, status: JobStatus) -> None:
        """Replace `status.json`; the right of whoever holds `lock`."""
        write_json(self.path / "status.json", status.to_json())

    def log_tail(self, size: int = 20_000) -> str:
        """The last `size` bytes of the log."""
        return read_tail(self.log, size)

    def _unreadable_named(self, name: str) -> AbstractContextManager[None]:
        return unreadable_named(
            JobError(
                f"The job {self.job_id} cannot be shown: its {name} is missing or damaged. "
                f"Delete the folder {self.path}."
            )
        )

    def _kill(self) -> None:
        status = self.written_status()
        if lives_here(status):
            status.process.kill_group()

    def _cancel_asked_at(self) -> float | None:
        try:
            return (self.path / "control" / "cancel").stat().st_mtime
        except OSError:
            return None


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
        except (JobError, KeyError, TypeError):
            continue
    return [job for _, job in sorted(found, key=lambda each: (each[0], each[1].job_id), reverse=True)]
