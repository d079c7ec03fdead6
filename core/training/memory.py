"""When a step does not fit into memory: which batch size does."""

from collections.abc import Callable

import tensorflow as tf

EXHAUSTED = (tf.errors.ResourceExhaustedError, MemoryError)
"""What TensorFlow and Python raise when memory is used up."""


def largest_that_fits(batch_size: int, train_one_step: Callable[[int], None]) -> int | None:
    """The first of `batch_size` halved, halved again … with which one training step runs; None if not even 1 does.

    Args:
        batch_size: pictures of the step that did not fit.
        train_one_step: trains one step of so many pictures.
    """
    while batch_size > 1:
        batch_size //= 2
        try:
            train_one_step(batch_size)
        except EXHAUSTED:
            continue
        return batch_size
    return None
