"""Fails where a new version of Keras has changed what is used of its insides; nobody else uses any of it."""

import re

from core.base.inside_keras import all_layers, made_by
from core.base.settings import PROJECT_ROOT

PRIVATE = re.compile(r"\._(flatten_layers|keras_history|inbound_nodes|functional)\b")


def test_layers_within_layers_are_found_and_who_made_a_tensor_is_known() -> None:
    import keras

    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="inside")], name="inner")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2, name="outside")(inner(inputs)))
    assert {"inner", "inside", "outside", model.name} <= {each.name for each in all_layers(model)}
    assert made_by(model.output) == "outside"


def test_nothing_else_reaches_into_keras() -> None:
    sources = [each for room in ("core", "dashboard", "pages") for each in (PROJECT_ROOT / room).rglob("*.py")]
    reaching = {each.name for each in sources if PRIVATE.search(each.read_text(encoding="utf-8"))}
    assert reaching == {"inside_keras.py"}


def test_no_source_is_executed_as_a_text() -> None:
    """What is shown as code is printed from what builds the layers; nothing runs a text."""
    sources = [each for room in ("core", "dashboard", "pages") for each in (PROJECT_ROOT / room).rglob("*.py")]
    assert [
        each.name for each in sources if re.search(r"(?<![.\w])(exec|eval)\(", each.read_text(encoding="utf-8"))
    ] == []
