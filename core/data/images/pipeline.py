"""Feeding a model from the image cache with `tf.data`."""

import numpy as np
import tensorflow as tf

from core.base.errors import DataError
from core.base.random_streams import Stream, random_stream

RESIDENT_BYTES = 1_500_000_000
"""Caches up to this size are held in memory whole; larger ones are read from the memory map by batch."""


class EpochOrder:
    """The order of the training examples, a function of the seed and the epoch alone.

    So a training that goes on in another process sees what it would have seen in the first. Whoever iterates
    sets `epoch` before each iteration.
    """

    def __init__(self, seed: int):
        self.seed = seed
        self.epoch = 0

    def positions(self, examples: int) -> np.ndarray:
        """Positions 0 … examples − 1 in the order of the current epoch, int64."""
        return random_stream(self.seed, Stream.ORDER, self.epoch).permutation(examples)


def batches(
    images: np.ndarray,
    rows: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    *,
    order: EpochOrder | None = None,
) -> tf.data.Dataset:
    """Batches of (images uint8 (batch, size, size, 3), labels int32 (batch,)).

    Only positions are shuffled; pictures are gathered by batch and stay uint8 until they are on the device.

    Args:
        images: the cache's array, (pictures, size, size, 3) uint8.
        rows: row in `images` of each example, int64 (examples,); may repeat.
        labels: class number of each example, int (examples,).
        batch_size: examples a batch; the last one may be smaller.
        order: asked at the start of every iteration; None keeps the order.

    Raises:
        DataError: there is no example, or one has no row in the cache (−1: its picture could not be read).
    """
    if not len(rows) or rows.min() < 0:
        raise DataError("There is no picture to feed the model, or one that could not be read. Leave those out first.")
    examples = tf.data.Dataset.from_tensor_slices((rows.astype(np.int64), labels.astype(np.int32)))
    if order is not None:
        examples = _in_order(order, rows.astype(np.int64), labels.astype(np.int32))
    dataset = examples.batch(batch_size)
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


def _in_order(order: EpochOrder, rows: np.ndarray, labels: np.ndarray) -> tf.data.Dataset:
    def draw(_: tf.Tensor) -> tf.data.Dataset:
        positions = tf.numpy_function(lambda: order.positions(len(rows)), [], tf.int64)
        positions = tf.ensure_shape(positions, (len(rows),))
        return tf.data.Dataset.from_tensor_slices((tf.gather(rows, positions), tf.gather(labels, positions)))

    return tf.data.Dataset.range(1).flat_map(draw).apply(tf.data.experimental.assert_cardinality(len(rows)))
