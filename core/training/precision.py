"""The precision in which a training computes."""

import contextlib
from collections.abc import Iterator

import keras
import tensorflow as tf

MIXED_FROM = (7, 0)
"""Compute capability from which a GPU has units for float16 (Volta): NVIDIA, "Train With Mixed Precision"; Keras,
"Mixed precision"."""


def precision() -> str:
    """`mixed_float16` where every GPU that this process sees gains from it, else `float32`."""
    gpus = tf.config.list_physical_devices("GPU")
    capabilities = [tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0)) for gpu in gpus]
    return "mixed_float16" if gpus and min(capabilities) >= MIXED_FROM else "float32"


@contextlib.contextmanager
def computing_in(policy: str) -> Iterator[None]:
    """Layers made inside compute by a Keras policy; their weights are float32 in all that are used here."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
