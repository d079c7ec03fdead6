"""How fast the next run is going to learn, by the newest earlier one that costs as much a picture."""

from pathlib import Path

import pytest

from core.base.files import write_json
from core.runs.pace import images_per_second
from core.runs.run_folder import create_run
from core.training.recipe import make_recipe

LITE0 = {"model": "efficientnet-lite0", "image_size": 128, "weights": "none"}
HEAD, ALL = {"learns": "head"}, {"learns": "all"}


def learnt(speed: float, **recipe: object) -> Path:
    """A run that has learnt at so many pictures a second."""
    run = create_run(make_recipe(**{"dataset": "demo", "model": "cnn-59k", **recipe}))
    write_json(run.path / "training.json", {"epochs": 2, "seconds": 10.0, "images_per_second": speed})
    return run.path


@pytest.mark.usefixtures("artifacts")
def test_nothing_is_guessed_without_a_run_that_has_ended() -> None:
    create_run(make_recipe(dataset="demo", model="cnn-59k"))
    assert images_per_second(make_recipe(dataset="demo", model="cnn-59k")) is None


@pytest.mark.usefixtures("artifacts")
def test_the_newest_run_of_the_same_network_and_size_tells_whatever_its_data() -> None:
    learnt(100.0)
    learnt(300.0, dataset="ham10000", epochs=3, seed=7)
    learnt(20.0, image_size=32)
    learnt(30.0, model="cnn-pyramid")
    assert images_per_second(make_recipe(dataset="demo", model="cnn-59k", epochs=50)) == 300.0
    assert images_per_second(make_recipe(dataset="demo", model="cnn-59k", image_size=32)) == 20.0


@pytest.mark.usefixtures("artifacts")
def test_a_head_alone_tells_nothing_of_the_whole_network() -> None:
    learnt(900.0, **LITE0, stages=[HEAD])
    learnt(50.0, **LITE0, stages=[ALL])
    learnt(200.0, **LITE0, stages=[HEAD, {**ALL, "learning_size": 96}])
    assert images_per_second(make_recipe(dataset="demo", **LITE0, stages=[{**HEAD, "epochs": 9}])) == 900.0
    assert images_per_second(make_recipe(dataset="demo", **LITE0)) == 50.0
    assert images_per_second(make_recipe(dataset="demo", **LITE0, stages=[HEAD, ALL])) is None


@pytest.mark.usefixtures("artifacts")
def test_runs_that_cannot_be_read_are_passed_over() -> None:
    learnt(100.0)
    (learnt(200.0) / "training.json").write_text("[")
    (learnt(300.0) / "recipe.json").write_text("[")
    assert images_per_second(make_recipe(dataset="demo", model="cnn-59k")) == 100.0
