"""Page loads, one tab each, and what the server still holds of them.

What can grow is no leak: Streamlit keeps tabs that were closed, up to 128 of them, so that they can come back after a
break of the network, each with its widgets, the page's tables and an event loop of three open files. They are kept for
`server.disconnectedSessionTTL` seconds, and what is freed then goes back to the system.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice

import psutil

from tests.conftest import Server
from tests.tabs import connected, open_page

PAGES = ["", "data", "explore", "pictures", "integrity", "train", "runs", "search", "engine", "leakage"]
PROMISED_BYTES = 350_000_000
"""Of the server's process, at any time."""
PROMISED_FILES = 60
"""Open files more than at the start once closed tabs are not kept any more."""
KEPT_SECONDS = 35
"""A little longer than `server.disconnectedSessionTTL`."""


@dataclass(frozen=True)
class Held:
    """Bytes of memory and open files of a server: before the loads, at most meanwhile, and once tabs are let go."""

    start: tuple[int, int]
    most: tuple[int, int]
    end: tuple[int, int]

    def is_as_promised(self) -> bool:
        """Whether the memory stayed within its bound, and the files of closed tabs were closed."""
        return self.most[0] < PROMISED_BYTES and self.end[1] - self.start[1] < PROMISED_FILES


def held_of(
    server: Server, loads: int, timed: Callable[[Callable[[], None]], None] = lambda loading: loading()
) -> Held:
    """Load pages in turn and measure what the server holds; `timed` calls what loads them, once every page was seen."""
    process = psutil.Process(server.process.pid)

    def load(page: str) -> None:
        with connected(server.port) as tab:
            open_page(tab, page)

    def now() -> tuple[int, int]:
        return process.memory_info().rss, process.num_fds()

    for page in PAGES:  # what every page keeps for all
        load(page)
    start = now()
    seen = [start]

    def loading() -> None:
        for page in islice(cycle(PAGES), loads):
            load(page)
            seen.append(now())

    timed(loading)
    time.sleep(KEPT_SECONDS)
    load("data")  # Streamlit looks for tabs that are too old when another one is closed
    return Held(start, (max(each[0] for each in seen), max(each[1] for each in seen)), now())
