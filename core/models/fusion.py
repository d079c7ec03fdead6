"""A network of pictures that takes what is known of the patient as well: age, sex and site as numbers."""

from typing import Any

import keras
from keras import layers

from core.models.blocks import blocks, entering

UNITS = 16
"""Of the layer that the numbers go through before they meet the picture."""
METADATA, KNOWN, DENSE, MEETS = "metadata", "head_known", "head_metadata", "head_fusion"
OF_METADATA = (METADATA, KNOWN, DENSE)
"""Layers that no picture goes through."""


def fused(model: keras.Model, width: int) -> keras.Model:
    """The network with a second input, which meets what the pictures have become in front of the head.

    Its blocks and their weights are shared, its head is made anew for the wider input. The inputs are (pictures,
    metadata float32 (batch, width)), as `core.data.metadata_encoding.MetadataEncoding` gives it.

    Args:
        model: an untrained network of pictures.
        width: how many numbers the metadata of a picture are.
    """
    head = blocks(model)[-1]
    metadata = keras.Input((width,), name=METADATA)
    # Keras makes a part of a network from tensors within it, and breaks the whole if one of them is its own input.
    known = layers.Identity(name=KNOWN)(metadata)
    known = layers.Dense(UNITS, activation="relu", name=DENSE)(known)
    x = layers.Concatenate(name=MEETS)([entering(model, head), known])
    names = [each.name for each in model.operations]
    for each in model.operations[names.index(head.first) :]:
        x = type(each).from_config(each.get_config())(x)
    return keras.Model([*model.inputs, metadata], x, name=model.name)


def beside_pictures(model: keras.Model) -> list[keras.KerasTensor]:
    """What enters a network beside the pictures, from where a part of it can be made: nothing, or the metadata."""
    return [each.output for each in model.layers if each.name == KNOWN]


def picture_features(model: keras.Model) -> keras.KerasTensor:
    """What a network makes of the pictures alone before anything else is known: what enters its last layer, or meets
    the metadata."""
    meets = next((each for each in model.operations if each.name == MEETS), None)
    return model.layers[-1].input if meets is None else meets.input[0]


def together(first: Any, *more: Any) -> Any:
    """What a network with one input or several is given: the one thing itself, or a list."""
    return [first, *more] if more else first
