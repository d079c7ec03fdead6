"""Losses are those of their papers, stay finite, and weigh mixed labels as they weigh whole ones."""

from dataclasses import dataclass

import numpy as np
import pytest

COUNTS = np.array([900, 90, 10])
LABELS = np.array([0, 1, 2, 2, 0])
WEIGHTS = {0: 0.4, 1: 2.0, 2: 7.0}


@dataclass(frozen=True)
class Settings:
    """What a loss is made from, with the recipe's names."""

    loss: str = "cross-entropy"
    focal_gamma: float = 2.0
    label_smoothing: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.fixture
def logits() -> np.ndarray:
    """What a network says before the softmax, (pictures, classes)."""
    return np.random.default_rng(0).normal(size=(5, 3))


def made(weights: dict[int, float] | None = None, **fields):
    """A loss that knows the classes."""
    from core.training.losses import balance_classes, loss_for

    loss = loss_for(Settings(**fields), 3)
    balance_classes(loss, COUNTS, weights)
    return loss


def of_each(loss, labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
    return np.asarray(loss.call(labels, answers.astype(np.float32)))


def test_the_focal_loss_counts_what_is_answered_well_for_less(logits) -> None:
    right = softmax(logits)[np.arange(5), LABELS]
    found = of_each(made(loss="focal", focal_gamma=1.5), LABELS, softmax(logits))
    np.testing.assert_allclose(found, -((1 - right) ** 1.5) * np.log(right), rtol=1e-5)
    plain = of_each(made(), LABELS, softmax(logits))
    np.testing.assert_allclose(of_each(made(loss="focal", focal_gamma=0), LABELS, softmax(logits)), plain, rtol=1e-5)


def test_logit_adjustment_is_the_cross_entropy_of_logits_with_the_log_shares_of_the_classes(logits) -> None:
    adjusted = softmax(logits + np.log(COUNTS / COUNTS.sum()))
    found = of_each(made(loss="logit-adjusted"), LABELS, softmax(logits))
    np.testing.assert_allclose(found, -np.log(adjusted[np.arange(5), LABELS]), rtol=1e-4)


@pytest.mark.parametrize("tau", [0, 0.4, 1.5])
def test_logit_adjustment_adds_as_much_of_the_log_shares_as_tau_says(tau: float, logits) -> None:
    from core.training.losses import balance_classes

    loss = made(loss="logit-adjusted")
    balance_classes(loss, COUNTS, None, tau)
    adjusted = softmax(logits + tau * np.log(COUNTS / COUNTS.sum()))
    found = of_each(loss, LABELS, softmax(logits))
    np.testing.assert_allclose(found, -np.log(adjusted[np.arange(5), LABELS]), rtol=1e-4)


def test_where_all_classes_are_equally_frequent_logit_adjustment_changes_nothing(logits) -> None:
    from core.training.losses import balance_classes

    loss = made(loss="logit-adjusted")
    balance_classes(loss, np.array([20, 20, 20]), None)
    plain = of_each(made(), LABELS, softmax(logits))
    np.testing.assert_allclose(of_each(loss, LABELS, softmax(logits)), plain, rtol=1e-5)


def test_label_smoothing_is_that_of_keras(logits) -> None:
    import keras

    expected = keras.losses.CategoricalCrossentropy(label_smoothing=0.2, reduction=None)(
        np.eye(3)[LABELS], softmax(logits)
    )
    np.testing.assert_allclose(of_each(made(label_smoothing=0.2), LABELS, softmax(logits)), expected, rtol=1e-5)


def test_the_binary_loss_is_that_of_keras_for_the_second_of_two_classes() -> None:
    import keras

    from core.training.losses import loss_for

    answers = softmax(np.random.default_rng(0).normal(size=(6, 2)))
    labels = np.array([0, 1, 1, 0, 1, 0])
    expected = keras.losses.BinaryCrossentropy()(labels[:, None], answers[:, 1:])
    for smoothing in (0.0, 1e-9):  # with Keras' own loss and with ours
        loss = loss_for(Settings("binary", label_smoothing=smoothing), 2)
        assert float(loss(labels, answers.astype(np.float32))) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("loss", ["cross-entropy", "focal", "logit-adjusted"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_a_mixed_picture_counts_as_its_two_pictures_in_their_shares_each_with_the_weight_of_its_class(
    loss: str, smoothing: float, logits
) -> None:
    shares = 0.7 * np.eye(3)[LABELS] + 0.3 * np.eye(3)[LABELS[::-1]]
    of_loss = made(WEIGHTS, loss=loss, label_smoothing=smoothing, mixup=0.2)
    found = of_each(of_loss, shares.astype(np.float32), softmax(logits))
    whole = [
        np.array([WEIGHTS[label] for label in labels]) * of_each(of_loss, labels, softmax(logits))
        for labels in (LABELS, LABELS[::-1])
    ]
    np.testing.assert_allclose(found, 0.7 * whole[0] + 0.3 * whole[1], rtol=1e-5)


@pytest.mark.parametrize("loss", ["cross-entropy", "focal", "logit-adjusted"])
@pytest.mark.parametrize("gamma", [0.3, 2.0])
def test_loss_and_gradient_are_finite_however_sure_the_network_is(loss: str, gamma: float) -> None:
    import keras
    import tensorflow as tf

    said = tf.Variable(np.array([[60.0, 0, 0], [0, 60, 0], [200, 0, -200]], np.float32))
    of_loss = made(loss=loss, focal_gamma=gamma, label_smoothing=0.1)
    with tf.GradientTape() as tape:
        value = of_loss(np.array([1, 1, 2]), keras.ops.softmax(said))
    gradient = np.asarray(tape.gradient(value, said))
    assert np.isfinite(float(value))
    assert np.isfinite(gradient).all()
    assert gradient[0, 1] < -0.1  # wrong by 60 nats, and it is still told so


def test_a_class_that_does_not_occur_has_a_prior_that_is_finite() -> None:
    from core.training.losses import log_prior_of

    assert np.exp(log_prior_of(np.array([98, 1, 0]))).tolist() == pytest.approx([0.98, 0.01, 0.01])


@pytest.mark.usefixtures("linear")
@pytest.mark.parametrize("loss", ["focal", "cross-entropy", "logit-adjusted"])
def test_each_loss_is_learnt_with_weights_and_mixed_pictures(loss: str, train, material) -> None:
    from tests.core.training.curves import lines

    together = {"label_smoothing": 0.1, "mixup": 0.2, "cutmix": 1.0, "balance": "sqrt-weights", "clip_norm": 1.0}
    _, files = train(material, loss=loss, epochs=10, learning_rate=0.05, **together)
    losses = [line["val_loss"] for line in lines(files.metrics)]
    assert min(losses[5:]) < 0.9 * losses[0]
