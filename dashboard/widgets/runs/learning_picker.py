"""Choosing how a recipe learns: its loss, its steps, and which epoch is kept."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.training.recipe import OF_STAGES, USED_BY, Recipe
from dashboard.markdown import Markdown

FIELDS = Recipe.model_fields
_CHOICES = {
    "loss": "Loss",
    "optimizer": "Optimizer",
    "schedule": "Schedule",
    "keep": "Epoch that is kept",
    "monitor": "Best epoch by",
}
_NUMBERS = {
    "focal_gamma": ("Focal gamma", 0.0, 10.0, 0.5),
    "logit_tau": ("Tau of the adjustment", 0.0, 2.0, 0.1),
    "label_smoothing": ("Label smoothing", 0.0, 0.5, 0.05),
    "mixup": ("Mixup (0 for none)", 0.0, 10.0, 0.1),
    "cutmix": ("CutMix (0 for none)", 0.0, 10.0, 0.1),
    "momentum": ("Momentum", 0.0, 0.999, 0.05),
    "weight_decay": ("Weight decay", 0.0, 1.0, 0.01),
    "clip_norm": ("Clipping (0 for none)", 0.0, 1000.0, 0.5),
    "warm_up": ("Warm-up (share)", 0.0, 0.99, 0.05),
    "reduce_lr_factor": ("Reduce learning rate factor", 0.01, 0.99, 0.1),
    "ema_momentum": ("Average (0 for none)", 0.0, 0.9999, 0.01),
}
"""Label, least, most and step."""
_EPOCHS = {
    "early_stopping_patience": "Early stopping patience (epochs)",
    "reduce_lr_patience": "Reduce learning rate patience (epochs)",
}


def pick_learning(
    start: Callable[[str], Any], classes: int, kept: Callable[[str], dict[str, Any]], *, staged: bool = False
) -> dict[str, object]:
    """Widgets in three groups; returns the value of each of these fields of the recipe.

    What would do nothing with what is chosen is not shown, and has its default.

    Args:
        start: with what a field begins.
        classes: how many the data set has.
        kept: what lets the widget of a field keep its value.
        staged: there are stages, which have some of these fields for themselves.
    """
    values: dict[str, Any] = {name: FIELDS[name].default for name in OF_STAGES if name != "epochs"} if staged else {}

    def group(title: str, fields: Sequence[str]) -> None:
        st.markdown(Markdown("**{}**").format(title))
        columns = st.grid(2, min_column_width=150)
        for name in fields:
            of, wanted = USED_BY.get(name, ("", ()))
            if staged and name in OF_STAGES:
                continue
            if not of or values[of] in wanted:
                values[name] = _widget(columns, name, start(name), classes, kept)

    group("What is learnt", ["loss", "focal_gamma", "logit_tau", "label_smoothing", "mixup", "cutmix"])
    group(
        "How it learns",
        ["optimizer", "learning_rate", "momentum", "weight_decay", "schedule", "warm_up", "clip_norm"],
    )
    plateau = ["reduce_lr_patience", "reduce_lr_factor"] if values["schedule"] == "constant" else []
    group("Which epoch is kept", ["keep", "monitor", "early_stopping_patience", *plateau, "ema_momentum"])
    hidden = {name: FIELDS[name].default for name in (*USED_BY, "reduce_lr_patience")}
    return {**hidden, "reduce_lr_factor": start("reduce_lr_factor"), **values}


def _widget(
    columns: DeltaGenerator, name: str, begin: Any, classes: int, kept: Callable[[str], dict[str, Any]]
) -> object:
    explained = FIELDS[name].description
    if name in _CHOICES:
        options = [
            each for each in get_args(FIELDS[name].annotation) if each != "binary" or classes == 2 or begin == each
        ]
        key = kept(name if name != "loss" else f"loss-{len(options)}")  # others are offered for other data
        return columns.selectbox(_CHOICES[name], options, index=options.index(begin), help=explained, **key)
    if name in _EPOCHS:
        return columns.number_input(_EPOCHS[name], 0, 1000, begin, help=explained, **kept(name))
    if name == "learning_rate":
        least = min(1e-6, begin)
        return columns.number_input("Learning rate", least, 1.0, begin, format="%.6f", help=explained, **kept(name))
    label, least, most, step = _NUMBERS[name]
    return columns.number_input(
        label, min(least, begin), max(most, begin), begin, step, format="%g", help=explained, **kept(name)
    )
