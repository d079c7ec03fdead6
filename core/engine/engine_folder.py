"""The engine's folder: what it notes down there about itself, and its processes, which all write into it."""

import contextlib
from pathlib import Path
from typing import Any

import psutil

from core.base.files import read_json
from core.base.processes import ProcessId
from core.base.settings import artifacts_dir

SCHEDULER, WORKER = "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"
"""Dask's command lines, as modules."""


def engine_folder() -> Path:
    """Where the engine keeps its address, process ids and logs."""
    return artifacts_dir() / "engine"


def record_file() -> Path:
    """Where the engine says where it is; the file is there from its start until somebody stops it."""
    return engine_folder() / "engine.json"


def read_record() -> dict[str, Any] | None:
    """What the engine says; None if it was never started, was stopped, or its file is damaged."""
    with contextlib.suppress(OSError, ValueError):
        return read_json(record_file())
    return None


def daemons(*modules: str) -> list[ProcessId]:
    """Living processes of this engine that were started as one of the modules."""
    found, folder = [], str(engine_folder())
    for process in psutil.process_iter(["cmdline", "status"]):
        line = process.info["cmdline"] or []
        ours = any(word == folder or word.startswith(f"{folder}/") for word in line)
        if ours and any(module in line for module in modules) and process.info["status"] != psutil.STATUS_ZOMBIE:
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append(ProcessId.of(process.pid))
    return found
