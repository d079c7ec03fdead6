"""The registry of models: what can be trained, by name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.base.errors import ConfigurationError
from core.models.parameters import Parameter
from core.models.spec import DROPOUT, ModelSpec, Takes, activation, fraction, whole
from core.models.transfer_models import TRANSFER_MODELS

if TYPE_CHECKING:
    import keras

_REPORT = "student report on HAM10000 at 28×28"


_DENSE = whole("dense", 256, 64, 512, 64, "Units of the first dense layer; the second has half as many.")

_SCALE = Parameter(
    "scale",
    "choice",
    "auto",
    "On which scale genes are compared: auto takes the logarithm of intensities and leaves logarithms as they are.",
    choices=("auto", "logarithm", "as-measured"),
)


def _genes(default: int) -> Parameter:
    return whole("genes", default, 10, 5000, 10, "So many genes are chosen, those that differ most between classes.")


def _of_genes(name: str, title: str, parameters: int, source: str, description: str, **more: Any) -> ModelSpec:
    fixed: dict[str, Any] = {"image_size": 0, "min_image_size": 0, "convolutional": False, "takes": "genes"}
    family = more.pop("family", "linear")
    return ModelSpec(
        name, title, family, parameters=parameters, source=source, description=description, **fixed, **more
    )


_PATCHES = "student report on PatchCamelyon at 96×96"


def _by_hand(kind: str, figure: str) -> ModelSpec:
    """One of the two networks of the report on patches that were made by hand; they differ by their activation."""
    return ModelSpec(
        name=f"patch-cnn-{kind.lower()}",
        title=f"Patch CNN with {kind}",
        family="convolutional",
        image_size=96,
        min_image_size=32,
        parameters=3_936_519,
        source=f"{_PATCHES}: {figure}",
        description="Five blocks of convolution, batch normalization, pooling and dropout with 32 to 512 filters.",
        builder=f"core.models.patches:patch_cnn_{kind.lower()}",
        architecture=(
            whole("blocks", 5, 2, 5, 1, "How often filters double and the side is halved."),
            whole("filters", 32, 8, 64, 8, "Filters of the first block."),
            whole("dense", 512, 64, 1024, 64, "Units of the dense layer."),
            fraction("dropout", 0.3, f"{DROPOUT}, after each block."),
            fraction("dense_dropout", 0.5, f"{DROPOUT}, after the dense layer."),
        ),
        smallest=lambda structure: 2 ** int(structure["blocks"]),
    )


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
        architecture=(
            Parameter(
                "width", "float", 1.0, "All numbers of filters are multiplied by this.", low=0.5, high=3.0, step=0.5
            ),
            whole("convolutions", 3, 1, 4, 1, "Convolutions of 3×3 between the two poolings."),
            _DENSE,
            fraction("dropout", 0.1, f"{DROPOUT}, between the dense layers."),
            activation(),
        ),
        # What the first pooling leaves has to last for the convolutions, another pooling and a 2×2 convolution.
        smallest=lambda structure: 14 + 4 * int(structure["convolutions"]),
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
        architecture=(
            whole("blocks", 4, 2, 5, 1, "How often filters double and the side is halved."),
            whole("filters", 16, 8, 64, 8, "Filters of the first block."),
            _DENSE,
            fraction("dropout", 0.2, f"{DROPOUT}, before the dense layers."),
            activation(),
        ),
        smallest=lambda structure: 2 ** int(structure["blocks"]),
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
        architecture=(
            whole("units", 128, 32, 256, 32, "Units of the first LSTM layer; each further one has half as many."),
            whole("recurrent_layers", 3, 1, 4, 1, "Number of LSTM layers."),
            fraction("dropout", 0.5, f"{DROPOUT}, after each LSTM layer."),
            Parameter("bidirectional", "bool", False, "Rows are read from the bottom up as well."),
        ),
    ),
    _by_hand("softmax", "86.17 % validation accuracy"),
    _by_hand("ReLU", "84.35 % validation accuracy"),
    ModelSpec(
        name="patch-cnn-tuned",
        title="Tuned patch CNN",
        family="convolutional",
        image_size=96,
        min_image_size=16,
        parameters=4_964_103,
        source=f"{_PATCHES}: 91.28 % validation accuracy after a random search",
        description="Four blocks of convolution, batch normalization, pooling and dropout; their filters were tuned.",
        builder="core.models.patches:tuned_patch_cnn",
        architecture=(
            *(
                whole(f"filters_{block}", filters, 32, 512, 32, f"Filters of block {block}.")
                for block, filters in enumerate((192, 256, 416, 160), 1)
            ),
            whole("dense", 512, 64, 1024, 64, "Units of the dense layer."),
            fraction("dropout", 0.3, f"{DROPOUT}, after each block."),
            fraction("dense_dropout", 0.5, f"{DROPOUT}, after the dense layer."),
            activation("softmax"),
        ),
    ),
    *TRANSFER_MODELS,
    ModelSpec(
        name="brightness-logreg",
        title="Brightness alone",
        family="baseline",
        image_size=96,
        min_image_size=8,
        parameters=14,
        source=f"{_PATCHES}: 53.5 % validation accuracy",
        description="Logistic regression on the mean brightness of a picture: what is known without looking closer.",
        builder="core.models.brightness:brightness_logreg",
        gradient_trained=False,
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
    _of_genes(
        "dense-genes",
        "Dense network on genes",
        12_994 + 604,
        "the network of the gene-expression examples: dense layers with dropout",
        "Chooses and standardises genes on the training part alone, then dense layers with dropout.",
        family="dense",
        builder="core.models.genes:dense_genes",
        architecture=(
            _genes(200),
            whole("dense", 64, 8, 512, 8, "Units of the first dense layer; each further one has half as many."),
            whole("hidden", 1, 1, 4, 1, "Number of dense layers before the last."),
            fraction("dropout", 0.5, f"{DROPOUT}, before each dense layer."),
            _SCALE,
        ),
    ),
    _of_genes(
        "logreg-genes",
        "Logistic regression on genes",
        202 + 304,
        "the floor of gene expression: a network that is no better is not worth its layers",
        "Logistic regression on genes that are chosen and standardised on the training part alone.",
        builder="core.models.genes:linear_genes",
        gradient_trained=False,
        architecture=(_genes(100), _SCALE),
    ),
    _of_genes(
        "centroid-genes",
        "Nearest centroid of genes",
        202 + 304,
        "Tibshirani et al., PNAS 99, 6567 (2002), without their shrinkage",
        "Answers with the class whose mean is nearest, on genes that are chosen on the training part alone.",
        builder="core.models.genes:linear_genes",
        gradient_trained=False,
        architecture=(_genes(100), _SCALE),
    ),
    _of_genes(
        "majority-genes",
        "Majority class of samples",
        2,
        "the floor every accuracy is compared with",
        "Looks at no gene: answers every time with the class shares of the training part.",
        family="baseline",
        builder="core.models.genes:majority_of_genes",
        gradient_trained=False,
    ),
)


ENSEMBLE = "ensemble"
"""Name of a model that is put together of trained ones, and not trained itself."""
OUTSIDE = "outside"
"""Name of every model that somebody brought as a file."""
NOT_TRAINED = (ENSEMBLE, OUTSIDE)
"""Models that runs have and that are not trained here."""


def _not_trained(name: str, title: str, source: str, description: str) -> ModelSpec:
    """A model that no builder makes, of any size."""
    return ModelSpec(
        name=name,
        title=title,
        family=name,
        image_size=0,
        min_image_size=0,
        parameters=0,
        source=source,
        description=description,
        builder="",
        convolutional=False,
    )


_COMBINED = _not_trained(
    ENSEMBLE, "Ensemble", "Lesion Lab", "The mean of the calibrated probabilities of several runs."
)
_BROUGHT = _not_trained(
    OUTSIDE, "Model from outside", "whoever brought it", "A Keras or ONNX file that was made elsewhere."
)


def list_models(takes: Takes = "pictures") -> tuple[ModelSpec, ...]:
    """All models that learn from pictures, or from genes, in the order in which they are offered."""
    return tuple(spec for spec in _MODELS if spec.takes == takes)


def model_spec(name: str) -> ModelSpec:
    """One model by name.

    Raises:
        ConfigurationError: there is no model of this name.
    """
    for spec in (*_MODELS, _COMBINED, _BROUGHT):
        if spec.name == name:
            return spec
    known = ", ".join(spec.name for spec in _MODELS)
    raise ConfigurationError(f"No model is called “{name}”. Known are: {known}.")


def build_model(name: str, image_size: int, classes: int, architecture: Mapping[str, Any] | None = None) -> keras.Model:
    """Build an untrained model.

    Args:
        name: a name in the registry.
        image_size: side of the input in pixels; the input is (batch, image_size, image_size, 3) in 0…255. Of a model
            for genes, how many genes the table has; the input is (batch, genes), as measured.
        classes: number of classes; the output is (batch, classes) probabilities.
        architecture: what of its structure is not as by default.

    Raises:
        ConfigurationError: unknown name or parameter, or a size the architecture cannot take.
    """
    spec = model_spec(name)
    chosen = spec.differing(architecture or {})
    smallest = spec.smallest_size(chosen)
    if image_size < smallest:
        raise ConfigurationError(f"{name} needs pictures of at least {smallest} pixels; {image_size} was asked for.")
    module, function = spec.builder.split(":")
    return getattr(importlib.import_module(module), function)(image_size, classes, **spec.fixed, **chosen)
