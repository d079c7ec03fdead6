"""Keras metrics for the curves of a training: all are counted in one confusion matrix."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("lesion_lab")
class BalancedAccuracy(keras.metrics.Metric):
    """Mean sensitivity over the classes seen so far, 0…1 (Brodersen et al. 2010), from a confusion matrix.

    Updated with class numbers (batch,), or shares of classes (batch, classes) of which the largest counts, and
    probabilities (batch, classes).
    """

    def __init__(self, classes: int, name: str = "balanced_accuracy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.classes = classes
        self.counts = self.add_variable((classes, classes), "zeros", name="counts")

    def update_state(self, y_true, y_pred, sample_weight=None):  # noqa: ARG002 - curves are unweighted
        if len(y_true.shape) == 2 and y_true.shape[-1] == self.classes:
            y_true = ops.argmax(y_true, axis=-1)
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


class OfConfusion(keras.metrics.Metric):
    """A figure from what a `BalancedAccuracy` counts, which stands before it among the metrics of a model."""

    def __init__(self, confusion: BalancedAccuracy):
        super().__init__(name=type(self).__name__.lower())
        self.counted = [confusion.counts]  # in a list, for it is not a variable of its own

    def update_state(self, y_true, y_pred, sample_weight=None):
        pass

    def reset_state(self):
        pass

    def result(self):
        return self.of(self.counted[0])


class Accuracy(OfConfusion):
    """Share that is right, 0…1."""

    def of(self, counts):
        return ops.trace(counts) / ops.maximum(ops.sum(counts), 1.0)


class Precision(OfConfusion):
    """Mean over the classes of the share that is right of what is taken for the class, 0…1.

    Of all classes that occur or are named; 0 for one that occurs and is never named, as scikit-learn's macro average
    with `zero_division=0`.
    """

    by = 0

    def of(self, counts):
        met = ops.sum(counts, axis=0) + ops.sum(counts, axis=1) > 0
        shares = ops.diagonal(counts) / ops.maximum(ops.sum(counts, axis=self.by), 1.0)
        return ops.sum(shares) / ops.maximum(ops.sum(ops.cast(met, "float32")), 1.0)


class Recall(Precision):
    """Mean over the classes of the share of the class that is found, 0…1; of the same classes as `Precision`.

    It is the balanced accuracy, unless a class is named that does not occur.
    """

    by = 1


def curve_metrics(classes: int) -> list[keras.metrics.Metric]:
    """The metrics of a training; the first counts for all of them."""
    confusion = BalancedAccuracy(classes)
    return [confusion, Accuracy(confusion), Precision(confusion), Recall(confusion)]
