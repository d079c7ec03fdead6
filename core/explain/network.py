"""Scores of a network before the softmax, and their gradients: the one place that needs TensorFlow itself.

Keras has no gradients that are the same for all of its backends. Everything else here is NumPy.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from core.base.errors import ConfigurationError

SMALLEST_MAP = 5
"""A map of fewer cells a side says nothing about where; the deepest convolution above it is used."""
BATCH = 32
CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)


class Network:
    """A Keras model whose last layer turns scores into probabilities by a softmax.

    It may be functional or sequential, fresh or loaded. Pictures are (pictures, height, width, 3), 0…255.

    Args:
        model: its first input is the picture.
        beside: what it is given beside every picture, each (1, …); empty where it takes a picture alone.

    Raises:
        ConfigurationError: the model takes something else, or ends otherwise.
    """

    def __init__(self, model: keras.Model, beside: Sequence[np.ndarray] = ()):
        self.name = model.name
        if not model.built:  # a sequential model of which nobody has said what it takes
            raise ConfigurationError(f"{model.name} has never seen a picture. Give it an Input layer first.")
        if len(model.inputs) != 1 + len(beside):
            raise ConfigurationError(
                f"{model.name} takes {len(model.inputs) - 1} inputs beside the picture, and {len(beside)} are given."
            )
        self._inputs = model.inputs
        self._beside = [tf.convert_to_tensor(each) for each in beside]
        self._layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
        self._outputs = {layer.name: layer.output for layer in self._layers}
        if isinstance(model, keras.Sequential):
            self._outputs = _chained(self._inputs[0], self._layers)
        last = self._layers[-1] if self._layers else None
        self._dense = last if isinstance(last, keras.layers.Dense) else None
        softmax = getattr(last, "activation", None) is keras.activations.softmax
        if last is None or not (softmax or isinstance(last, keras.layers.Softmax)):
            raise ConfigurationError(
                f"{model.name} does not end in a softmax, so that it has no scores to explain. Choose another run."
            )
        before_last = (
            [self._inputs[0], *self._outputs.values()][-2] if isinstance(model, keras.Sequential) else last.input
        )
        self._features = keras.Model(self._inputs, before_last)
        self._inner: dict[str, keras.Model] = {}

    def convolutions(self) -> list[str]:
        """Names of all convolutions, from the picture to the answer."""
        return [layer.name for layer in self._layers if isinstance(layer, CONVOLUTIONS)]

    def usual_convolution(self) -> str | None:
        """The deepest convolution whose output still has a useful resolution, None if there is none."""
        for layer in reversed(self._layers):
            if isinstance(layer, CONVOLUTIONS) and min(self._outputs[layer.name].shape[1:3]) >= SMALLEST_MAP:
                return layer.name
        return None

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """What the last layer sees of each picture, (pictures, features) float32."""
        seen = [_numbers(self._features(self._given(part), training=False)) for part in _batches(pictures)]
        return np.concatenate(seen).reshape(len(pictures), -1)

    def gradients(self, pictures: np.ndarray, class_number: int) -> tuple[np.ndarray, np.ndarray]:
        """Scores of one class, (pictures,), and their gradients by the pixels, shaped as the pictures; float32."""
        scores, gradients = [], []
        for part in _batches(pictures):
            with tf.GradientTape() as tape:
                tape.watch(part)
                of_class = self._scores(self._features(self._given(part), training=False))[:, class_number]
            scores.append(_numbers(of_class))
            gradients.append(_numbers(tape.gradient(of_class, part)))
        return np.concatenate(scores), np.concatenate(gradients)

    def maps(self, pictures: np.ndarray, class_number: int, layer: str) -> tuple[np.ndarray, np.ndarray]:
        """What a convolution gives, and the gradients of the score of one class by it.

        Both are (pictures, rows, columns, channels) float32.

        Raises:
            ConfigurationError: the model has no convolution of that name.
        """
        if layer not in self.convolutions():
            known = ", ".join(self.convolutions()) or "none"
            raise ConfigurationError(f"{self.name} has no convolution “{layer}”. It has: {known}.")
        if layer not in self._inner:
            self._inner[layer] = keras.Model(self._inputs, [self._outputs[layer], self._features.output])
        inner = self._inner[layer]
        maps, gradients = [], []
        for part in _batches(pictures):
            with tf.GradientTape() as tape:
                tape.watch(part)  # else nothing is recorded where no layer before the convolution may learn
                of_layer, features = inner(self._given(part), training=False)
                of_class = self._scores(features)[:, class_number]
            maps.append(_numbers(of_layer))
            gradients.append(_numbers(tape.gradient(of_class, of_layer)))
        return np.concatenate(maps), np.concatenate(gradients)

    def _given(self, part: tf.Tensor) -> list[tf.Tensor]:
        """All inputs for some pictures."""
        return [part, *(keras.ops.repeat(each, len(part), axis=0) for each in self._beside)]

    def _scores(self, features: tf.Tensor) -> tf.Tensor:
        if self._dense is None:
            return features
        scores = keras.ops.matmul(keras.ops.cast(features, "float32"), self._dense.kernel)
        return scores + self._dense.bias if self._dense.use_bias else scores


def _chained(x: keras.KerasTensor, layers: list[keras.layers.Layer]) -> dict[str, keras.KerasTensor]:
    """What each layer of a sequential model gives, in one graph.

    Such a model calls its layers anew whenever one is added, so that their own outputs belong to different graphs,
    between which there is no gradient.
    """
    outputs = {}
    for layer in layers:
        outputs[layer.name] = x = layer(x)
    return outputs


def _batches(pictures: np.ndarray) -> list[tf.Tensor]:
    return [
        tf.convert_to_tensor(pictures[start : start + BATCH].astype(np.float32))
        for start in range(0, len(pictures), BATCH)
    ]


def _numbers(tensor: tf.Tensor) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float32)
