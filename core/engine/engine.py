"""The engine that executes runs: Dask, started here on first use or found at `LESIONLAB_SCHEDULER`.

The embedded engine is a keeper, one scheduler and one worker per device, each a background process of its own
session, so that they outlive the dashboard. `artifacts/engine/engine.json` says where they are.
"""

import contextlib
import signal
import time
from dataclasses import dataclass, replace
from typing import Any

import psutil
from filelock import FileLock, Timeout

from core.base.errors import EngineError
from core.base.heartbeat import here
from core.base.processes import ProcessId, start_python, wait_in_background
from core.base.settings import settings_for_processes
from core.daemon import START_SECONDS, work_ahead
from core.engine.dask_client import TaskSender, answers, external_scheduler
from core.engine.engine_folder import SCHEDULER, WORKER, daemons, engine_folder, read_record, record_file
from core.engine.hardware import devices
from core.engine.queue import statuses
from core.engine.standby import SPARE
from core.engine.supervise import supervise
from core.runs.run_folder import RunFolder
from core.runs.run_states import Request, State

_sender = TaskSender()


@dataclass(frozen=True)
class EngineStatus:
    """What can be said of the engine without disturbing it. `memory` is bytes in use by its processes."""

    running: bool
    address: str
    embedded: bool
    workers: int
    devices: tuple[str, ...]
    memory: int | None


def engine_status() -> EngineStatus:
    """Whether the engine runs, and with what. Opens no lasting connection."""
    if address := external_scheduler():
        return EngineStatus(answers(address), address, False, 0, (), None)
    record = read_record()
    if not _runs(record):
        return EngineStatus(False, "", True, 0, devices(), None)
    workers = [w for w in record["workers"] if ProcessId.from_json(w["process"]).alive()]
    memory = sum(_memory(process) for process in [*_processes(record), *_spares()])
    return EngineStatus(True, record["address"], True, len(workers), tuple(w["device"] for w in workers), memory)


def submit() -> None:
    """Have the engine look at the queue now, starting or completing it first.

    Raises:
        EngineError: the engine cannot be started or reached.
    """
    _sender.send(ensure_engine())


def warm_engine() -> None:
    """Start the engine if it does not run, with a training process that waits for the next run.

    Raises:
        EngineError: it cannot be started or reached.
    """
    _sender.send(ensure_engine(), [f"warm-{number}" for number in range(len(devices()))])


def ensure_engine() -> str:
    """Address of a running scheduler, with a keeper that looks after it.

    Raises:
        EngineError: it cannot be started or reached.
    """
    address = external_scheduler()
    if address and not answers(address):
        raise EngineError(
            f"No Dask scheduler answers at {address} (LESIONLAB_SCHEDULER). Start it, correct the "
            "address, or remove the variable to use this machine."
        )
    folder = engine_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "engine.lock"):
        record = read_record()
        if not _keeper_lives(record):
            keeper = start_python(["core.daemon"], folder / "keeper.log", settings_for_processes())
            wait_in_background(keeper)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            record = read_record()
            if _keeper_lives(record) and (address == record["address"] if address else _runs(record)):
                return record["address"]
            if _keeper_lives(record) and record.get("problem"):
                raise EngineError(record["problem"])
            time.sleep(0.02)
    raise EngineError(f"The engine could not be started; {folder / 'keeper.log'} says why.")


def revive_engine() -> bool:
    """Start the engine again where it died, not stopped by anybody, and there is work for it; True if it did so.

    Raises:
        EngineError: it cannot be started.
    """
    record = read_record()
    if record is None or _keeper_lives(record) or not work_ahead():
        return False
    ensure_engine()
    return True


def start_engine() -> EngineStatus:
    """Start the engine if it does not run; it takes up the runs that wait.

    Raises:
        EngineError: it cannot be started.
    """
    submit()
    return engine_status()


def stop_engine() -> int:
    """End the embedded engine; its trainings are asked to stop and waited for. Queued runs stay queued.

    Returns the number of runs that were stopped.

    Raises:
        EngineError: the engine is not ours to stop.
    """
    if address := external_scheduler():
        raise EngineError(f"The engine at {address} was not started here, so it is not stopped from here.")
    folder = engine_folder()
    folder.mkdir(parents=True, exist_ok=True)
    _sender.close()
    with FileLock(folder / "engine.lock"):
        record = read_record()
        # The keeper first, so that nothing is started again; then the workers, so that no queued run is started.
        if record is not None:
            keeper, *others = _processes(record)
            keeper.kill_group(signal.SIGTERM)
            _wait_for_the_end(keeper, 5)
            for process in [keeper, *others]:
                process.kill_group()
                _wait_for_the_end(process, 5)
            # Without their worker spare processes would end too, but only once they have loaded; and a keeper that was
            # killed may not have noted down what it had just started.
            for process in [*_spares(), *daemons(SCHEDULER, WORKER)]:
                process.kill_group()
                _wait_for_the_end(process, 5)
            record_file().unlink(missing_ok=True)
    return len([run for run in _left_alone() if _stopped(run)])


def _left_alone() -> list[RunFolder]:
    """Runs that were the engine's, asked to stop; those that had no process yet wait again."""
    left = []
    for run, status in statuses():
        if not status.state.active or not here(status):
            continue
        with contextlib.suppress(Timeout), FileLock(run.path / "supervisor.lock", timeout=0):
            status = run.written_status()
            if status.process is None and status.state is State.STARTING:
                run.write_status(replace(status, state=State.QUEUED, phase=""))
            elif status.state.active:
                run.ask(Request.STOP)
                left.append(run)
    return left


def _stopped(run: RunFolder) -> bool:
    return bool(supervise(str(run.path), settings_for_processes()))


def _processes(record: dict[str, Any]) -> list[ProcessId]:
    """Keeper, workers, scheduler: in the order in which they are ended."""
    workers = [ProcessId.from_json(worker["process"]) for worker in record["workers"]]
    scheduler = [ProcessId.from_json(record["scheduler"])] if record.get("scheduler") else []
    return [ProcessId.from_json(record["keeper"]), *workers, *scheduler]


def _spares() -> list[ProcessId]:
    """Training processes of this engine that wait for a run."""
    training = {status.process for _, status in statuses() if status.state.active}
    return [process for process in daemons(SPARE) if process not in training]


def _keeper_lives(record: dict[str, Any] | None) -> bool:
    return record is not None and ProcessId.from_json(record["keeper"]).alive()


def _runs(record: dict[str, Any] | None) -> bool:
    """True if the scheduler lives and has an address, and workers were started."""
    if record is None or not record.get("scheduler") or not record["workers"]:
        return False
    return ProcessId.from_json(record["scheduler"]).alive()


def _wait_for_the_end(process: ProcessId, seconds: float) -> None:
    """Wait until it does not run. One that has ended but was not yet waited for by its parent counts as ended."""
    deadline = time.monotonic() + seconds
    while process.alive() and time.monotonic() < deadline:
        time.sleep(0.02)


def _memory(process: ProcessId) -> int:
    try:
        return psutil.Process(process.pid).memory_info().rss
    except psutil.NoSuchProcess:
        return 0
