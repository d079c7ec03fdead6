"""Looking after one run: start its training process, watch it, start it again if it dies, end it if asked to."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

from core.base.errors import LesionLabError
from core.base.files import read_json
from core.base.heartbeat import HEARTBEAT_SECONDS, here, lives_here
from core.base.processes import ProcessId, host_name, start_python
from core.engine.engine_settings import load_engine_settings
from core.engine.queue import has_died
from core.engine.standby import Standby
from core.runs.run_folder import RunFolder, is_run
from core.runs.run_states import CANCELLED, ErrorKind, Request, State
from core.runs.run_status import Status

STOP_GRACE_SECONDS = 60.0
"""How long a process that was asked to stop may take to leave the current batch before it is killed."""
CANCEL_GRACE_SECONDS = 10.0
HUNG_SECONDS = 90.0
"""A process that lives but has not been heard of for so long, while this one watched, is killed and started again."""
ALMOST_DONE_SECONDS = 15.0
"""The next run's process is made ready when this one needs no longer than that."""
MOST_FAILED_RESTARTS = 5
"""A run whose process died so often in a row without a whole epoch is not started again."""
UNREADABLE_SECONDS = 2.0
"""A run whose status cannot be read for so long is let go, and its process ended."""
GPUS_PER_RUN = "LESIONLAB_GPUS_PER_RUN"
"""Environment variable: how many of the GPUs that it sees a training process may use."""
_POLL_SECONDS = 0.1
_LOOKS_A_BEAT = round(HEARTBEAT_SECONDS / _POLL_SECONDS)
"""A process that has not begun yet is said to live every so many looks."""


def supervise(
    folder: str,
    settings: dict[str, str],
    lock: FileLock | None = None,
    standby: Standby | None = None,
    beat: Callable[[], None] = lambda: None,
) -> State | None:
    """Take one run to its end and return its last state, None if its folder was taken away.

    Only one supervisor looks after a run; another one waits here for its end. If a process already trains the run
    (its last supervisor died), that process is watched instead of starting a second one. However this ends, the run's
    `supervisor.lock` is let go.

    Args:
        folder: the run folder.
        settings: environment variables for the training process that stand over what the run itself says.
        lock: the run's `supervisor.lock` if it is held already.
        standby: gives the process if it has one waiting.
        beat: called all the time.

    Raises:
        OSError, LesionLabError: the disk is full, or what the folder holds cannot be read; another try may do better.
    """
    run = RunFolder(Path(folder))
    lock = lock or run.lock_named("supervisor.lock")
    try:
        while not lock.is_locked:
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=_POLL_SECONDS)
                break
            beat()
            if (state := run.written_status().state).over:
                return state
        return _look_after(run, settings, standby, beat)
    except (OSError, LesionLabError):
        if is_run(run.path):
            raise
        return None
    finally:
        lock.release(force=True)


def training_environment(run: RunFolder, settings: dict[str, str]) -> dict[str, str]:
    """Environment variables of the run's training process: data and artifacts are those of whoever launched it."""
    roots = run.written_status().data_roots
    return {
        **({"LESIONLAB_DATA": os.pathsep.join(roots)} if roots else {}),
        **settings,
        "LESIONLAB_ARTIFACTS": str(run.path.parent.parent),
        GPUS_PER_RUN: str(load_engine_settings().gpus_per_run),
    }


def _look_after(
    run: RunFolder, settings: dict[str, str], standby: Standby | None, beat: Callable[[], None]
) -> State | None:
    while True:
        beat()
        status = run.written_status()
        if status.state.over:
            return status.state
        if status.state.active and not here(status) and not has_died(status):  # another machine has taken it over
            time.sleep(_POLL_SECONDS)
            continue
        oom_kills = _oom_kills()
        child = None
        process = status.process if status.state.active and lives_here(status) else None
        if process is None:
            started = _start(run, settings, standby)
            if started is None:  # over meanwhile, or a process that we know nothing of holds it
                time.sleep(_POLL_SECONDS)
                continue
            child, process = started
        by_us = _watch(run, process, child, standby, beat)
        if not is_run(run.path):
            return None
        code = child.wait() if child is not None else None
        _take_note(run, process, code, by_us, _oom_kills() > oom_kills)


def _start(
    run: RunFolder, settings: dict[str, str], standby: Standby | None
) -> tuple[subprocess.Popen, ProcessId] | None:
    """A new process for the run, of which its status tells before the process itself can write there."""
    try:
        with run.lock_named("run.lock", timeout=_POLL_SECONDS):
            status = run.written_status()
            if status.state.over:
                return None
            environment = training_environment(run, settings)
            child = standby.take(run.path, environment) if standby else None
            child = child or start_python(["core.engine.training_process", str(run.path)], run.log, environment)
            process = ProcessId.of(child.pid)
            mark = run.state_file.stat().st_mtime_ns if run.state_file.exists() else 0
            status = replace(
                status,
                state=State.STARTING,
                phase="Loading TensorFlow",
                process=process,
                host=host_name(),
                heartbeat=time.time(),
                attempt=status.attempt + 1,
                failed_restarts=0 if mark != status.mark else status.failed_restarts,
                mark=mark,
                eta_seconds=None,
            )
            try:
                run.write_status(status)
            except BaseException:  # nobody could tell that it trains the run
                process.kill_group()
                child.wait()
                raise
            return child, process
    except Timeout:
        return None


def _watch(
    run: RunFolder,
    process: ProcessId,
    child: subprocess.Popen | None,
    standby: Standby | None,
    beat: Callable[[], None],
) -> str:
    """Wait for the end of the process; returns why it was killed from here, empty if it was not.

    How long the process is silent is counted in looks: a clock that is set does not count, nor does the time for which
    this process was halted itself.
    """
    unreadable = unheard = 0
    heartbeat, by_us = None, ""
    while child.poll() is None if child is not None else process.alive():
        time.sleep(_POLL_SECONDS)
        beat()
        if by_us:
            continue
        try:
            status = run.written_status()
        except LesionLabError:
            unreadable += 1
            if not is_run(run.path) or unreadable * _POLL_SECONDS > UNREADABLE_SECONDS:
                by_us = "gone"
                process.kill_group(signal.SIGKILL)
            continue
        left = status.eta_seconds or ALMOST_DONE_SECONDS
        if standby and (status.state is State.EVALUATING or left < ALMOST_DONE_SECONDS):
            standby.prepare()
        unreadable = 0
        unheard, heartbeat = (unheard + 1 if status.heartbeat == heartbeat else 0), status.heartbeat
        if unheard and unheard % _LOOKS_A_BEAT == 0:
            heartbeat = _beat_for(run, process) or heartbeat
        if _overdue(run, status):
            by_us = "asked"
        elif unheard * _POLL_SECONDS > HUNG_SECONDS:
            by_us = "hung"
        if by_us:
            process.kill_group(signal.SIGKILL)
    return by_us


def _beat_for(run: RunFolder, process: ProcessId) -> float | None:
    """Say that the process lives while it still loads what it needs and cannot say so; the heartbeat written, if any.

    On a busy machine that takes longer than what counts as lost. Whether it still loads, the lock of the run tells.
    """
    try:
        with run.lock_named("run.lock", timeout=0):
            status = run.written_status()
            if status.state is not State.STARTING or status.process != process:
                return None
            heartbeat = time.time()
            run.write_status(replace(status, heartbeat=heartbeat))
            return heartbeat
    except (Timeout, OSError, LesionLabError):  # it has begun; or the disk is full, which the next beat tries again
        return None


def _overdue(run: RunFolder, status: Status) -> bool:
    """True if the run was asked to end and has had its time; one that is being evaluated only ends for a cancel."""
    if (cancelled := run.asked_seconds_ago(Request.CANCEL)) is not None:
        return cancelled > CANCEL_GRACE_SECONDS
    stopped = run.asked_seconds_ago(Request.STOP)
    return stopped is not None and status.state is not State.EVALUATING and stopped > STOP_GRACE_SECONDS


def _take_note(run: RunFolder, process: ProcessId, code: int | None, by_us: str, out_of_memory: bool) -> None:
    """Write what became of a process that could not write it itself: the run ends, or goes on in another one."""
    try:
        with run.lock_named("run.lock", timeout=5):
            status = run.written_status()
            if status.state.over or (status.process is not None and status.process != process):
                return
            run.write_status(replace(status, **_what_now(run, status, code, by_us, out_of_memory)))
    except Timeout:  # another process took the run over meanwhile and will close it
        return


def _what_now(run: RunFolder, status: Status, code: int | None, by_us: str, out_of_memory: bool) -> dict[str, Any]:
    over = {"ended": time.time(), "phase": "", "eta_seconds": None}
    if run.asked() is Request.CANCEL:
        return {**over, "state": State.STOPPED, "message": CANCELLED}
    if by_us == "asked":
        message = "The process did not answer and was ended by force, so nothing was evaluated."
        return {**over, "state": State.STOPPED, "message": message}
    how = "did not answer any more" if by_us else f"ended without a word ({_in_words(code)})"
    if out_of_memory and code == -signal.SIGKILL:
        message = f"The system ended the training process, for the machine ran out of memory. {_fitting(run, status)}"
        return {**over, "state": State.FAILED, "error_kind": ErrorKind.OUT_OF_MEMORY, "message": message.strip()}
    failed_restarts = status.failed_restarts + 1
    if load_engine_settings().resume_lost and failed_restarts < MOST_FAILED_RESTARTS:
        phase = f"Its process {how}; another one goes on"
        return {"state": State.STARTING, "heartbeat": time.time(), "phase": phase, "failed_restarts": failed_restarts}
    message = f"The training process {how}."
    if failed_restarts > 1:
        message += f" That was {failed_restarts} times in a row without a whole epoch."
    return {**over, "state": State.FAILED, "error_kind": ErrorKind.KILLED, "message": message, "failed_restarts": 0}


def _fitting(run: RunFolder, status: Status) -> str:
    """The batch size that fits, told from what the process had in memory before it learnt and at its most."""
    batch = int(read_json(run.path / "recipe.json")["batch_size"])  # the recipe itself would bring pandas
    learning, room = status.memory - status.memory_before, 0.8 * psutil.virtual_memory().total - status.memory_before
    if not batch or learning <= 0:
        return ""
    fits = batch
    while fits > 1 and learning * fits / batch > room:
        fits //= 2
    fits = fits if fits < batch else batch // 2
    return f"It had {status.memory / 1e9:.1f} GB at batch size {batch}; about {max(fits, 1)} should fit."


def _oom_kills() -> int:
    """Processes that this machine's kernel has ended for want of memory since it started; 0 where it does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def _in_words(code: int | None) -> str:
    if code is None:
        return "its exit code is not known"
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
