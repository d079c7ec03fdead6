"""The smallest model that looks at pictures: a logistic regression on how bright one is."""

import keras
import numpy as np
from keras import layers

ROWS_AT_ONCE = 512
SMALLEST_SPREAD = 1e-9
UNSEEN = -30.0
"""Bias of a class that the training part lacks: a probability below 1e-12."""


def brightness_logreg(image_size: int, classes: int) -> keras.Model:
    """`brightness-logreg`: the mean of all values of a picture, then one dense layer with softmax.

    A weight and a bias for each class; with two classes this is logistic regression, for a softmax over two is a
    sigmoid of their difference. `fit_brightness` computes the weights.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Reshape((image_size * image_size * 3, 1))(x)
    x = layers.GlobalAveragePooling1D(name="brightness")(x)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="brightness-logreg")


def fit_brightness(
    model: keras.Model, images: np.ndarray, rows: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> None:
    """Fit the dense layer by L-BFGS until it converges; scikit-learn's default regularization keeps it finite.

    Args:
        model: of `brightness_logreg`.
        images: (pictures, size, size, 3) uint8; may be a memory map.
        rows: which of them to learn from, int (rows,).
        labels: class number of each row, int (rows,).
        weights: how much each row counts, 0 or more, (rows,).
    """
    from sklearn.linear_model import LogisticRegression

    steps = range(0, len(rows), ROWS_AT_ONCE)
    chosen = (images[rows[start : start + ROWS_AT_ONCE]] for start in steps)
    brightness = np.concatenate([np.mean(some, axis=(1, 2, 3), dtype=np.float64) for some in chosen]) / 255
    centre, spread = brightness.mean(), brightness.std()
    spread = spread if spread > SMALLEST_SPREAD else 1.0  # rounding alone
    classes = model.output_shape[-1]
    slopes, biases = np.zeros(classes), np.full(classes, UNSEEN)
    seen = np.unique(labels[weights > 0])
    biases[seen] = 0.0
    if len(seen) > 1:
        standardized = ((brightness - centre) / spread)[:, None]
        fitted = LogisticRegression(max_iter=1000, tol=1e-8).fit(standardized, labels, weights)
        slope, bias = fitted.coef_[:, 0], fitted.intercept_
        if len(seen) == 2:  # scikit-learn gives the second class alone
            slope, bias = np.append(0.0, slope), np.append(0.0, bias)
        slopes[seen], biases[seen] = slope / spread, bias - slope * centre / spread
    model.get_layer("probabilities").set_weights([slopes[None].astype("float32"), biases.astype("float32")])
