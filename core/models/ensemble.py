"""An ensemble: one network whose answer is the mean of its members' calibrated probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
from keras import layers, ops

_SMALLEST = 1e-12
"""Probabilities that a network has rounded to 0 count as this, as in `core.evaluation.temperature`."""


@keras.saving.register_keras_serializable("lesion_lab")
class Turned(layers.Layer):
    """Square pictures: mirrored left to right, then top to bottom, then transposed, each where it is asked for."""

    def __init__(self, mirrored: bool, upside_down: bool, transposed: bool, **kwargs):
        super().__init__(**kwargs)
        self.way = {"mirrored": mirrored, "upside_down": upside_down, "transposed": transposed}

    def call(self, pictures):
        out = ops.flip(pictures, axis=2) if self.way["mirrored"] else pictures
        out = ops.flip(out, axis=1) if self.way["upside_down"] else out
        return ops.transpose(out, (0, 2, 1, 3)) if self.way["transposed"] else out

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), **self.way}


@keras.saving.register_keras_serializable("lesion_lab")
class AtTemperature(layers.Layer):
    """Probabilities as they are when the logits are divided by a temperature (Guo et al. 2017)."""

    def __init__(self, temperature: float, **kwargs):
        super().__init__(**kwargs)
        self.temperature = temperature

    def call(self, probabilities):
        return ops.softmax(ops.log(ops.maximum(probabilities, _SMALLEST)) / self.temperature)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}


@dataclass(frozen=True)
class Member:
    """A network of an ensemble, the ways in which it looks at a picture (as `Turned` takes them), its temperature."""

    model: keras.Model
    ways: tuple[tuple[bool, bool, bool], ...]
    temperature: float


def mean_of(members: Sequence[Member], image_size: int) -> keras.Model:
    """The ensemble as one model; each member answers as its own predictor does, and every one counts alike.

    Args:
        members: their inputs are pictures (batch, side, side, 3) in 0…255; their outputs probabilities
            (batch, classes) of the same classes.
        image_size: side of the pictures that the ensemble gets, the largest of its members'; the others get them
            reduced, with anti-aliasing.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    answers = []
    for number, member in enumerate(members, 1):
        member.model.name = f"member_{number}"  # two runs of one model have the same
        member.model.trainable = False
        seen = inputs
        if (side := member.model.input_shape[1]) != image_size:
            seen = layers.Resizing(side, side, antialias=True, dtype="float32", name=f"reduced_{number}")(inputs)
        ways = [
            member.model(Turned(*way, dtype="float32", name=f"turned_{number}_{n}")(seen) if any(way) else seen)
            for n, way in enumerate(member.ways)
        ]
        answer = layers.Average(dtype="float32", name=f"ways_{number}")(ways) if len(ways) > 1 else ways[0]
        if member.temperature != 1.0:
            answer = AtTemperature(member.temperature, dtype="float32", name=f"calibrated_{number}")(answer)
        answers.append(answer)
    mean = layers.Average(dtype="float32", name="probabilities")(answers)
    return keras.Model(inputs, mean, name="ensemble")
