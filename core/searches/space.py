"""What a search may vary: the structure of the model, and how it is trained."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from core.base.errors import ConfigurationError
from core.data.splits.balance import Balance
from core.models.parameters import Parameter, Value
from core.models.registry import model_spec
from core.training.recipe import Recipe, make_recipe, without_unused

AUGMENTATION = "augmentation"
TRAINING = (
    Parameter(
        "learning_rate",
        "float",
        1e-3,
        "Size of a step: too large is unstable, too small is slow.",
        low=1e-5,
        high=1e-1,
        log=True,
    ),
    Parameter(
        "optimizer",
        "choice",
        "adam",
        "Optimizer: the rule by which the weights change after each batch.",
        choices=("adam", "adamw", "rmsprop", "sgd"),
    ),
    Parameter("weight_decay", "float", 0.01, "How strongly adamw pulls weights to 0.", low=1e-4, high=1e-1, log=True),
    Parameter(
        "schedule",
        "choice",
        "constant",
        "How the learning rate goes from step to step; in place of reducing it on a plateau.",
        choices=("constant", "cosine", "one-cycle"),
    ),
    Parameter(
        "loss",
        "choice",
        "cross-entropy",
        "What learning makes small.",
        choices=("cross-entropy", "focal", "logit-adjusted"),
    ),
    Parameter(
        "label_smoothing",
        "float",
        0.0,
        "Share of each label that is spread evenly over all classes.",
        low=0.0,
        high=0.2,
        step=0.05,
    ),
    Parameter("mixup", "float", 0.0, "How evenly training pictures are blended in pairs.", low=0.0, high=0.4, step=0.1),
    Parameter("batch_size", "choice", 32, "Pictures per step.", choices=(16, 32, 64, 128)),
    Parameter(
        "balance", "choice", "none", "What is done about rare classes.", choices=tuple(str(kind) for kind in Balance)
    ),
    Parameter(
        AUGMENTATION,
        "float",
        0.0,
        "Strength of augmentation: at 1, flips both ways, rotation by up to 180°, zoom and shift by up to a fifth, "
        "brightness, contrast and saturation by up to a fifth; less in proportion.",
        low=0.0,
        high=1.0,
        step=0.25,
    ),
)
"""Fields of the recipe that a search may vary, whatever the model; one stands for all of augmentation."""


def search_space(model: str) -> tuple[Parameter, ...]:
    """Everything that can be varied of a model and its training.

    Raises:
        ConfigurationError: no such model, or one that is not trained.
    """
    spec = model_spec(model)
    if not spec.gradient_trained:
        raise ConfigurationError(f"{model} is computed, not trained, so there is nothing to search.")
    of_pictures = () if spec.takes == "pictures" else (AUGMENTATION, "mixup")
    return (*spec.architecture, *(parameter for parameter in TRAINING if parameter.name not in of_pictures))


def narrowed_space(model: str, texts: Iterable[str]) -> tuple[Parameter, ...]:
    """The parameters that were typed, in the order of the whole space; all of it where none was.

    Args:
        model: a name in the registry.
        texts: `NAME`, `NAME=LOW:HIGH` with either end left out if it stays, or `NAME=VALUE,VALUE`.

    Raises:
        ConfigurationError: names the parameter that is not known or the range that it cannot have.
    """
    whole = {parameter.name: parameter for parameter in search_space(model)}
    chosen: dict[str, Parameter] = {}
    for text in texts:
        name, equals, range_ = (part.strip() for part in text.partition("="))
        if name not in whole:
            raise ConfigurationError(f"{model} has no “{name}” to search. It has: {', '.join(whole)}.")
        parameter = whole[name]
        if equals and ":" in range_:
            low, _, high = range_.partition(":")
            parameter = parameter.narrowed(low=low or None, high=high or None)
        elif equals:
            parameter = parameter.narrowed(values=tuple(part.strip() for part in range_.split(",") if part.strip()))
        chosen[name] = parameter
    return tuple(chosen[name] for name in whole if name in chosen) or tuple(whole.values())


def combinations(space: Iterable[Parameter]) -> float:
    """How many different trials a space has; infinite if it has a number without steps."""
    found = 1.0
    for parameter in space:
        found *= parameter.combinations
    return found


def every_combination(space: Iterable[Parameter]) -> list[dict[str, Value]]:
    """All different trials of a space without numbers that go in no steps, as values by parameter."""
    parameters = list(space)
    choices = [p.values if p.values and p.combinations > 1 else (p.default,) for p in parameters]
    return [dict(zip((p.name for p in parameters), values, strict=True)) for values in itertools.product(*choices)]


def trial_recipe(base: Recipe, space: Iterable[Parameter], values: Mapping[str, Any]) -> Recipe:
    """The recipe of one trial: the base with the proposed values in it.

    Args:
        base: what all trials share.
        space: what is searched.
        values: what the oracle proposes for it; of its own names, `tuner/epochs` becomes the number of epochs.

    Raises:
        ConfigurationError: these values do not go together, such as too many poolings for the size.
    """
    own = {parameter.name for parameter in model_spec(base.model).architecture}
    architecture: dict[str, Value] = dict(base.architecture)
    fields: dict[str, Any] = {}
    for parameter in space:
        value = parameter.checked(values[parameter.name])
        if parameter.name in own:
            architecture[parameter.name] = value
        elif parameter.name == AUGMENTATION:
            fields |= augmentation_fields(float(value))
        else:
            fields[parameter.name] = value
    if "tuner/epochs" in values:
        fields["epochs"] = values["tuner/epochs"]
    if fields.get("schedule", "constant") != "constant":
        fields["reduce_lr_patience"] = 0
    return make_recipe(**without_unused({**base.model_dump(), **fields, "architecture": architecture}))


def values_without_network(base: Recipe, space: Iterable[Parameter]) -> dict[str, list[Value]]:
    """Values, by parameter, with which no network can be built where all else is as in the base.

    Two values that exclude each other only together are not found.
    """
    found: dict[str, list[Value]] = {}
    for parameter in space:
        for value in parameter.values or ():
            try:
                trial_recipe(base, [parameter], {parameter.name: value})
            except ConfigurationError:
                found.setdefault(parameter.name, []).append(value)
    return found


def augmentation_fields(strength: float) -> dict[str, Any]:
    """Fields of the recipe for a strength of augmentation, 0…1; hue stays, for colour is evidence."""
    fifth = round(0.2 * strength, 4)
    return {
        "augment_flip": "both" if strength else "none",
        "augment_rotation": 180.0 * strength,
        "augment_zoom": fifth,
        "augment_translation": fifth,
        "augment_brightness": fifth,
        "augment_contrast": fifth,
        "augment_saturation": fifth,
    }
