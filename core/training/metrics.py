"""Keras metrics for the curves of a training."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("lesion_lab")
class BalancedAccuracy(keras.metrics.Metric):
    """Mean sensitivity over the classes seen so far, 0…1 (Brodersen et al. 2010).

    Updated with class numbers (batch,) and probabilities (batch, classes).
    """

    def __init__(self, classes: int, name: str = "balanced_accuracy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.classes = classes
        self.seen = self.add_variable((classes,), "zeros", name="seen")
        self.right = self.add_variable((classes,), "zeros", name="right")

    def update_state(self, y_true, y_pred, sample_weight=None):  # noqa: ARG002 - curves are unweighted
        true = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        hit = ops.cast(ops.equal(true, ops.cast(ops.argmax(y_pred, axis=-1), "int32")), "float32")
        one_hot = ops.one_hot(true, self.classes, dtype="float32")
        self.seen.assign_add(ops.sum(one_hot, axis=0))
        self.right.assign_add(ops.sum(one_hot * hit[:, None], axis=0))

    def result(self):
        occurring = ops.cast(self.seen > 0, "float32")
        sensitivity = self.right / ops.maximum(self.seen, 1.0)
        return ops.sum(sensitivity) / ops.maximum(ops.sum(occurring), 1.0)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}
