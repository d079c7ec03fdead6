"""What the registry says of one model, without Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.base.errors import ConfigurationError
from core.models.parameters import Parameter, Value
from core.models.trunks import Trunk

Takes = Literal["pictures", "genes"]
"""What a model learns from: pictures, or the expression of genes in samples."""
DROPOUT = "Share of the features that is silenced in training"


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
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What the builder is given besides: what makes this model of its family, and cannot be chosen."""
    trunk: Trunk | None = None
    """What of it has published weights; None for a network that always learns from nothing."""

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


def fraction(name: str, default: float, meaning: str) -> Parameter:
    """A share from 0 to 0.7, in tenths."""
    return Parameter(name, "float", default, meaning, low=0.0, high=0.7, step=0.1)


def whole(name: str, default: int, low: int, high: int, step: int, meaning: str) -> Parameter:
    """A whole number from `low` to `high`."""
    return Parameter(name, "int", default, meaning, low=low, high=high, step=step)


def activation(*more: str) -> Parameter:
    """The activation of every layer but the last; `more` are names beside the usual ones."""
    meaning = "Activation function of the hidden layers."
    return Parameter("activation", "choice", "relu", meaning, choices=("relu", "elu", "silu", *more))
