"""Augmentation: random in training alone, seeded, and never part of what is saved."""

import json
from typing import Any

import numpy as np
import pytest

from core.training.recipe import Recipe, make_recipe
from tests.alike import long_but
from tests.core.models.every_model import models

EVERYTHING = {
    "augment_flip": "both",
    "augment_rotation": 180,
    "augment_zoom": 0.3,
    "augment_aspect_ratio": 0.3,
    "augment_translation": 0.2,
    "augment_brightness": 0.3,
    "augment_contrast": 0.5,
    "augment_saturation": 0.5,
    "augment_hue": 30,
}
STILL = 1e-9


def recipe(**values: Any) -> Recipe:
    return make_recipe(**{"dataset": "demo", "model": "cnn-59k", **values})


def draws(picture: np.ndarray, count: int = 16, **values: Any) -> np.ndarray:
    from core.training.augmentation import augmented_draws

    return augmented_draws(recipe(**values), picture, count)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """Noise under a gradient, so that no transformation leaves it as it is."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(40, 200, 28)[:, None, None] + np.linspace(0, 50, 28)[None, :, None]
    return np.clip(ramp + rng.normal(0, 20, (28, 28, 3)), 0, 255).astype(np.uint8)


def test_without_augmentation_the_network_is_trained_as_it_is(picture: np.ndarray) -> None:
    from core.models.registry import build_model
    from core.training.augmentation import augmentation_layers, with_augmentation

    model = build_model("cnn-59k", 28, 7)
    assert with_augmentation(model, recipe()) is model
    assert augmentation_layers(recipe()) == []
    assert (draws(picture) == picture).all()


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_each_kind_alone_changes_pictures_each_differently_and_within_their_range(name: str, picture) -> None:
    from core.training.augmentation import augmentation_layers

    [*added] = augmentation_layers(recipe(**{name: EVERYTHING[name]}))
    batch = np.repeat(picture[None], 16, axis=0).astype("float32")
    for layer in added:
        np.testing.assert_array_equal(np.asarray(layer(batch, training=False)), batch)
        changed = np.asarray(layer(batch, training=True))
        assert 0 <= changed.min() <= changed.max() <= 255
    out = draws(picture, 64, **{name: EVERYTHING[name]})
    assert len({draw.tobytes() for draw in out}) >= 4
    assert (out != picture).any()


def test_flips_mirror_and_do_nothing_else(picture: np.ndarray) -> None:
    across, down = picture[:, ::-1], picture[::-1]
    as_it_is, turned = picture, picture[::-1, ::-1]
    seen = {draw.tobytes() for draw in draws(picture, 40, augment_flip="horizontal")}
    assert seen == {each.tobytes() for each in (as_it_is, across)}
    seen = {draw.tobytes() for draw in draws(picture, 40, augment_flip="both")}
    assert seen == {each.tobytes() for each in (as_it_is, across, down, turned)}


def test_the_aspect_ratio_changes_widths_alone_and_by_no_more_than_asked() -> None:
    disc = np.zeros((60, 60, 3), np.uint8)
    disc[20:40, 20:40] = 255
    out = draws(disc, 64, augment_aspect_ratio=0.25)[..., 0] > 127
    heights, widths = (out.any(axis=axis).sum(axis=1) for axis in (2, 1))
    assert set(heights) == {20}
    assert 15 <= widths.min() < 18
    assert 23 < widths.max() <= 27
    turned = draws(disc, 64, augment_aspect_ratio=0.25, augment_flip="turns")[..., 0] > 127
    assert {20} < set(turned.any(axis=2).sum(axis=1))  # the height is another side after a quarter turn


def test_a_kind_that_came_later_leaves_quarter_turns_what_they_were() -> None:
    from core.training.augmentation_layers import random_layers

    [turns] = random_layers(recipe(augment_flip="turns", seed=1))
    assert turns.arguments["seed"] == 1_962_706_649  # as recipes of earlier versions drew them
    *_, same = random_layers(recipe(augment_flip="turns", augment_aspect_ratio=0.1, seed=1))
    assert same.arguments == turns.arguments


def test_brightness_moves_all_pixels_alike_and_by_no_more_than_asked(picture: np.ndarray) -> None:
    grey = np.full_like(picture, 128)
    shifts = draws(grey, 64, augment_brightness=0.2).astype(int) - 128
    assert (shifts == shifts[:, :1, :1, :1]).all()
    assert 25 < abs(shifts).max() <= 51
    assert shifts.min() < 0 < shifts.max()


def test_saturation_goes_both_ways_by_no_more_than_asked() -> None:
    colour = np.broadcast_to(np.array([200, 150, 150], np.uint8), (8, 8, 3))  # saturation 0.25
    out = draws(colour, 64, augment_saturation=0.4)[:, 0, 0].astype(float)
    saturation = 1 - out.min(axis=1) / out.max(axis=1)
    assert 0.25 * 0.6 - 0.01 <= saturation.min() < 0.2
    assert 0.3 < saturation.max() <= 0.25 * 1.4 + 0.01


def test_the_same_seed_draws_the_same_and_another_seed_something_else(picture: np.ndarray) -> None:
    first = draws(picture, seed=3, **EVERYTHING)
    np.testing.assert_array_equal(first, draws(picture, seed=3, **EVERYTHING))
    assert (first != draws(picture, seed=4, **EVERYTHING)).any()


def test_one_kind_draws_the_same_whether_another_is_on_or_off(picture: np.ndarray) -> None:
    grey = np.full_like(picture, 128)  # flips leave it as it is
    alone = draws(grey, augment_brightness=0.2)
    np.testing.assert_array_equal(alone, draws(grey, augment_brightness=0.2, augment_flip="both"))


def test_the_draws_shown_are_those_that_the_network_receives_in_its_first_step(picture: np.ndarray) -> None:
    import keras
    import tensorflow as tf

    from core.training.augmentation import with_augmentation

    inputs = keras.Input((28, 28, 3))
    shows_its_input = keras.Model(inputs, keras.layers.Rescaling(1.0)(inputs))
    learner = with_augmentation(shows_its_input, recipe(seed=9, **EVERYTHING))
    step = tf.function(lambda batch: learner(batch, training=True))  # as in training, in a graph
    received = np.asarray(step(tf.constant(np.repeat(picture[None], 16, axis=0), tf.float32)))
    np.testing.assert_allclose(received, draws(picture, seed=9, **EVERYTHING), atol=0.6)  # they are rounded


@pytest.mark.parametrize(
    "name", long_but([*models(on_trunk=False), "efficientnet-lite0"], "cnn-59k", "cnn-pyramid", "lstm-rows")
)
def test_every_network_answers_as_itself_outside_training(name: str, picture: np.ndarray) -> None:
    from core.models.registry import build_model
    from core.training.augmentation import with_augmentation

    model = build_model(name, 32, 7)
    learner = with_augmentation(model, recipe(model=name, **EVERYTHING))
    assert [w.path for w in learner.trainable_weights] == [w.path for w in model.trainable_weights]
    batch = np.repeat(np.pad(picture, ((2, 2), (2, 2), (0, 0)))[None], 4, axis=0)
    np.testing.assert_allclose(np.asarray(learner(batch, training=False)), np.asarray(model(batch)), atol=1e-6)
    assert np.asarray(learner(batch, training=True)).shape == (4, 7)


@pytest.mark.usefixtures("linear")
def test_the_validation_part_is_never_augmented_and_the_training_part_is(train, material) -> None:
    import keras

    strong = {"augment_brightness": 0.9, "augment_contrast": 0.9}  # classes are brightness: this destroys them
    (_, plain), (_, changed) = (train(material, epochs=1, learning_rate=STILL, **fields) for fields in ({}, strong))
    before, after = (json.loads(files.metrics.read_text().splitlines()[-1]) for files in (plain, changed))
    assert after["val_loss"] == pytest.approx(before["val_loss"], abs=1e-5)
    assert abs(after["loss"] - before["loss"]) > 0.01
    images, labels = material.of_part("validation")
    fractions = np.asarray(keras.models.load_model(changed.best, compile=False).predict_on_batch(images), float)
    assert after["val_loss"] == pytest.approx(-np.log(fractions[np.arange(len(labels)), labels]).mean(), abs=1e-4)


@pytest.mark.usefixtures("linear")
def test_the_saved_model_has_no_augmentation_and_has_learnt(train, material) -> None:
    import keras

    out, files = train(material, epochs=3, learning_rate=0.05, **EVERYTHING)
    _, plain = train(material, epochs=1)
    saved, other = (keras.models.load_model(each.best, compile=False) for each in (files, plain))
    assert [type(layer) for layer in saved.layers] == [type(layer) for layer in other.layers]
    assert "augment" not in json.dumps(saved.get_config())
    assert out.parameters == saved.count_params()
    assert any((np.asarray(a) != np.asarray(b)).any() for a, b in zip(saved.weights, other.weights, strict=True))


@pytest.mark.usefixtures("linear")
def test_an_augmented_training_repeats_with_its_seed(train, material) -> None:
    losses = []
    for seed in (1, 1, 2):
        _, files = train(material, seed=seed, **EVERYTHING)
        epochs = [json.loads(line) for line in files.metrics.read_text().splitlines()]
        losses.append([line["loss"] for line in epochs if line["kind"] == "epoch"])
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
    assert losses[0] != pytest.approx(losses[2], abs=1e-6)
