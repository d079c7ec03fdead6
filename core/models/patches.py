"""The networks of the report on histopathology patches: two made by hand, and one whose filters a search has chosen."""

import keras
from keras import layers


def patch_cnn_softmax(
    image_size: int,
    classes: int,
    *,
    blocks: int = 5,
    filters: int = 32,
    dense: int = 512,
    dropout: float = 0.3,
    dense_dropout: float = 0.5,
) -> keras.Model:
    """`patch-cnn-softmax`: five blocks with 32 to 512 filters whose activation is a softmax over the filters.

    Args:
        image_size: side in pixels, at least 2 to the power of `blocks`.
        classes: number of classes.
        blocks: how often filters double and the side is halved.
        filters: of the first block.
        dense, dropout, dense_dropout: as `tuned_patch_cnn`.
    """
    doubling = [filters * 2**block for block in range(blocks)]
    return _patch_cnn("patch-cnn-softmax", image_size, classes, doubling, dense, dropout, dense_dropout, "softmax")


def patch_cnn_relu(
    image_size: int,
    classes: int,
    *,
    blocks: int = 5,
    filters: int = 32,
    dense: int = 512,
    dropout: float = 0.3,
    dense_dropout: float = 0.5,
) -> keras.Model:
    """`patch-cnn-relu`: as `patch_cnn_softmax`, with ReLU."""
    doubling = [filters * 2**block for block in range(blocks)]
    return _patch_cnn("patch-cnn-relu", image_size, classes, doubling, dense, dropout, dense_dropout, "relu")


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
    """`patch-cnn-tuned`: four blocks with the filters that the report's random search found best.

    Args:
        image_size: side in pixels, at least 16.
        classes: number of classes.
        filters_1, filters_2, filters_3, filters_4: of the four blocks.
        dense: units of the dense layer.
        dropout: share of the features that is silenced in training after each block.
        dense_dropout: the same after the dense layer.
        activation: of every layer but the last.
    """
    filters = [filters_1, filters_2, filters_3, filters_4]
    return _patch_cnn("patch-cnn-tuned", image_size, classes, filters, dense, dropout, dense_dropout, activation)


def _patch_cnn(
    name: str,
    image_size: int,
    classes: int,
    filters: list[int],
    dense: int,
    dropout: float,
    dense_dropout: float,
    activation: str,
) -> keras.Model:
    """Blocks of Conv 3×3 → BatchNorm → activation → MaxPool 2 → Dropout, then one dense layer.

    The report says of its networks made by hand: a bias only in the first convolution, Dropout 0.3 after each block,
    Dense 512 without bias → BatchNorm → activation → Dropout 0.5. That the tuned network keeps all this, and ReLU, is
    our reading; so is the same padding. The single sigmoid is a softmax over two classes here, as every model answers.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    for block, number in enumerate(filters):
        x = layers.Conv2D(number, 3, padding="same", use_bias=block == 0)(x)
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
    return keras.Model(inputs, outputs, name=name)
