"""Learning from smaller pictures than those that are answered for, which is faster (progressive resizing)."""

import keras
from keras import ops

from core.base.errors import ConfigurationError
from core.models.fusion import together


@keras.saving.register_keras_serializable("lesion_lab")
class SmallerInTraining(keras.layers.Layer):
    """Reduces square pictures (batch, side, side, channels) to a side of `size` pixels in training, else not.

    What is smaller already stays. Each pixel is the mean over what it covers, so that nothing is aliased.
    """

    def __init__(self, size: int, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, pictures, training=False):
        if not training or pictures.shape[1] <= self.size:
            return pictures
        return ops.image.resize(pictures, (self.size, self.size), antialias=True)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], None, None, input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "size": self.size}


def at_any_size(model: keras.Model, size: int) -> keras.Model:
    """The same network for pictures of any size, sharing its layers.

    Args:
        model: takes pictures (batch, side, side, 3).
        size: a side that it is going to be given besides its own.

    Raises:
        ConfigurationError: a layer of it is made for one size alone, such as a dense one on all pixels.
    """
    try:
        _at(model, size)  # with no size at all, layers could not tell that it does not fit
        return _at(model, None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"stages: {model.name} takes pictures of one size only. Leave learning_size out."
        ) from error


def _at(model: keras.Model, size: int | None) -> keras.Model:
    pictures = keras.Input((size, size, 3))
    beside = [keras.Input(each.shape[1:], name=each.name) for each in model.inputs[1:]]
    return keras.models.clone_model(
        model, input_tensors=together(pictures, *beside), clone_function=lambda layer: layer
    )
