"""The small convolutional network of the 28×28 report."""

import keras
from keras import layers

MOMENTUM = 0.9
"""Of the moving averages in batch normalization. A small data set has a few dozen steps an epoch, and with Keras' 0.99
validation would judge a network as it was epochs ago: its accuracy would jump from one epoch to the next."""


def small_cnn(
    image_size: int,
    classes: int,
    *,
    width: float = 1.0,
    convolutions: int = 3,
    dense: int = 256,
    dropout: float = 0.1,
    activation: str = "relu",
) -> keras.Model:
    """`cnn-59k`: 59,005 parameters at 28×28 and seven classes, 593 of them not trainable.

    Six convolutions (stride 1, no padding, ReLU) with batch normalization after the second and group
    normalization after the fifth, two poolings, then dense layers of 256 and 128. The report's
    `Normalization` layer after flattening is kept; it was never adapted there and so changes nothing.

    Args:
        image_size: side in pixels, at least 28; more with more than three `convolutions`.
        classes: number of classes.
        width: all numbers of filters are multiplied by this; the report's is 1.
        convolutions: of 3×3 between the two poolings; the first has 20 filters, the others 15.
        dense: units of the first dense layer; the second has half as many.
        dropout: share of them that is silenced in training.
        activation: of every layer but the last.
    """

    def filters(number: int) -> int:
        return max(1, round(number * width))

    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(filters(30), 5, activation=activation)(x)
    x = layers.Conv2D(filters(30), 3, activation=activation)(x)
    x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    x = layers.MaxPooling2D(2)(x)
    for number in range(convolutions - 1):
        x = layers.Conv2D(filters(15) if number else filters(20), 3, activation=activation)(x)
    # The group normalization after it needs a number of filters that can be divided by three.
    x = layers.Conv2D(3 * filters(5), 3, activation=activation)(x)
    x = layers.GroupNormalization(groups=3)(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(filters(10), 2, activation=activation)(x)
    x = layers.Flatten()(x)
    x = layers.Normalization()(x)
    x = layers.Dense(dense, activation=activation)(x)
    x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(dense // 2, activation=activation)(x)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="cnn-59k")
