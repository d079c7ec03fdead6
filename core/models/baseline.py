"""The majority baseline: a model that has seen nothing but the class counts."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("lesion_lab")
class ClassShares(keras.layers.Layer):
    """Answers every picture with the same probabilities, held in one weight of shape (classes,).

    Model files name the class, and their weights are found by it, so it keeps the name that version 0.1.0 gave it.
    """

    def __init__(self, classes: int, **kwargs):
        super().__init__(**kwargs)
        self.classes = classes

    def build(self, input_shape):  # noqa: ARG002 - Keras passes it
        self.fractions = self.add_weight(
            name="shares",
            shape=(self.classes,),
            initializer=keras.initializers.Constant(1 / self.classes),
            trainable=False,
        )

    def call(self, images):
        return ops.broadcast_to(self.fractions, (ops.shape(images)[0], self.classes))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.classes)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}


def majority(image_size: int, classes: int) -> keras.Model:
    """`majority`: uniform until `set_fractions` gives it the class fractions of a training part."""
    inputs = keras.Input((image_size, image_size, 3), name="image")
    return keras.Model(inputs, ClassShares(classes, name="probabilities")(inputs), name="majority")


def set_fractions(model: keras.Model, labels: np.ndarray) -> None:
    """Set the probabilities to the fractions of each class number in `labels`, int (examples,)."""
    layer = model.get_layer("probabilities")
    counts = np.bincount(labels, minlength=layer.classes)
    layer.set_weights([(counts / counts.sum()).astype("float32")])
