"""The private attributes of Keras that are used here, all of them: what a new version may change is in one place."""

from collections.abc import Callable
from typing import Any


def all_layers(model: Any) -> list[Any]:
    """A Keras network itself and every layer in it, those within layers too."""
    return list(model._flatten_layers())


def made_by(tensor: Any) -> str:
    """Name of the layer whose output a symbolic tensor of Keras is."""
    return str(tensor._keras_history.operation.name)


def run_through(model: Any, given: Any, call: Callable[..., Any]) -> Any:
    """What a functional model gives for one tensor, each of its layers being called as `call(layer, *inputs)`."""
    outputs = model._run_through_graph([given], call_fn=call)
    return outputs[0] if isinstance(outputs, list | tuple) else outputs
