"""A network that was made ready beforehand learns exactly as one that was not, and is built once."""

import numpy as np
import pytest

from tests.core.training.curves import comparable_lines

FIELDS = {
    "model": "cnn-pyramid",
    "architecture": {"blocks": 2, "filters": 8, "dense": 64},
    "image_size": 28,
    "augment_flip": "both",
    "augment_rotation": 20,
    "balance": "weights",
}


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models built by `core.training.learner`, one after another."""
    from core.training import learner

    built, real = [], learner.build_model
    monkeypatch.setattr(learner, "build_model", lambda name, *rest: built.append(name) or real(name, *rest))
    return built


def examples_of(material) -> int:
    return int((material.rows["part"] == "train").sum())


@pytest.mark.slow
def test_a_prepared_network_learns_as_one_built_on_the_spot(train, material, builds) -> None:
    import keras

    from core.training.learner import learner_for, prepare
    from core.training.recipe import make_recipe

    def trained():
        out, files = train(material, epochs=1, batch_size=8, seed=3, **FIELDS)
        return comparable_lines(files.metrics, "batch", "epoch"), keras.saving.load_model(files.best).get_weights(), out

    alone, weights, out = trained()
    assert builds == ["cnn-pyramid"]
    recipe = make_recipe(dataset="another", epochs=9, batch_size=8, seed=3, **FIELDS)
    for _ in range(2):
        prepare(recipe, 3, examples_of(material))
    assert len(builds) == 2  # what is ready already is not built again
    ready, ready_weights, ready_out = trained()
    assert len(builds) == 2
    assert ready == alone
    assert ready_out.best_epoch == out.best_epoch
    for one, other in zip(ready_weights, weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    learner_for(recipe, 3, examples_of(material))
    assert len(builds) == 3  # it was there for one run alone


@pytest.mark.usefixtures("linear")
def test_a_step_is_traced_once(train, material, monkeypatch) -> None:
    """Where the optimizer has its variables only then, TensorFlow traces a second time, which takes as long again."""
    from core.training.timed_model import TimedModel

    traced, real = [], TimedModel.train_step
    monkeypatch.setattr(TimedModel, "train_step", lambda model, data: traced.append(data) or real(model, data))
    train(material, epochs=1, batch_size=2)  # more steps than are computed without a graph
    assert len(traced) == 1


def test_what_was_prepared_for_another_recipe_is_not_used(linear, material, builds, monkeypatch) -> None:
    from core.training import learner
    from core.training.learner import _ready, learner_for, prepare
    from core.training.recipe import make_recipe

    monkeypatch.setattr(learner, "_trace", lambda *_: None)  # what is traced is not asked here
    recipe = make_recipe(dataset="demo", model="cnn-pyramid", image_size=16, batch_size=8)
    prepare(recipe, 3, 40)
    for other, classes in (({"seed": 1}, 3), ({"learning_rate": 0.01}, 3), ({}, 2)):
        assert learner_for(recipe.model_copy(update=other), classes, 40).model.count_params() > 0
        assert not _ready
        prepare(recipe, 3, 40)
    assert len(builds) == 1 + 2 * 3
    _ready.clear()


def test_the_floor_needs_no_preparation(builds) -> None:
    from core.training.learner import _ready, prepare
    from core.training.recipe import make_recipe

    prepare(make_recipe(dataset="demo", model="majority"), 3, 40)
    assert not builds
    assert not _ready
