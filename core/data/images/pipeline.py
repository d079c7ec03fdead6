"""Feeding a model from the image cache with `tf.data`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from core.base.errors import DataError
from core.base.random_streams import Stream, random_stream
from core.data.metadata_encoding import EncodedMetadata

_AHEAD = 8
"""Batches that are ready before they are asked for."""
RESIDENT_BYTES = 1_500_000_000
"""Files of caches up to this size are brought into memory ahead of the first epoch, larger ones as they are needed."""


def read_ahead(images: np.ndarray) -> None:
    """Ask the system to bring a memory map that is not too large into memory, so that no first epoch waits for a disk.

    It is the system's memory for files, which it takes back where something else needs it.
    """
    mapped = images.filename if isinstance(images, np.memmap) else None
    if mapped is not None and images.nbytes <= RESIDENT_BYTES and hasattr(os, "posix_fadvise"):  # macOS has none
        with Path(mapped).open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


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

    def ways(self, examples: int, ways: int) -> np.ndarray:
        """For each example the number of the way in which the current epoch shows it, 0 … ways − 1, int64."""
        return random_stream(self.seed, Stream.WAYS, self.epoch).integers(ways, size=examples)

    def known(self, metadata: EncodedMetadata, rows: np.ndarray) -> np.ndarray:
        """What the current epoch shows of the metadata of rows, float32 (rows, width); some of it is hidden."""
        hiding = random_stream(self.seed, Stream.HIDDEN, self.epoch)
        return metadata.encoding.hidden(metadata.values[rows], hiding)


Read = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Gives what is at rows, int64 (batch,), in ways by number, int64 (batch,)."""


def batches(
    images: np.ndarray,
    rows: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    *,
    order: EpochOrder | None = None,
    ways: int = 1,
    read: Read | None = None,
    metadata: EncodedMetadata | None = None,
) -> tf.data.Dataset:
    """Batches of (images uint8 (batch, size, size, 3), labels int32 (batch,)).

    With metadata, pairs of images and metadata float32 (batch, width) stand in the place of images.

    Only positions are shuffled; pictures are gathered by batch from the memory map, never copied as a whole, and stay
    uint8 until they are on the device.

    Args:
        images: the cache's array, (pictures, size, size, 3) uint8.
        rows: row in `images` of each example, int64 (examples,); may repeat.
        labels: class number of each example, int (examples,).
        batch_size: examples a batch; the last one may be smaller.
        order: asked at the start of every iteration; None keeps the order.
        ways: in so many ways each example can be read; `order` draws one of them, without it it is the first.
        read: gives a batch by row and way, (batch, …); rows of `images` where None.
        metadata: of all rows of `images`; with an order, each epoch hides some of it.

    Raises:
        DataError: there is no example, or one has no row in the cache (−1: its picture could not be read).
    """
    if not len(rows) or rows.min() < 0:
        raise DataError(
            "There is no picture for the model, or one cannot be read. Leave out pictures that cannot be read."
        )
    columns = (rows.astype(np.int64), np.zeros(len(rows), np.int64), labels.astype(np.int32))
    if order is None:
        known = () if metadata is None else (metadata.values[rows],)
        examples = tf.data.Dataset.from_tensor_slices((*columns, *known))
    else:
        examples = _in_order(order, ways, columns, metadata)
    plain = np.asarray(images)  # an array over the same memory, without what a memory map does at each access
    gather = read or (lambda row, _: plain[row])
    like = plain if read is None else read(columns[0][:1], columns[1][:1])

    def batch_of(row: tf.Tensor, way: tf.Tensor, label: tf.Tensor, *known: tf.Tensor) -> tuple[Any, tf.Tensor]:
        batch = tf.numpy_function(gather, [row, way], like.dtype, stateful=False)
        batch = tf.ensure_shape(batch, (None, *like.shape[1:]))
        return (batch, *known) if known else batch, label

    dataset = examples.batch(batch_size).map(batch_of)  # one thread: Python reads no two batches at once anyway
    return dataset.prefetch(_AHEAD)


def _in_order(
    order: EpochOrder, ways: int, columns: tuple[np.ndarray, ...], metadata: EncodedMetadata | None
) -> tf.data.Dataset:
    rows, _, labels = columns
    examples = len(rows)
    width = 0 if metadata is None else metadata.encoding.width

    def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        known = np.empty((examples, 0), np.float32) if metadata is None else order.known(metadata, rows)
        return order.positions(examples), order.ways(examples, ways), known

    def draw(_: tf.Tensor) -> tf.data.Dataset:
        positions, way, known = tf.numpy_function(drawn, [], [tf.int64, tf.int64, tf.float32])
        positions, way = (tf.ensure_shape(each, (examples,)) for each in (positions, way))
        in_order: tuple[tf.Tensor, ...] = (tf.gather(rows, positions), way, tf.gather(labels, positions))
        if width:
            in_order += (tf.gather(tf.ensure_shape(known, (examples, width)), positions),)
        return tf.data.Dataset.from_tensor_slices(in_order)

    return tf.data.Dataset.range(1).flat_map(draw).apply(tf.data.experimental.assert_cardinality(examples))
