"""Gradients of wide depthwise convolutions by the faster of TensorFlow's two ways on processors."""

import keras
import tensorflow as tf
from keras.layers import DepthwiseConv2D

from core.base.inside_keras import all_layers

WIDE = 5
"""From kernels of so many pixels a side; for those of 3, oneDNN has code of its own."""


def quicken_depthwise(model: keras.Model) -> None:
    """Have the gradient of each wide depthwise kernel computed without oneDNN, which takes two to three times as long.

    oneDNN reckons with groups of 16 channels as if each saw all others of its group, and throws most of it away:
    without this a step of EfficientNet-Lite0 takes 1.09 times the processor time at 128 pixels and 1.15 times at 96.
    TensorFlow's own code is asked for by padding that is given in numbers. Values are the same but for rounding, and
    what is saved of the network is what it was. Where TensorFlow runs without oneDNN, nothing changes.

    Left as they are: kernels with a bias, a stride of different sides, dilation, or in anything but float32.
    """
    for layer in all_layers(model):
        if isinstance(layer, DepthwiseConv2D) and _is_wide(layer):
            layer.call = _Quick(layer)


class _Quick:
    """What such a layer does with maps, float32 (batch, height, width, channels)."""

    def __init__(self, layer: DepthwiseConv2D):
        self.layer, self.by_keras = layer, layer.call

    def __call__(self, inputs: tf.Tensor) -> tf.Tensor:
        layer = self.layer
        [stride, _], [kernel, _] = layer.strides, layer.kernel_size
        down, across = (_padding(size, kernel, stride) for size in inputs.shape[1:3])
        if layer.padding != "same" or down is None or across is None:
            return self.by_keras(inputs)
        explicit = [0, 0, *down, *across, 0, 0]
        strides = [1, stride, stride, 1]

        @tf.custom_gradient
        def convolved(maps, weights):
            def gradient(outer):
                shared = {"out_backprop": outer, "strides": strides}
                of_maps = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
                    input_sizes=tf.shape(maps), filter=weights, padding="SAME", **shared
                )
                of_weights = tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
                    input=maps,
                    filter_sizes=weights.shape,
                    padding="EXPLICIT",
                    explicit_paddings=explicit,
                    **shared,
                )
                return of_maps, of_weights

            return tf.nn.depthwise_conv2d(maps, weights, strides, "SAME"), gradient

        return convolved(inputs, tf.convert_to_tensor(layer.kernel))


def _padding(size: int | None, kernel: int, stride: int) -> tuple[int, int] | None:
    """Pixels that "same" adds before and behind a side; None if how long it is, is not known and matters."""
    if size is None:
        return ((kernel - 1) // 2, kernel // 2) if stride == 1 else None
    added = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return added // 2, added - added // 2


def _is_wide(layer: DepthwiseConv2D) -> bool:
    square = len({*layer.kernel_size}) == len({*layer.strides}) == 1 and {*layer.dilation_rate} == {1}
    plain = not layer.use_bias and layer.activation is keras.activations.linear
    maps = layer.built and layer.data_format == "channels_last" and layer.compute_dtype == "float32"
    return bool(square and plain and maps and layer.kernel_size[0] >= WIDE)
