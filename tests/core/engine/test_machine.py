"""Readings of the machine and of what runs on it."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.base.processes import ProcessId, host_name
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.engine.hardware import devices, gpu_names
from core.engine.machine import read_gpus, read_machine, read_workloads
from core.runs.run_folder import create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe

NVIDIA_SMI = """#!/bin/sh
case "$1" in
-L) printf 'GPU 0: Tesla X (UUID: GPU-1)\\nGPU 1: Tesla X (UUID: GPU-2)\\nGPU 2: Tesla X (UUID: GPU-3)\\n';;
*) printf '0, Tesla X, 37, 1024, 16384, 61\\n1, Tesla X, [N/A], 2, 16384, [N/A]\\nnonsense\\n';;
esac
"""


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NVIDIA's tool as a script that says what it says on a machine with three GPUs: there is none here."""
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text(NVIDIA_SMI)
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    gpu_names.cache_clear()
    yield
    gpu_names.cache_clear()


@pytest.mark.usefixtures("artifacts")
def test_what_the_processor_does_is_told_whichever_thread_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rerun of a page is a new thread; made-up times, for nobody knows how busy this machine is."""
    times = psutil.cpu_times()
    read_machine()
    later = times._replace(user=times.user + 30, idle=times.idle + 10)
    monkeypatch.setattr(psutil, "cpu_times", iter([times, later]).__next__)
    read_machine()
    with ThreadPoolExecutor(1) as another:
        assert another.submit(read_machine).result().cpu == pytest.approx(75)


@pytest.mark.usefixtures("artifacts")
def test_a_reading_is_within_what_the_machine_has() -> None:
    machine = read_machine()
    assert 0 <= machine.cpu <= 100
    assert 0 < machine.memory_used < machine.memory_total
    assert 0 < machine.disk_used < machine.disk_total
    assert machine.cores == os.cpu_count()


@pytest.mark.usefixtures("gpus")
def test_a_gpu_says_what_it_can_and_no_more() -> None:
    first, second = read_gpus()
    assert (first.index, first.name, first.use, first.temperature) == ("0", "Tesla X", 37.0, 61.0)
    assert (first.memory_used, first.memory_total) == (2**30, 16 * 2**30)
    assert (second.use, second.temperature) == (None, None)


@pytest.mark.usefixtures("artifacts", "gpus")
def test_each_gpu_is_a_device_unless_a_run_gets_several(monkeypatch: pytest.MonkeyPatch) -> None:
    assert devices() == ("gpu-0", "gpu-1", "gpu-2")
    save_engine_settings(EngineSettings(gpus_per_run=2))
    assert devices() == ("gpu-0,1",)  # the third has no partner
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,1")
    gpu_names.cache_clear()
    assert devices() == ("gpu-2,1",)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    gpu_names.cache_clear()
    assert devices() == ("cpu-0",)


@pytest.mark.usefixtures("artifacts")
def test_without_a_gpu_there_are_as_many_devices_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.hardware.gpu_names", lambda: ())  # also where this machine has one
    save_engine_settings(EngineSettings(cpu_workers=3))
    assert devices() == ("cpu-0", "cpu-1", "cpu-2")


@pytest.mark.usefixtures("artifacts")
def test_a_run_at_work_is_shown_with_what_its_process_uses_and_one_elsewhere_without() -> None:
    runs = {}
    for host in (host_name(), "another-host"):
        runs[host] = run = create_run(make_recipe(dataset="demo", model="cnn-59k"), owner="a@x")
        mine = ProcessId.of(os.getpid())
        run.write_status(
            replace(run.written_status(), state=State.RUNNING, host=host, process=mine, heartbeat=time.time())
        )
    create_run(make_recipe(dataset="demo", model="cnn-59k"))  # waits
    read_workloads()
    sum(number * number for number in range(300_000))
    loads = {load.status.host: load for load in read_workloads()}
    assert {host: load.run for host, load in loads.items()} == runs
    assert loads[host_name()].memory > 10_000_000
    assert loads[host_name()].cpu > 0
    assert (loads["another-host"].cpu, loads["another-host"].memory) == (None, None)


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"cpu_workers": true}', '{"cpu_workers": 0}', '{"cpu_workers": "many"}', '{"per_person": -1}'],
)
def test_settings_that_cannot_be_used_are_as_good_as_none(artifacts: Path, content: str) -> None:
    from core.engine.engine_settings import load_engine_settings

    (artifacts / "settings").mkdir()
    (artifacts / "settings" / "engine.json").write_text(content)
    assert load_engine_settings() == EngineSettings()


def test_settings_that_0_1_0_wrote_still_hold(artifacts: Path) -> None:
    from core.engine.engine_settings import load_engine_settings

    (artifacts / "settings").mkdir()
    (artifacts / "settings" / "engine.json").write_text(
        '{"cpu_workers": 3, "spare_minutes": 0, "takeover_seconds": 90}'
    )
    assert load_engine_settings() == EngineSettings(cpu_workers=3, standby_minutes=0, takeover_seconds=90)
