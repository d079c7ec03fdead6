"""Telling how long ago something was, although somebody may have set the clock since."""

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def boot_id() -> str:
    """What tells this start of this machine from every other; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def uptime() -> float:
    """Seconds since this machine was started, those asleep included; nobody can set this clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True)
class Moment:
    """A moment by two clocks.

    `time` is seconds since the epoch, as all machines count them but anybody may set; `uptime` is seconds since the
    start of the machine that is named by `boot`, which only go on.
    """

    time: float
    uptime: float
    boot: str

    @classmethod
    def now(cls) -> "Moment":
        """This moment."""
        return cls(time.time(), uptime(), boot_id())

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Moment":
        """What `to_json` gave."""
        return cls(float(value["time"]), float(value["uptime"]), str(value["boot"]))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {"time": self.time, "uptime": self.uptime, "boot": self.boot}

    def seconds_ago(self) -> float:
        """Seconds since then: by the machine's own clock where it still runs, else by the time of day."""
        if self.boot and self.boot == boot_id():
            return uptime() - self.uptime
        return time.time() - self.time
