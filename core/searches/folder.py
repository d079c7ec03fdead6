"""A search is a folder: what was asked, how it stands, what people want of it. Light, for others look often."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from core.base.errors import SearchError
from core.base.files import folders_in, read_json, read_tail, unreadable_named, write_json
from core.base.heartbeat import heard_of
from core.base.ids import newest_first
from core.base.processes import ProcessId
from core.base.settings import artifacts_dir
from core.searches.ledger import Trial, read_trials
from core.searches.states import SearchState


@dataclass(frozen=True)
class SearchStatus:
    """What `status.json` says. Times are seconds since the epoch."""

    state: SearchState
    created: float
    heartbeat: float | None = None
    ended: float | None = None
    process: ProcessId | None = None
    host: str = ""
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {**self.__dict__, "process": self.process.to_json() if self.process else None}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> SearchStatus:
        """What `to_json` gave."""
        process = ProcessId.from_json(value["process"]) if value["process"] else None
        return cls(**{**value, "state": SearchState(value["state"]), "process": process})


@dataclass(frozen=True)
class Wanted:
    """What people want of a search: to be running, paused or stopped, and how many trials in all."""

    state: SearchState
    trials: int


@dataclass(frozen=True)
class SearchFolder:
    """One search, by its folder. Every method reads the files as they are now."""

    path: Path

    @property
    def search_id(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def ask_file(self) -> Path:
        """What was asked; never changed. `core.searches.ask` reads it."""
        return self.path / "search.json"

    @property
    def trials_file(self) -> Path:
        """What was proposed, started and told, one JSON line each; append-only."""
        return self.path / "trials.jsonl"

    @property
    def log(self) -> Path:
        """Standard output and error of its driver."""
        return self.path / "log.txt"

    @property
    def control_lock(self) -> FileLock:
        """Held while what is wanted or the process that drives changes."""
        return FileLock(self.path / "control.lock", timeout=60)

    @property
    def driver_lock(self) -> FileLock:
        """Held by the one process that drives the search, as long as it lives."""
        return FileLock(self.path / "driver.lock", timeout=0)

    def written_status(self) -> SearchStatus:
        """`status.json` as it stands.

        Raises:
            SearchError: the file cannot be read.
        """
        with self.unreadable_named("status.json"):
            return SearchStatus.from_json(read_json(self.path / "status.json"))

    def status(self) -> SearchStatus:
        """The status, with `lost` where the file still says active but nobody drives the search any more."""
        status = self.written_status()
        if status.state.active and not heard_of(status):
            return replace(status, state=SearchState.LOST, message=SearchState.LOST.meaning)
        return status

    def write_status(self, status: SearchStatus) -> None:
        """Replace `status.json`; the driver's right while it lives."""
        write_json(self.path / "status.json", status.to_json())

    def wanted(self) -> Wanted:
        """What people want of it.

        Raises:
            SearchError: the file cannot be read.
        """
        with self.unreadable_named("wanted.json"):
            value = read_json(self.path / "wanted.json")
            return Wanted(SearchState(value["state"]), int(value["trials"]))

    def want(self, wanted: Wanted) -> None:
        """Replace what is wanted; whoever does so holds `control_lock`."""
        write_json(self.path / "wanted.json", {"state": str(wanted.state), "trials": wanted.trials})

    def trials(self) -> list[Trial]:
        """All trials, in the order in which they were proposed."""
        return read_trials(self.trials_file)

    def log_tail(self, size: int = 20_000) -> str:
        """The last `size` bytes of the log."""
        return read_tail(self.log, size)

    def unreadable_named(self, name: str) -> AbstractContextManager[None]:
        """Raises a `SearchError` where the block cannot read the file of that name."""
        message = f"The search {self.search_id} cannot be used: its {name} is missing or damaged."
        return unreadable_named(SearchError(message))


def searches_folder() -> Path:
    """Where all searches are."""
    return artifacts_dir() / "searches"


def list_searches() -> list[SearchFolder]:
    """All searches, newest first."""
    paths = folders_in(searches_folder())
    found = [path for path in paths if (path / "search.json").is_file() and (path / "status.json").is_file()]
    return [SearchFolder(path) for path in newest_first(found, "search.json")]


def open_search(search_id: str) -> SearchFolder:
    """A search by its id, or by the part of it that is enough to tell it from all others.

    Raises:
        SearchError: there is none, or there are several.
    """
    if not re.fullmatch(r"[\w.-]{1,200}", search_id):
        raise SearchError("A search id has at most 200 letters, digits, dots, dashes and underscores.")
    searches = list_searches()
    matching = [s for s in searches if s.search_id == search_id] or [s for s in searches if search_id in s.search_id]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise SearchError(f"“{search_id}” fits {len(matching)} searches: {matching[0].search_id} …")
    raise SearchError(f"There is no search “{search_id}” in {searches_folder()}.")
