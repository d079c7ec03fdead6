"""What `core.searches.oracles` uses of Keras Tuner although it is private: a new version that changes it fails here."""

import inspect

import pytest


@pytest.fixture
def options(make) -> dict:
    """What an oracle of Keras Tuner needs."""
    from keras_tuner import Objective

    from core.searches.oracles import hyperparameters

    space = make(tune=("dropout", "learning_rate", "optimizer")).space
    return {"objective": Objective("val_accuracy", "max"), "hyperparameters": hyperparameters(space), "seed": 1}


def test_values_by_chance_follow_from_the_seed_state_that_was_set(options) -> None:
    from keras_tuner import oracles

    oracle = oracles.RandomSearchOracle(**options)
    drawn = []
    for state in (5, 6, 5):
        oracle._seed_state = state
        drawn.append(oracle.populate_space("0000")["values"])
    assert drawn[0] == drawn[2] != drawn[1]


def test_the_process_begins_its_search_where_the_random_state_says_and_tells_duplicates(options, tmp_path) -> None:
    from keras_tuner import oracles

    oracle = oracles.BayesianOptimizationOracle(num_initial_points=1, **options)
    oracle._set_project_dir(str(tmp_path), "search")
    oracle.verbose = 0
    first = oracle.create_trial("a")
    assert oracle._duplicate(first.hyperparameters.values)
    assert oracle._random_populate_space()["status"] == "RUNNING"
    assert "self._random_state.uniform" in inspect.getsource(oracles.BayesianOptimizationOracle.populate_space)


def test_trials_are_saved_by_the_two_methods_that_are_overridden_and_by_none_else(options, tmp_path) -> None:
    from core.searches.oracles import Random

    oracle = Random(**options)
    oracle.verbose = 0
    oracle._set_project_dir(str(tmp_path), "search")
    trial = oracle.create_trial("a")
    oracle.update_trial(trial.trial_id, {"val_accuracy": 0.5})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
