"""The engine that executes runs: Dask, started here on first use or found at `LESIONLAB_SCHEDULER`.

The embedded engine is one scheduler and one worker per GPU (one worker if there is none), each a background
process of its own session, so that they outlive the dashboard. `artifacts/engine/engine.json` says where
they are.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock

from core.errors import EngineError
from core.files import read_json, write_json
from core.runs.folder import RunFolder, list_runs, runs_folder, summarise
from core.runs.processes import ProcessId, start_python
from core.runs.states import State
from core.runs.supervise import STOP_GRACE_SECONDS, supervise
from core.settings import artifacts_dir, settings_for_processes

START_SECONDS = 60.0


@dataclass(frozen=True)
class EngineStatus:
    """What can be said of the engine without disturbing it. `memory` is bytes in use by its processes."""

    running: bool
    address: str
    embedded: bool
    workers: int
    devices: tuple[str, ...]
    memory: int | None


def engine_folder() -> Path:
    """Where the embedded engine keeps its address, process ids and logs."""
    return artifacts_dir() / "engine"


def external_scheduler() -> str:
    """Address in `LESIONLAB_SCHEDULER`, empty for the embedded engine."""
    return os.environ.get("LESIONLAB_SCHEDULER", "").strip()


def devices() -> tuple[str, ...]:
    """Devices of this machine that each take one run at a time: every GPU, or the CPU if there is none."""
    if shutil.which("nvidia-smi"):
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
        gpus = [line for line in listed.stdout.splitlines() if line.startswith("GPU ")]
        if listed.returncode == 0 and gpus:
            return tuple(f"gpu-{number}" for number in range(len(gpus)))
    return ("cpu-0",)


def engine_status() -> EngineStatus:
    """Whether the engine runs, and with what. Opens no connection to an embedded engine."""
    if address := external_scheduler():
        return EngineStatus(_answers(address), address, False, 0, (), None)
    record = _record()
    if record is None or not _scheduler_alive(record):
        return EngineStatus(False, "", True, 0, devices(), None)
    workers = [w for w in record["workers"] if ProcessId.from_json(w["process"]).alive()]
    processes = [record["scheduler"], *(w["process"] for w in workers)]
    memory = sum(_memory(ProcessId.from_json(p)) for p in processes)
    return EngineStatus(True, record["address"], True, len(workers), tuple(w["device"] for w in workers), memory)


def submit(run: RunFolder) -> None:
    """Hand a queued run to the engine, starting or completing the engine first.

    Every other queued run goes with it, in the order they were made: a scheduler that was started anew, here
    or elsewhere, does not know them, and one that knows them takes no notice.

    Raises:
        EngineError: the engine cannot be started or reached.
    """
    address, fresh = ensure_engine()
    runs = _unfinished_runs(fresh)
    _send(address, runs if run in runs else [*runs, run])


def ensure_engine() -> tuple[str, bool]:
    """Address of a running scheduler, and whether it was started just now (and so knows no runs).

    Raises:
        EngineError: it cannot be started or reached.
    """
    if address := external_scheduler():
        if not _answers(address):
            raise EngineError(
                f"No Dask scheduler answers at {address} (LESIONLAB_SCHEDULER). Start it, correct the "
                "address, or remove the variable to use this machine."
            )
        return address, False
    folder = engine_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "engine.lock"):
        record = _record()
        fresh = record is None or not _scheduler_alive(record)
        if fresh:
            if record is not None:
                _kill(record)
            record = _start_scheduler(folder)
        _complete_workers(folder, record)
        return record["address"], fresh


def start_engine() -> EngineStatus:
    """Start the engine if it does not run, and give it the queued runs.

    Raises:
        EngineError: it cannot be started.
    """
    address, fresh = ensure_engine()
    _send(address, _unfinished_runs(fresh))
    return engine_status()


def stop_engine() -> int:
    """End the embedded engine; running trainings are asked to stop and waited for. Queued runs stay queued.

    Returns the number of runs that were stopped.

    Raises:
        EngineError: the engine is not ours to stop.
    """
    if address := external_scheduler():
        raise EngineError(f"The engine at {address} was not started here, so it is not stopped from here.")
    folder = engine_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "engine.lock"):
        record = _record()
        # First the workers, so that no queued run is started in the place of one that ends.
        if record is not None:
            _kill(record)
            (folder / "engine.json").unlink(missing_ok=True)
    # A process that has just been started has not said so in its run's status yet.
    processes = _training_processes()
    known = [s for s in map(summarise, list_runs()) if s]
    starting = [s.run for s in known if s.status.state is State.QUEUED and s.run.path in processes]
    active = [s.run for s in known if s.status.state.active or s.run.worked_on()] + starting
    for run in active:
        run.ask_to_stop()
    _wait_for_the_end([processes[run.path] for run in starting], STOP_GRACE_SECONDS)
    for run in active:
        supervise(str(run.path), settings_for_processes())
    _wait_for_the_end(list(processes.values()), STOP_GRACE_SECONDS)
    for process in processes.values():
        process.kill_group()
    return len(active)


def _unfinished_runs(fresh: bool) -> list[RunFolder]:
    """Queued runs in the order they were made.

    For a fresh scheduler, before them, those that a process of this machine still trains: their tasks will
    wait for that process, so that nobody else gets its device.
    """
    known = [s for s in map(summarise, reversed(list_runs())) if s]
    queued = [s.run for s in known if s.status.state is State.QUEUED]
    if not fresh:
        return queued
    here = socket.gethostname()
    return [s.run for s in known if s.status.state.active and s.status.host == here] + queued


def _training_processes() -> dict[Path, ProcessId]:
    """Living training processes of this artifacts folder on this machine, by run folder."""
    found = {}
    for process in psutil.process_iter(["cmdline", "create_time"]):
        line = process.info["cmdline"] or []
        if "core.runs.process" in line and Path(line[-1]).parent == runs_folder():
            found[Path(line[-1])] = ProcessId(process.pid, process.info["create_time"])
    return found


def _wait_for_the_end(processes: list[ProcessId], seconds: float) -> None:
    """Wait until none of them runs. One that has ended but was not yet waited for by its parent counts as ended."""
    deadline = time.monotonic() + seconds
    while any(process.alive() for process in processes) and time.monotonic() < deadline:
        time.sleep(0.05)


def _send(address: str, runs: list[RunFolder]) -> None:
    from distributed import Client, fire_and_forget

    try:
        with Client(address, timeout=10, set_as_default=False) as client:
            settings = settings_for_processes()
            for run in runs:
                future = client.submit(
                    supervise,
                    str(run.path),
                    settings,
                    key=f"run-{run.run_id}",
                    resources={"device": 1},
                    pure=False,
                )
                fire_and_forget(future)
            # The scheduler has taken the tasks in once it answers what comes after them.
            client.sync(client.scheduler.identity)
    except (OSError, TimeoutError) as error:
        raise EngineError(f"The engine at {address} does not answer: {error}") from error


def _start_scheduler(folder: Path) -> dict[str, Any]:
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    process = _spawn(
        folder,
        "scheduler",
        "distributed.cli.dask_scheduler --host 127.0.0.1 --port 0 --no-dashboard --no-jupyter".split()
        + ["--scheduler-file", str(file)],
        {},
    )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        address = _address_in(file)
        if address and _answers(address):
            record = {"address": address, "scheduler": process.to_json(), "workers": []}
            write_json(folder / "engine.json", record)
            return record
        if not process.alive():
            break
        time.sleep(0.05)
    process.kill_group()
    raise EngineError(f"The engine could not be started; {folder / 'scheduler.log'} says why.")


def _complete_workers(folder: Path, record: dict[str, Any]) -> None:
    """Start a worker for each device that has none."""
    living = [w for w in record["workers"] if ProcessId.from_json(w["process"]).alive()]
    served = {w["device"] for w in living}
    for device in devices():
        if device in served:
            continue
        visible = device.removeprefix("gpu-") if device.startswith("gpu-") else "-1"
        process = _spawn(
            folder,
            f"worker-{device}",
            "distributed.cli.dask_worker --nworkers 1 --nthreads 1 --resources device=1 --memory-limit 0".split()
            + ["--no-dashboard", "--death-timeout", "30", "--name", device]
            + ["--local-directory", str(folder / "work"), record["address"]],
            {"CUDA_VISIBLE_DEVICES": visible},
        )
        living.append({"device": device, "process": process.to_json()})
    record["workers"] = living
    write_json(folder / "engine.json", record)


def _spawn(folder: Path, name: str, module: list[str], environment: dict[str, str]) -> ProcessId:
    process = start_python(module, folder / f"{name}.log", {**settings_for_processes(), **environment})
    return ProcessId.of(process.pid)


def _record() -> dict[str, Any] | None:
    try:
        return read_json(engine_folder() / "engine.json")
    except (OSError, ValueError):
        return None


def _scheduler_alive(record: dict[str, Any]) -> bool:
    return ProcessId.from_json(record["scheduler"]).alive() and _answers(record["address"])


def _address_in(file: Path) -> str:
    try:
        return read_json(file)["address"]
    except (OSError, ValueError, KeyError):
        return ""


def _answers(address: str) -> bool:
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return True
    except (OSError, ValueError):
        return False


def _kill(record: dict[str, Any]) -> None:
    """End workers, then the scheduler: politely, then for certain, with everything in their groups."""
    for value in [*(w["process"] for w in record["workers"]), record["scheduler"]]:
        process = ProcessId.from_json(value)
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end by itself at any moment
            if process.alive():
                members = psutil.Process(process.pid).children(recursive=True)
                ours = [m for m in members if _group_of(m.pid) == process.pid]
                process.kill_group(signal.SIGTERM)
                _wait_for_the_end([process], 5)
                process.kill_group(signal.SIGKILL)
                for member in ours:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        member.kill()
                _wait_for_the_end([ProcessId(m.pid, m.create_time()) for m in ours], 5)


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _memory(process: ProcessId) -> int:
    try:
        main = psutil.Process(process.pid)
        return sum(
            p.memory_info().rss for p in [main, *main.children(recursive=True)] if _group_of(p.pid) == process.pid
        )
    except psutil.NoSuchProcess:
        return 0
