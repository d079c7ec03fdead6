"""The engine's folder: its record, the call for work, and its processes, which all name it in their command lines."""

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from core.base.files import read_json
from core.base.processes import ProcessId
from core.base.settings import artifacts_dir

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
    workers: Mapping[str, ProcessId] = field(default_factory=dict)
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        workers = {device: process.to_json() for device, process in self.workers.items()}
        return {**self.__dict__, "daemon": self.daemon.to_json(), "workers": workers}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "EngineRecord":
        """What `to_json` gave."""
        return cls(
            ProcessId.from_json(value["daemon"]),
            str(value["host"]),
            str(value["address"]),
            {str(device): ProcessId.from_json(process) for device, process in value["workers"].items()},
            str(value["problem"]),
        )


def engine_folder() -> Path:
    """Where the engine keeps its record, heartbeats and logs."""
    return artifacts_dir() / "engine"


def record_file() -> Path:
    """Where the engine says where it is; the file is there from its start until somebody stops it."""
    return engine_folder() / "engine.json"


def read_record() -> EngineRecord | None:
    """What the engine says; None if it was never started, was stopped, or its file is damaged."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        return EngineRecord.from_json(read_json(record_file()))
    return None


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
