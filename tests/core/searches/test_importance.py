import numpy as np
import pytest

from core.searches.importance import FEWEST_TRIALS, importances
from core.searches.journal import Trial
from core.searches.search_states import TrialState


def trial(number: int, score: float | None, **values) -> Trial:
    return Trial(f"{number:04d}", values, 0.0, TrialState.FINISHED, score=score)


def test_what_the_scores_hang_on_is_found_and_what_they_do_not_is_not(make) -> None:
    rng = np.random.default_rng(0)
    config = make(tune=("learning_rate", "dropout", "optimizer", "activation"))
    trials = []
    for number in range(40):
        rate, kind = 10 ** rng.uniform(-5, -1), str(rng.choice(["adam", "rmsprop"]))
        score = -abs(np.log10(rate) + 3) + (0.5 if kind == "adam" else 0.0)
        values = {"dropout": float(rng.choice([0.1, 0.2, 0.3])), "optimizer": kind, "activation": "relu"}
        trials.append(trial(number, score, learning_rate=rate, **values))
    found, scored = importances(config, [*trials, trial(40, None, learning_rate=0.1)])
    assert scored == 40
    assert [each.name for each in found] == ["learning_rate", "optimizer", "dropout"]  # activation never varied
    assert sum(each.fraction for each in found) == pytest.approx(1)
    assert found[0].fraction > 0.6
    assert found[-1].fraction < 0.1


def test_few_trials_say_nothing(make) -> None:
    config = make(tune=("dropout",))
    trials = [trial(number, 0.1 * number, dropout=0.1 * (number % 3)) for number in range(FEWEST_TRIALS - 1)]
    assert importances(config, trials) == ([], FEWEST_TRIALS - 1)
    same = [trial(number, 0.5, dropout=0.1 * (number % 3)) for number in range(12)]
    assert importances(config, same) == ([], 12)
