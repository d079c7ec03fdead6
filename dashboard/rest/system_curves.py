"""What a tab is told of the machine's part in a run: processor, memory, GPUs and the wait for input, over time at work.

Time at work is the length of what was watched: where a run was stopped and went on days later, nothing lies between.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from core.runs.run_folder import RunFolder, RunSummary
from core.runs.system_use import SystemSample, system_samples
from dashboard.rest.live import still_changing, summary_of
from dashboard.rest.run_curves import LOOK_SECONDS, Curves, follow

GIB = 2**30
NOT_RECORDED = "Not recorded: this run was made before the use of its machine was written down."
NOT_YET = "It is known some seconds after the run has begun."


def answer(run_id: str, known: str = "") -> dict[str, Any] | None:
    """The curves of a run as JSON, or no more than that they are still those of the `known` version; None without one.

    Of every list, `at` are seconds at work. Processors are counted in cores in use, memory in GiB, GPUs and the wait
    for input in fractions.
    """
    summary = summary_of(run_id)
    if summary is None:
        return None
    samples, curves = _read(summary.run, _stamp(summary.run)), follow(summary.run, LOOK_SECONDS)
    told = {
        "version": f"{len(samples)}-{samples[-1].time if samples else 0}-{curves.telling}-{curves.last_time}",
        "live": still_changing(summary),
        "note": "" if samples else missing(summary, curves),
    }
    if told["version"] != known:
        told["curves"] = curves_of(samples, [*curves.batches, *curves.epochs])
    return told


def missing(summary: RunSummary, curves: Curves) -> str:
    """Why a run has no curves of its machine."""
    return NOT_YET if still_changing(summary) and not curves.epochs else NOT_RECORDED


def curves_of(samples: Sequence[SystemSample], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The curves of samples, with the wait for input of lines of metrics where it was measured."""
    at = [round(end, 2) for end in accumulate(sample.seconds for sample in samples)]
    last = samples[-1] if samples else None
    return {
        "at": at,
        "again": [
            start
            for start, before, sample in zip(at, samples, samples[1:], strict=False)
            if sample.attempt != before.attempt
        ],
        "cores": last.cores if last else None,
        "memory_total": _gib(last.memory_total) if last else None,
        "cpu": [sample.cpu for sample in samples],
        "cpu_all": [sample.cpu_all for sample in samples],
        "memory": [_gib(sample.memory) for sample in samples],
        "memory_all": [_gib(sample.memory_all) for sample in samples],
        "gpus": [_gpu(index, samples) for index in dict.fromkeys(gpu.index for s in samples for gpu in s.gpus)],
        "wait": _wait(samples, at, lines),
    }


def _gpu(index: str, samples: Sequence[SystemSample]) -> dict[str, Any]:
    said = [next((gpu for gpu in sample.gpus if gpu.index == index), None) for sample in samples]
    return {
        "index": index,
        "total": next((_gib(gpu.total) for gpu in reversed(said) if gpu), None),
        "use": [None if gpu is None or gpu.use is None else gpu.use / 100 for gpu in said],
        "memory": [_gib(gpu.memory) if gpu else None for gpu in said],
    }


def _wait(samples: Sequence[SystemSample], at: Sequence[float], lines: Sequence[Mapping[str, Any]]) -> dict[str, list]:
    """Share of the learning time that went into waiting; a line stands where its time falls among the samples."""
    known = sorted((line["time"], line["input_wait"]) for line in lines if "input_wait" in line and "time" in line)
    places: list[float] = []
    shares: list[float] = []
    number = 0
    for time, share in known:
        while number < len(samples) and samples[number].time < time:
            number += 1
        if number == len(samples):
            break
        place = round(max(at[number] - (samples[number].time - time), at[number] - samples[number].seconds), 2)
        if not places or place > places[-1]:
            places.append(place)
            shares.append(share)
    return {"at": places, "share": shares}


def _gib(value: float | None) -> float | None:
    return None if value is None else round(value / GIB, 3)


def _stamp(run: RunFolder) -> tuple[int, int]:
    try:
        stat = run.system_file.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=32)
def _read(run: RunFolder, stamp: tuple[int, int]) -> tuple[SystemSample, ...]:  # noqa: ARG001 - part of the key
    return system_samples(run)
