"""A layer that mirrors and turns pictures by quarters at random, which Keras has no layer for."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("lesion_lab")
class RandomTurns(keras.layers.Layer):
    """Each square picture of a batch in one of the eight ways of mirroring and turning it by quarters.

    Takes and gives (batch, side, side, channels); outside training it changes nothing. No pixel is interpolated.
    """

    def __init__(self, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, pictures, training=False):
        if not training:
            return pictures
        # One uniform number a picture and step: whether to mirror, to turn upside down, to transpose.
        drawn = keras.random.uniform((3, ops.shape(pictures)[0], 1, 1, 1), seed=self.generator) < 0.5
        pictures = ops.where(drawn[0], ops.flip(pictures, axis=2), pictures)
        pictures = ops.where(drawn[1], ops.flip(pictures, axis=1), pictures)
        return ops.where(drawn[2], ops.transpose(pictures, (0, 2, 1, 3)), pictures)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
