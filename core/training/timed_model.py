"""How long learning waited for its next batch, measured where it learns."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf


class TimedModel(keras.Model):
    """A network that knows how long its training had no batch to learn from.

    Batches are made ahead by other threads, so how long they take says little. Here each step notes when it has its
    batch and when its weights are changed. The rest of the time of a call, which learns from `steps_per_execution`
    batches, no step was running: it was waited for input. A call in which TensorFlow traces the graph is left out.

    For networks that compute on processors: on a GPU, XLA compiles the step, and a compiled step cannot ask for the
    time.
    """

    train_function: Any  # Keras says nothing of its type

    def __init__(self, *args: Any, **more: Any):
        super().__init__(*args, **more)
        self.waited = 0.0
        """Seconds waited so far."""
        self._learnt = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        self._traced = False

    def train_step(self, data: Any) -> dict[str, Any]:
        self._traced = True  # TensorFlow runs this line only while it traces
        with tf.control_dependencies([each for each in tf.nest.flatten(data) if each is not None]):
            began = tf.timestamp()
        results = super().train_step(data)
        changed = [tf.convert_to_tensor(variable.value) for variable in self.trainable_variables]
        with tf.control_dependencies([*changed, *tf.nest.flatten(results)]):
            self._learnt.assign_add(tf.timestamp() - began)
        return results

    def make_train_function(self, force: bool = False) -> None:
        known = self.train_function
        super().make_train_function(force)
        if self.train_function is not known:
            self.train_function = self._timed(self.train_function)

    def _timed(self, learn: Callable[[Iterator], Any]) -> Callable[[Iterator], Any]:
        def call(iterator: Iterator) -> Any:
            self._traced = False
            learnt, began = float(self._learnt), time.perf_counter()
            logs = learn(iterator)
            if not self._traced:
                self.waited += max(time.perf_counter() - began - (float(self._learnt) - learnt), 0.0)
            return logs

        return call
