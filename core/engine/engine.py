"""The engine that executes runs: workers of this machine, started on first use, or those of a Dask cluster.

On one machine it is a daemon and one worker per device, each a background process of its own session, so that they
outlive the dashboard. `artifacts/engine/engine.json` says which they are.
"""

import contextlib
import signal
from dataclasses import dataclass, replace

import psutil
from filelock import Timeout

from core.base.errors import EngineError
from core.base.heartbeat import here
from core.base.processes import ProcessId, host_name
from core.base.settings import settings_for_processes
from core.engine.daemon_process import (
    DAEMON_NAME,
    START_SECONDS,
    daemon_answers,
    engine_lock,
    ensure_daemon,
    wait_for_the_end,
)
from core.engine.dask_client import answers, external_scheduler
from core.engine.engine_folder import (
    DAEMON,
    WORKER,
    EngineRecord,
    call_for_work,
    processes_of_engine,
    read_record,
    record_file,
)
from core.engine.engine_heartbeat import lately_replaced, silence, silent_seconds
from core.engine.hardware import devices
from core.engine.queue import statuses
from core.engine.standby import STANDBY, waiting_standbys
from core.engine.supervise import supervise
from core.engine.worker import worker_name
from core.runs.run_folder import RunFolder
from core.runs.run_states import Request, State


@dataclass(frozen=True)
class EngineStatus:
    """What can be said of the engine without disturbing it.

    `workers` counts those that answer, `memory` is bytes in use by its processes, `notices` are sentences about
    processes that do not answer or were replaced, and about what keeps it from its work.
    """

    running: bool
    address: str
    embedded: bool
    workers: int
    devices: tuple[str, ...]
    memory: int | None
    notices: tuple[str, ...] = ()


def engine_status() -> EngineStatus:
    """Whether the engine runs, and with what. Opens no lasting connection."""
    record, notices = read_record(), []
    if record is not None and not daemon_answers(record) and (record.host != host_name() or record.daemon.alive()):
        notices.append(_silent("The daemon", silence(DAEMON_NAME, record.daemon, record.host)))
    if record is not None and record.problem:
        notices.append(record.problem)
    replaced = [f"{what} did not answer and was replaced." for what in lately_replaced()]
    if address := external_scheduler():
        troubled = record is not None and record.address == address and bool(record.problem)
        running = answers(address) and not troubled
        return EngineStatus(running, address, False, 0, (), None, (*notices, *replaced))
    if record is None or record.address:
        return EngineStatus(False, "", True, 0, devices(), None, (*notices, *replaced))
    answering = []
    gone = record.host == host_name() and not record.daemon.alive()
    for device, process in {} if gone else record.workers.items():
        silent = silence(worker_name(device), process, record.host)
        if silent >= silent_seconds():
            notices.append(_silent(f"The worker of {device}", silent))
        elif record.host != host_name() or process.alive():
            answering.append(device)
    running = daemon_answers(record) and bool(answering)
    memory = sum(map(_memory, [record.daemon, *record.workers.values(), *waiting_standbys()])) if running else None
    shown = tuple(answering) if running else devices()
    return EngineStatus(running, "", True, len(answering) if running else 0, shown, memory, (*notices, *replaced))


def submit() -> None:
    """Have the engine look at the queue now, starting or completing it first.

    Raises:
        EngineError: the engine cannot be started or reached.
    """
    ensure_engine()
    call_for_work()


def ensure_engine() -> EngineRecord:
    """What a running engine says of itself, started if it does not run.

    Raises:
        EngineError: it cannot be started or reached.
    """
    address = external_scheduler()
    if address and not answers(address):
        raise EngineError(
            f"No Dask scheduler answers at {address} (LESIONLAB_SCHEDULER). Start it, correct the "
            "address, or remove the variable to use this machine."
        )
    return ensure_daemon(address)


def stop_engine() -> int:
    """End the engine of this machine; its trainings are asked to stop and waited for. Queued runs stay queued.

    Returns the number of runs that were stopped.

    Raises:
        EngineError: the engine is not ours to stop.
    """
    if address := external_scheduler():
        raise EngineError(f"The engine at {address} was not started here, so it is not stopped from here.")
    try:
        with engine_lock(START_SECONDS):
            record = read_record()
            if record is not None and record.host != host_name() and daemon_answers(record):
                raise EngineError(f"The engine runs on {record.host}; stop it there.")
            # The daemon first, so that nothing is started again; then the workers, so that no queued run is started.
            # Without their worker standby processes would end too, but only once they have loaded.
            for module in (DAEMON, WORKER, STANDBY):
                for process in waiting_standbys() if module is STANDBY else processes_of_engine(module):
                    _end(process)
            record_file().unlink(missing_ok=True)
    except Timeout as error:
        raise EngineError("The engine is being started or stopped by somebody else. Try again in a moment.") from error
    return len([run for run in _left_alone() if _stopped(run)])


def _end(process: ProcessId) -> None:
    process.kill_group(signal.SIGTERM)
    wait_for_the_end(process, 1)
    process.kill_group()
    wait_for_the_end(process)


def _left_alone() -> list[RunFolder]:
    """Runs that were the engine's, asked to stop; those that had no process yet wait again."""
    left = []
    for run, status in statuses():
        if not status.state.active or not here(status):
            continue
        with contextlib.suppress(Timeout, FileNotFoundError), run.lock_named("supervisor.lock", timeout=0):
            status = run.written_status()
            if status.process is None and status.state is State.STARTING:
                run.write_status(replace(status, state=State.QUEUED, phase=""))
            elif status.state.active:
                run.ask(Request.STOP)
                left.append(run)
    return left


def _stopped(run: RunFolder) -> bool:
    return bool(supervise(str(run.path), settings_for_processes()))


def _silent(what: str, seconds: float) -> str:
    return f"{what} has not answered for {seconds:.0f} s and is being replaced."


def _memory(process: ProcessId) -> int:
    try:
        return psutil.Process(process.pid).memory_info().rss
    except psutil.Error:
        return 0
