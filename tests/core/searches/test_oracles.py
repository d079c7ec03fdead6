"""What the oracles propose: the same from the same seed, within the space, and the same again after a restart."""

import math
from collections import Counter
from functools import partial
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.searches.journal import Journal
from core.searches.search_config import OracleKind, hyperband_trials, usual_trials
from core.searches.search_states import TrialState

PROPOSALS = 4
"""Of which Bayesian optimization draws the first three by chance."""


@pytest.fixture(autouse=True)
def _few_steps_uphill(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bayesian optimization looks for the best proposal from fifty places; a few steps from each find one as good."""
    from keras_tuner.src.tuners import bayesian

    quick = SimpleNamespace(minimize=partial(bayesian.scipy.optimize.minimize, options={"maxiter": 2}))
    monkeypatch.setattr(bayesian, "scipy", SimpleNamespace(optimize=quick))


@pytest.fixture
def proposer(tmp_path: Path):
    """A function that brings the oracle of a configuration to where a journal ends."""

    def proposer(config, name: str = "trials"):
        from core.searches.oracles import Proposer

        journal = Journal(tmp_path / f"{name}.jsonl")
        return Proposer(config, journal), journal

    return proposer


def score(values: dict) -> float:
    return -abs(math.log10(values.get("learning_rate", 1e-3)) + 3) - abs(values.get("dropout", 0.3) - 0.3)


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
    zero = propose(*proposer(make(oracle=kind, seed=0, trials=9), "a"), PROPOSALS)
    assert propose(*proposer(make(oracle=kind, seed=0, trials=9), "b"), PROPOSALS) == zero
    if kind is not OracleKind.GRID:  # which leaves nothing to chance
        assert propose(*proposer(make(oracle=kind, seed=1, trials=9), "c"), 2) != zero[:2]


@pytest.mark.parametrize("kind", OracleKind)
def test_every_proposal_lies_in_the_narrowed_space(kind: OracleKind, make, proposer) -> None:
    tune = ("dropout=0.2:0.4", "learning_rate=1e-4:1e-3", "blocks=3:3", "optimizer", "batch_size=32,64")
    config = make(oracle=kind, tune=tune, trials=9)
    for values in propose(*proposer(config), PROPOSALS):
        assert 0.2 <= values["dropout"] <= 0.4 + 1e-9
        assert 1e-4 <= values["learning_rate"] <= 1e-3
        assert (values["blocks"], values["batch_size"] in (32, 64)) == (3, True)
        assert config.recipe_of(values).architecture["blocks"] == 3


@pytest.mark.parametrize("after", [pytest.param(2, marks=pytest.mark.long), 4])
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
    tune = ("blocks=3:4", "optimizer=adam,rmsprop", "dropout=0.1:0.3", "learning_rate=1e-3:1e-3")
    oracle, journal = proposer(make(oracle="grid", tune=tune))
    found = propose(oracle, journal, 12)
    assert len({tuple(sorted(values.items())) for values in found}) == 12
    assert oracle.ask_next() is None
    assert proposer(make(oracle="grid", tune=tune))[0].ask_next() is None  # also after a restart


@pytest.mark.long
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


@pytest.mark.parametrize(
    "tune", [("optimizer=adam,rmsprop",), ("optimizer=adam,rmsprop", "batch_size"), ("blocks=3:3",)], ids=len
)
def test_hyperband_plays_its_brackets_to_the_end_in_a_space_of_a_few_combinations(tune, make, proposer) -> None:
    config = make(oracle="hyperband", epochs=9, tune=tune)
    promised = usual_trials(config.oracle, 9, config.space)
    found = propose(*proposer(config), promised)
    epochs = [(values["tuner/bracket"], values["tuner/round"], values["tuner/epochs"]) for values in found]
    assert set(epochs) == {(2, 0, 1), (2, 1, 3), (2, 2, 9), (1, 0, 3), (1, 1, 9), (0, 0, 9)}
    own = [tuple(values[parameter.name] for parameter in config.space) for values in found]
    beginning = [(bracket, values) for (bracket, rung, _), values in zip(epochs, own, strict=True) if rung == 0]
    assert len(set(beginning)) == len(beginning)  # nothing twice in one bracket
    assert {values for _, values in beginning} == set(own)
    several = propose(*proposer(config, "longer"), 40)  # whatever number is asked for
    assert several[:promised] == found


def test_hyperband_that_loses_trials_goes_on_with_those_that_are_left(make, proposer) -> None:
    oracle, journal = proposer(make(oracle="hyperband", epochs=9))
    for number in range(23):
        trial_id, values = oracle.ask_next()
        lost = number in (0, 1, 2, 3, 4, 6, 7)  # seven of the first nine
        end = (TrialState.INVALID, None, None) if lost else (TrialState.FINISHED, score(values), 0)
        journal.propose(trial_id, values)
        journal.end(trial_id, *end)
        oracle.tell(trial_id, *end[1:])
    of_first = [t.values for t in journal.trials.values() if t.values["tuner/bracket"] == 2][:12]
    assert [values["tuner/epochs"] for values in of_first] == [1] * 9 + [3, 3, 9]


def test_hyperband_at_several_at_once_ends_a_sweep_before_it_begins_another(make, proposer) -> None:
    oracle, _ = proposer(make(oracle="hyperband", epochs=9))
    running, seen = [], []
    while len(seen) < 23:
        while len(running) < 4 and len(seen) < 23 and (proposed := oracle.ask_next()) is not None:
            running.append(proposed)
            seen.append(proposed[1])
        assert running, "it waits for nothing"
        trial_id, values = running.pop(0)
        oracle.tell(trial_id, score(values), 0)
    counts = Counter((values["tuner/bracket"], values["tuner/round"]) for values in seen)
    assert counts == {(2, 0): 9, (2, 1): 3, (2, 2): 1, (1, 0): 5, (1, 1): 2, (0, 0): 3}


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
