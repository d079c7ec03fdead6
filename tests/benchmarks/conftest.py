"""Benchmarks compare with something run in the same process, and fail where less comes out than is promised."""

import statistics
import time
from collections.abc import Callable

import pytest


@pytest.fixture
def ratio(benchmark, capsys):
    """Run two functions in turns and report how many times as fast the second is: `ratio(plain, ours, target)`.

    That is the median over the turns, in each of which both ran within the same minute: a shared machine may be
    twice as fast in one as in the next. A function may return the seconds that count; otherwise all its time does.
    """

    def measure(
        plain: Callable[[], float | None], ours: Callable[[], float | None], target: float, rounds: int = 5
    ) -> None:
        times: dict[str, list[float]] = {"plain": [], "ours": []}

        def both() -> None:
            for name, function in (("plain", plain), ("ours", ours)):
                began = time.perf_counter()
                counted = function()
                times[name].append(time.perf_counter() - began if counted is None else counted)

        benchmark.pedantic(both, rounds=rounds)
        medians = {name: statistics.median(of) for name, of in times.items()}
        value = statistics.median(slow / fast for slow, fast in zip(times["plain"], times["ours"], strict=True))
        benchmark.extra_info.update(ratio=round(value, 2), promised=target, **medians)
        with capsys.disabled():
            print(  # noqa: T201 - a benchmark is read by a person
                f"\n{benchmark.name}: {value:.2f} times as fast "
                f"({medians['plain']:.3f} s against {medians['ours']:.3f} s; promised {target})"
            )
        assert value >= target

    return measure
