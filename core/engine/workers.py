"""The workers of this machine: one process for each device, started again where it died or does not answer."""

import contextlib
import subprocess
import time
from collections import Counter
from collections.abc import Mapping

import psutil

from core.base.processes import ProcessId, host_name, start_python
from core.base.settings import settings_for_processes
from core.engine.daemon_process import wait_for_the_end
from core.engine.engine_folder import WORKER, engine_folder
from core.engine.engine_heartbeat import first_beat, note_replaced, silence, silent_seconds
from core.engine.hardware import devices
from core.engine.worker import worker_name

SETTLED_SECONDS = 30.0
"""A worker that lived for so long has started well."""
PATIENCE = 3
"""How often in a row a worker that does not settle is started again at once."""
LONGEST_PAUSE_SECONDS = 30.0
"""How long it waits at most before it starts again what keeps ending."""


class Workers:
    """One worker process for each device of this machine, and nothing beside them."""

    def __init__(self, known: Mapping[str, ProcessId]):
        self.processes = dict(known)
        self.problem = ""
        self._children: list[subprocess.Popen[bytes]] = []
        self._started: dict[str, float] = {}
        self._failures: Counter[str] = Counter()
        self._looked = time.monotonic()
        self._judged_from = 0.0

    def keep(self) -> None:
        """Start what is missing, replace what does not answer, end what is not wanted."""
        self._children = [child for child in self._children if child.poll() is None]  # takes zombies away
        before, self._looked = self._looked, (now := time.monotonic())
        if now - before > silent_seconds() / 2:  # this process was halted itself, and the others likely with it
            self._judged_from = now + silent_seconds() / 2
        wanted, self.problem = devices(), ""
        for device, process in list(self.processes.items()):
            if device not in wanted:
                self._end(device)
            elif not process.alive():
                self._failed(device)
            elif now > self._judged_from and silence(worker_name(device), process, host_name()) >= silent_seconds():
                note_replaced(f"The worker of {device}")
                self._failed(device)
        for device in wanted:
            if device not in self.processes:
                self._start(device)

    def _start(self, device: str) -> None:
        if self._failures[device] > PATIENCE:
            self.problem = (
                f"The worker of {device} ends again and again; {_log(device)} in the engine's folder says why."
            )
            pause = min(LONGEST_PAUSE_SECONDS, 2.0 ** (self._failures[device] - PATIENCE))
            if time.monotonic() < self._started[device] + pause:
                return
        folder = engine_folder()
        child = start_python([WORKER, device, str(folder)], folder / _log(device), settings_for_processes())
        first_beat(worker_name(device), child.pid)
        self._children.append(child)
        self._started[device] = time.monotonic()
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended already
            self.processes[device] = ProcessId.of(child.pid)

    def _failed(self, device: str) -> None:
        lived = time.monotonic() - self._started.get(device, 0.0)
        self._failures[device] = self._failures[device] + 1 if lived < SETTLED_SECONDS else 0
        self._end(device)

    def _end(self, device: str) -> None:
        process = self.processes.pop(device)
        process.kill_group()
        wait_for_the_end(process, 1)


def _log(device: str) -> str:
    return f"{worker_name(device)}.log".replace("/", "_")
