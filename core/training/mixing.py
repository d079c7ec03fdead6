"""Mixup and CutMix: training on blends of two pictures, with both of their labels."""

from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from core.base.random_streams import Stream, random_stream
from core.data.images.pipeline import EpochOrder


class MixingSettings(Protocol):
    """How pictures are mixed; fields of the recipe."""

    mixup: float
    cutmix: float


def mixed_batches(
    batches: tf.data.Dataset, classes: int, settings: MixingSettings, order: EpochOrder
) -> tf.data.Dataset:
    """Batches of `core.data.images.pipeline.batches` with their pictures mixed, and shares of classes as labels.

    The draws follow from the seed, the epoch and the number of the batch alone. Before a batch is shared out among
    devices, so that it is mixed alike on any number of them.

    Metadata that stands beside the pictures is blended in the proportion of the labels.

    Args:
        batches: of pictures uint8 (batch, size, size, 3), or of pairs of them and metadata, and class numbers (batch,).
        classes: how many there are.
        settings: the parameters of mixup and CutMix.
        order: of the batches, with the seed and the epoch.

    Returns:
        Batches of (pictures uint8 (batch, size, size, 3), shares float32 (batch, classes)).
    """
    pictures_are, *metadata_is = tf.nest.flatten(batches.element_spec)[:-1]
    width = sum(each.shape[1] for each in metadata_is)

    def mix(step: np.ndarray, labels: np.ndarray, pictures: np.ndarray, *known: np.ndarray) -> tuple[np.ndarray, ...]:
        rng = random_stream(order.seed, Stream.MIXING, order.epoch, int(step))
        beside = np.concatenate([np.eye(classes, dtype=np.float32)[labels], *known], axis=1)
        return mixed(pictures, beside, settings.mixup, settings.cutmix, rng)

    def mix_batch(step: tf.Tensor, batch: tuple[Any, tf.Tensor]) -> tuple[Any, tf.Tensor]:
        *given, labels = tf.nest.flatten(batch)
        pictures, beside = tf.numpy_function(mix, [step, labels, *given], (tf.uint8, tf.float32), stateful=False)
        pictures = tf.ensure_shape(pictures, pictures_are.shape)
        beside = tf.ensure_shape(beside, (None, classes + width))
        return (pictures, beside[:, classes:]) if width else pictures, beside[:, :classes]

    return batches.enumerate().map(mix_batch).prefetch(tf.data.AUTOTUNE)


def mixed(
    pictures: np.ndarray, shares: np.ndarray, mixup: float, cutmix: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Each picture of a batch with a part of another one, and the labels in the same proportion.

    Mixup blends them (Zhang et al. 2018), CutMix puts a rectangle of the other one in (Yun et al. 2019); where both are
    on, each batch draws which.

    Args:
        pictures: uint8 (batch, height, width, 3).
        shares: label of each picture as shares of the classes, float32 (batch, classes).
        mixup: its share is drawn from Beta(mixup, mixup) for each picture; 0 for none.
        cutmix: the area that stays is drawn from Beta(cutmix, cutmix) for each picture; 0 for none.
        rng: of this batch alone.
    """
    batch, height, width, _ = pictures.shape
    other = rng.permutation(batch)
    if mixup and (not cutmix or rng.random() < 0.5):
        kept = np.asarray(rng.beta(mixup, mixup, (batch, 1, 1, 1)), np.float32)
        blend = np.rint(kept * pictures + (1 - kept) * pictures[other]).astype(np.uint8)
        kept = kept[:, 0, 0]
    else:
        side = np.sqrt(1 - rng.beta(cutmix, cutmix, (batch, 1)))
        rows, columns = (
            np.abs(np.arange(length) + 0.5 - length * rng.random((batch, 1))) < side * length / 2
            for length in (height, width)
        )
        inside = rows[:, :, None] & columns[:, None, :]
        blend = np.where(inside[..., None], pictures[other], pictures)
        kept = 1 - inside.mean(axis=(1, 2), dtype=np.float32)[:, None]
    return blend, kept * shares + (1 - kept) * shares[other]
