"""The engine's folder: its record, the call for work, and its processes, which all name it in their command lines."""

import contextlib
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from core.base.files import UNREADABLE, read_json, write_json
from core.base.processes import ProcessId
from core.base.settings import artifacts_dir
from core.base.typed_json import read_as

DAEMON, WORKER = "core.daemon", "core.engine.worker"
"""The engine's processes, as modules."""


@dataclass(frozen=True)
class EngineRecord:
    """What the daemon says of the engine.

    `host` is the machine of the daemon and its workers, `address` that of the Dask scheduler whose workers train
    instead, `workers` those of the daemon by their devices, `problem` what keeps it from its work.
    """

    daemon: ProcessId
    host: str
    address: str = ""
    workers: dict[str, ProcessId] = field(default_factory=dict)
    problem: str = ""


def engine_folder() -> Path:
    """Where the engine keeps its record, heartbeats and logs."""
    return artifacts_dir() / "engine"


def record_file() -> Path:
    """Where the engine says where it is; the file is there from its start until somebody stops it."""
    return engine_folder() / "engine.json"


def read_record() -> EngineRecord | None:
    """What the engine says; None if it was never started, was stopped, or its file is damaged."""
    with contextlib.suppress(*UNREADABLE):
        return read_as(EngineRecord, read_json(record_file()))
    return None


def write_record(record: EngineRecord) -> None:
    """Replace what the engine says; the daemon's right.

    Raises:
        DiskFullError: what it said before still stands.
    """
    write_json(record_file(), asdict(record))


def call_for_work() -> None:
    """Have the engine look at the queue now."""
    moment = time.time_ns()  # the file system's own clock may tell two calls in a row the same
    with contextlib.suppress(OSError):  # on a full disk; the daemon looks every two seconds all the same
        _call_file().touch()
        os.utime(_call_file(), ns=(moment, moment))


def last_call() -> int:
    """What tells the last call for work from every other; 0 if there was none."""
    try:
        return _call_file().stat().st_mtime_ns
    except OSError:
        return 0


def processes_of_engine(*modules: str) -> list[ProcessId]:
    """Living processes of this artifacts folder on this machine that were started as one of the modules."""
    found, folder = [], str(engine_folder())
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []  # None of a zombie, empty of one that belongs to somebody else
        if folder in line and any(module in line for module in modules):
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append(ProcessId.of(process.pid))
    return [process for process in found if process.alive()]


def _call_file() -> Path:
    return engine_folder() / "call"
