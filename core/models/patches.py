"""The network of the report on histopathology patches whose filters a search has chosen."""

import keras
from keras import layers


def tuned_patch_cnn(
    image_size: int,
    classes: int,
    *,
    filters_1: int = 192,
    filters_2: int = 256,
    filters_3: int = 416,
    filters_4: int = 160,
    dense: int = 512,
    dropout: float = 0.3,
    dense_dropout: float = 0.5,
    activation: str = "relu",
) -> keras.Model:
    """`patch-cnn-tuned`: four blocks of Conv 3×3 → BatchNorm → activation → MaxPool 2 → Dropout, then one dense layer.

    The report gives the filters of the four blocks, the best of its random search, and says of its hand-made network
    with five blocks: a bias only in the first convolution, Dropout 0.3 after each block, Dense 512 without bias →
    BatchNorm → activation → Dropout 0.5. That the tuned network keeps all this, and ReLU, is our reading; so is the
    same padding. Its single sigmoid is a softmax over two classes here, as every model answers.

    Args:
        image_size: side in pixels, at least 16.
        classes: number of classes.
        filters_1, filters_2, filters_3, filters_4: of the four blocks.
        dense: units of the dense layer.
        dropout: share of the features that is silenced in training after each block.
        dense_dropout: the same after the dense layer.
        activation: of every layer but the last.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    for block, filters in enumerate((filters_1, filters_2, filters_3, filters_4)):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=block == 0)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation(activation)(x)
        x = layers.MaxPooling2D(2)(x)
        x = layers.Dropout(dropout)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(dense, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation(activation)(x)
    x = layers.Dropout(dense_dropout)(x)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="patch-cnn-tuned")
