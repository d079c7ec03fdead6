"""The private attributes of Keras that are used here, all of them: what a new version may change is in one place."""

from typing import Any


def all_layers(model: Any) -> list[Any]:
    """A Keras network itself and every layer in it, those within layers too."""
    return list(model._flatten_layers())


def made_by(tensor: Any) -> str:
    """Name of the layer whose output a symbolic tensor of Keras is."""
    return str(tensor._keras_history.operation.name)
