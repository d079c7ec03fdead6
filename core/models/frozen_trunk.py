"""A published trunk that is not trained further: it tells what a picture looks like, and knows no diagnosis."""

from pathlib import Path

import keras

from core.models.blocks import trunk_of
from core.models.load_weights import load_trunk
from core.models.registry import build_model, model_spec
from core.models.weights import refuse_changed


def frozen_trunk(model: str, image_size: int, weights: Path) -> keras.Model:
    """From pictures (pictures, size, size, 3) in 0…255 to features (pictures, numbers) float32.

    Args:
        model: name of a model with a published trunk.
        image_size: side in pixels.
        weights: file of the published weights.

    Raises:
        ConfigurationError: the weights are damaged, or are not those that were published.
    """
    spec = model_spec(model)
    if spec.trunk is not None:
        refuse_changed(weights, spec.trunk.weights)
    network = build_model(model, image_size, 2)
    load_trunk(network, spec, weights)
    return trunk_of(network)
