"""The registry of models: what can be trained, by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.base.errors import ConfigurationError
from core.models.parameters import Parameter, Value

if TYPE_CHECKING:
    import keras

Takes = Literal["pictures", "genes"]
"""What a model learns from: pictures, or the expression of genes in samples."""


@dataclass(frozen=True)
class ModelSpec:
    """One architecture.

    `parameters` is the count for `image_size` and seven classes. `builder` names the function
    "module:function" that takes (image_size, classes) and the parameters of `architecture` by name, and returns an
    uncompiled Keras model whose input is uint8-range RGB and whose output is class probabilities; it is imported only
    when a model is built.

    A model for genes has no size of pictures: its builder takes (genes of the table, classes), its input is expression
    as measured, and `parameters` is the count for two classes.
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
    """False for what is computed from the training part, as the majority baseline, not fitted by gradient descent."""
    convolutional: bool = True
    """True if Grad-CAM has a convolution to look at."""
    architecture: tuple[Parameter, ...] = ()
    """What of its structure can be chosen; the defaults give the model as it is described."""
    smallest: Callable[[Mapping[str, Value]], int] = lambda _: 0
    """The smallest side in pixels that a whole structure can take, where that depends on the structure."""
    takes: Takes = "pictures"
    """What it learns from."""

    def differing(self, architecture: Mapping[str, Any]) -> dict[str, Value]:
        """What of a structure is not as by default, checked, in the order of the parameters.

        Raises:
            ConfigurationError: names the parameter that is not known or has a value that it cannot have.
        """
        known = {parameter.name: parameter for parameter in self.architecture}
        for name in architecture:
            if name not in known:
                has = f"It has: {', '.join(known)}." if known else "It has none."
                raise ConfigurationError(f"{self.name} has no parameter “{name}”. {has}")
        found = {name: known[name].checked(architecture[name]) for name in known if name in architecture}
        return {name: value for name, value in found.items() if value != known[name].default}

    def smallest_size(self, architecture: Mapping[str, Value]) -> int:
        """The smallest side in pixels that it can take with a structure, given as what differs from the defaults."""
        whole = {parameter.name: parameter.default for parameter in self.architecture} | dict(architecture)
        return max(self.min_image_size, self.smallest(whole))


_REPORT = "student report on HAM10000 at 28×28"


def _fraction(name: str, default: float, meaning: str) -> Parameter:
    return Parameter(name, "float", default, meaning, low=0.0, high=0.7, step=0.1)


def _whole(name: str, default: int, low: int, high: int, step: int, meaning: str) -> Parameter:
    return Parameter(name, "int", default, meaning, low=low, high=high, step=step)


def _activation(*more: str) -> Parameter:
    meaning = "What bends the output of every layer but the last."
    return Parameter("activation", "choice", "relu", meaning, choices=("relu", "elu", "silu", *more))


_DENSE = _whole("dense", 256, 64, 512, 64, "Units of the first dense layer; the second has half as many.")
_DROPOUT = "Share of the features that is silenced in training"

_SCALE = Parameter(
    "scale",
    "choice",
    "auto",
    "On which scale genes are compared: auto takes the logarithm of intensities and leaves logarithms as they are.",
    choices=("auto", "logarithm", "as-measured"),
)


def _genes(default: int) -> Parameter:
    return _whole("genes", default, 10, 5000, 10, "So many genes are chosen, those that differ most between classes.")


def _of_genes(name: str, title: str, parameters: int, source: str, description: str, **more: Any) -> ModelSpec:
    fixed: dict[str, Any] = {"image_size": 0, "min_image_size": 0, "convolutional": False, "takes": "genes"}
    family = more.pop("family", "linear")
    return ModelSpec(
        name, title, family, parameters=parameters, source=source, description=description, **fixed, **more
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
            _whole("convolutions", 3, 1, 4, 1, "Convolutions of 3×3 between the two poolings."),
            _DENSE,
            _fraction("dropout", 0.1, f"{_DROPOUT}, between the dense layers."),
            _activation(),
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
            _whole("blocks", 4, 2, 5, 1, "How often filters double and the side is halved."),
            _whole("filters", 16, 8, 64, 8, "Filters of the first block."),
            _DENSE,
            _fraction("dropout", 0.2, f"{_DROPOUT}, before the dense layers."),
            _activation(),
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
            _whole("units", 128, 32, 256, 32, "Units of the first LSTM layer; each further one has half as many."),
            _whole("recurrent_layers", 3, 1, 4, 1, "Number of LSTM layers."),
            _fraction("dropout", 0.5, f"{_DROPOUT}, after each LSTM layer."),
            Parameter("bidirectional", "bool", False, "Rows are read from the bottom up as well."),
        ),
    ),
    ModelSpec(
        name="patch-cnn-tuned",
        title="Tuned patch CNN",
        family="convolutional",
        image_size=96,
        min_image_size=16,
        parameters=4_964_103,
        source="student report on PatchCamelyon at 96×96: 91.28 % validation accuracy after a random search",
        description="Four blocks of convolution, batch normalization, pooling and dropout; their filters were tuned.",
        builder="core.models.patches:tuned_patch_cnn",
        architecture=(
            *(
                _whole(f"filters_{block}", filters, 32, 512, 32, f"Filters of block {block}.")
                for block, filters in enumerate((192, 256, 416, 160), 1)
            ),
            _whole("dense", 512, 64, 1024, 64, "Units of the dense layer."),
            _fraction("dropout", 0.3, f"{_DROPOUT}, after each block."),
            _fraction("dense_dropout", 0.5, f"{_DROPOUT}, after the dense layer."),
            _activation("softmax"),
        ),
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
            _whole("dense", 64, 8, 512, 8, "Units of the first dense layer; each further one has half as many."),
            _whole("hidden", 1, 1, 4, 1, "Number of dense layers before the last."),
            _fraction("dropout", 0.5, f"{_DROPOUT}, before each dense layer."),
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


def list_models(takes: Takes = "pictures") -> tuple[ModelSpec, ...]:
    """All models that learn from pictures, or from genes, in the order in which they are offered."""
    return tuple(spec for spec in _MODELS if spec.takes == takes)


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
    return getattr(importlib.import_module(module), function)(image_size, classes, **chosen)
