"""Feeding a model from the image cache with `tf.data`."""

import numpy as np
import tensorflow as tf

from core.errors import DataError

RESIDENT_BYTES = 1_500_000_000
"""Caches up to this size are held in memory whole; larger ones are read from the memory map by batch."""


def batches(
    images: np.ndarray,
    rows: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    *,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Batches of (images uint8 (batch, size, size, 3), labels int32 (batch,)).

    Only row numbers are shuffled; pictures are gathered by batch and stay uint8 until they are on the
    device.

    Args:
        images: the cache's array, (pictures, size, size, 3) uint8.
        rows: row in `images` of each example, int64 (examples,); may repeat.
        labels: class number of each example, int (examples,).
        batch_size: examples a batch; the last one may be smaller.
        shuffle_seed: a new order every epoch from this seed; None keeps the order.

    Raises:
        DataError: there is no example, or one has no row in the cache (−1: its picture could not be read).
    """
    if not len(rows) or rows.min() < 0:
        raise DataError("There is no picture to feed the model, or one that could not be read. Leave those out first.")
    dataset = tf.data.Dataset.from_tensor_slices((rows.astype(np.int64), labels.astype(np.int32)))
    if shuffle_seed is not None:
        dataset = dataset.shuffle(len(rows), seed=shuffle_seed, reshuffle_each_iteration=True)
    dataset = dataset.batch(batch_size)
    if images.nbytes <= RESIDENT_BYTES:
        with tf.device("CPU"):
            resident = tf.constant(np.asarray(images))
        dataset = dataset.map(lambda row, label: (tf.gather(resident, row), label), tf.data.AUTOTUNE)
    else:
        shape = (None, *images.shape[1:])

        def read(row: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            batch = tf.numpy_function(lambda r: images[r], [row], tf.uint8, stateful=False)
            return tf.ensure_shape(batch, shape), label

        dataset = dataset.map(read, tf.data.AUTOTUNE)
    return dataset.prefetch(tf.data.AUTOTUNE)
