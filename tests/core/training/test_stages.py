"""Trainings in stages: what learns, what is frozen, and what the frozen part gives, computed once."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from core.base.errors import ConfigurationError
from core.data.images.turns import turned
from core.training.recipe import make_recipe, parse_settings
from tests.core.training.conftest import Material, network
from tests.core.training.curves import comparable_lines, lines

STILL = 1e-9
"""A learning rate at which nothing gets better."""
TRUNK = {"model": "mobilenet-0.25", "weights": "none", "image_size": 32, "batch_size": 16}


class Live:
    """What the frozen part gives, computed each time it is asked for, as if nothing were kept."""

    def __init__(self, frozen, cache, ways):
        self.frozen, self.values, self.ways = frozen, cache.images, ways

    def read(self, rows, ways):
        pictures = [turned(self.values[row : row + 1], self.ways[way])[0] for row, way in zip(rows, ways, strict=True)]
        return np.asarray(self.frozen.predict_on_batch(np.stack(pictures)), np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("learns", [pytest.param("head", marks=pytest.mark.long), "3"])
def test_figures_with_what_is_kept_are_those_without_it(train, pictures, monkeypatch, learns: str) -> None:
    fields = {**TRUNK, "augment_flip": "turns", "stages": [{"learns": learns, "epochs": 2, "learning_rate": 0.002}]}
    _, kept = train(pictures, **fields)
    monkeypatch.setattr("core.training.fit.frozen_outputs", lambda frozen, cache, ways, _: Live(frozen, cache, ways))
    _, live = train(pictures, **fields)
    for one, other in zip(lines(kept.metrics), lines(live.metrics), strict=True):
        for name in ("loss", "val_loss"):
            assert one[name] == pytest.approx(other[name], rel=0.01), name
        assert one["val_accuracy"] == pytest.approx(other["val_accuracy"], abs=0.1)


@pytest.mark.slow
def test_each_stage_lets_its_part_learn_from_the_best_so_far_and_leaves_the_rest(train, pictures) -> None:
    import keras

    stages = [{"learns": "head", "epochs": 2}, {"learns": "2", "epochs": 1}, {"learns": "all", "epochs": 1}]
    seen: list[list[np.ndarray]] = []
    for count in (1, 3):
        out, files = train(pictures, **TRUNK, augment_flip="horizontal", stages=stages[:count], monitor="val_loss")
        told = lines(files.metrics)
        assert [line["stage"] for line in told] == [0, 0, 1, 2][: len(told)]
        assert out.epochs == sum(stage["epochs"] for stage in stages[:count])
        with np.load(files.state) as state:
            values = [state[f"variable_{n}"] for n in range(len(state.files)) if f"variable_{n}" in state.files]
        seen.append(values)
    saved = keras.models.load_model(files.best, compile=False)
    assert saved.predict_on_batch(pictures.images[:2]).shape == (2, 3)
    fresh = network().get_weights()
    assert len(seen[0]) > len(fresh), "the state knows all of the network, not only what learns"


@pytest.mark.slow
def test_what_is_frozen_stays_also_in_its_normalization() -> None:
    from core.training.frozen import split_at

    model = network()
    frozen, learning = split_at(model, "2")
    before = [np.array(weight) for weight in frozen.weights]
    part = [np.array(weight) for weight in learning.weights]
    learning.compile("adam", "sparse_categorical_crossentropy")
    given = frozen.predict_on_batch(np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3)).astype(np.float32))
    learning.fit(given, np.arange(8) % 3, epochs=2, verbose=0)
    assert all(np.array_equal(one, np.array(other)) for one, other in zip(before, frozen.weights, strict=True))
    assert not any(
        np.array_equal(one, np.array(other)) for one, other in zip(part, learning.weights, strict=True) if one.any()
    )
    _, whole = split_at(model, "all")
    assert whole is model
    assert len(model.trainable_weights) > len(learning.trainable_weights)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop"])
def test_blocks_learn_the_slower_the_further_they_are_from_the_head(optimizer: str) -> None:
    from core.training.frozen import layer_factors
    from core.training.optimization import optimizer_for

    model = network()
    factors = layer_factors(model, model, 0.5)
    assert {weight.path.split("/")[0]: factor for weight, factor in zip(model.trainable_weights, factors, strict=True)}[
        "block3a_conv"
    ] == pytest.approx(0.25)
    assert factors[-1] == 1
    recipe = make_recipe(dataset="demo", model="cnn-59k", optimizer=optimizer, learning_rate=0.1)
    weights = [np.array(weight) for weight in model.trainable_weights]
    steps = []
    for each in ((), factors):
        for variable, value in zip(model.trainable_weights, weights, strict=True):
            variable.assign(value)
        made = optimizer_for(recipe, 1, each)
        made.apply([np.ones(weight.shape, np.float32) for weight in weights], model.trainable_weights)
        steps.append([np.array(one) - two for one, two in zip(model.trainable_weights, weights, strict=True)])
    if optimizer != "adamw":  # which also shortens the weights, by the learning rate as it is
        for plain, slowed, factor in zip(*steps, factors, strict=True):
            np.testing.assert_allclose(slowed, plain * factor, rtol=1e-3, atol=1e-6)
    assert layer_factors(model, model, 1.0) == ()


@pytest.mark.slow
def test_what_the_frozen_part_gives_is_computed_once_and_anew_for_other_weights_pictures_and_ways(pictures) -> None:
    from core.training.frozen import frozen_outputs, split_at

    cache = replace(pictures.cache, fingerprint="one")
    frozen, _ = split_at(network(), "head")
    told: list[int] = []
    say = lambda done, *_: told.append(done)  # noqa: E731
    first = frozen_outputs(frozen, cache, (0, 1), say)
    assert told[-1] == len(pictures.images)
    by_hand = frozen.predict_on_batch(turned(pictures.images, 1).copy())
    rows, mirrored = np.arange(len(pictures.images)), np.ones(len(pictures.images), int)
    np.testing.assert_allclose(first.read(rows, mirrored), by_hand, rtol=2e-3, atol=1e-4)
    told.clear()
    assert np.array_equal(frozen_outputs(frozen, cache, (0, 1), say).values, first.values)
    assert not told, "it was kept"
    frozen_outputs(frozen, cache, (0,), say)
    assert told, "other ways"
    told.clear()
    changed = replace(cache, fingerprint="another", images=cache.images[::-1].copy())
    again = frozen_outputs(frozen, changed, (0, 1), say)
    np.testing.assert_allclose(again.read(rows[::-1], mirrored), by_hand, rtol=2e-3, atol=1e-4)
    assert told, "other pictures"
    told.clear()
    conv = frozen.get_layer("block2a_conv")
    conv.set_weights([weight * 1.5 + 0.1 for weight in conv.get_weights()])
    assert not np.allclose(frozen_outputs(frozen, cache, (0, 1), say).read(rows, mirrored), by_hand, rtol=2e-2)
    assert told, "other weights"


@pytest.mark.slow
def test_a_stage_of_more_blocks_than_there_are_is_refused_with_their_number(train, pictures) -> None:
    with pytest.raises(ConfigurationError, match="has 4 blocks") as refused:
        train(pictures, **TRUNK, stages=[{"learns": "99", "epochs": 1}])
    assert "99" in str(refused.value)


@pytest.mark.slow
def test_a_training_that_is_told_to_finish_begins_no_other_stage(train, pictures) -> None:
    """And a training that goes on, in the first stage or in the second, ends as one that was left alone."""
    stages = [{"learns": "head", "epochs": 3, "schedule": "cosine"}, {"learns": "2", "epochs": 2, "layer_decay": 0.8}]
    out, files = train(pictures, **TRUNK, stages=stages, finish_requested=lambda: True)
    assert out.epochs == 1
    assert not out.stopped
    in_second = lambda: lines(files.metrics)[-1]["stage"] == 1  # noqa: E731
    out, _ = train(pictures, **TRUNK, stages=stages, files=files, finish_requested=in_second)
    assert out.epochs == 4, "it was told to finish within the second stage"
    again, _ = train(pictures, **TRUNK, stages=stages, files=files)
    assert again.epochs == 5, "what goes on does the rest"
    assert [line["stage"] for line in lines(files.metrics)] == [0, 0, 0, 1, 1]
    _, at_once = train(pictures, **TRUNK, stages=stages)
    assert comparable_lines(files.metrics) == comparable_lines(at_once.metrics)


@pytest.mark.slow
def test_each_stage_has_its_own_patience_also_after_a_break(train, pictures) -> None:
    """The first ends early, which is not the end; the second lowers its rate, and ends early by its own count."""
    first = {"learns": "head", "epochs": 9, "learning_rate": STILL, "early_stopping_patience": 1}
    then = {"epochs": 9, "learning_rate": 2 * STILL, "reduce_lr_patience": 1, "early_stopping_patience": 3}
    fields = {**TRUNK, "batch_size": 64, "monitor": "val_accuracy", "reduce_lr_factor": 0.5, "min_learning_rate": 0}
    fields["stages"] = [first, {"learns": "head", **then}]
    out, alone = train(pictures, **fields)
    told = lines(alone.metrics)
    assert [line["stage"] for line in told] == [0, 0, 1, 1, 1, 1]
    assert [line["learning_rate"] / STILL for line in told] == pytest.approx([1, 1, 2, 2, 1, 0.5], rel=1e-4)
    assert (out.epochs, out.best_epoch, out.stopped) == (6, 0, False)

    asked = itertools.chain([False], itertools.repeat(True))
    out, broken = train(pictures, **fields, finish_requested=lambda: next(asked))
    assert out.epochs == 2, "the first stage has ended"
    in_second = lambda: len(lines(broken.metrics)) == 4  # noqa: E731
    assert train(pictures, **fields, files=broken, finish_requested=in_second)[0].epochs == 4
    assert train(pictures, **fields, files=broken)[0].epochs == 6
    assert comparable_lines(broken.metrics) == comparable_lines(alone.metrics)


def test_a_recipe_with_stages_has_the_sum_of_their_epochs_and_goes_through_json() -> None:
    stages = [{"learns": "head", "epochs": 3}, {"learns": "all", "epochs": 4, "learning_rate": 1e-4}]
    made = make_recipe(dataset="demo", model="mobilenet-0.25", epochs=99, stages=stages)
    assert made.epochs == 7
    assert make_recipe(**json.loads(made.model_dump_json())) == made
    typed = parse_settings([f"stages={json.dumps(stages)}"])
    assert make_recipe(dataset="demo", model="mobilenet-0.25", **typed) == made
    assert made.at_stage(1).learning_rate == 1e-4
    assert made.at_stage(1).epochs == 4
    idle = {"learning_rate": 0.1, "schedule": "cosine", "warm_up": 0.3, "early_stopping_patience": 3}
    assert make_recipe(**made.model_dump() | idle) == made, "each stage has its own"


@pytest.mark.parametrize(
    ("stages", "named"),
    [
        ('[{"learns": "nothing"}]', "learns"),
        ('[{"learns": "0"}]', "learns"),
        ('[{"learns": "head", "epochs": 0}]', "epochs"),
        ('[{"learns": "head", "learning_rate": 0}]', "learning_rate"),
        ('[{"learns": "head", "speed": 3}]', "speed"),
        ('[{"schedule": "cosine", "reduce_lr_patience": 2}]', "reduce_lr_patience"),
        ("head, then all", "JSON"),
        ('[{"epochs": 600}, {"epochs": 600}]', "1000 epochs"),
        ("{}", "stages"),
    ],
)
def test_a_stage_that_trains_nothing_or_is_none_is_refused_by_name(stages: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        make_recipe(dataset="demo", model="mobilenet-0.25", stages=stages)


def test_what_does_not_learn_step_by_step_has_no_stages() -> None:
    with pytest.raises(ConfigurationError, match="stages"):
        make_recipe(dataset="demo", model="majority", stages=[{"learns": "all"}])


@pytest.mark.usefixtures("linear")
def test_without_stages_the_lines_say_nothing_of_them(train, material) -> None:
    _, files = train(material, epochs=1)
    assert all("stage" not in line for line in comparable_lines(files.metrics))


def test_smaller_pictures_to_learn_from_are_smaller_and_fit_the_network() -> None:
    fields = {**TRUNK, "dataset": "demo", "image_size": 64}
    for size in (64, 96, 31):
        with pytest.raises(ConfigurationError, match=f"learning_size must be at least 32 pixels.* it is {size}"):
            make_recipe(**fields, stages=[{"learning_size": size}])
    assert make_recipe(**fields, stages=[{"learning_size": 48}]).stages[0].learning_size == 48


@pytest.mark.slow
def test_pictures_are_smaller_in_training_alone_and_the_weights_are_the_same() -> None:
    import keras

    from core.training.augmentation import with_augmentation

    model = network()
    recipe = make_recipe(dataset="demo", augment_flip="turns", **TRUNK)
    small = with_augmentation(model, recipe, 16)
    seen = []
    first = model.get_layer("block1a_conv")
    call = first.call
    first.call = lambda inputs, *given, **named: seen.append(tuple(inputs.shape[1:3])) or call(inputs, *given, **named)
    batch = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype(np.float32)
    small(batch, training=True)
    answers = small(batch, training=False)
    assert seen == [(16, 16), (32, 32)]
    np.testing.assert_allclose(answers, model(batch, training=False), rtol=1e-5)
    assert {id(weight) for weight in model.trainable_weights} == {id(weight) for weight in small.trainable_weights}
    flat = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(2)], name="flat")
    with pytest.raises(ConfigurationError, match="flat takes pictures of one size only"):
        with_augmentation(flat, recipe, 16)


@pytest.mark.slow
def test_a_training_goes_from_smaller_pictures_to_those_of_use(train, pictures) -> None:
    larger = replace(pictures, images=np.repeat(np.repeat(pictures.images, 2, axis=1), 2, axis=2))
    stages = [{"learns": "all", "epochs": 2, "learning_size": 32}, {"learns": "2", "epochs": 1}]
    out, files = train(larger, **{**TRUNK, "image_size": 64}, augment_zoom=0.1, stages=stages)
    told = lines(files.metrics)
    assert out.epochs == 3
    assert [line["stage"] for line in told] == [0, 0, 1]
    judged = saved_losses(files, larger)
    assert judged == pytest.approx(min(line["val_loss"] for line in told), rel=0.01), "judged at the size of use"


def saved_losses(files, material: Material) -> float:
    """The validation loss of the best weights, at the size of the pictures."""
    import keras

    model = keras.models.load_model(files.best, compile=False)
    pictures, labels = material.of_part("validation")
    given = model.predict(pictures, verbose=0)
    return float(-np.log(given[np.arange(len(labels)), labels]).mean())
