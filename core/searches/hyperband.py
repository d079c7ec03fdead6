"""Hyperband's brackets (Li et al. 2018, arXiv:1603.06560): who is tried next, for how many epochs, from whose weights.

A sweep goes through brackets, the most aggressive first. A bracket starts many trials for few epochs and lets the best
third go on, rung by rung, each for three times as many. What comes next follows from the trials so far alone.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

FACTOR = 3
"""Of so many trials one goes on, for so many times the epochs."""


@dataclass(frozen=True)
class Rung:
    """One rung of a bracket: how many trials it has, and how many epochs each has been trained at its end."""

    trials: int
    epochs: int


@dataclass(frozen=True)
class Played:
    """A trial so far. `goes_on_from` is the trial of the rung below; `score` is None while it runs and if it failed."""

    trial_id: str
    goes_on_from: str | None
    over: bool
    score: float | None


@dataclass(frozen=True)
class Next:
    """The next trial: its bracket, rung and epochs. It goes on from another one, or has values of its own.

    `beside` are the trials with values of their own that its bracket has already, for they should differ.
    """

    bracket: int
    rung: int
    epochs: int
    initial_epoch: int
    goes_on_from: str | None = None
    beside: tuple[str, ...] = ()


def sweep(epochs: int, combinations: float = math.inf) -> tuple[tuple[Rung, ...], ...]:
    """The brackets of one sweep by number, so in the reverse of their order; bracket n has n + 1 rungs.

    Args:
        epochs: most that a trial is trained.
        combinations: how many different trials there are; no rung has more, for they would be the same.
    """
    brackets = sum(1 for _ in itertools.takewhile(lambda n: FACTOR**n <= epochs, itertools.count()))
    final = math.ceil(1 + math.log(epochs, FACTOR))
    return tuple(
        tuple(
            Rung(
                int(min(math.ceil(final / (number + 1) * FACTOR ** (number - rung)), combinations)),
                math.ceil(epochs / FACTOR ** (number - rung)),
            )
            for rung in range(number + 1)
        )
        for number in range(brackets)
    )


def hyperband_trials(epochs: int, combinations: float = math.inf) -> int:
    """Trials of one sweep; arguments as for `sweep`."""
    return sum(rung.trials for bracket in sweep(epochs, combinations) for rung in bracket)


def next_trial(
    trials: Sequence[Played], brackets: tuple[tuple[Rung, ...], ...], *, largest_is_best: bool
) -> Next | None:
    """What is to be tried next; None while that depends on trials that still run.

    While a bracket waits for its trials, the next one of the sweep begins; a new sweep begins when all of the last is
    over. So the trials of a whole sweep are always played to its end.

    Args:
        trials: all so far, in their order.
        brackets: of a sweep, as `sweep` gives them.
        largest_is_best: how scores are compared.
    """
    started: list[_Bracket] = []
    for trial in trials:
        if trial.goes_on_from is not None:
            next(each for each in started if each.has(trial.goes_on_from)).add(trial)
            continue
        if not started or started[-1].full:
            number = started[-1].number - 1 if started else len(brackets) - 1
            number %= len(brackets)
            started.append(_Bracket(number, brackets[number]))
        started[-1].add(trial)
    for bracket in started:
        if (found := bracket.next_trial(largest_is_best)) is not None:
            return found
    if started and started[-1].number > 0:
        number = started[-1].number - 1
    elif all(trial.over for trial in trials):
        number = len(brackets) - 1
    else:
        return None
    return _Bracket(number, brackets[number]).next_trial(largest_is_best)


class _Bracket:
    """A bracket that was begun: its trials rung by rung."""

    def __init__(self, number: int, rungs: tuple[Rung, ...]):
        self.number, self.rungs = number, rungs
        self.trials: list[list[Played]] = [[] for _ in rungs]

    @property
    def full(self) -> bool:
        """True if no trial with values of its own is to come."""
        return len(self.trials[0]) >= self.rungs[0].trials

    def has(self, trial_id: str) -> bool:
        """True if a trial belongs to it."""
        return any(trial.trial_id == trial_id for rung in self.trials for trial in rung)

    def add(self, trial: Played) -> None:
        """Take in a trial, on the rung above the one from which it goes on."""
        below = [n for n, rung in enumerate(self.trials) for each in rung if each.trial_id == trial.goes_on_from]
        self.trials[below[0] + 1 if below else 0].append(trial)

    def next_trial(self, largest_is_best: bool) -> Next | None:
        """The next trial of this bracket, if there is one that depends on none that still runs."""
        if not self.full:
            beside = tuple(trial.trial_id for trial in self.trials[0])
            return Next(self.number, 0, self.rungs[0].epochs, 0, beside=beside)
        expected = self.rungs[0].trials
        for rung, (below, above) in enumerate(itertools.pairwise(self.trials), start=1):
            expected -= sum(trial.over and trial.score is None for trial in below)  # failed ones stay behind
            go_on = min(self.rungs[rung].trials, expected)
            taken = {trial.goes_on_from for trial in above}
            scores = {trial.trial_id: trial.score for trial in below if trial.score is not None}
            waiting = {trial_id: score for trial_id, score in scores.items() if trial_id not in taken}
            if len(above) < go_on and len(waiting) > expected - go_on:  # whoever still runs, the best one goes on
                best = (max if largest_is_best else min)(waiting, key=waiting.__getitem__)
                initial, epochs = self.rungs[rung - 1].epochs, self.rungs[rung].epochs
                return Next(self.number, rung, epochs, initial, best)
            expected = go_on
        return None
