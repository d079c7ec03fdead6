"""Making the features of a data set: which sources there are here, and going through the pictures with one."""

import numpy as np
import pandas as pd

from core.base.errors import ConfigurationError, LesionLabError
from core.base.progress import Progress, silent
from core.data.images.cache import ensure_cache
from core.data.spec import Dataset
from core.features.colour_texture import COLOUR_SIZE, colour_texture
from core.features.features import FeatureKind, Features, FeatureSource, keep_features
from core.features.frozen_network import IMAGENET_MODEL, IMAGENET_SIZE, find_weights, imagenet_features, run_features
from core.models.registry import NOT_TRAINED, model_spec
from core.models.trunks import find_trunk
from core.models.weights import how_to_get
from core.runs.run_folder import list_runs, open_run
from core.serving.predictor import PredictorInfo


def feature_sources(dataset_name: str) -> list[FeatureSource]:
    """What could make features of a data set here, the most telling first; the colours and textures always can."""
    found = [FeatureSource(FeatureKind.IMAGENET)] if find_weights() else []
    for run in list_runs():
        try:
            recipe = run.recipe()
            spec = model_spec(recipe.model)
            trained = recipe.dataset == dataset_name and spec.gradient_trained and spec.name not in NOT_TRAINED
        except LesionLabError:
            continue
        if trained and run.model_file.is_file() and run.predictor_file.is_file():
            found.append(FeatureSource(FeatureKind.RUN, run.run_id))
    return [*found, FeatureSource(FeatureKind.COLOUR_TEXTURE)]


def ensure_features(dataset: Dataset, source: FeatureSource, progress: Progress = silent) -> Features:
    """Open the features from a source, making them first where they are missing or out of date.

    Only one process makes them at a time; the others wait for it.

    Raises:
        ConfigurationError: the ImageNet weights are not here.
        RunError: the run has no trained model.
        DataError: not one picture could be read.
    """
    return keep_features(dataset, source, lambda: _compute(dataset, source, progress))


def _compute(dataset: Dataset, source: FeatureSource, progress: Progress) -> tuple[pd.Index, np.ndarray, int]:
    if source.kind is FeatureKind.IMAGENET:
        weights = find_weights()
        if weights is None:
            raise ConfigurationError(
                f"The ImageNet weights are not here. {how_to_get(find_trunk(IMAGENET_MODEL))}; or put them into a "
                "folder “weights” in a data root, or set LESIONLAB_WEIGHTS to their folder."
            )
        cache = ensure_cache(dataset, IMAGENET_SIZE, progress)
        raw = imagenet_features(cache, weights, progress)
    elif source.kind is FeatureKind.RUN:
        run = open_run(source.run_id)
        cache = ensure_cache(dataset, PredictorInfo.load(run.predictor_file).image_size, progress)
        raw = run_features(cache, run, progress)
    else:
        cache = ensure_cache(dataset, COLOUR_SIZE, progress)
        raw = colour_texture(cache, progress)
    return cache.image_ids, raw, cache.size
