"""Searches that somebody has published, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import ConfigurationError
from core.searches.search_config import OracleKind


@dataclass(frozen=True)
class SearchPreset:
    """A search of one model: who proposes, how many trials, what is searched, and fields of every trial's recipe.

    `tune` is as `core.searches.space.narrowed_space` takes it.
    """

    name: str
    model: str
    title: str
    meaning: str
    oracle: OracleKind
    trials: int
    tune: tuple[str, ...]
    recipe: Mapping[str, Any] = field(default_factory=dict)


_PRESETS = (
    SearchPreset(
        name="published",
        model="patch-cnn-tuned",
        title="As published",
        meaning="The random search of the student report on PatchCamelyon: 32 to 512 filters in steps of 32 for each "
        "of the four blocks, 10 epochs a trial, compared by validation accuracy. How many trials it had is not said.",
        oracle=OracleKind.RANDOM,
        trials=10,
        tune=tuple(f"filters_{block}=32:512" for block in range(1, 5)),
        recipe={"epochs": 10, "monitor": "val_accuracy", "batch_size": 50, "learning_rate": 1e-3},
    ),
)


def presets_of(model: str) -> tuple[SearchPreset, ...]:
    """The published searches of a model; most have none."""
    return tuple(preset for preset in _PRESETS if preset.model == model)


def search_preset(model: str, name: str) -> SearchPreset:
    """A published search by the model and its name.

    Raises:
        ConfigurationError: the model has none of this name.
    """
    for preset in presets_of(model):
        if preset.name == name:
            return preset
    known = ", ".join(preset.name for preset in presets_of(model)) or "none"
    raise ConfigurationError(f"{model} has no search called “{name}”. It has: {known}.")
