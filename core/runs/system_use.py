"""What a run took of its machine while it was at work: the lines of `system.jsonl`, read whatever they say.

A line has `time` (seconds since the epoch), `seconds` (how long before it the processor was watched), `attempt`,
`cpu` and `cpu_all` (cores in use by the training process and by the whole machine, of `cores`), `memory` and
`memory_all` (bytes that they hold, of `memory_total`) and `gpus`, where there are some: `index`, `use` in percent,
`memory` and `total` in bytes each. What a machine does not say is left out or null.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.runs.run_folder import RunFolder, read_lines

MOST_LINES = 600
"""A file that has so many is written anew with half of them, each for twice the time."""
MOST_GPUS = 16


@dataclass(frozen=True)
class GpuUse:
    """What is used of one GPU: of its processors in percent, of its memory in bytes; None where it does not say."""

    index: str
    use: float | None = None
    memory: float | None = None
    total: float | None = None


@dataclass(frozen=True)
class SystemSample:
    """One reading of the machine, in the units of the module; the processor is a mean over `seconds`."""

    time: float
    seconds: float
    attempt: int = 0
    cpu: float | None = None
    cpu_all: float | None = None
    cores: float | None = None
    memory: float | None = None
    memory_all: float | None = None
    memory_total: float | None = None
    gpus: tuple[GpuUse, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a line of the file."""
        line = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        return line | ({"gpus": [asdict(gpu) for gpu in self.gpus]} if self.gpus else {})


def system_samples(run: RunFolder) -> tuple[SystemSample, ...]:
    """The samples of a run in the order of their file; none where it has not recorded any.

    A line that is damaged or lacks its time is passed over; a figure that is none is None.
    """
    lines, _ = read_lines(run.system_file)
    return tuple(sample for sample in map(_sample, lines[-2 * MOST_LINES :]) if sample is not None)


def halved(samples: Sequence[SystemSample]) -> list[SystemSample]:
    """Half as many samples, each of two neighbours of one attempt: the mean in time, and the most of memory."""
    made: list[SystemSample] = []
    waiting: SystemSample | None = None
    for sample in samples:
        if waiting is not None and waiting.attempt == sample.attempt:
            made.append(_merged(waiting, sample))
            waiting = None
            continue
        if waiting is not None:
            made.append(waiting)
        waiting = sample
    return [*made, waiting] if waiting is not None else made


def _merged(first: SystemSample, second: SystemSample) -> SystemSample:
    weights = first.seconds, second.seconds
    earlier = {gpu.index: gpu for gpu in first.gpus}
    return SystemSample(
        time=second.time,
        seconds=round(sum(weights), 3),
        attempt=second.attempt,
        cpu=_mean((first.cpu, second.cpu), weights),
        cpu_all=_mean((first.cpu_all, second.cpu_all), weights),
        cores=second.cores,
        memory=_most(first.memory, second.memory),
        memory_all=_most(first.memory_all, second.memory_all),
        memory_total=second.memory_total,
        gpus=tuple(
            GpuUse(
                gpu.index,
                _mean((before.use, gpu.use), weights),
                _most(before.memory, gpu.memory),
                gpu.total,
            )
            for gpu in second.gpus
            for before in [earlier.get(gpu.index, gpu)]
        ),
    )


def _mean(values: Iterable[float | None], weights: Iterable[float]) -> float | None:
    known = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    whole = sum(weight for _, weight in known)
    return round(sum(value * weight for value, weight in known) / whole, 3) if whole else None


def _most(*values: float | None) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _sample(line: dict[str, Any]) -> SystemSample | None:
    time, seconds = _figure(line.get("time")), _figure(line.get("seconds"))
    if time is None or seconds is None:
        return None
    attempt = line.get("attempt")
    figures = ("cpu", "cpu_all", "cores", "memory", "memory_all", "memory_total")
    gpus = line.get("gpus")
    return SystemSample(
        time,
        seconds,
        attempt if type(attempt) is int else 0,
        **{name: _figure(line.get(name)) for name in figures},
        gpus=tuple(_gpu(gpu) for gpu in gpus[:MOST_GPUS] if isinstance(gpu, dict)) if isinstance(gpus, list) else (),
    )


def _gpu(value: dict[str, Any]) -> GpuUse:
    return GpuUse(str(value.get("index", ""))[:40], *(_figure(value.get(name)) for name in ("use", "memory", "total")))


def _figure(value: Any) -> float | None:
    fits = type(value) in (int, float) and 0 <= value < 1e300 and math.isfinite(value)
    return float(value) if fits else None
