"""The recurrent network of the 28×28 report."""

import keras
from keras import layers


def lstm_rows(
    image_size: int,
    classes: int,
    *,
    units: int = 128,
    recurrent_layers: int = 3,
    dropout: float = 0.5,
    bidirectional: bool = False,
) -> keras.Model:
    """`lstm-rows`: reads a picture top to bottom, one row of pixels a time step; 171,111 parameters.

    Three LSTM layers (128, 64, 32), each followed by dropout of one half.

    Args:
        image_size: side in pixels: time steps, and a third of the features of a step.
        classes: number of classes.
        units: of the first LSTM layer; each further one has half as many.
        recurrent_layers: number of LSTM layers.
        dropout: share of the units that is silenced in training, after each of them.
        bidirectional: rows are read from the bottom up as well, with as many units again.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Reshape((image_size, image_size * 3))(x)
    for number in range(recurrent_layers):
        lstm = layers.LSTM(units // 2**number, return_sequences=number < recurrent_layers - 1)
        x = (layers.Bidirectional(lstm) if bidirectional else lstm)(x)
        x = layers.Dropout(dropout)(x)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="lstm-rows")
