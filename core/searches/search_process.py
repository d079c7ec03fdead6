"""The driver of a search: `python -m core.searches.search_process SEARCH_FOLDER` asks, launches, follows and tells.

It is the only writer of the search's journal and, while it lives, of its status, and holds a lock so that no second
process can drive the same search. Killed and started again, it goes on with the same trials.
"""

import sys
import time
import traceback
from pathlib import Path

from filelock import Timeout

from core.base.errors import LesionLabError
from core.base.files import is_disk_full
from core.base.heartbeat import StatusWriter
from core.searches.search_folder import SearchFolder
from core.searches.search_states import SearchState

ALREADY_DRIVEN = 3
"""Exit code if another process drives the search."""
LOCK_SECONDS = 20.0
"""How long an earlier driver may take to end."""
POLL_SECONDS = 0.5


def main(arguments: list[str]) -> int:
    """Drive the search in the folder given until it is over, paused or stopped."""
    search = SearchFolder(Path(arguments[0]))
    lock = search.driver_lock
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        return ALREADY_DRIVEN
    with lock:
        with search.control_lock:  # whoever has started this process writes that down first
            if not search.written_status().state.active:
                return 0
        with StatusWriter(search) as writer:
            try:
                _drive(search, writer)
            except Exception as error:
                traceback.print_exc()
                writer.end(SearchState.FAILED, message=_message_of(error), process=None)
                return 1
    return 0


def _drive(search: SearchFolder, writer: StatusWriter) -> None:
    from core.searches.driver import Driver  # brings TensorFlow: after the first heartbeat

    driver = Driver(search)
    while True:
        state = driver.step()
        if not state.active:
            with search.control_lock:  # what is wanted from now on, a new driver will see
                if driver.still(state):
                    writer.end(state, message=driver.message, process=None)
                    return
        else:
            if state is not writer.status.state:
                writer.update(state=state)
            time.sleep(POLL_SECONDS)


def _message_of(error: Exception) -> str:
    if isinstance(error, OSError) and is_disk_full(error):
        return "The disk is full. Free some space, then resume the search; it goes on where it was."
    text = str(error).strip() or type(error).__name__
    return text if isinstance(error, LesionLabError) else f"An error that was not foreseen: {text[:600]} (see its log)."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
