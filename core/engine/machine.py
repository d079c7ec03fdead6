"""How busy this machine is, and which runs keep it so."""

import contextlib
import csv
import io
import shutil
import subprocess
import threading
from dataclasses import dataclass

import psutil

from core.base.heartbeat import here
from core.base.processes import ProcessId
from core.base.settings import artifacts_dir
from core.engine.queue import statuses
from core.runs.run_folder import RunFolder
from core.runs.run_status import Status

_GPU_FIELDS = ("index", "name", "utilization.gpu", "memory.used", "memory.total", "temperature.gpu")
_known: dict[ProcessId, psutil.Process] = {}
_lock = threading.Lock()
_last_times = psutil.cpu_times()


@dataclass(frozen=True)
class Gpu:
    """One GPU; `use` in percent, memory in bytes, `temperature` in °C. None where it does not say."""

    index: str
    name: str
    use: float | None
    memory_used: int | None
    memory_total: int | None
    temperature: float | None


@dataclass(frozen=True)
class Machine:
    """A reading. `cpu` is in percent of all cores since the last reading, memory and disk are in bytes.

    The disk is the one that holds the artifacts folder.
    """

    cpu: float
    cores: int
    memory_used: int
    memory_total: int
    disk_used: int
    disk_total: int
    gpus: tuple[Gpu, ...]


@dataclass(frozen=True)
class Workload:
    """A run that is worked on. `cpu` is in percent of one core since the last reading, `memory` in bytes.

    Both are None for a process on another machine.
    """

    run: RunFolder
    status: Status
    cpu: float | None
    memory: int | None


def read_machine() -> Machine:
    """Read this machine; costs a few milliseconds, and some tens more where it has GPUs."""
    memory, disk = psutil.virtual_memory(), shutil.disk_usage(artifacts_dir())
    return Machine(
        cpu=_cpu_in_use(),
        cores=psutil.cpu_count() or 1,
        memory_used=memory.total - memory.available,
        memory_total=memory.total,
        disk_used=disk.total - disk.free,
        disk_total=disk.total,
        gpus=read_gpus(),
    )


def read_gpus() -> tuple[Gpu, ...]:
    """The GPUs that `nvidia-smi` knows; none where it is missing or fails."""
    if not shutil.which("nvidia-smi"):
        return ()
    query = ["nvidia-smi", f"--query-gpu={','.join(_GPU_FIELDS)}", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(said))]
    return tuple(
        Gpu(index, name, _number(use), _bytes(used), _bytes(total), _number(temperature))
        for index, name, use, used, total, temperature in (row for row in rows if len(row) == len(_GPU_FIELDS))
    )


def read_workloads() -> list[Workload]:
    """The runs that are worked on, here and elsewhere, the longest at work first."""
    active = [(run, status) for run, status in statuses() if status.state.active]
    loads = []
    for run, status in sorted(active, key=lambda each: each[1].started or each[1].created):
        cpu, memory = _use(status.process) if here(status) and status.process else (None, None)
        loads.append(Workload(run, status, cpu, memory))
    with _lock:
        for process in set(_known) - {status.process for _, status in active}:
            del _known[process]
    return loads


def _use(process: ProcessId) -> tuple[float | None, int | None]:
    """CPU since the last call, and memory; the first call has nothing to compare with and says no CPU."""
    with _lock, contextlib.suppress(psutil.Error):
        first = process not in _known
        known = psutil.Process(process.pid) if first else _known[process]
        _known[process] = known
        if process.alive():
            cpu = known.cpu_percent()
            return None if first else cpu, known.memory_info().rss
    return None, None


def _cpu_in_use() -> float:
    """Per cent of all cores since the last reading, whichever thread took it.

    `psutil.cpu_percent` compares with the last reading of the same thread, and every rerun of a page is a new one.
    """
    global _last_times
    with _lock:
        before, _last_times = _last_times, psutil.cpu_times()
        passed = {name: now - then for name, then, now in zip(before._fields, before, _last_times, strict=True)}
    whole = sum(passed.values()) - passed.get("guest", 0) - passed.get("guest_nice", 0)  # these are in user and nice
    idle = passed["idle"] + passed.get("iowait", 0)
    return min(max(100 * (1 - idle / whole), 0), 100) if whole > 0 else 0


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # such as [N/A]
        return None


def _bytes(mebibytes: str) -> int | None:
    value = _number(mebibytes)
    return None if value is None else int(value * 2**20)
