"""One training on several devices of a machine, by `tf.distribute.MirroredStrategy`."""

import contextlib
from functools import lru_cache
from typing import Any

import keras
import tensorflow as tf


@lru_cache(maxsize=1)  # sums of two strategies of one process would be taken for the same
def mirrored() -> tf.distribute.MirroredStrategy | None:
    """The strategy over the GPUs that this process sees, or else its CPU devices; None where there is only one."""
    several = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in several]) if len(several) > 1 else None


def variables_on(strategy: tf.distribute.Strategy | None) -> contextlib.AbstractContextManager:
    """Within it variables are made on every device of a strategy; without a strategy, as ever."""
    return strategy.scope() if strategy else contextlib.nullcontext()


class MirroredModel(keras.Model):
    """A network that several devices train together: each has all weights and takes its share of every batch.

    A batch is as large as the recipe says, all shares together; the learning rate is not scaled. A batch that cannot
    be shared out evenly is filled up with examples that count nowhere. So a step follows the gradient of the mean loss
    over the batch as on one device, and loss, accuracy and confusion matrix of an epoch are those of all its examples.
    Figures within an epoch are the mean of what each device has seen so far.

    What differs from one device: batch normalization takes its statistics from the share of each device alone, what
    fills it up included; and random layers draw alike on every device, so each draw serves a picture of every share.
    It is to compute in float32: for float16 Keras scales the loss and has each device look for infinite gradients by
    itself, and where one alone skips its update, the others would wait for it for ever.
    """

    def fit(
        self, x: tf.data.Dataset, *, validation_data=None, class_weight=None, **more: Any
    ) -> keras.callbacks.History:
        """As ever, from batches of pictures and class numbers."""
        return super().fit(
            self._filled_up(x),
            validation_data=None if validation_data is None else self._filled_up(validation_data),
            class_weight=None if class_weight is None else {**class_weight, self._blank: 0.0},
            **more,
        )

    def evaluate(self, *args: Any, **more: Any):
        """As ever, after the devices have agreed on the moving averages that each has followed for itself.

        Without it every device would judge by its own, while those of the first are kept.
        """
        for variable in self.non_trainable_variables:
            if variable.dtype == "float32":
                variable.assign(self.distribute_strategy.reduce("MEAN", variable.value, axis=None))
        return super().evaluate(*args, **more)

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = self.optimizer.scale_loss(self._fraction_of_loss(data, training=True))
        weights = self.trainable_weights
        gradients = tape.gradient(loss, weights)
        if longest := self.optimizer.global_clipnorm:  # of the sum: the optimizer would look at each share's by itself
            context = tf.distribute.get_replica_context()
            clipped, _ = tf.clip_by_global_norm(context.all_reduce("SUM", gradients), longest)
            gradients = [gradient / context.num_replicas_in_sync for gradient in clipped]
        self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return self.get_metrics_result()

    def test_step(self, data):
        self._fraction_of_loss(data, training=False)
        return self.get_metrics_result()

    def _fraction_of_loss(self, data, *, training: bool) -> tf.Tensor:
        """What the examples of this device add to the mean loss of the whole batch; the metrics count them."""
        pictures, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        answers = self(pictures, training=training)
        if labels.shape.rank == 1:
            real = labels != self._blank
            labels = tf.where(real, labels, 0)
        else:  # shares of classes
            real = tf.reduce_any(labels > 0, axis=1)
        losses = self.loss.call(labels, answers)
        if weights is not None:
            losses *= weights
        losses, labels, answers = (tf.boolean_mask(each, real) for each in (losses, labels, answers))
        for metric in self.metrics:
            metric.update_state(*([losses] if metric.name == "loss" else [labels, answers]))
        examples = tf.distribute.get_replica_context().all_reduce("SUM", tf.size(losses))
        return tf.reduce_sum(losses) / tf.cast(examples, losses.dtype)

    @property
    def _blank(self) -> int:
        """The class number of examples that count nowhere: one beyond the last class."""
        return self.output_shape[-1]

    def _filled_up(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """The same batches, each with its last picture as often again as makes it a multiple of the devices."""
        devices = self.distribute_strategy.num_replicas_in_sync

        def fill_up(pictures: Any, labels: tf.Tensor) -> tuple[Any, tf.Tensor]:
            missing = -tf.shape(labels)[0] % devices
            pictures = tf.nest.map_structure(
                lambda each: tf.concat([each, tf.repeat(each[-1:], missing, axis=0)], axis=0), pictures
            )
            if labels.shape.rank == 1:
                return pictures, tf.pad(labels, [[0, missing]], constant_values=self._blank)
            return pictures, tf.pad(labels, [[0, missing], [0, 0]])

        return batches.map(fill_up, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
