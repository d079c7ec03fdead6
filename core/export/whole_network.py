"""All of a predictor as one Keras model: from a picture in bytes to calibrated probabilities and the gate's score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.data.images.turns import MIRRORED, TRANSPOSED, UPSIDE_DOWN, Turns
from core.serving.gate import GATE_SIZE, NEIGHBOURS, Gate, GateTrunk
from core.serving.predictor import Predictor

IMAGE, GATE_IMAGE, METADATA, GENES = "image", "gate_image", "metadata", "expression"
"""Names of what goes in."""
PROBABILITIES, GATE = "probabilities", "gate"
"""Names of what comes out."""
_SMALLEST = 1e-12
"""Probabilities that a network has rounded to 0 count as this, as in `core.evaluation.temperature`."""


def whole_network(predictor: Predictor, gate: Gate | None = None) -> Any:
    """One Keras model that answers as the predictor does, test-time augmentation and temperature inside.

    It takes a dictionary: `image` uint8 (batch, side, side, 3); `metadata` float32 (batch, width) where the run is told
    age, sex or site; `gate_image` uint8 (batch, 128, 128, 3), the same picture, where there is a gate and the network
    looks at another size, for the gate would see another picture in a smaller one. Of genes: `expression` float32
    (batch, genes), as measured. It gives `probabilities` float32 (batch, classes) and, with a gate, `gate` float32
    (batch,), which is 0 or more for a picture of the kind that is known.

    Args:
        predictor: a loaded predictor.
        gate: of its data set; None leaves it out.
    """
    import keras
    from keras import ops

    info = predictor.info
    inputs: dict[str, Any] = {}
    if info.takes == "genes":
        inputs[GENES] = keras.Input(predictor.model.input_shape[1:], name=GENES)
        answer = predictor.model(inputs[GENES])
    else:
        side = (info.image_size, info.image_size, 3)
        inputs[IMAGE] = keras.Input(side, dtype="uint8", name=IMAGE)
        beside = []
        if info.metadata is not None:
            inputs[METADATA] = keras.Input((info.metadata.width,), name=METADATA)
            beside = [inputs[METADATA]]
        answer = _over_ways(predictor, ops.cast(inputs[IMAGE], "float32"), beside)
    if info.temperature != 1.0:
        answer = ops.softmax(ops.log(ops.maximum(answer, _SMALLEST)) / info.temperature)
    outputs = {PROBABILITIES: keras.layers.Identity(dtype="float32", name=PROBABILITIES)(answer)}
    if gate is not None:
        seen = inputs[IMAGE]
        if info.image_size != GATE_SIZE:
            inputs[GATE_IMAGE] = seen = keras.Input((GATE_SIZE, GATE_SIZE, 3), dtype="uint8", name=GATE_IMAGE)
        outputs[GATE] = keras.layers.Identity(name=GATE)(_gate_score(gate, ops.cast(seen, "float32")))
    return keras.Model(inputs, outputs, name="handed_over")


def bare_network(predictor: Predictor) -> Any:
    """A predictor's network alone, one way of looking and no temperature, with names for what goes in and comes out.

    It takes a dictionary: `image` float32 (batch, side, side, 3), 0 to 255, and `metadata` float32 (batch, width) where
    the run is told age, sex or site. It gives `probabilities` float32 (batch, classes).
    """
    import keras

    info = predictor.info
    inputs = {IMAGE: keras.Input((info.image_size, info.image_size, 3), dtype="float32", name=IMAGE)}
    if info.metadata is not None:
        inputs[METADATA] = keras.Input((info.metadata.width,), dtype="float32", name=METADATA)
    given = list(inputs.values())
    answer = predictor.model(given if len(given) > 1 else given[0], training=False)
    named = keras.layers.Identity(dtype="float32", name=PROBABILITIES)(answer)
    return keras.Model(inputs, {PROBABILITIES: named}, name="answers")


def gate_scores(gate: Gate, squares: Sequence[np.ndarray], trunk: GateTrunk) -> np.ndarray:
    """The gate's score as the product computes it, (pictures,): how far the nearer of the two limits is, 0 on it.

    Args:
        gate: of a data set.
        squares: pictures (128, 128, 3) uint8.
        trunk: the frozen network.
    """
    features = trunk.features(np.stack(squares))
    said = [gate.answer(row, square) for row, square in zip(features, squares, strict=True)]
    return np.array([min(e.likeness - e.least_likeness, 1 - e.colours / e.most_colours) for e in said])


def _over_ways(predictor: Predictor, pictures: Any, beside: list[Any]) -> Any:
    from keras import ops

    turns = predictor.info.test_time_augmentation
    answers = []
    for way in range(1 if turns is Turns.NONE else turns.ways):
        seen = ops.flip(pictures, axis=2) if way & MIRRORED else pictures
        seen = ops.flip(seen, axis=1) if way & UPSIDE_DOWN else seen
        seen = ops.transpose(seen, (0, 2, 1, 3)) if way & TRANSPOSED else seen
        answers.append(predictor.model([seen, *beside] if beside else seen, training=False))
    return answers[0] if len(answers) == 1 else sum(answers[1:], answers[0]) / len(answers)


def _gate_score(gate: Gate, pictures: Any) -> Any:
    from keras import layers, ops

    features = GateTrunk().network(pictures, training=False)
    unit = features / ops.maximum(ops.norm(features, axis=1, keepdims=True), 1e-12)
    bank = layers.Dense(len(gate.bank), use_bias=False, trainable=False, name="gate_bank")
    likeness = ops.top_k(bank(unit), NEIGHBOURS)[0][:, -1]
    bank.set_weights([gate.bank.T])
    steps = [
        ops.mean(ops.absolute(pictures[:, 1:] - pictures[:, :-1]), axis=(1, 2)),
        ops.mean(ops.absolute(pictures[:, :, 1:] - pictures[:, :, :-1]), axis=(1, 2)),
    ]
    means = ops.mean(pictures, axis=(1, 2), keepdims=True)
    deviations = ops.sqrt(ops.mean(ops.square(pictures - means), axis=(1, 2)))
    colours = ops.concatenate([means[:, 0, 0], deviations, (steps[0] + steps[1]) / 2], axis=1)
    apart = layers.Rescaling(1.0, offset=(-gate.colour_mean).tolist(), name="gate_colours")(colours)
    # The Mahalanobis distance is the length of the difference once it is multiplied by a root of the precision.
    values, vectors = np.linalg.eigh((gate.colour_precision + gate.colour_precision.T) / 2)
    root = layers.Dense(len(values), use_bias=False, trainable=False, name="gate_precision")
    distance = ops.norm(root(apart), axis=1)
    root.set_weights([vectors * np.sqrt(np.maximum(values, 0))])
    return ops.minimum(likeness - gate.least_likeness, 1 - distance / gate.most_colours)
