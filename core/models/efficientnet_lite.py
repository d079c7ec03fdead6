"""EfficientNet-Lite: EfficientNet for phones, without squeeze-and-excitation and with ReLU6."""

import math

import keras
from keras import layers

from core.models.transfer import MOMENTUM, with_head

STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)
"""Kernel, blocks, filters, expansion and stride of each stage of EfficientNet-B0 (arXiv 1905.11946, table 1)."""


def efficientnet_lite(
    image_size: int,
    classes: int,
    *,
    name: str,
    width: float,
    depth: float,
    dense: int = 0,
    second_dense: int = 0,
    third_dense: int = 0,
    dropout: float = 0.2,
    drop_connect: float = 0.2,
) -> keras.Model:
    """EfficientNet-Lite behind a small head; layers are called as those of EfficientNet in Keras.

    Args:
        image_size: side in pixels, at least 32.
        classes: number of classes.
        name: of the network.
        width: numbers of filters are multiplied by this, but those of the stem and of the last convolution.
        depth: numbers of blocks are multiplied by this, but those of the first and the last stage.
        dense, second_dense, third_dense: units of dense layers before the last; 0 leaves one out.
        dropout: share of the features that is silenced in training, before the last layer.
        drop_connect: share of the residual branches that is left out in training, in the last block; less before it.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="rescaling")(inputs)
    x = normalized(layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem_conv")(x), "stem_")
    last = len(STAGES) - 1
    repeats = [n if stage in (0, last) else math.ceil(depth * n) for stage, (_, n, *_) in enumerate(STAGES)]
    done = 0
    for stage, (kernel, _, filters, expansion, stride) in enumerate(STAGES):
        for number in range(repeats[stage]):
            x = lite_block(
                x,
                f"block{stage + 1}{chr(ord('a') + number)}_",
                kernel,
                in_eights(filters * width),
                expansion,
                1 if number else stride,
                drop_connect * done / sum(repeats),
            )
            done += 1
    x = normalized(layers.Conv2D(1280, 1, use_bias=False, name="top_conv")(x), "top_")
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return with_head(inputs, x, classes, dense=(dense, second_dense, third_dense), dropout=dropout, name=name)


def lite_block(
    inputs: keras.KerasTensor, name: str, kernel: int, filters: int, expansion: int, stride: int, drop: float
) -> keras.KerasTensor:
    """Expand, look at each channel by itself, project; and add what came in where the shape is the same."""
    channels = inputs.shape[-1]
    x = inputs
    if expansion != 1:
        x = layers.Conv2D(expansion * channels, 1, use_bias=False, name=f"{name}expand_conv")(x)
        x = normalized(x, f"{name}expand_")
    x = layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name}dwconv")(x)
    x = normalized(x, name)
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}project_conv")(x)
    x = layers.BatchNormalization(momentum=MOMENTUM, epsilon=1e-3, name=f"{name}project_bn")(x)
    if stride != 1 or channels != filters:
        return x
    if drop:
        x = layers.Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.Add(name=f"{name}add")([x, inputs])


def normalized(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Batch normalization and ReLU6."""
    x = layers.BatchNormalization(momentum=MOMENTUM, epsilon=1e-3, name=f"{name}bn")(x)
    return layers.ReLU(6.0, name=f"{name}activation")(x)


def in_eights(filters: float) -> int:
    """The nearest multiple of 8, not more than a tenth below."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * filters else rounded + 8
