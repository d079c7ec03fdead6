"""Networks of `keras.applications` behind a head of our own, with the scaling of pictures that each expects inside."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers

from core.models.transfer import MOMENTUM, closed, with_head

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue, as parts of 255."""
DROP_CONNECT = 0.2
"""What Keras builds its EfficientNets with, in the last block."""


def application(
    image_size: int,
    classes: int,
    *,
    application: str,
    options: Mapping[str, Any] | None = None,
    dense: int = 0,
    second_dense: int = 0,
    third_dense: int = 0,
    dropout: float = 0.2,
    drop_connect: float = DROP_CONNECT,
) -> keras.Model:
    """A trunk of `keras.applications`, the mean over its map, and a small head.

    Args:
        image_size: side in pixels, at least 32.
        classes: number of classes.
        application: name of a function of `keras.applications`, such as "MobileNet".
        options: arguments of that function, such as `alpha`.
        dense, second_dense, third_dense: units of dense layers before the last; 0 leaves one out.
        dropout: share of the features that is silenced in training, before the last layer.
        drop_connect: share of the residual branches that is left out in training, in the last block, where the trunk
            can; less before it.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    features = pooled_trunk(inputs, application, options or {}, drop_connect)
    return with_head(
        inputs, features, classes, dense=(dense, second_dense, third_dense), dropout=dropout, name=application.lower()
    )


def efficientnet_b4(
    image_size: int,
    classes: int,
    *,
    dense: int = 1024,
    dropout: float = 0.5,
    second_dropout: float = 0.3,
    drop_connect: float = DROP_CONNECT,
) -> keras.Model:
    """`efficientnet-b4`: EfficientNetB4 with the head of the report on ISIC 2019.

    Dense 1024 → Dropout 0.5 → Dense 512 → Dropout 0.3 → Dense 256, all ReLU, then the softmax.

    Args:
        image_size: side in pixels, at least 32; the report's is 224.
        classes: number of classes.
        dense: units of the first dense layer; each further one has half as many.
        dropout, second_dropout: shares that are silenced in training after the first and the second dense layer.
        drop_connect: share of the residual branches that is left out in training, in the last block; less before it.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = pooled_trunk(inputs, "EfficientNetB4", {}, drop_connect)
    x = layers.Dense(dense, activation="relu", name="head_dense_1")(x)
    x = layers.Dropout(dropout, name="head_dropout_1")(x)
    x = layers.Dense(dense // 2, activation="relu", name="head_dense_2")(x)
    x = layers.Dropout(second_dropout, name="head_dropout_2")(x)
    x = layers.Dense(dense // 4, activation="relu", name="head_dense_3")(x)
    return closed(inputs, x, classes, "efficientnet-b4")


def pooled_trunk(
    inputs: keras.KerasTensor, application: str, options: Mapping[str, Any], drop_connect: float
) -> keras.KerasTensor:
    """What a trunk with its first weights makes of pictures in 0…255, (batch, features)."""
    pictures = as_expected(inputs, application)
    trunk = getattr(keras.applications, application)(
        input_tensor=pictures,
        input_shape=tuple(inputs.shape[1:]),
        include_top=False,
        weights=None,
        pooling="avg",
        **options,
    )
    for layer in trunk.layers:
        if isinstance(layer, layers.Dropout) and layer.noise_shape is not None:
            layer.rate *= drop_connect / DROP_CONNECT
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    normalize_as_published(trunk)
    return trunk.output


def as_expected(pictures: keras.KerasTensor, application: str) -> keras.KerasTensor:
    """Pictures in 0…255 as a network of Keras was trained on them; those that scale by themselves get them as they are.

    MobileNet expects −1…1, DenseNet colours by mean and standard deviation, ResNet blue, green and red less their mean.
    """
    if application == "MobileNet":
        return layers.Rescaling(1 / 127.5, offset=-1)(pictures)
    if application.startswith("DenseNet"):
        scaled = layers.Rescaling(1 / 255)(pictures)
        return layers.Normalization(mean=MEAN, variance=[each**2 for each in DEVIATION])(scaled)
    if application.startswith("ResNet"):
        backwards = keras.ops.flip(layers.Rescaling(1.0)(pictures), axis=-1)
        return layers.Normalization(mean=(103.939, 116.779, 123.68), variance=(1, 1, 1))(backwards)
    return pictures


def normalize_as_published(trunk: keras.Model) -> None:
    """Have an EfficientNet bring colours to the mean and deviation that it was trained with.

    Its published files hold deviations where Keras looks for variances, which Keras mends with one layer more where it
    fetches weights itself (issue 49930 of TensorFlow); so this has to follow whenever such a file was loaded.
    """
    for layer in trunk.layers:
        if isinstance(layer, layers.Normalization) and layer.weights:
            layer.adapt_mean.assign(MEAN)
            layer.adapt_variance.assign([each**2 for each in DEVIATION])
            layer.finalize_state()
