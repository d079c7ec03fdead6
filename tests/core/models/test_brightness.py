"""The logistic regression on brightness is the one that statistics knows, computed to the end."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def patches() -> tuple[np.ndarray, np.ndarray]:
    """600 patches, every third of class 1 and darker on the whole."""
    rng = np.random.default_rng(0)
    labels = np.arange(600) % 3 // 2
    level = rng.normal(170 - 30 * labels, 25)
    return np.clip(rng.normal(level[:, None, None, None], 10, (600, 8, 8, 3)), 0, 255).astype(np.uint8), labels


def fitted(images: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray | None = None):
    from core.models.brightness import brightness_logreg, fit_brightness

    model = brightness_logreg(8, classes)
    fit_brightness(model, images, np.arange(len(images)), labels, np.ones(len(images)) if weights is None else weights)
    return model


def likelihood(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return float(np.log(probabilities[np.arange(len(labels)), labels]).sum())


def test_no_other_weights_fit_better(patches) -> None:
    images, labels = patches
    model = fitted(images, labels, 2)
    dense = model.get_layer("probabilities")
    slopes, biases = dense.get_weights()
    best = likelihood(np.asarray(model.predict_on_batch(images)), labels)
    for change in (0.99, 1.01):
        for weights in ([slopes * change, biases], [slopes, biases * change]):
            dense.set_weights(weights)
            assert likelihood(np.asarray(model.predict_on_batch(images)), labels) < best
    # At the maximum of the likelihood the mean probability of a class is its share of what was learnt from.
    dense.set_weights([slopes, biases])
    assert np.asarray(model.predict_on_batch(images)).mean(axis=0) == pytest.approx([2 / 3, 1 / 3], abs=2e-3)


def test_the_brighter_a_patch_the_less_likely_is_the_darker_class_whatever_its_pattern(patches) -> None:
    model = fitted(*patches, 2)
    grey = np.arange(10, 241, 10, dtype=np.uint8)[:, None, None, None]
    plain = np.broadcast_to(grey, (len(grey), 8, 8, 3))
    assert (np.diff(np.asarray(model.predict_on_batch(plain))[:, 1]) <= 0).all()
    board = plain.copy()
    board[:, ::2], board[:, 1::2] = plain[:, ::2] - 10, plain[:, 1::2] + 10
    assert np.asarray(model.predict_on_batch(board)) == pytest.approx(
        np.asarray(model.predict_on_batch(plain)), abs=1e-5
    )


def test_rows_count_as_often_as_they_weigh(patches) -> None:
    images, labels = patches
    twice = np.concatenate([np.arange(600), np.flatnonzero(labels)])
    copied = fitted(images[twice], labels[twice], 2)
    weighed = fitted(images, labels, 2, 1.0 + labels)
    for one, other in zip(copied.get_weights(), weighed.get_weights(), strict=True):
        assert one == pytest.approx(other, rel=1e-3)


def test_a_class_without_a_picture_is_never_answered_and_pictures_of_one_brightness_are_no_error(patches) -> None:
    from core.models.brightness import UNSEEN

    images, labels = patches
    answers = np.asarray(fitted(images, labels * 2, 4).predict_on_batch(images))
    assert answers[:, [1, 3]].max() < 1e-9
    alike = np.full_like(images, 90)
    assert np.asarray(fitted(alike, labels, 2).predict_on_batch(alike[:1]))[0] == pytest.approx(
        [2 / 3, 1 / 3], abs=1e-3
    )
    model = fitted(images, np.ones_like(labels), 2)
    assert model.get_layer("probabilities").get_weights()[1].tolist() == [UNSEEN, 0]
