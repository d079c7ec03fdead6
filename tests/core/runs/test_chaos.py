"""Runs and a search survive what is done to the processes that carry them; the whole of it is a benchmark."""

from pathlib import Path

import pytest

from core.training.recipe import make_recipe
from tests.chaos import must_hold, wreak

EPOCHS = 3


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("tiny_data", "leaving_nothing_behind")
def test_no_run_is_lost_or_doubled_while_processes_of_the_engine_are_killed(artifacts: Path, processes_about) -> None:
    def recipe(number: int):
        return make_recipe(dataset="ham10000", model="cnn-59k", epochs=EPOCHS, batch_size=16, seed=number)

    chaos = wreak(recipe, runs=3, trials=2, kills=8, seed=4, pause=(1.0, 3.0))
    assert sum(chaos.killed.values()) >= 5
    must_hold(chaos, EPOCHS, processes_about, artifacts)
