"""The pyramid of growing filters of the 28×28 report."""

import keras
from keras import layers

from core.models.convolutional import MOMENTUM


def pyramid_cnn(
    image_size: int,
    classes: int,
    *,
    blocks: int = 4,
    filters: int = 16,
    dense: int = 256,
    dropout: float = 0.2,
    activation: str = "relu",
) -> keras.Model:
    """`cnn-pyramid`: blocks of Conv 3×3 (same padding, ReLU) → MaxPool 2 → BatchNorm, filters doubling.

    The report names the pattern and the first filters; the depth (four blocks, 16 to 128 filters) and the
    two dense layers (256 and 128, each with batch normalization) are ours.

    Args:
        image_size: side in pixels, at least 2 to the power of `blocks`.
        classes: number of classes.
        blocks: how often filters double and the side is halved.
        filters: of the first block.
        dense: units of the first dense layer; the second has half as many.
        dropout: share of the flattened features that is silenced in training.
        activation: of every layer but the last.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    for block in range(blocks):
        x = layers.Conv2D(filters * 2**block, 3, padding="same", activation=activation)(x)
        x = layers.MaxPooling2D(2)(x)
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout)(x)
    for units in (dense, dense // 2):
        x = layers.Dense(units, activation=activation)(x)
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="cnn-pyramid")
