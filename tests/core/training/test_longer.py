"""A run that goes on from another one with more epochs ends as one that was asked for so many at once."""

from pathlib import Path

import pytest

from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.searches.continuing import launch_from
from core.training.recipe import make_recipe
from tests.core.training.curves import comparable_lines

LEARNING = {"learning_rate": 0.01, "monitor": "val_accuracy"}


@pytest.fixture
def files_of():
    """The files of a run that a training writes."""
    from core.training.fit import OutputFiles

    def files_of(run: RunFolder) -> OutputFiles:
        return OutputFiles(run.best_checkpoint, run.metrics_file, run.tensorboard, run.state_file, run.watched_file)

    return files_of


@pytest.fixture
def trained_run(artifacts: Path, material, train, files_of):
    """A function that makes a run and trains it here."""

    def trained_run(**fields) -> RunFolder:
        run = create_run(make_recipe(dataset="demo", model="cnn-59k", batch_size=16, **fields), queued=False)
        train(material, files=files_of(run), **fields)
        for file in (run.split_file, run.leakage_file):
            file.write_text("as it was")
        return run

    return trained_run


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """The runs that were handed to the engine, which is left out: the test trains them itself."""
    runs: list[RunFolder] = []
    monkeypatch.setattr("core.searches.continuing.resume", runs.append)
    return runs


@pytest.mark.usefixtures("linear")
def test_two_epochs_and_then_two_more_are_the_same_four_epochs(material, train, files_of, trained_run, resumed) -> None:
    whole = trained_run(epochs=4, **LEARNING)
    short = trained_run(epochs=2, **LEARNING)
    longer = launch_from(short, short.recipe().model_copy(update={"epochs": 4}), search="s")
    assert resumed == [longer]
    assert (longer.status().state, longer.status().search) == (State.STOPPED, "s")
    assert longer.split_file.read_text() == "as it was"
    out, _ = train(material, files=files_of(longer), epochs=4, **LEARNING)
    assert out.epochs == 4
    assert comparable_lines(longer.metrics_file, "epoch", "batch") == comparable_lines(
        whole.metrics_file, "epoch", "batch"
    )
    assert len(comparable_lines(short.metrics_file)) == 2


@pytest.mark.usefixtures("linear")
def test_one_that_was_stopped_early_does_not_go_on_with_more_epochs(
    material, train, files_of, trained_run, resumed
) -> None:
    early = {"learning_rate": 1e-6, "early_stopping_patience": 1, "monitor": "val_accuracy"}
    short = trained_run(epochs=5, **early)
    epochs = len(comparable_lines(short.metrics_file))
    assert epochs < 5
    longer = launch_from(short, short.recipe().model_copy(update={"epochs": 9}))
    assert train(material, files=files_of(longer), epochs=9, **early)[0].epochs == epochs


@pytest.mark.usefixtures("linear")
def test_one_whose_learning_rate_followed_a_schedule_begins_anew(trained_run, resumed, monkeypatch) -> None:
    launched = []
    monkeypatch.setattr("core.searches.continuing.launch", lambda recipe, **_: launched.append(recipe))
    short = trained_run(epochs=2, schedule="cosine", **LEARNING)
    longer = short.recipe().model_copy(update={"epochs": 4})
    launch_from(short, longer)
    assert launched == [longer]
    assert not resumed
