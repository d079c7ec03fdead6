"""Starting the process that drives a search, again where it is gone or does not answer. Light: the daemon calls it."""

import contextlib
import time
from dataclasses import replace
from typing import Any

from filelock import Timeout

from core.base.errors import SearchError
from core.base.heartbeat import heard_of, lives_here
from core.base.processes import ProcessId, host_name, start_python, wait_in_background
from core.base.settings import settings_for_processes
from core.engine.engine_heartbeat import note_replaced
from core.searches.search_folder import SearchFolder, list_searches
from core.searches.search_states import SearchState

LOCK_SECONDS = 5.0
"""How long somebody else may hold a search before it is left for the next look."""


def revive_searches() -> list[SearchFolder]:
    """Start the driver of every search that should have one and has none; returns those searches.

    Searches driven on another machine are left alone until nothing was heard of them for a while.
    """
    revived = []
    for search in list_searches():
        with contextlib.suppress(SearchError, OSError, Timeout):
            if search.status().state is not SearchState.LOST:
                continue
            _end_silent_driver(search)
            with search.control_lock.acquire(timeout=LOCK_SECONDS):
                if search.status().state is SearchState.LOST and start_driver(search):
                    revived.append(search)
    return revived


def start_driver(search: SearchFolder) -> bool:
    """Start the process that drives a search and write into its status which one; False if another drives it.

    Whoever calls this holds `control_lock`, for which the new process waits before it reads anything.
    """
    _end_silent_driver(search)
    try:
        with search.driver_lock.acquire(timeout=2):  # one that has just ended may still hold it
            pass
    except Timeout:
        return False
    # Oracles compute on a CPU; TensorFlow, which Keras Tuner brings, would take memory of a GPU.
    environment = {**settings_for_processes(), "CUDA_VISIBLE_DEVICES": "-1"}
    process = start_python(["core.searches.search_process", str(search.path)], search.log, environment)
    now: dict[str, Any] = {"process": ProcessId.of(process.pid), "host": host_name(), "heartbeat": time.time()}
    search.write_status(replace(search.written_status(), **now))
    wait_in_background(process)
    return True


def _end_silent_driver(search: SearchFolder) -> None:
    """Kill a driver that lives but has not been heard of for long, such as one that was halted: it holds its locks."""
    status = search.written_status()
    if status.process and status.state.active and lives_here(status) and not heard_of(status):
        status.process.kill_group()
        note_replaced(f"The driver of the search {search.search_id}")
