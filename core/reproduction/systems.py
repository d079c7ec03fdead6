"""The systems whose published figures are reproduced: what each is, and how its report trained and judged it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from core.base.errors import ConfigurationError
from core.data.splits.balance import Balance
from core.data.splits.splits import SplitKind
from core.models.registry import model_spec

SEEDS = (0, 1, 2, 3, 4)
"""Of a claim about two systems; each seed is another split and other first weights."""
QUICK_SEEDS = SEEDS[:2]


@dataclass(frozen=True)
class Protocol:
    """How a system is trained and judged.

    `datasets` are names in the order in which they are preferred; whichever is here first is taken. `recipe` holds
    fields of the recipe, `of_dataset` those that hold on one data set alone. Without fractions in them they are what
    suits the data.
    """

    said: str
    datasets: tuple[str, ...]
    recipe: Mapping[str, Any]
    of_dataset: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class System:
    """A row of the table: a network, its published figure, and the two protocols.

    `published` is the accuracy 0…1 that the report gives, `published_said` all that it says. `against` names the model
    that a claim compares with, "" for a plain row; `published` is then by how much the first is ahead.
    """

    name: str
    title: str
    model: str
    published: float
    published_said: str
    published_on: str
    theirs: Protocol
    honest: Protocol
    against: str = ""
    stand_ins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Networks with other fields of the recipe that are trained where the published weights of `model` are not here."""
    taken_apart: bool = False
    """Whether what their protocol gives is taken apart into copies and what is new."""

    @property
    def models(self) -> tuple[str, ...]:
        """The networks that are trained: one, or the two of a claim."""
        return (self.model, self.against) if self.against else (self.model,)


_HALVES = MappingProxyType({"train_fraction": 0.8, "validation_fraction": 0.2, "test_fraction": 0.0})
_HAM = ("ham10000",)
_HAM_SAID = "HAM10000 at 28×28, validation"


def _at_28(
    name: str, title: str, model: str, published: float, said: str, epochs: int, *, oversampled: bool = False
) -> System:
    """A system of the report on HAM10000; how long it trained is not said there, so these are the epochs known here."""
    whole = {"epochs": epochs, "batch_size": 128, "monitor": "val_accuracy"}
    first = SplitKind.OVERSAMPLE_FIRST if oversampled else SplitKind.RANDOM
    copied = "rare classes copied first, then " if oversampled else ""
    honestly = "; rare classes copied in the training part alone" if oversampled else ""
    balance = Balance.OVERSAMPLE if oversampled else Balance.NONE
    return System(
        name,
        title,
        model,
        published,
        said,
        _HAM_SAID,
        Protocol(
            f"{copied}pictures drawn 80/20, {epochs} epochs in batches of 128, the best validation accuracy",
            _HAM,
            {**whole, **_HALVES, "split": first},
        ),
        Protocol(
            f"whole lesions drawn 70/15/15{honestly}, {epochs} epochs, the test part at the best validation accuracy",
            _HAM,
            {**whole, "split": SplitKind.GROUPED, "balance": balance},
        ),
        taken_apart=oversampled,
    )


_PATCH_FIELDS = MappingProxyType({"epochs": 10, "batch_size": 50, "monitor": "val_accuracy"})
_STAND_IN = MappingProxyType({"breast_histopathology": {"image_size": 50}})  # the size of its patches
_PATCHES_AS_THEY_DID = Protocol(
    "patches drawn 80/20, frequent class thinned out in the training part, 10 epochs in batches of 50, the best "
    "validation accuracy",
    ("patchcamelyon_kaggle", "patchcamelyon", "breast_histopathology"),
    {**_PATCH_FIELDS, **_HALVES, "split": SplitKind.RANDOM, "balance": Balance.UNDERSAMPLE},
    {
        **_STAND_IN,
        "patchcamelyon_kaggle": {"most_pictures": 85_000},
        "patchcamelyon": {"most_pictures": 85_000},
    },
)
_PATCHES_HONESTLY = Protocol(
    "whole slides or patients held out, frequent class thinned out in the training part, 10 epochs",
    ("patchcamelyon", "breast_histopathology"),
    {**_PATCH_FIELDS, "split": SplitKind.GROUPED, "balance": Balance.UNDERSAMPLE},
    {**_STAND_IN, "patchcamelyon": {"split": SplitKind.OFFICIAL}},
)
_PATCHES_SAID = "PatchCamelyon (Kaggle) at 96×96, validation"


def _at_once(protocol: Protocol) -> Protocol:
    """The same for what is computed, not trained epoch by epoch."""
    return replace(protocol, said=f"{protocol.said.partition(', 10 epochs')[0]}; fitted at once")


def _of_patches(name: str, title: str, model: str, published: float, said: str, against: str = "") -> System:
    theirs, honest = _PATCHES_AS_THEY_DID, _PATCHES_HONESTLY
    if not model_spec(model).gradient_trained:
        theirs, honest = _at_once(theirs), _at_once(honest)
    return System(
        name,
        title,
        model,
        published,
        said,
        _PATCHES_SAID,
        theirs,
        honest,
        against,
    )


_FROZEN = {"learns": "head", "epochs": 30, "learning_rate": 1e-3, "early_stopping_patience": 10}
_SECOND = {
    "learns": "head",
    "epochs": 20,
    "learning_rate": 1e-4,
    "early_stopping_patience": 5,
    "reduce_lr_patience": 2,
}
_ONE_DENSE = MappingProxyType({"architecture": {"dense": 1024, "dropout": 0.5}})


def _on_isic(name: str, title: str, published: float, said: str, stages: tuple[Mapping[str, Any], ...]) -> System:
    """EfficientNetB4 on ISIC 2019; that its trunk stays frozen in the second phase, too, is our reading."""
    how = "the trunk frozen, up to 30 epochs" + ", then up to 20 at a tenth of the rate" * (len(stages) > 1)
    fields = {"stages": stages, "image_size": 224, "batch_size": 32, "reduce_lr_factor": 0.2, "min_learning_rate": 1e-6}
    return System(
        name,
        title,
        "efficientnet-b4",
        published,
        said,
        "ISIC 2019 at 224×224, validation",
        Protocol(f"pictures drawn 80/20, {how}", ("isic2019",), {**fields, **_HALVES, "split": SplitKind.RANDOM}),
        Protocol(f"whole lesions drawn 70/15/15, {how}", ("isic2019",), {**fields, "split": SplitKind.GROUPED}),
        stand_ins={"efficientnet-lite2": _ONE_DENSE, "efficientnet-lite0": _ONE_DENSE},
    )


_SYSTEMS = (
    _at_28("lstm-rows", "LSTM over rows", "lstm-rows", 0.7099, "70.99 %", 20),
    _at_28("cnn-59k", "Small CNN", "cnn-59k", 0.7164, "71.64 %", 20),
    _at_28("cnn-pyramid", "Pyramid CNN", "cnn-pyramid", 0.714, "71.4 %", 15),
    _at_28(
        "cnn-pyramid-oversampled",
        "Pyramid CNN, oversampled",
        "cnn-pyramid",
        0.9521,
        "95.21 %, “more accurate on benign than on malignant”",
        12,
        oversampled=True,
    ),
    _of_patches("brightness-logreg", "Brightness alone", "brightness-logreg", 0.535, "53.5 %, log loss 0.686"),
    _of_patches("patch-cnn-softmax", "Patch CNN with softmax", "patch-cnn-softmax", 0.8617, "86.17 %, loss 0.330"),
    _of_patches("patch-cnn-relu", "Patch CNN with ReLU", "patch-cnn-relu", 0.8435, "84.35 %, loss 0.471"),
    _of_patches("patch-cnn-tuned", "Tuned patch CNN", "patch-cnn-tuned", 0.9128, "91.28 %"),
    _of_patches(
        "softmax-against-relu",
        "Softmax is better than ReLU",
        "patch-cnn-softmax",
        0.8617 - 0.8435,
        "1.82 points ahead, each trained once",
        "patch-cnn-relu",
    ),
    _on_isic("efficientnet-b4-frozen", "EfficientNetB4, phase 1", 0.6365, "63.65 %, loss 1.0263", (_FROZEN,)),
    _on_isic("efficientnet-b4", "EfficientNetB4, both phases", 0.6582, "65.82 %, loss 0.9782", (_FROZEN, _SECOND)),
)


def list_systems() -> tuple[System, ...]:
    """All rows, in the order of the table."""
    return _SYSTEMS


def system_named(name: str) -> System:
    """A row by its name.

    Raises:
        ConfigurationError: there is none.
    """
    for system in _SYSTEMS:
        if system.name == name:
            return system
    known = ", ".join(system.name for system in _SYSTEMS)
    raise ConfigurationError(f"No reference system is called “{name}”. Known are: {known}.")
