"""The pyramid of growing filters of the 28×28 report."""

import keras
from keras import layers

FILTERS = (16, 32, 64, 128)
DENSE = (256, 128)


def pyramid_cnn(image_size: int, classes: int) -> keras.Model:
    """`cnn-pyramid`: blocks of Conv 3×3 (same padding, ReLU) → MaxPool 2 → BatchNorm, filters doubling.

    The report names the pattern and the first filters; the depth (four blocks, 16 to 128 filters) and the
    two dense layers (256 and 128, each with batch normalization) are ours.

    Args:
        image_size: side in pixels, at least 16 (four halvings).
        classes: number of classes.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    for filters in FILTERS:
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
        x = layers.BatchNormalization()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.2)(x)
    for units in DENSE:
        x = layers.Dense(units, activation="relu")(x)
        x = layers.BatchNormalization()(x)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="cnn-pyramid")
