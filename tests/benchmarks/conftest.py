"""Benchmarks compare with something run beside it, and fail where less comes out than is promised."""

import os
import statistics
from collections.abc import Callable, Iterator

import pytest

from tests.benchmarks.contenders import Contender, Spent, timed

os.environ.pop("LOKY_MAX_CPU_COUNT", None)  # what is measured has all processors


@pytest.fixture
def ratio(benchmark, capsys):
    """Run two functions in turns and report how many times as fast the second is: `ratio(plain, ours, target)`.

    That is the median over the turns, in each of which both ran within the same minute: a shared machine may be
    twice as fast in one as in the next. What counts is time on the clock; beside it stands that of all processors,
    which others on the machine change less. A function may return what counts, as `Spent` or as seconds on the clock;
    otherwise all that it takes does. `pictures` is how many each goes through; what
    `also` makes of the median of ours is printed with it.
    """

    def measure(
        plain: Callable[[], Spent | float | None],
        ours: Callable[[], Spent | float | None],
        target: float,
        rounds: int = 5,
        pictures: int = 0,
        also: Callable[[Spent], str] | None = None,
    ) -> Spent:
        spent: dict[str, list[Spent]] = {"plain": [], "ours": []}

        def both() -> None:
            for name, function in (("plain", plain), ("ours", ours)):
                returned: list[Spent | float | None] = []
                all_of_it = timed(lambda function=function, returned=returned: returned.append(function()))
                [counted] = returned
                if isinstance(counted, float):
                    counted = Spent(counted, all_of_it.cpu)
                spent[name].append(counted or all_of_it)

        benchmark.pedantic(both, rounds=rounds)
        medians = {
            name: Spent(statistics.median(each.wall for each in of), statistics.median(each.cpu for each in of))
            for name, of in spent.items()
        }
        turns = list(zip(spent["plain"], spent["ours"], strict=True))
        value = statistics.median(slow.wall / fast.wall for slow, fast in turns)
        by_cpu = statistics.median(slow.cpu / max(fast.cpu, 1e-9) for slow, fast in turns)
        benchmark.extra_info.update(
            ratio=round(value, 2), ratio_cpu=round(by_cpu, 2), promised=target, plain=medians["plain"].wall,
            ours=medians["ours"].wall, plain_cpu=medians["plain"].cpu, ours_cpu=medians["ours"].cpu,
        )  # fmt: skip
        told = f"{benchmark.name}: {value:.2f} times as fast (promised {target:.2g}), {by_cpu:.2f} in processor time"
        for name, of in medians.items():
            speed = f", {pictures / of.wall:,.0f} images/s, {pictures / of.cpu:,.0f} a CPU second" if pictures else ""
            told += f"\n  {name}: {of.wall:.3f} s, {of.cpu:.3f} CPU s{speed}"
        if also:
            told += f"\n  {also(medians['ours'])}"
        with capsys.disabled():
            print(f"\n{told}")  # noqa: T201 - a benchmark is read by a person
        assert value >= target
        return medians["ours"]

    return measure


@pytest.fixture
def contender() -> Iterator[Callable[..., Contender]]:
    """Makes processes that compute beside each other: `contender(NAME="value")`; None leaves a variable out."""
    made: list[Contender] = []

    def make(**environment: str | None) -> Contender:
        made.append(Contender(environment))
        return made[-1]

    yield make
    for each in made:
        each.end()
