"""What the oracles propose: the same from the same seed, within the space, and the same again after a restart."""

import math
from itertools import product
from pathlib import Path

import pytest

from core.searches.journal import Journal
from core.searches.search_config import OracleKind, hyperband_trials
from core.searches.search_states import TrialState

PROPOSALS = 8


@pytest.fixture
def proposer(tmp_path: Path):
    """A function that brings the oracle of a configuration to where a journal ends."""

    def proposer(config, name: str = "trials"):
        from core.searches.oracles import Proposer

        journal = Journal(tmp_path / f"{name}.jsonl")
        return Proposer(config, journal), journal

    return proposer


def score(values: dict) -> float:
    return -abs(math.log10(values["learning_rate"]) + 3) - abs(values["dropout"] - 0.3)


def propose(oracle, journal: Journal, count: int) -> list[dict]:
    """Ask so many times, and tell at once how each trial ended."""
    found = []
    for _ in range(count):
        trial_id, values = oracle.ask_next()
        found.append(values)
        journal.propose(trial_id, values)
        journal.end(trial_id, TrialState.FINISHED, score(values), 0)
        oracle.tell(trial_id, score(values), 0)
    return found


@pytest.mark.parametrize("kind", OracleKind)
def test_a_seed_decides_what_is_proposed_and_so_does_that_of_zero(kind: OracleKind, make, proposer) -> None:
    zero = propose(*proposer(make(oracle=kind, seed=0), "a"), PROPOSALS)
    assert propose(*proposer(make(oracle=kind, seed=0), "b"), PROPOSALS) == zero
    if kind is not OracleKind.GRID:  # which leaves nothing to chance
        assert propose(*proposer(make(oracle=kind, seed=1), "c"), PROPOSALS) != zero


@pytest.mark.parametrize("kind", OracleKind)
def test_every_proposal_lies_in_the_narrowed_space(kind: OracleKind, make, proposer) -> None:
    tune = ("dropout=0.2:0.4", "learning_rate=1e-4:1e-3", "blocks=3:3", "optimizer", "batch_size=32,64")
    config = make(oracle=kind, tune=tune)
    for values in propose(*proposer(config), PROPOSALS):
        assert 0.2 <= values["dropout"] <= 0.4 + 1e-9
        assert 1e-4 <= values["learning_rate"] <= 1e-3
        assert (values["blocks"], values["batch_size"] in (32, 64)) == (3, True)
        assert config.recipe_of(values).architecture["blocks"] == 3


@pytest.mark.parametrize("after", [2, 4])
@pytest.mark.parametrize("kind", OracleKind)
def test_an_oracle_that_is_brought_back_goes_on_as_if_nothing_had_happened(
    kind: OracleKind, after: int, make, proposer
) -> None:
    config = make(oracle=kind, trials=9)  # of which three are by chance in Bayesian optimization
    whole = propose(*proposer(config, "whole"), 5)
    parts = propose(*proposer(config, "parts"), after)
    parts += propose(*proposer(config, "parts"), 5 - after)
    assert parts == whole


def test_an_oracle_that_is_brought_back_knows_what_still_runs(make, proposer) -> None:
    oracle, journal = proposer(make())
    first = oracle.ask_next()
    journal.propose(*first)
    again, _ = proposer(make())
    second = again.ask_next()
    assert second[0] != first[0]
    again.tell(first[0], 0.5, 0)  # it can be told of the first one
    assert second == oracle.ask_next()


def test_a_grid_goes_through_every_combination_once_and_then_has_no_more(make, proposer) -> None:
    tune = ("blocks=3:4", "optimizer", "dropout=0.1:0.3", "learning_rate=1e-3:1e-3")
    oracle, journal = proposer(make(oracle="grid", tune=tune))
    found = propose(oracle, journal, 12)
    assert len({tuple(sorted(values.items())) for values in found}) == 12
    assert oracle.ask_next() is None
    assert proposer(make(oracle="grid", tune=tune))[0].ask_next() is None  # also after a restart


def test_bayesian_optimization_tries_what_is_better_than_chance_would(make, proposer) -> None:
    late = dict.fromkeys((OracleKind.RANDOM, OracleKind.BAYESIAN), 0.0)
    for kind, seed in product(late, range(2)):
        config = make(oracle=kind, trials=9, tune=("dropout", "learning_rate"), seed=seed)
        late[kind] += sum(map(score, propose(*proposer(config, f"{kind}-{seed}"), 8)[-4:]))
    assert late[OracleKind.BAYESIAN] > late[OracleKind.RANDOM]


def test_hyperband_gives_the_best_third_three_times_the_epochs(make, proposer) -> None:
    config = make(oracle="hyperband", epochs=9)
    oracle, journal = proposer(config)
    sweep = hyperband_trials(9)
    found = propose(oracle, journal, sweep)
    assert [values["tuner/epochs"] for values in found[:9]] == [1] * 9
    promoted = [values for values in found if "tuner/trial_id" in values]
    assert promoted
    for values in promoted:
        before = journal.trials[values["tuner/trial_id"]]
        assert values["tuner/initial_epoch"] == before.values["tuner/epochs"]
        assert values["tuner/epochs"] == 3 * before.values["tuner/epochs"]
        assert {k: v for k, v in values.items() if "/" not in k} == {
            k: v for k, v in before.values.items() if "/" not in k
        }
        assert config.recipe_of(values).epochs == values["tuner/epochs"]
    best = max(range(9), key=lambda number: score(found[number]))
    assert f"{best:04d}" in {values["tuner/trial_id"] for values in promoted}


@pytest.mark.parametrize("epochs", [3, 9, 10, 20, 81])
def test_the_trials_of_a_sweep_are_as_many_as_keras_tuner_makes(epochs: int, make, proposer) -> None:
    tuner = proposer(make(oracle="hyperband", epochs=epochs))[0].oracle
    sizes = [tuner._get_size(b, r) for b in range(tuner._get_num_brackets()) for r in range(b + 1)]
    assert hyperband_trials(epochs) == sum(sizes)


def test_a_trial_that_failed_is_not_asked_for_again_and_not_promoted(make, proposer) -> None:
    oracle, journal = proposer(make(oracle="random"))
    seen = []
    for _ in range(6):
        trial_id, values = oracle.ask_next()
        seen.append(values)
        journal.propose(trial_id, values)
        journal.end(trial_id, TrialState.INVALID, reason="It cannot be built.")
        oracle.tell(trial_id, None, None)
    assert len({str(values) for values in seen}) == 6
