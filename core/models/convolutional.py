"""The small convolutional network of the 28×28 report."""

import keras
from keras import layers


def small_cnn(image_size: int, classes: int) -> keras.Model:
    """`cnn-59k`: 59,005 parameters at 28×28 and seven classes, 593 of them not trainable.

    Six convolutions (stride 1, no padding, ReLU) with batch normalization after the second and group
    normalization after the fifth, two poolings, then dense layers of 256 and 128. The report's
    `Normalization` layer after flattening is kept; it was never adapted there and so changes nothing.

    Args:
        image_size: side in pixels, at least 28.
        classes: number of classes.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(30, 5, activation="relu")(x)
    x = layers.Conv2D(30, 3, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(20, 3, activation="relu")(x)
    x = layers.Conv2D(15, 3, activation="relu")(x)
    x = layers.Conv2D(15, 3, activation="relu")(x)
    x = layers.GroupNormalization(groups=3)(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(10, 2, activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Normalization()(x)
    x = layers.Dense(256, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Dense(128, activation="relu")(x)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="cnn-59k")
