"""Whole recipes by name: what to begin with, and what to show to a class."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.base.errors import ConfigurationError
from core.data.catalog import open_dataset
from core.data.metadata_encoding import known_columns
from core.training.recipe import changed_fields
from core.training.stages import Stage

MOST = 0.5
"""A column is told to the network where more than this share of the pictures have it; else it says which few do."""


@dataclass(frozen=True)
class Preset:
    """A recipe but for its data set and seed; `title` and `description` are for people.

    With `tells_metadata` it is told age, sex and site of each picture as well, those that the data set knows.
    """

    name: str
    title: str
    description: str
    fields: dict[str, Any]
    tells_metadata: bool = False

    def fields_for(self, table: pd.DataFrame) -> dict[str, Any]:
        """The fields of the recipe for a data set with this tidy metadata, but for its name."""
        return self.fields | ({"metadata": known_columns(table, MOST)} if self.tells_metadata else {})


_DERMOSCOPY = {
    "augment_flip": "turns",
    "augment_zoom": 0.12,
    "augment_translation": 0.08,
    "augment_brightness": 0.05,
    "augment_contrast": 0.1,
}
"""Lesions have no upright, and cameras differ in distance and light. Colour is evidence and hardly moves: with twice as
much of both, changes of hue and saturation, and labels smoothed by 0.05, four epochs of Lite0 on HAM10000 at 96 pixels
reached a macro AUC of 0.944, without any of that 0.958, and 2.5 points more of accuracy and of balanced accuracy."""

_UPPER = "13"
"""Blocks of Lite0 that learn from pictures of use: all but the first three, which have learnt from the smaller ones
before. They see the largest maps; without going back through them, an epoch costs half."""

PRESETS = {
    each.name: each
    for each in (
        Preset(
            "steady",
            "Small and steady",
            "The small CNN at 28 pixels with a learning rate that falls: a curve without jumps, within a minute.",
            {"model": "cnn-59k", "epochs": 10, "schedule": "cosine"},
        ),
        Preset(
            "fifteen-seconds",
            "Fifteen seconds",
            "The end of a pretrained EfficientNet-Lite0; what comes before is frozen and computed once. For a class.",
            {
                "model": "efficientnet-lite0",
                "image_size": 128,
                "augment_flip": "turns",
                "balance": "sqrt-weights",
                "optimizer": "adamw",
                "batch_size": 64,
                "ema_momentum": 0.98,
                "stages": (Stage(learns="2", epochs=4, learning_rate=2e-3, schedule="cosine"),),
                "test_time_augmentation": "flips",
            },
        ),
        Preset(
            "best",
            "Best on two cores",
            "All of a pretrained EfficientNet-Lite0 learns, from small pictures first, with age, sex and site if "
            "these are known; half an hour for ten thousand.",
            {
                "model": "efficientnet-lite0",
                "image_size": 128,
                "train_fraction": 0.78,
                "validation_fraction": 0.08,
                "test_fraction": 0.14,
                "optimizer": "adamw",
                "weight_decay": 0.02,
                "balance": "sqrt-weights",
                "ema_momentum": 0.995,
                "batch_size": 32,
                "stages": (
                    Stage(learns="all", epochs=8, learning_size=96, learning_rate=1e-3, schedule="cosine"),
                    Stage(learns=_UPPER, epochs=8, learning_rate=5e-4, schedule="cosine"),
                ),
                "test_time_augmentation": "flips-and-turns",
                **_DERMOSCOPY,
            },
            tells_metadata=True,
        ),
        Preset(
            "small",
            "Small",
            "The small CNN at 28 pixels: turned pictures, a falling learning rate, averages of weights and answers.",
            {
                "model": "cnn-59k",
                "augment_flip": "turns",
                "balance": "sqrt-weights",
                "optimizer": "adamw",
                "batch_size": 64,
                "ema_momentum": 0.998,
                "epochs": 60,
                "learning_rate": 2e-3,
                "schedule": "cosine",
                "test_time_augmentation": "flips-and-turns",
            },
        ),
    )
}
"""By name, in the order in which they are offered."""


def preset_fields(name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """The fields of a preset with changes over them, which name the data set.

    Raises:
        ConfigurationError: there is no preset of this name, or the changes name no data set or cannot be made.
        DatasetNotFoundError: it is not here.
    """
    found = preset(name)
    if found.tells_metadata and not changes.keys() & {"metadata", "model"} and isinstance(changes.get("dataset"), str):
        return changed_fields(found.fields_for(open_dataset(changes["dataset"]).table), changes)
    return changed_fields(found.fields, changes)


def preset(name: str) -> Preset:
    """One preset by name.

    Raises:
        ConfigurationError: there is none of this name.
    """
    if name not in PRESETS:
        raise ConfigurationError(f"No preset is called “{name}”. Known are: {', '.join(PRESETS)}.")
    return PRESETS[name]
