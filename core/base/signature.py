"""Who has done something, and when, as texts say it."""

import time


def who(by: str) -> str:
    """The e-mail address of a person; one without a login sits at the machine."""
    return by or "a person at the machine"


def when(seconds: float) -> str:
    """A moment in seconds since the epoch, to the minute, in UTC: "2026-11-27 13:33 UTC"."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
