"""A record: a folder in which some work is kept, and `status.json` in it, which says how that stands.

Runs, searches and jobs are records. Who does the work writes the status and says every few seconds that it lives;
whoever else looks reads it, leaves requests, and takes for lost what is not heard of any more.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import KW_ONLY, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from filelock import FileLock

from core.base.clocks import Moment
from core.base.errors import DiskFullError, LesionLabError
from core.base.files import UNREADABLE, disk_full_named, read_json, read_tail, unreadable_named, write_json
from core.base.heartbeat import heard_of
from core.base.processes import ProcessId
from core.base.schema import Schema
from core.base.typed_json import Time, fields_as

STATUS_FILE = "status.json"


class RecordState(StrEnum):
    """Where a record is in its life; each kind of record has its own states, and `UNKNOWN` among them."""

    @classmethod
    def _missing_(cls, value: object) -> RecordState | None:
        """States that only a newer version has are not known here, which is no damage."""
        return cls["UNKNOWN"] if isinstance(value, str) else None


@dataclass(frozen=True)
class RecordStatus:
    """What the `status.json` of every record says. Times are seconds since the epoch.

    `process` on `host` does the work; it was last heard of at `heartbeat`. `written` is when the file was written,
    by which others tell how long ago that was although a clock may have been set since.
    """

    schema: ClassVar[Schema]

    state: Any
    _: KW_ONLY
    created: Time
    ended: Time | None = None
    heartbeat: Time | None = None
    process: ProcessId | None = None
    host: str = ""
    message: str = ""
    written: Moment | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types, with the version of the format."""
        plain = {name: value.to_json() if hasattr(value, "to_json") else value for name, value in vars(self).items()}
        return self.schema.stamped(plain)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """What `to_json` gave, of this version or any other.

        Raises:
            ValueError: it is something else.
        """
        return cls(**fields_as(cls, cls.schema.current(value)))


S = TypeVar("S", bound=RecordStatus)


class RecordLock(FileLock):
    """A lock within a record. Waiting for it makes no new folder where the record is gone."""

    def acquire(self, *arguments: Any, **how: Any) -> Any:
        """As `FileLock.acquire`.

        Raises:
            FileNotFoundError: the folder is gone.
        """
        if not (folder := Path(self.lock_file).parent).is_dir():
            raise FileNotFoundError(f"{folder} is gone.")
        return super().acquire(*arguments, **how)


@dataclass(frozen=True)
class Record(Generic[S]):
    """One record, by its folder. Every property reads the files as they are now."""

    path: Path

    status_type: ClassVar[type[RecordStatus]]
    error: ClassVar[type[LesionLabError]]
    """What is raised where a file cannot be read."""
    noun: ClassVar[str]
    """What it is called in messages."""

    @property
    def log(self) -> Path:
        """Standard output and error of its process."""
        return self.path / "log.txt"

    def log_tail(self, size: int = 20_000) -> str:
        """The last `size` bytes of the log."""
        return read_tail(self.log, size)

    def written_status(self) -> S:
        """`status.json` as it stands.

        Raises:
            LesionLabError: of the kind `error`; the file cannot be read.
        """
        with self.unreadable_named(STATUS_FILE):
            return self.status_type.from_json(read_json(self.path / STATUS_FILE))  # type: ignore[return-value]

    def status(self) -> S:
        """The status, as `if_lost` says where the file still says active but nobody is heard of any more.

        Raises:
            LesionLabError: as `written_status`.
        """
        status = self.written_status()
        if status.state.active and not heard_of(status):
            status = self.written_status()  # its process may have written its end between the two looks
            if status.state.active and not heard_of(status):
                return replace(status, **self.if_lost(status))
        return status

    def if_lost(self, status: S) -> dict[str, Any]:
        """What of the status is otherwise once the process is not heard of any more."""
        raise NotImplementedError

    def write_status(self, status: S, last_check: Callable[[], object] | None = None) -> None:
        """Replace `status.json`; only the one process that does the work at the time may do so.

        Args:
            status: what it is to say.
            last_check: called right before, when it is on the disk already: a process that was halted meanwhile may
                have lost the work to another one.

        Raises:
            DiskFullError: the old one is then still whole.
            FileNotFoundError: the record is gone.
        """
        value = {**status.to_json(), "written": Moment.now().to_json()}
        write_json(self.path / STATUS_FILE, value, durable=True, new_folders=False, last_check=last_check)

    def lock_named(self, name: str, timeout: float = -1) -> RecordLock:
        """The lock in the file of that name; the system lets go of it when its holder dies."""
        return RecordLock(self.path / name, timeout=timeout)

    def ask(self, request: StrEnum) -> None:
        """Leave a request for whoever does the work; asking again changes nothing.

        Raises:
            LesionLabError: of the kind `error`; the record is gone.
            DiskFullError: not even an empty file can be made.
        """
        try:
            with disk_full_named(self.path):
                (self.path / "control").mkdir(exist_ok=True)
                if not self.asked_for(request):
                    try:
                        write_json(self._request(request), Moment.now().to_json(), new_folders=False)
                    except DiskFullError:  # whoever fills the disk must be stopped; an empty file says it, too
                        self._request(request).touch()
        except FileNotFoundError as error:
            raise self.error(f"The {self.noun} {self.path.name} is gone.") from error

    def asked_for(self, request: StrEnum) -> bool:
        """True once the request was left."""
        return self._request(request).exists()

    def asked_seconds_ago(self, request: StrEnum) -> float | None:
        """Seconds since a request was left, None if it was not; an empty file, as 0.1.0 left, tells by its time."""
        file = self._request(request)
        with contextlib.suppress(OSError):
            try:
                return Moment.from_json(read_json(file)).seconds_ago()
            except UNREADABLE:
                return time.time() - file.stat().st_mtime
        return None

    def take_back(self, request: StrEnum) -> None:
        """Take a request away."""
        self._request(request).unlink(missing_ok=True)

    def unreadable_named(self, name: str) -> AbstractContextManager[None]:
        """Raises an error of the kind `error` where the block cannot read the file of that name."""
        message = f"The {self.noun} {self.path.name} cannot be used: its {name} is missing or damaged."
        return unreadable_named(self.error(message))

    def _request(self, request: StrEnum) -> Path:
        return self.path / "control" / request
