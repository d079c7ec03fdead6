"""Starting the daemon, and again where it died or does not answer any more. There is one for an artifacts folder."""

import contextlib
import subprocess
import time
from typing import TypeGuard

from filelock import FileLock, Timeout

from core.base.errors import EngineError
from core.base.processes import ProcessId, host_name, start_python, wait_in_background
from core.base.settings import settings_for_processes
from core.engine.engine_folder import DAEMON, EngineRecord, engine_folder, read_record
from core.engine.engine_heartbeat import beating, first_beat, note_replaced, silence, silent_seconds

DAEMON_NAME = "daemon"
START_SECONDS = 60.0
"""How long the engine may take to start; on a busy machine Python alone may need half of that."""
END_SECONDS = 5.0
"""How long a process that was killed may take to end."""


def engine_lock(timeout: float) -> FileLock:
    """Held while the engine is started or stopped; whoever asks for it waits so many seconds at most."""
    engine_folder().mkdir(parents=True, exist_ok=True)
    return FileLock(engine_folder() / "engine.lock", timeout=timeout)


def daemon_lock() -> FileLock:
    """Held by the one daemon for as long as it lives."""
    return FileLock(engine_folder() / "daemon.lock", timeout=0)


def daemon_answers(record: EngineRecord | None) -> TypeGuard[EngineRecord]:
    """True if the daemon that wrote the record lives and does its work, here or on another machine."""
    if record is None or (record.host == host_name() and not record.daemon.alive()):
        return False
    return silence(DAEMON_NAME, record.daemon, record.host) < silent_seconds()


def ensure_daemon(address: str) -> EngineRecord:
    """The record of an engine that takes runs, its daemon started or replaced if it has to be.

    Args:
        address: of the Dask scheduler whose workers train, empty for those of this machine.

    Raises:
        EngineError: it cannot be started, or cannot do its work.
    """
    log = engine_folder() / "daemon.log"
    try:
        with engine_lock(START_SECONDS):
            record = read_record()
            if daemon_answers(record) and record.address != address:
                _make_room(record, address)
            process, deadline = None, time.monotonic() + START_SECONDS
            while time.monotonic() < deadline:
                record = read_record()
                if not daemon_answers(record):
                    # Also where it died since the last look, or gave way to one that was about to end.
                    if not beating(DAEMON_NAME) and (process is None or process.poll() is not None):
                        if process is not None and process.returncode:
                            break
                        process = _start(record)
                elif record.address == address:
                    if record.problem:
                        raise EngineError(record.problem)
                    if address or record.workers:
                        return record
                time.sleep(0.02)
    except Timeout as error:
        raise EngineError("The engine is being started or stopped by somebody else. Try again in a moment.") from error
    raise EngineError(f"The engine could not be started; {log} says why.")


def revive_daemon() -> bool:
    """Start the daemon again where it died or does not answer, but was not stopped by anybody; True if it did so."""
    if read_record() is None or daemon_answers(read_record()) or beating(DAEMON_NAME):
        return False
    with contextlib.suppress(Timeout), engine_lock(0):
        record = read_record()
        if record is not None and not daemon_answers(record) and not beating(DAEMON_NAME):
            _start(record)
            return True
    return False


def wait_for_the_end(process: ProcessId, seconds: float = END_SECONDS) -> None:
    """Wait until it does not run. One that has ended but was not yet waited for by its parent counts as ended."""
    deadline = time.monotonic() + seconds
    while process.alive() and time.monotonic() < deadline:
        time.sleep(0.02)


def _make_room(record: EngineRecord, address: str) -> None:
    """End a daemon that serves another engine; the workers of this machine are ended by whoever stops them."""
    if not record.address or record.host != host_name():
        where = f"the scheduler at {record.address}" if record.address else f"the workers of {record.host}"
        wanted = f"LESIONLAB_SCHEDULER={address}" if address else "this machine, without LESIONLAB_SCHEDULER"
        raise EngineError(
            f"The runs of this artifacts folder are trained by {where}, and this process asks for {wanted}. "
            "Stop that engine first, with the settings with which it was started: python -m core engine stop"
        )
    record.daemon.kill_group()
    wait_for_the_end(record.daemon)


def _start(record: EngineRecord | None) -> subprocess.Popen[bytes]:
    """Start the daemon, in place of one that does not answer."""
    if record is not None and record.host != host_name():
        # A machine that was cut off may hold the lock for ever; when it comes back, its daemon sees that it lost.
        (engine_folder() / "daemon.lock").unlink(missing_ok=True)
    elif record is not None and record.daemon.alive():
        record.daemon.kill_group()
        wait_for_the_end(record.daemon)
        note_replaced("The daemon")
    process = start_python([DAEMON, str(engine_folder())], engine_folder() / "daemon.log", settings_for_processes())
    first_beat(DAEMON_NAME, process.pid)
    wait_in_background(process)
    return process
