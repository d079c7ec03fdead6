"""Scores of a network before the softmax, and their gradients: the one place that needs TensorFlow itself.

Keras has no gradients that are the same for all of its backends. Everything else here is NumPy.

What is asked of a network is compiled when it is first asked: calling a hundred layers one by one from Python takes
twenty times as long as computing them.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from core.base.errors import ConfigurationError
from core.base.inside_keras import made_by

SMALLEST_MAP = 5
"""A map of fewer cells a side says nothing about where; the deepest convolution above it is used."""
BATCH = 32
_PASS = "pass to "
CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
SETTLING = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
)
"""Layers that belong to the convolution before them: before a normalization a feature has no zero of its own."""


@dataclass(frozen=True)
class Pass:
    """What one pass through a network gives, forward and back to one convolution.

    `probabilities` is (pictures, classes) and `features` (pictures, features) what the last layer sees; `maps` is what
    the convolution gives, normalized and activated, and `gradients` those of the score of the class `class_number` by
    it, both (pictures, rows, columns, channels). All float32.
    """

    class_number: int
    probabilities: np.ndarray
    features: np.ndarray
    maps: np.ndarray
    gradients: np.ndarray


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
        self._beside = list(beside)
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
        self._settled_in = _settled_in(self._layers, isinstance(model, keras.Sequential))
        self._features = keras.Model(self._inputs, before_last)
        self._answer = self._outputs[last.name]
        self._compiled: dict[str, Callable[..., Any]] = {}

    def about(self, beside: Sequence[np.ndarray]) -> "Network":
        """The same network, given something else beside every picture; what is compiled is shared."""
        other = copy.copy(self)
        other._beside = list(beside)
        return other

    def convolutions(self) -> list[str]:
        """Names of all convolutions, from the picture to the answer."""
        return [layer.name for layer in self._layers if isinstance(layer, CONVOLUTIONS)]

    def usual_convolution(self) -> str | None:
        """The deepest convolution whose output still has a useful resolution, None if there is none."""
        for layer in reversed(self._layers):
            if isinstance(layer, CONVOLUTIONS) and min(self._outputs[layer.name].shape[1:3]) >= SMALLEST_MAP:
                return layer.name
        return None

    def map_layer(self, convolution: str) -> str:
        """Name of the layer whose output is the map of a convolution: the last normalization or activation after it."""
        return self._settled_in[convolution]

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """What the last layer sees of each picture, (pictures, features) float32."""
        passed = [name.removeprefix(_PASS) for name in self._compiled if name.startswith(_PASS)]
        if passed and len(pictures) == 1:  # it gives them, too: to compile another function would take a second
            return self.passed(pictures, 0, passed[0]).features
        compute = self._compile("features", lambda given: self._features(given, training=False))
        seen = [_numbers(compute(self._given(part))) for part in _batches(pictures)]
        return np.concatenate(seen).reshape(len(pictures), -1)

    def gradients(self, pictures: np.ndarray, class_number: int) -> tuple[np.ndarray, np.ndarray]:
        """Scores of one class, (pictures,), and their gradients by the pixels, shaped as the pictures; float32."""

        def by_pixels(given: list[tf.Tensor], number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(given[0])
                of_class = tf.gather(self._scores(self._features(given, training=False)), number, axis=1)
            return of_class, tape.gradient(of_class, given[0])

        compute = self._compile("gradients", by_pixels, of_class=True)
        found = [compute(self._given(part), class_number) for part in _batches(pictures)]
        scores, gradients = (np.concatenate([_numbers(each[n]) for each in found]) for n in (0, 1))
        return scores, gradients

    def maps(self, pictures: np.ndarray, class_number: int, layer: str) -> tuple[np.ndarray, np.ndarray]:
        """What a convolution gives, normalized and activated, and the gradients of the score of one class by it.

        Both are (pictures, rows, columns, channels) float32.

        Raises:
            ConfigurationError: the model has no convolution of that name.
        """
        found = [self.passed(part, class_number, layer) for part in _parts(pictures)]
        return np.concatenate([each.maps for each in found]), np.concatenate([each.gradients for each in found])

    def passed(self, pictures: np.ndarray, class_number: int | None, layer: str) -> Pass:
        """All that one pass gives for a class; for the one most likely in the mean over the pictures, where it is None.

        At most 32 pictures are taken.

        Raises:
            ConfigurationError: the model has no convolution of that name.
        """
        if layer not in self.convolutions():
            known = ", ".join(self.convolutions()) or "none"
            raise ConfigurationError(f"{self.name} has no convolution “{layer}”. It has: {known}.")
        if _PASS + layer not in self._compiled:
            of_maps = self._outputs[self.map_layer(layer)]
            inner = keras.Model(self._inputs, [of_maps, self._features.output, self._answer])

            def through(given: list[tf.Tensor], number: tf.Tensor) -> tuple[tf.Tensor, ...]:
                with tf.GradientTape() as tape:
                    tape.watch(given[0])  # else nothing is recorded where no layer before the convolution may learn
                    of_layer, features, answer = inner(given, training=False)
                    likeliest = tf.argmax(tf.reduce_mean(tf.cast(answer, tf.float32), axis=0), output_type=tf.int32)
                    number = tf.where(number < 0, likeliest, number)
                    of_class = tf.gather(self._scores(features), number, axis=1)
                return number, answer, features, of_layer, tape.gradient(of_class, of_layer)

            self._compile(_PASS + layer, through, of_class=True)
        [part] = _batches(pictures)
        number, *found = self._compiled[_PASS + layer](self._given(part), -1 if class_number is None else class_number)
        answer, features, of_layer, gradients = (_numbers(each) for each in found)
        return Pass(int(number), answer, features.reshape(len(pictures), -1), of_layer, gradients)

    def _compile(self, name: str, function: Callable[..., Any], *, of_class: bool = False) -> Callable[..., Any]:
        """A function of all inputs, and of a class number where it is `of_class`, compiled once for any batch."""
        if name not in self._compiled:
            given = [tf.TensorSpec((None, *each.shape[1:]), tf.float32) for each in self._inputs]
            number = [tf.TensorSpec((), tf.int32)] if of_class else []
            self._compiled[name] = tf.function(function, input_signature=[given, *number])
        return self._compiled[name]

    def _given(self, part: tf.Tensor) -> list[tf.Tensor]:
        """All inputs for some pictures."""
        beside = [np.repeat(np.asarray(each, np.float32), len(part), axis=0) for each in self._beside]
        return [part, *map(tf.convert_to_tensor, beside)]

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


def _settled_in(layers: list[keras.layers.Layer], sequential: bool) -> dict[str, str]:
    """By the name of each convolution, that of the last of the `SETTLING` layers which follow it one by one."""
    convolution_of: dict[str, str] = {}
    found: dict[str, str] = {}
    before = ""
    for layer in layers:
        if isinstance(layer, CONVOLUTIONS):
            convolution_of[layer.name] = found[layer.name] = layer.name
        elif isinstance(layer, SETTLING) and getattr(layer, "activation", None) is not keras.activations.softmax:
            giver = before if sequential else _given_by(layer)
            convolution = convolution_of.get(giver, "")
            if convolution and found[convolution] == giver:  # of two that are given the same, the first counts
                convolution_of[layer.name], found[convolution] = convolution, layer.name
        before = layer.name
    return found


def _given_by(layer: keras.layers.Layer) -> str:
    """Name of the layer whose output another one is given; "" where that is several, or none alone."""
    try:
        given = layer.input
    except AttributeError:  # it stands in several places
        return ""
    return made_by(given) if isinstance(given, keras.KerasTensor) else ""


def _parts(pictures: np.ndarray) -> list[np.ndarray]:
    return [pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH)]


def _batches(pictures: np.ndarray) -> list[tf.Tensor]:
    return [tf.convert_to_tensor(part.astype(np.float32)) for part in _parts(pictures)]


def _numbers(tensor: tf.Tensor) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float32)
