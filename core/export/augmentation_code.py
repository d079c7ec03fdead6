"""The augmentation of a recipe as calls of Keras layers, with the very seeds and ranges of a training."""

from typing import Any

import numpy as np

from core.export.call import Call
from core.export.source import definition
from core.training.recipe import Recipe

_MODULE = "core.training.augmentation"


class _Layers:
    """Stands for `keras.layers`: what is built from it is written down."""

    def __getattr__(self, kind: str) -> type:
        def written_down(_: type, **arguments: Any) -> Call:
            del arguments["name"]
            return Call(f"layers.{kind}", arguments)

        return type(kind, (), {"__new__": written_down})


def augmentation_calls(recipe: Recipe) -> list[Call]:
    """What `core.training.augmentation.augmentation_layers` builds, in its order.

    Its text is run without Keras, which the web process must not import; so both follow from one set of rules.
    """
    rules = "\n".join(definition(_MODULE, name) for name in ("BRIGHTEST", "augmentation_layers"))
    there: dict[str, Any] = {"layers": _Layers(), "np": np}
    exec(f"from __future__ import annotations\n{rules}", there)  # annotations name Keras
    return there["augmentation_layers"](recipe)
