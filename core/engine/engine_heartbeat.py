"""Heartbeats of the engine's own processes: who lives but does not answer any more is found out, said and replaced.

A process that is halted (by a debugger, by a machine that does nothing but swap, by a network mount) is alive to the
system, so whether it answers is told from a small file that it overwrites from the loop in which it does its work.
"""

import contextlib
import json
import os
import time
from pathlib import Path

import psutil

from core.base.files import open_private, parse_json, read_tail
from core.base.processes import ProcessId, host_name
from core.engine.engine_folder import engine_folder

BEAT_SECONDS = 2.0
TOLD_SECONDS = 600.0
"""For how long it is said that a process was replaced."""


def silent_seconds() -> float:
    """After how many seconds without a heartbeat a process is replaced: `LESIONLAB_SILENT_SECONDS`, default 30."""
    try:
        return max(1.0, float(os.environ.get("LESIONLAB_SILENT_SECONDS", "")))
    except ValueError:
        return 30.0


class Heartbeat:
    """That of this process; `beat` is called whenever its loop comes round, and writes every `BEAT_SECONDS`."""

    def __init__(self, name: str):
        self.name = name
        self._written = -BEAT_SECONDS

    def beat(self) -> None:
        """Say that this process does its work."""
        if time.monotonic() - self._written >= BEAT_SECONDS:
            self._written = time.monotonic()
            first_beat(self.name, os.getpid())


def first_beat(name: str, pid: int) -> None:
    """Say it of a process that was just started, so that one which never says anything itself is found out too."""
    # Overwritten in place and of one length, which needs no room on a full disk. The monotonic clock is the same for
    # all processes of a machine and cannot be set; machines that share the folder compare the time of day.
    text = f"{pid:10d} {time.monotonic():16.3f} {time.time():16.3f}\n".encode()
    with contextlib.suppress(OSError):
        file = os.open(_file(name), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(file, text, 0)
        finally:
            os.close(file)


def silence(name: str, process: ProcessId, host: str) -> float:
    """For how many seconds a process has not been heard of; 0 where that is not known."""
    pid, monotonic, wall = _last_beat(name)
    if pid != process.pid:
        return 0.0
    return max(0.0, time.monotonic() - monotonic if host == host_name() else time.time() - wall)


def beating(name: str) -> bool:
    """True if a process of that name lives on this machine and was heard of lately, such as one that just starts."""
    pid, monotonic, _ = _last_beat(name)
    if not pid or not 0 <= time.monotonic() - monotonic < silent_seconds():
        return False
    with contextlib.suppress(psutil.Error):  # in a container that was started anew another one may have its number
        return str(engine_folder()) in psutil.Process(pid).cmdline()
    return False


def _last_beat(name: str) -> tuple[int, float, float]:
    """Process id, monotonic clock and time of day of the last heartbeat; zeros where there is none."""
    with contextlib.suppress(OSError, ValueError):
        pid, monotonic, wall = _file(name).read_text().split()
        return int(pid), float(monotonic), float(wall)
    return 0, 0.0, 0.0


def note_replaced(what: str) -> None:
    """Note down that a process was killed because it did not answer, so that people are told."""
    line = json.dumps({"time": time.time(), "what": what}) + "\n"
    with contextlib.suppress(OSError):
        engine_folder().mkdir(exist_ok=True)
        with open_private(_replaced_file(), "a") as file:
            file.write(line)


def lately_replaced() -> list[str]:
    """What was replaced in the last ten minutes, the latest last, each once."""
    found: dict[str, None] = {}
    for line in read_tail(_replaced_file(), 4000).splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):  # such as half a line at the beginning
            value = parse_json(line)
            if 0 <= time.time() - value["time"] < TOLD_SECONDS:
                found.pop(value["what"], None)
                found[value["what"]] = None
    return list(found)


def _file(name: str) -> Path:
    return engine_folder() / f"{name.replace('/', '_')}.beat"


def _replaced_file() -> Path:
    return engine_folder() / "replaced.jsonl"
