"""Writing down what a training takes of its machine, from a thread that costs it next to nothing."""

import json
import os
import threading
import time
import traceback
from collections.abc import Callable
from statistics import median
from typing import Self

import psutil

from core.base.files import write_atomically
from core.engine.machine import read_gpus
from core.runs.run_folder import RunFolder
from core.runs.system_use import MOST_LINES, GpuUse, SystemSample, halved, system_samples

PAUSE_SECONDS = 2.0
"""Time between two samples of a run that is new; it doubles whenever the file is full."""
SHARE_OF_TIME = 0.02
"""Reading takes at most so much of the time: a machine whose GPUs are slow to answer is asked less often."""


class SystemRecorder:
    """Appends a `SystemSample` to the run's `system.jsonl` every few seconds, as a context of the training process.

    A run that goes on appends to what it has. The file stays small: what is full is halved.

    Args:
        run: the run that this process trains.
        attempt: number of the process among those that were started for it.
        pause: seconds between two samples.
        gpus: reads the GPUs of this machine.
    """

    def __init__(
        self,
        run: RunFolder,
        attempt: int,
        pause: float = PAUSE_SECONDS,
        gpus: Callable[[], tuple[GpuUse, ...]] | None = None,
    ):
        self.run, self.attempt, self.gpus = run, attempt, gpus or gpus_of_this_process
        earlier = system_samples(run)
        self.pause = max(pause, median(sample.seconds for sample in earlier[-10:])) if earlier else pause
        self._lines = len(earlier)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="system-use", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process(os.getpid())
        process.cpu_percent()  # the first call has nothing to compare with
        psutil.cpu_percent()
        before, pause, over = time.monotonic(), self.pause, False
        while not over:
            over = self._over.wait(pause)
            now = time.monotonic()
            if now - before < min(self.pause, 0.2):
                return
            try:
                self._keep(self._read(process, now - before))
            except Exception:  # no curve is worth a training; the next sample may be written again
                traceback.print_exc()
            before, pause = now, max(self.pause, (time.monotonic() - now) / SHARE_OF_TIME)

    def _read(self, process: psutil.Process, seconds: float) -> SystemSample:
        memory, cores = psutil.virtual_memory(), psutil.cpu_count() or 1
        return SystemSample(
            time=round(time.time(), 3),
            seconds=round(seconds, 3),
            attempt=self.attempt,
            cpu=round(process.cpu_percent() / 100, 3),
            cpu_all=round(psutil.cpu_percent() / 100 * cores, 3),
            cores=cores,
            memory=process.memory_info().rss,
            memory_all=memory.total - memory.available,
            memory_total=memory.total,
            gpus=self.gpus(),
        )

    def _keep(self, sample: SystemSample) -> None:
        if not self.run.path.is_dir():
            self._over.set()
            return
        if self._lines < MOST_LINES:
            with self.run.system_file.open("a", encoding="utf-8") as file:
                file.write(_line(sample))
            self._lines += 1
            return
        kept = [*halved(system_samples(self.run)), sample]
        write_atomically(self.run.system_file, "".join(map(_line, kept)), new_folders=False)
        self._lines = len(kept)
        self.pause *= 2


def gpus_of_this_process() -> tuple[GpuUse, ...]:
    """What is used of the GPUs that `CUDA_VISIBLE_DEVICES` leaves to this process, of all where it names no numbers."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    visible = None if named is None else [name.strip() for name in named.split(",")]
    if visible in ([""], ["-1"]):
        return ()
    by_number = visible is not None and all(name.isdigit() for name in visible)
    return tuple(
        GpuUse(gpu.index, gpu.use, gpu.memory_used, gpu.memory_total)
        for gpu in read_gpus()
        if not by_number or gpu.index in (visible or ())
    )


def _line(sample: SystemSample) -> str:
    return json.dumps(sample.to_json()) + "\n"
