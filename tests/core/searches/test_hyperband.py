"""Brackets and rungs as numbers; what oracles make of them is in test_oracles.py."""

import itertools
import math

import pytest

from core.searches.hyperband import FACTOR, hyperband_trials, sweep


def test_a_sweep_of_81_epochs_is_that_of_the_paper_but_for_rounding_up() -> None:
    """Table 1 of Li et al. 2018 has 81, 27, 9, 3, 1 trials in the first bracket, for 1, 3, 9, 27, 81 epochs."""
    brackets = sweep(81)
    assert [(rung.trials, rung.epochs) for rung in brackets[4]] == [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]
    assert [bracket[0].trials for bracket in brackets] == [5, 8, 15, 34, 81]
    assert hyperband_trials(9) == 23


@pytest.mark.parametrize("epochs", [3, 4, 9, 10, 20, 27, 81, 100, 243, 1000])
@pytest.mark.parametrize("combinations", [1, 2, 7, math.inf])
def test_later_rungs_have_fewer_trials_and_more_epochs_and_every_bracket_ends_with_all(epochs, combinations) -> None:
    brackets = sweep(epochs, combinations)
    assert FACTOR ** (len(brackets) - 1) <= epochs < FACTOR ** len(brackets)
    for number, bracket in enumerate(brackets):
        assert len(bracket) == number + 1
        assert bracket[-1].epochs == epochs
        for before, after in itertools.pairwise(bracket):
            assert 1 <= after.trials <= before.trials <= combinations
            assert before.epochs < after.epochs
    assert hyperband_trials(epochs, combinations) == sum(rung.trials for bracket in brackets for rung in bracket)
