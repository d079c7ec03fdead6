"""Runs and a search survive what is done to the processes that carry them; at length in `test_chaos_at_length.py`."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.training.recipe import make_recipe
from tests.chaos import must_hold, wreak, writers

EPOCHS = 3


@pytest.mark.long  # each kind of kill is tested by itself beside engine and supervise
@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("tiny_data", "leaving_nothing_behind")
def test_no_run_is_lost_or_doubled_while_processes_of_the_engine_are_killed(artifacts: Path, processes_about) -> None:
    def recipe(number: int):
        return make_recipe(dataset="ham10000", model="cnn-59k", epochs=EPOCHS, batch_size=16, seed=number)

    chaos = wreak(recipe, runs=2, trials=2, kills=4, seed=4, pause=(1.0, 3.0))
    assert sum(chaos.killed.values()) >= 3
    must_hold(chaos, EPOCHS, processes_about, artifacts)


@pytest.fixture
def opening(tmp_path: Path) -> Iterator:
    """Give a function that has another process open a file, and waits until it has."""
    file, started = tmp_path / "metrics.jsonl", []
    file.touch()

    def opening(mode: str, then: str = "print(1, flush=True)") -> Path:
        code = f"import os, sys; f = open({str(file)!r}, {mode!r}); {then}; sys.stdin.read()"
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        started.append(process)
        assert process.stdout.read(1) == b"1"
        return file

    yield opening
    for process in started:
        process.communicate()


def test_two_trainings_that_write_one_file_are_seen(opening) -> None:
    file = opening("a")
    assert len(writers(file.parent)[str(file)]) == 1
    opening("a")
    assert len(writers(file.parent)[str(file)]) == 2


def test_one_who_reads_and_a_child_just_forked_are_no_second_training(opening) -> None:
    file = opening("a", then="(os.fork() and os.wait()) or print(1, flush=True)")
    opening("r")
    assert len(writers(file.parent)[str(file)]) == 1
