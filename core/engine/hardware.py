"""What this machine has for runs to use."""

import contextlib
import os
import platform
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from core.engine.engine_settings import load_engine_settings


def devices() -> tuple[str, ...]:
    """Devices of this machine that each take one run at a time.

    As many GPUs as the settings give a run are one device ("gpu-0", "gpu-2,3"); without a GPU there are as many CPU
    workers as the settings say.
    """
    settings = load_engine_settings()
    gpus = gpu_names()
    if not gpus:
        return tuple(f"cpu-{number}" for number in range(settings.cpu_workers))
    step = min(settings.gpus_per_run, len(gpus))
    return tuple(f"gpu-{','.join(gpus[at : at + step])}" for at in range(0, len(gpus) - step + 1, step))


def hardware_in_words(device: str) -> str:
    """What a training ran on: the GPUs as `device` names them, or this machine's processor and how many cores of it."""
    if device != "CPU":
        return device
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{cores} core{'s' * (cores != 1)} of {_processor()}"


@lru_cache(maxsize=1)
def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine() or "an unknown processor"


@lru_cache(maxsize=1)
def gpu_names() -> tuple[str, ...]:
    """How CUDA calls the GPUs that this process may use: numbers, or what `CUDA_VISIBLE_DEVICES` lists."""
    if not shutil.which("nvidia-smi"):
        return ()
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    numbers = [str(n) for n, line in enumerate(listed.stdout.splitlines()) if line.startswith("GPU ")]
    if listed.returncode != 0 or not numbers:
        return ()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return (
        tuple(numbers)
        if visible is None
        else tuple(v.strip() for v in visible.split(",") if v.strip() not in ("", "-1"))
    )
