"""Runs on a tiny folder in HAM10000's layout, and nothing left behind by any test."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from core.data.adapters.ham10000 import METADATA_FILE
from core.runs.run_folder import RunFolder, create_run
from core.training.recipe import make_recipe

PICTURES = 66
LABELS, LESIONS = ("mel", "bkl", "nv"), (6, 14)
"""Six lesions of melanoma, eight of keratosis, the other nineteen nevi; two pictures of each."""


@pytest.fixture
def tiny_data(artifacts: Path) -> Path:
    """The data root of this test with 66 pictures of 32×24 pixels of 33 lesions in three classes."""
    folder = artifacts.parent / "data" / "ham10000"
    (folder / "HAM10000_images_part_1").mkdir(parents=True)
    rng = np.random.default_rng(0)
    lines = ["lesion_id,image_id,dx,dx_type,age,sex,localization"]
    for number in range(PICTURES):
        label = LABELS[int(np.searchsorted(LESIONS, number // 2, side="right"))]
        level = 60 + 60 * LABELS.index(label)
        pixels = np.clip(rng.normal(level, 40, (24, 32, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "HAM10000_images_part_1" / f"ISIC_{number:04d}.jpg", quality=95)
        lines.append(f"HAM_{number // 2:04d},ISIC_{number:04d},{label},histo,50.0,male,back")
    (folder / METADATA_FILE).write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def queue(artifacts: Path) -> Callable[..., RunFolder]:
    """A function that makes a queued run of the small CNN on HAM10000 with the given fields."""

    def queue(**fields: Any) -> RunFolder:
        recipe = {"dataset": "ham10000", "model": "cnn-59k", "epochs": 2, "batch_size": 16, **fields}
        run = create_run(make_recipe(**recipe))
        assert run.path.is_relative_to(artifacts)  # never among the runs of whoever runs the tests
        return run

    return queue


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """A function that waits until a condition holds; fails after a generous time with what it waited for."""

    def eventually(condition: Callable[[], Any], what: str, seconds: float = 300.0) -> Any:
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < deadline, f"After {seconds:.0f} s still not: {what}"
            time.sleep(0.05)
        return value

    return eventually


@pytest.fixture
def processes_about() -> Callable[[Path], list[psutil.Process]]:
    """A function that lists the living processes whose command line or log names something in a folder."""

    def processes_about(folder: Path) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            if process.pid == os.getpid() or process.info["status"] == psutil.STATUS_ZOMBIE:
                continue
            named = any(str(folder) in word for word in process.info["cmdline"] or [])
            if named or _writes_into(process, folder):
                found.append(process)
        return found

    return processes_about


def _writes_into(process: psutil.Process, folder: Path) -> bool:
    """True if its standard output is a file in the folder, as that of everything an engine starts."""
    try:
        return Path(f"/proc/{process.pid}/fd/1").readlink().is_relative_to(folder)
    except OSError:
        return False


@pytest.fixture
def leaving_nothing_behind(artifacts: Path, processes_about) -> Iterator[None]:
    """Ends, after the test, every process that has to do with its artifacts folder, even if it failed."""
    yield
    for _ in range(3):
        left = processes_about(artifacts)
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(left, timeout=30)
