"""The registry of models: what can be trained, by name."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ConfigurationError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class ModelSpec:
    """One architecture.

    `parameters` is the count for `image_size` and seven classes. `builder` names the function
    "module:function" that takes (image_size, classes) and returns an uncompiled Keras model whose input is
    uint8-range RGB and whose output is class probabilities; it is imported only when a model is built.
    """

    name: str
    title: str
    family: str
    image_size: int
    min_image_size: int
    parameters: int
    source: str
    description: str
    builder: str
    gradient_trained: bool = True
    """False for a floor that is computed from the class counts, not fitted by gradient descent."""
    convolutional: bool = True
    """True if Grad-CAM has a convolution to look at."""


_REPORT = "student report on HAM10000 at 28×28"

_MODELS = (
    ModelSpec(
        name="cnn-59k",
        title="Small CNN",
        family="convolutional",
        image_size=28,
        min_image_size=28,
        parameters=59_005,
        source=f"{_REPORT}: 71.64 % accuracy",
        description="Six convolutions with batch and group normalization, then two dense layers.",
        builder="core.models.convolutional:small_cnn",
    ),
    ModelSpec(
        name="cnn-pyramid",
        title="Pyramid CNN",
        family="convolutional",
        image_size=28,
        min_image_size=16,
        parameters=166_759,
        source=f"{_REPORT}: 71.4 % accuracy, 95.21 % after oversampling before the split (a leak)",
        description="Blocks of convolution, pooling and batch normalization with 16, 32, 64, 128 filters.",
        builder="core.models.pyramid:pyramid_cnn",
    ),
    ModelSpec(
        name="lstm-rows",
        title="LSTM over rows",
        family="recurrent",
        image_size=28,
        min_image_size=8,
        parameters=171_111,
        source=f"{_REPORT}: 70.99 % accuracy",
        description="Reads a picture as a sequence of pixel rows with three stacked LSTM layers.",
        builder="core.models.recurrent:lstm_rows",
        convolutional=False,
    ),
    ModelSpec(
        name="majority",
        title="Majority class",
        family="baseline",
        image_size=28,
        min_image_size=8,
        parameters=7,
        source="the floor every accuracy is compared with",
        description="Looks at no picture: answers every time with the class shares of the training part.",
        builder="core.models.baseline:majority",
        gradient_trained=False,
        convolutional=False,
    ),
)


def list_models() -> tuple[ModelSpec, ...]:
    """All models, in the order in which they are offered."""
    return _MODELS


def model_spec(name: str) -> ModelSpec:
    """One model by name.

    Raises:
        ConfigurationError: there is no model of this name.
    """
    for spec in _MODELS:
        if spec.name == name:
            return spec
    known = ", ".join(spec.name for spec in _MODELS)
    raise ConfigurationError(f"No model is called “{name}”. Known are: {known}.")


def build_model(name: str, image_size: int, classes: int) -> keras.Model:
    """Build an untrained model.

    Args:
        name: a name in the registry.
        image_size: side of the input in pixels; the input is (batch, image_size, image_size, 3) in 0…255.
        classes: number of classes; the output is (batch, classes) probabilities.

    Raises:
        ConfigurationError: unknown name, or a size the architecture cannot take.
    """
    spec = model_spec(name)
    if image_size < spec.min_image_size:
        raise ConfigurationError(
            f"{name} needs pictures of at least {spec.min_image_size} pixels; {image_size} was asked for."
        )
    module, function = spec.builder.split(":")
    return getattr(importlib.import_module(module), function)(image_size, classes)
