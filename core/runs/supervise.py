"""The engine's task: start one training process for a run, watch it, end it for certain if asked to."""

import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from core.runs.folder import RunFolder
from core.runs.process import ALREADY_TRAINED
from core.runs.processes import ProcessId, start_python
from core.runs.states import ErrorKind, State

STOP_GRACE_SECONDS = 60.0
"""How long a process that was asked to stop may take to leave the current batch before it is killed."""
_POLL_SECONDS = 0.25


def supervise(folder: str, settings: dict[str, str]) -> str:
    """Take one run to its end and return its last state.

    `settings` are environment variables for the training process: where data and artifacts are for whoever
    launched the run, which may differ from where this engine was started.

    If a process already trains the run (this task was started again after its worker was lost), that
    process is waited for instead of starting a second one.
    """
    run = RunFolder(Path(folder))
    if run.written_status().state.over:
        return run.written_status().state
    process: subprocess.Popen | None = None
    watched = _living_process(run)
    if watched is None:
        process = _start(run, settings)
        watched = ProcessId.of(process.pid)
    killed_by_us = False
    while True:
        if process is not None and process.poll() == ALREADY_TRAINED:
            process, watched = None, _living_process(run)
        if process is not None and process.poll() is not None:
            break
        if process is None and (watched is None or not watched.alive()):
            break
        if not killed_by_us and _overdue(run):
            killed_by_us = True
            watched.kill_group(signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    code = process.returncode if process is not None else None
    return _close(run, code, killed_by_us)


def _start(run: RunFolder, settings: dict[str, str]) -> subprocess.Popen:
    environment = {**settings, "PYTHONUNBUFFERED": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    return start_python(["core.runs.process", str(run.path)], run.log, environment)


def _living_process(run: RunFolder) -> ProcessId | None:
    process = run.written_status().process
    return process if process is not None and process.alive() else None


def _overdue(run: RunFolder) -> bool:
    """True if the run was asked to stop, is not being evaluated, and has had its time."""
    try:
        asked = (run.path / "control" / "stop").stat().st_mtime
    except OSError:
        return False
    state = run.written_status().state
    return state is not State.EVALUATING and time.time() - asked > STOP_GRACE_SECONDS


def _close(run: RunFolder, code: int | None, killed_by_us: bool) -> str:
    """Write the last status if the process could not."""
    try:
        with FileLock(run.path / "run.lock", timeout=5):
            status = run.written_status()
            if not status.state.over:
                if killed_by_us:
                    message = "The process did not answer and was ended by force, so nothing was evaluated."
                    change = {"state": State.STOPPED, "message": message}
                else:
                    change = {
                        "state": State.FAILED,
                        "error_kind": ErrorKind.KILLED,
                        "message": f"The training process ended without a word ({_in_words(code)}).",
                    }
                status = replace(status, ended=time.time(), phase="", eta_seconds=None, **change)
                run.write_status(status)
            return status.state
    except Timeout:  # another process took the run over meanwhile and will close it
        return run.written_status().state


def _in_words(code: int | None) -> str:
    if code is None:
        return "its exit code is not known"
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
