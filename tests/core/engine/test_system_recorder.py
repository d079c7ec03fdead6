"""A training writes down what it takes of its machine, goes on where it was, and is never disturbed by that."""

import time

import pytest

from core.engine import system_recorder
from core.engine.machine import Gpu
from core.engine.system_recorder import SystemRecorder, gpus_of_this_process
from core.runs.run_folder import RunFolder
from core.runs.system_use import GpuUse, SystemSample, system_samples


def wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_a_process_takes_is_recorded_until_it_ends_and_a_resumed_run_appends(tmp_path) -> None:
    run = RunFolder(tmp_path)
    for attempt in (1, 2):
        with SystemRecorder(run, attempt, pause=0.05, gpus=lambda: (GpuUse("0", 40.0, 2**30, 2**34),)):
            wait_for(lambda attempt=attempt: sum(s.attempt == attempt for s in system_samples(run)) >= 3)
    samples = system_samples(run)
    assert [s.attempt for s in samples] == sorted(s.attempt for s in samples)
    for sample in samples:
        assert 0 < sample.memory < sample.memory_total
        assert 0 <= sample.cpu_all <= sample.cores
        assert sample.gpus == (GpuUse("0", 40.0, 2**30, 2**34),)
    assert all(s.cpu is not None for s in samples)


def test_the_file_stays_small_however_long_a_run_takes(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(system_recorder, "MOST_LINES", 8)
    run = RunFolder(tmp_path)
    with SystemRecorder(run, 1, pause=0.005, gpus=tuple) as recorder:
        wait_for(lambda: recorder.pause >= 0.02)
    samples = system_samples(run)
    assert 4 <= len(samples) <= 9
    first, *later = samples  # the time of a sample, and for how many seconds before it speaks
    assert sum(s.seconds for s in later) == pytest.approx(later[-1].time - first.time, rel=0.5)
    assert SystemRecorder(run, 2, pause=0.005).pause > 0.005, "what goes on does not fill a coarse file with fine lines"


def test_a_training_goes_on_where_nothing_can_be_recorded(tmp_path) -> None:
    def broken() -> tuple[GpuUse, ...]:
        asked.append(1)
        raise RuntimeError("no driver")

    asked: list[int] = []
    run = RunFolder(tmp_path / "gone")
    with SystemRecorder(run, 1, pause=0.01, gpus=broken):
        wait_for(lambda: asked)
    assert not run.path.exists()


def test_only_gpus_that_the_process_may_use_are_recorded(monkeypatch) -> None:
    cards = tuple(Gpu(number, "Tesla X", 50.0, 2**30, 2**34, 60.0) for number in "012")
    monkeypatch.setattr(system_recorder, "read_gpus", lambda: cards)
    seen = {}
    for visible in (None, "1", "2,0", "-1", "", "GPU-1a2b"):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if visible is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        seen[visible] = "".join(gpu.index for gpu in gpus_of_this_process())
    assert seen == {None: "012", "1": "1", "2,0": "02", "-1": "", "": "", "GPU-1a2b": "012"}


def test_a_machine_that_is_slow_to_answer_is_asked_less_often(tmp_path) -> None:
    calls: list[float] = []

    def slow() -> tuple[GpuUse, ...]:
        calls.append(time.monotonic())
        time.sleep(0.02)
        return ()

    with SystemRecorder(RunFolder(tmp_path), 1, pause=0.01, gpus=slow):
        wait_for(lambda: len(calls) >= 2)
    assert calls[1] - calls[0] >= 0.02 / system_recorder.SHARE_OF_TIME


def test_a_sample_needs_no_gpu(tmp_path) -> None:
    assert "gpus" not in SystemSample(1, 1).to_json()
