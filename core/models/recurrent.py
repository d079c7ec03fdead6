"""The recurrent network of the 28×28 report."""

import keras
from keras import layers


def lstm_rows(image_size: int, classes: int) -> keras.Model:
    """`lstm-rows`: reads a picture top to bottom, one row of pixels a time step; 171,111 parameters.

    Three LSTM layers (128, 64, 32), each followed by dropout of one half.

    Args:
        image_size: side in pixels: time steps, and a third of the features of a step.
        classes: number of classes.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Reshape((image_size, image_size * 3))(x)
    x = layers.LSTM(128, return_sequences=True)(x)
    x = layers.Dropout(0.5)(x)
    x = layers.LSTM(64, return_sequences=True)(x)
    x = layers.Dropout(0.5)(x)
    x = layers.LSTM(32)(x)
    x = layers.Dropout(0.5)(x)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="lstm-rows")
