"""Keras metrics for the curves of a training."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("lesion_lab")
class BalancedAccuracy(keras.metrics.Metric):
    """Mean sensitivity over the classes seen so far, 0…1 (Brodersen et al. 2010), from a confusion matrix.

    Updated with class numbers (batch,) and probabilities (batch, classes).
    """

    def __init__(self, classes: int, name: str = "balanced_accuracy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.classes = classes
        self.counts = self.add_variable((classes, classes), "zeros", name="counts")

    def update_state(self, y_true, y_pred, sample_weight=None):  # noqa: ARG002 - curves are unweighted
        true = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), self.classes, dtype="float32")
        predicted = ops.one_hot(ops.argmax(y_pred, axis=-1), self.classes, dtype="float32")
        self.counts.assign_add(ops.matmul(ops.transpose(true), predicted))

    def result(self):
        seen = ops.sum(self.counts, axis=1)
        sensitivity = ops.diagonal(self.counts) / ops.maximum(seen, 1.0)
        return ops.sum(sensitivity) / ops.maximum(ops.sum(ops.cast(seen > 0, "float32")), 1.0)

    def confusion(self) -> np.ndarray:
        """Counts so far, int64 (classes, classes): rows are true classes, columns predicted ones."""
        return ops.convert_to_numpy(self.counts).astype(np.int64)

    def sensitivity(self) -> list[float | None]:
        """Share of each class that is recognised so far, 0…1; None for a class that has not been seen."""
        return [float(row[number] / row.sum()) if row.any() else None for number, row in enumerate(self.confusion())]

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}
