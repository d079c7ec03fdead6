"""The head of a transfer network: what turns the features of a trunk into probabilities."""

from collections.abc import Sequence

import keras
from keras import layers

MOMENTUM = 0.9
"""Of the moving averages in batch normalization: a trunk is trained further for a few hundred steps, and with Keras'
0.99 validation would judge another network than the one that learns."""


def with_head(
    inputs: keras.KerasTensor,
    features: keras.KerasTensor,
    classes: int,
    *,
    dense: Sequence[int],
    dropout: float,
    name: str,
) -> keras.Model:
    """Close a network: dense layers if there are to be some, dropout, and a softmax over the classes.

    Args:
        inputs: the pictures.
        features: what the trunk makes of them, (batch, features).
        classes: number of classes.
        dense: units of each dense layer, in their order; 0 leaves it out.
        dropout: share of the features that is silenced in training, before the last layer.
        name: of the network.
    """
    x = features
    for number, units in enumerate(filter(None, dense), 1):
        x = layers.Dense(units, activation="relu", name="head_dense" if number == 1 else f"head_dense_{number}")(x)
    x = layers.Dropout(dropout, name="head_dropout")(x)
    return closed(inputs, x, classes, name)


def closed(inputs: keras.KerasTensor, features: keras.KerasTensor, classes: int, name: str) -> keras.Model:
    """A network that ends in a softmax over the classes."""
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(features)
    return keras.Model(inputs, outputs, name=name)
