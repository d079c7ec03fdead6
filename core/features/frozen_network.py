"""Features from a network that is not trained further: a small one from ImageNet, or a run's last layer but one.

Keras is imported when a network is loaded, so this belongs into background processes.
"""

import os
from pathlib import Path

import numpy as np

from core.base.errors import ConfigurationError, RunError
from core.base.progress import Progress, silent
from core.base.settings import data_roots
from core.data.images.cache import ImageCache
from core.models.registry import model_spec
from core.runs.run_folder import RunFolder
from core.serving.predictor import Predictor

WEIGHTS_FILE = "mobilenet_2_5_224_tf_no_top.h5"
"""MobileNet v1, alpha 0.25, ImageNet, without its top, as Keras publishes it."""
IMAGENET_SIZE = 128
"""Side in pixels at which the ImageNet network looks at pictures; it was trained at 224, and is fast at 128."""
_BATCH = 128


def find_weights() -> Path | None:
    """The ImageNet weights: in the folder `LESIONLAB_WEIGHTS`, or in `weights` in a data root; None if nowhere."""
    setting = os.environ.get("LESIONLAB_WEIGHTS", "").strip()
    folders = [Path(setting).expanduser()] if setting else []
    folders += [root / "weights" for root in data_roots()]
    return next((folder / WEIGHTS_FILE for folder in folders if (folder / WEIGHTS_FILE).is_file()), None)


def imagenet_features(cache: ImageCache, weights: Path, progress: Progress = silent) -> np.ndarray:
    """What the small ImageNet network makes of each picture before its top, (pictures, 256) float32.

    Raises:
        ConfigurationError: the weights are not those of MobileNet with alpha 0.25.
    """
    import keras

    shape = (cache.size, cache.size, 3)
    try:
        network = keras.applications.MobileNet(
            input_shape=shape, alpha=0.25, include_top=False, weights=str(weights), pooling="avg"
        )
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{weights} does not hold the weights of MobileNet (alpha 0.25, without top): {error}"
        ) from error
    return _through(network, cache, progress, lambda pictures: pictures / 127.5 - 1)


def run_features(cache: ImageCache, run: RunFolder, progress: Progress = silent) -> np.ndarray:
    """What the last layer but one of a run's model gives for each picture, (pictures, numbers) float32.

    Raises:
        RunError: the run has no trained model, or its model looks at no picture.
    """
    import keras

    predictor = Predictor.of_run(run.path)
    if not model_spec(predictor.info.model).gradient_trained:
        raise RunError(f"The model {predictor.info.model} looks at no picture, so it has no features. Choose another.")
    model = predictor.model
    network = keras.Model(model.inputs, model.layers[-1].input)
    return _through(network, cache, progress, lambda pictures: pictures)


def _through(network, cache: ImageCache, progress: Progress, scaled) -> np.ndarray:
    """All pictures through a network; `scaled` takes float32 pictures in 0…255 to what the network expects."""
    rows = []
    for start in range(0, len(cache.images), _BATCH):
        pictures = np.asarray(cache.images[start : start + _BATCH], np.float32)
        rows.append(np.asarray(network.predict_on_batch(scaled(pictures))).reshape(len(pictures), -1))
        progress(min(start + _BATCH, len(cache.images)), len(cache.images), "Looking at the pictures")
    return np.concatenate(rows)
