"""Optimizers, schedules and the average of the weights do what their papers say, on numbers that can be checked."""

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest

from tests.core.training.curves import lines


@dataclass(frozen=True)
class Settings:
    """What an optimizer is made from, with the recipe's names."""

    optimizer: str = "adam"
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 0.5
    clip_norm: float = 0.0
    ema_momentum: float = 0.0
    schedule: str = "constant"
    warm_up: float = 0.1


def rates(steps: int, **fields) -> list[float]:
    """The learning rate of each step."""
    from core.training.optimization import optimizer_for

    optimizer = optimizer_for(Settings(**fields), steps)
    found = []
    for step in range(steps):
        optimizer.iterations.assign(step)
        found.append(float(optimizer.learning_rate))
    return found


def small_network():
    """A convolution, a normalization and a dense layer, under names that sound like biases."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((4, 4, 3)),
            layers.Conv2D(2, 3, bias_initializer="ones", name="beta_bias"),
            layers.BatchNormalization(beta_initializer="ones"),
            layers.Flatten(),
            layers.Dense(3, name="gamma", bias_initializer="ones"),
        ]
    )


def after_steps(settings: Settings, gradients: list[np.ndarray], start: np.ndarray) -> tuple[list[np.ndarray], object]:
    """The weights after each step along given gradients, and the optimizer."""
    import keras

    from core.training.optimization import optimizer_for

    weight = keras.Variable(start.astype(np.float32))
    optimizer = optimizer_for(settings, len(gradients))
    found = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient.astype(np.float32))], [weight])
        found.append(keras.ops.convert_to_numpy(weight).copy())
    return found, optimizer


def test_the_cosine_rises_evenly_and_falls_to_nothing() -> None:
    found = rates(200, schedule="cosine", warm_up=0.1)
    np.testing.assert_allclose(found[:21], 0.1 * np.arange(1, 22) / 21, rtol=1e-5)
    falling = [0.05 * (1 + math.cos(math.pi * step / 180)) for step in range(180)]
    np.testing.assert_allclose(found[20:], falling, rtol=1e-4, atol=1e-7)


def test_the_cosine_without_warm_up_begins_with_the_learning_rate() -> None:
    assert rates(50, schedule="cosine", warm_up=0)[0] == pytest.approx(0.1)


def test_one_cycle_begins_and_ends_low_and_reaches_the_learning_rate_once() -> None:
    found = rates(101, schedule="one-cycle", warm_up=0.3)
    assert (found[0], found[30], found[-1]) == pytest.approx((0.1 / 25, 0.1, 0.1 / 250_000), rel=1e-3)
    assert found.index(max(found)) == 30
    assert (np.diff(found[:31]) > 0).all()
    assert (np.diff(found[30:]) < 0).all()
    assert found[15] == pytest.approx((0.1 + 0.1 / 25) / 2, rel=1e-4)  # half of the way up, half of a cosine


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
@pytest.mark.parametrize("warm_up", [0, 0.1, 0.99])
def test_a_training_of_a_single_step_has_a_learning_rate(schedule: str, warm_up: float) -> None:
    [rate] = rates(1, schedule=schedule, warm_up=warm_up)
    assert 0 < rate <= 0.1 * (1 + 1e-6)


def test_weight_decay_takes_from_kernels_alone() -> None:
    from core.training.optimization import optimizer_for

    network = small_network()
    before = [weight.numpy().copy() for weight in network.trainable_variables]
    optimizer = optimizer_for(Settings("adamw"), 10)
    optimizer.build(network.trainable_variables)
    optimizer.apply([np.zeros(weight.shape, np.float32) for weight in network.trainable_variables])
    for weight, was in zip(network.trainable_variables, before, strict=True):
        kept = 1 - 0.1 * 0.5 if weight.name == "kernel" else 1
        np.testing.assert_allclose(weight.numpy(), kept * was, rtol=1e-6, err_msg=weight.path)
    assert {weight.name for weight in network.trainable_variables} == {"kernel", "bias", "gamma", "beta"}


def test_sgd_takes_its_momentum_as_nesterov_does() -> None:
    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=4) for _ in range(5)]
    found, _ = after_steps(Settings("sgd", momentum=0.8), gradients, np.zeros(4))
    weight, velocity = np.zeros(4), np.zeros(4)
    for gradient, ours in zip(gradients, found, strict=True):
        velocity = 0.8 * velocity - 0.1 * gradient
        weight = weight + 0.8 * velocity - 0.1 * gradient
        np.testing.assert_allclose(ours, weight, rtol=1e-5, atol=1e-6)


def test_a_long_gradient_is_shortened_and_a_short_one_is_not() -> None:
    gradients = [np.array([30.0, 40.0]), np.array([0.3, 0.4])]
    [first, second], _ = after_steps(Settings("sgd", momentum=0, clip_norm=1), gradients, np.zeros(2))
    np.testing.assert_allclose(first, [-0.06, -0.08], rtol=1e-5)
    np.testing.assert_allclose(second - first, [-0.03, -0.04], rtol=1e-5)


def test_the_average_begins_with_the_first_step_and_soon_forgets_it() -> None:
    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=3) for _ in range(40)]
    settings = Settings("sgd", ema_momentum=0.7)
    weights, optimizer = after_steps(settings, gradients, np.full(3, 1e6))
    expected = np.zeros(3)
    for step, weight in enumerate(weights):
        share = min(0.7, step / (10 + step))
        expected = share * expected + (1 - share) * weight
    [average] = [each for each in optimizer.variables if "average" in each.path]
    np.testing.assert_allclose(average.numpy(), expected, rtol=1e-6)


@pytest.mark.usefixtures("linear")
def test_what_is_judged_and_kept_is_the_average_and_learning_goes_on_from_the_weights(train, material) -> None:
    import keras

    same = {"epochs": 2, "learning_rate": 0.1, "monitor": "val_loss", "seed": 4}
    out, files = train(material, ema_momentum=0.9, **same)
    _, plain = train(material, **same)
    kept = keras.models.load_model(files.best, compile=False)
    pictures, labels = material.of_part("validation")
    answers = np.asarray(kept.predict_on_batch(pictures))
    epochs, without = lines(files.metrics), lines(plain.metrics)
    loss = -np.log(answers[np.arange(len(labels)), labels]).mean()
    assert loss == pytest.approx(epochs[out.best_epoch]["val_loss"], rel=1e-4)
    assert [line["loss"] for line in epochs] == pytest.approx([line["loss"] for line in without], rel=1e-5)
    assert epochs[1]["val_loss"] != pytest.approx(without[1]["val_loss"], rel=1e-3)
    with np.load(files.state) as averaged, np.load(plain.state) as state:
        assert json.loads(str(averaged["record"]))["over"]
        for number in range(len(kept.get_weights())):
            np.testing.assert_allclose(averaged[f"variable_{number}"], state[f"variable_{number}"], rtol=1e-5)


@pytest.mark.usefixtures("linear")
def test_what_is_kept_has_nothing_of_the_optimizer_in_it(train, material) -> None:
    import zipfile

    import h5py

    _, files = train(material, epochs=1, optimizer="adamw")
    with zipfile.ZipFile(files.best) as archive:
        assert not json.loads(archive.read("config.json")).get("compile_config")
        with archive.open("model.weights.h5") as weights:
            assert not h5py.File(weights).get("optimizer")
