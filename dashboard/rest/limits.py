"""What the API may cost: how often one caller asks, how many requests are answered or wait, how much they bring."""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Self

from dashboard.rest.refusals import Refusal

HELD_BYTES = 64_000_000
"""Bodies of all requests together that the server holds at once."""
MOST_WAITING = 32
"""Requests for predictions that are answered or wait at once."""
_MOST_CALLERS = 10_000


class Rate:
    """So many requests per minute for each caller (a token bucket that holds one minute's worth)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def count(self, caller: str, per_minute: int) -> None:
        """Count a request.

        Raises:
            Refusal: 429, the caller has asked too often; `Retry-After` says when to ask again.
        """
        now = time.monotonic()
        with self._lock:
            left, then = self._left.get(caller, (float(per_minute), now))
            left = min(left + (now - then) * per_minute / 60, float(per_minute))
            if left >= 1:
                self._left[caller] = left - 1, now
                if len(self._left) > _MOST_CALLERS:
                    self._forget(now)
                return
            self._left[caller] = left, now
        wait = max(round((1 - left) * 60 / per_minute), 1)
        text = f"You asked more than {per_minute:,} times a minute. Try again in {wait} s."
        raise Refusal(429, text, {"Retry-After": str(wait)})

    def _forget(self, now: float) -> None:
        """Drop who has not asked for a minute, or all: whoever is forgotten begins with a whole minute's worth."""
        self._left = {caller: seen for caller, seen in self._left.items() if now - seen[1] < 60}
        if len(self._left) > _MOST_CALLERS:
            self._left.clear()


class Room:
    """How much there is at once of something that is limited, such as bytes or requests."""

    def __init__(self, most: int, full: str):
        """`full` says in a sentence that nothing more goes in."""
        self._most, self._full = most, full
        self._lock = threading.Lock()
        self._taken = 0

    @contextlib.contextmanager
    def share(self, amount: int = 0) -> Iterator["Share"]:
        """A part of the room, given back at the end of the block.

        Raises:
            Refusal: 503, there is no room for `amount`.
        """
        share = Share(self)
        try:
            yield share.grow(amount)
        finally:
            self._give_back(share.amount)

    def _take(self, amount: int) -> None:
        with self._lock:
            if self._taken + amount > self._most:
                raise Refusal(503, self._full, {"Retry-After": "2"})
            self._taken += amount

    def _give_back(self, amount: int) -> None:
        with self._lock:
            self._taken -= amount


class Share:
    """What one request has of a room."""

    def __init__(self, room: Room):
        self._room = room
        self.amount = 0

    def grow(self, amount: int) -> Self:
        """Take more.

        Raises:
            Refusal: 503, there is no room for that.
        """
        self._room._take(amount)
        self.amount += amount
        return self


rate = Rate()
bytes_held = Room(HELD_BYTES, "The server holds as much as it can. Try again in a moment.")
waiting = Room(MOST_WAITING, f"{MOST_WAITING} requests are being answered or wait. Try again in a moment.")
