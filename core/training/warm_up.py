"""Doing once, before a run comes, what TensorFlow and Keras do only the first time."""

import keras
import numpy as np
import tensorflow as tf

from core.models.registry import build_model
from core.training.keras_metrics import curve_metrics


def warm_up() -> None:
    """Train a small network on two batches of noise, so that the first step of the run that follows comes sooner."""
    model = build_model("cnn-pyramid", 16, 2)
    model.compile(
        optimizer=keras.optimizers.Adam(),
        loss="sparse_categorical_crossentropy",
        metrics=curve_metrics(2),
    )
    pictures = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), dtype=np.uint8)
    noise = tf.data.Dataset.from_tensor_slices((pictures, np.arange(8, dtype=np.int32) % 2)).batch(4)
    model.fit(noise, validation_data=noise, verbose=0)
    keras.backend.clear_session()
