"""Choosing a recipe's augmentation, on the page that shows it and on the one that trains with it."""

from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st

from core.base.errors import ConfigurationError
from core.training.augmentation_presets import AUGMENTATION_PRESETS
from core.training.recipe import Recipe, make_recipe

AUGMENTATION = tuple(name for name in Recipe.model_fields if name.startswith("augment_"))
"""The recipe's fields of augmentation."""
OWN = "Own settings"
_SLIDERS = {
    "augment_rotation": ("Rotation (± degrees)", 180.0, 5.0),
    "augment_zoom": ("Zoom (± share)", 0.5, 0.05),
    "augment_aspect_ratio": ("Aspect ratio (± share)", 0.5, 0.05),
    "augment_translation": ("Translation (± share)", 0.5, 0.05),
    "augment_brightness": ("Brightness (± share)", 0.9, 0.05),
    "augment_contrast": ("Contrast (± share)", 0.9, 0.05),
    "augment_saturation": ("Saturation (± share)", 0.9, 0.05),
    "augment_hue": ("Hue (± degrees)", 180.0, 1.0),
}


def pick_augmentation(key: str, start: Mapping[str, object], *, in_address: bool = False) -> dict[str, object]:
    """A preset, flips, and sliders in two columns; returns the value of each field of augmentation.

    Args:
        key: keeps the choice of one page apart from that of another.
        start: what to begin with by field; a field that is absent begins with the recipe's default.
        in_address: whether the address of the page holds what differs from `start`, and gives it again.
    """
    fields = Recipe.model_fields
    bind: Literal["query-params"] | None = "query-params" if in_address else None
    preset = st.segmented_control(
        "Preset",
        [OWN, *AUGMENTATION_PRESETS],
        default=OWN,
        required=True,
        format_func=lambda name: OWN if name == OWN else AUGMENTATION_PRESETS[name].title,
        help="Where the settings below begin, for pictures of a kind.",
        key=f"{key}-preset",
        bind=bind,
    )
    if preset in AUGMENTATION_PRESETS:  # its widgets are others, which begin with its values
        key, start = f"{key}-{preset}", AUGMENTATION_PRESETS[preset].fields
        st.caption(AUGMENTATION_PRESETS[preset].reason)
    begin: dict[str, Any] = {name: start.get(name, fields[name].default) for name in AUGMENTATION}
    flips = ["none", "horizontal", "both", "turns"]
    values: dict[str, object] = {
        "augment_flip": st.segmented_control(
            "Flips",
            flips,
            default=begin["augment_flip"],
            required=True,
            help=fields["augment_flip"].description,
            key=_key(key, "augment_flip"),
            bind=bind,
        )
    }
    columns = st.grid(2, min_column_width=150)
    for name, (label, most, step) in _SLIDERS.items():
        values[name] = columns.slider(
            label,
            0.0,
            most,
            float(begin[name]),
            step,
            format="%g",
            help=fields[name].description,
            key=_key(key, name),
            bind=bind,
        )
    return values


def _key(page: str, field: str) -> str:
    return f"{page}-{field.removeprefix('augment_')}"


def augmentation_in(address: Mapping[str, str]) -> dict[str, object]:
    """The fields of augmentation that the query parameters of a page give; what no recipe would take is left out."""
    found = {}
    for name in AUGMENTATION:
        if name in address:
            try:
                found[name] = getattr(make_recipe(dataset="demo", model="majority", **{name: address[name]}), name)
            except ConfigurationError:
                continue
    return found


def as_address(recipe: Recipe) -> dict[str, str]:
    """Query parameters from which `augmentation_in` reads the recipe's augmentation; what is off is left out."""
    fields = Recipe.model_fields
    values = {name: getattr(recipe, name) for name in AUGMENTATION}
    return {name: f"{value}" for name, value in values.items() if value != fields[name].default}
