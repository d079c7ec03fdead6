"""Features from a network that is not trained further: a small one from ImageNet, or a run's last layer but one.

Keras is imported when a network is loaded, so this belongs into background processes.
"""

from pathlib import Path

import numpy as np

from core.base.errors import RunError
from core.base.progress import Progress, silent
from core.data.images.cache import ImageCache
from core.models.registry import model_spec
from core.models.trunks import find_trunk
from core.models.weights import find_published
from core.runs.run_folder import RunFolder
from core.serving.predictor import Predictor

IMAGENET_MODEL = "mobilenet-0.25"
WEIGHTS_FILE = find_trunk(IMAGENET_MODEL).weights.file
"""MobileNet v1, alpha 0.25, ImageNet, without its top, as Keras publishes it."""
IMAGENET_SIZE = 128
"""Side in pixels at which the ImageNet network looks at pictures; it was trained at 224, and is fast at 128."""
_BATCH = 128


def find_weights() -> Path | None:
    """The weights of the ImageNet network; None where they are not here."""
    return find_published(find_trunk(IMAGENET_MODEL))


def imagenet_features(cache: ImageCache, weights: Path, progress: Progress = silent) -> np.ndarray:
    """What the small ImageNet network makes of each picture before its top, (pictures, 256) float32.

    Raises:
        ConfigurationError: the weights are not those of MobileNet with alpha 0.25.
    """
    from core.models.frozen_trunk import frozen_trunk

    return _through(frozen_trunk(IMAGENET_MODEL, cache.size, weights), cache, progress)


def run_features(
    cache: ImageCache, run: RunFolder, progress: Progress = silent, rows: np.ndarray | None = None
) -> np.ndarray:
    """What the last layer but one of a run's model gives for each picture, (pictures, numbers) float32.

    Of a model that is told more than the picture, it is what the pictures have become before that is added. `rows` of
    the cache are looked at, int (pictures,); all where None.

    Raises:
        RunError: the run has no trained model, or its model has no layers of features.
    """
    import keras

    from core.models.fusion import picture_features

    predictor = Predictor.of_run(run.path)
    if not model_spec(predictor.info.model).gradient_trained:
        raise RunError(f"The model {predictor.info.model} has no layers that learn features. Choose another.")
    model = predictor.model
    network = keras.Model(model.inputs[:1], picture_features(model))
    return _through(network, cache, progress, rows)


def _through(network, cache: ImageCache, progress: Progress, rows: np.ndarray | None = None) -> np.ndarray:
    """Pictures through a network that takes them in 0…255."""
    chosen = np.arange(len(cache.images)) if rows is None else rows
    seen = []
    for start in range(0, len(chosen), _BATCH):
        pictures = np.asarray(cache.images[chosen[start : start + _BATCH]], np.float32)
        seen.append(np.asarray(network.predict_on_batch(pictures)).reshape(len(pictures), -1))
        progress(min(start + _BATCH, len(chosen)), len(chosen), "Looking at the pictures")
    return np.concatenate(seen)
