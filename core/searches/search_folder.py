"""A search is a folder: what was asked, how it stands, what people want of it. Light, for others look often."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base.errors import SearchError
from core.base.files import folders_in, read_json, write_json
from core.base.ids import newest_first
from core.base.record import Record, RecordLock, RecordStatus
from core.base.schema import SEARCH_STATUS, SEARCH_WANTED
from core.base.settings import artifacts_dir
from core.base.typed_json import read_as
from core.searches.journal import Trial, read_trials
from core.searches.search_states import SearchState


@dataclass(frozen=True)
class SearchStatus(RecordStatus):
    """What `status.json` says."""

    schema = SEARCH_STATUS

    state: SearchState


@dataclass(frozen=True)
class Wanted:
    """What people want of a search: to be running, paused or stopped, and how many trials in all."""

    state: SearchState
    trials: int


@dataclass(frozen=True)
class SearchFolder(Record[SearchStatus]):
    """One search, by its folder. Every method reads the files as they are now."""

    status_type = SearchStatus
    error = SearchError
    noun = "search"

    @property
    def search_id(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def config_file(self) -> Path:
        """What was asked; never changed. `core.searches.search_config` reads it."""
        return self.path / "search.json"

    @property
    def trials_file(self) -> Path:
        """What was proposed, started and told, one JSON line each; append-only."""
        return self.path / "trials.jsonl"

    @property
    def control_lock(self) -> RecordLock:
        """Held while what is wanted or the process that drives changes."""
        return self.lock_named("control.lock", 60)

    @property
    def driver_lock(self) -> RecordLock:
        """Held by the one process that drives the search, as long as it lives."""
        return self.lock_named("driver.lock", 0)

    def if_lost(self, status: SearchStatus) -> dict[str, Any]:  # noqa: ARG002 - every search says the same
        """What of the status is otherwise once its process is not heard of any more."""
        return {"state": SearchState.LOST, "message": SearchState.LOST.meaning}

    def wanted(self) -> Wanted:
        """What people want of it.

        Raises:
            SearchError: the file cannot be read.
        """
        with self.unreadable_named("wanted.json"):
            return read_as(Wanted, SEARCH_WANTED.current(read_json(self.path / "wanted.json")))

    def want(self, wanted: Wanted) -> None:
        """Replace what is wanted; whoever does so holds `control_lock`."""
        value = {"state": str(wanted.state), "trials": wanted.trials}
        write_json(self.path / "wanted.json", SEARCH_WANTED.stamped(value))

    def trials(self) -> list[Trial]:
        """All trials, in the order in which they were proposed.

        Raises:
            SearchError: the file cannot be read.
        """
        with self.unreadable_named(self.trials_file.name):
            return read_trials(self.trials_file)


def searches_folder() -> Path:
    """Where all searches are."""
    return artifacts_dir() / "searches"


def list_searches() -> list[SearchFolder]:
    """All searches, newest first."""
    paths = folders_in(searches_folder())
    found = [path for path in paths if (path / "search.json").is_file() and (path / "status.json").is_file()]
    return [SearchFolder(path) for path in newest_first(found, "search.json")]


def active_searches() -> list[SearchFolder]:
    """Those that are driven, or should be; one whose status cannot be read is none of them."""
    found = []
    for search in list_searches():
        with contextlib.suppress(SearchError, OSError):
            if search.written_status().state.active:
                found.append(search)
    return found


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
