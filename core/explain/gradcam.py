"""Grad-CAM: which regions raised the score of a class (Selvaraju et al., ICCV 2017, arXiv 1610.02391)."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from core.base.errors import ConfigurationError

SMALLEST_MAP = 5
"""A map of fewer cells a side says nothing about where; the deepest convolution above it is used."""


@dataclass(frozen=True)
class HeatMap:
    """Evidence for one class over one picture.

    `values` is (rows, columns) float32, 0…1, at the resolution of the layer it comes from; 1 is the
    strongest evidence in this picture, and all zeros means that nothing speaks for the class.
    """

    values: np.ndarray
    layer: str
    class_number: int


def grad_cam_layer(model: keras.Model) -> keras.layers.Layer | None:
    """The deepest convolution whose output still has a useful resolution, None if there is none."""
    for layer in reversed(model.layers):
        if isinstance(layer, keras.layers.Conv2D) and min(layer.output.shape[1:3]) >= SMALLEST_MAP:
            return layer
    return None


def grad_cam(model: keras.Model, image: np.ndarray, class_number: int) -> HeatMap:
    """Compute the map for one class.

    The gradient is that of the class score before the softmax, as in the paper; the weights are its mean
    over the map, and only positive evidence is kept.

    Args:
        model: a functional Keras model that ends in a dense softmax layer.
        image: (size, size, 3) uint8.
        class_number: the class to explain.

    Raises:
        ConfigurationError: the model has no convolution with a useful resolution.
    """
    layer = grad_cam_layer(model)
    last = model.layers[-1]
    if layer is None or not isinstance(last, keras.layers.Dense):
        raise ConfigurationError(
            f"Grad-CAM looks at a convolution, and {model.name} has none with a useful resolution. "
            "Choose a run of a convolutional model."
        )
    inner = keras.Model(model.inputs, [layer.output, last.input])
    with tf.GradientTape() as tape:
        maps, features = inner(tf.cast(image[None], tf.float32), training=False)
        score = keras.ops.matmul(features, last.kernel)[0, class_number]
        if last.use_bias:
            score += last.bias[class_number]
    gradient = tape.gradient(score, maps)
    weights = keras.ops.mean(gradient, axis=(1, 2), keepdims=True)
    evidence = keras.ops.convert_to_numpy(keras.ops.relu(keras.ops.sum(weights * maps, axis=-1)))[0]
    peak = float(evidence.max())
    values = evidence / peak if peak > 0 else np.zeros_like(evidence)
    return HeatMap(values.astype(np.float32), layer.name, class_number)
