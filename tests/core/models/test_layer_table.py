"""The layers of a model: all weights are counted, every layer is in its block, and what was worked out is kept."""

from pathlib import Path

import pytest

from core.models import layer_table as of_layers
from core.models.layer_table import Layer, keep_layer_table, kept_layer_table, layer_table, steps_of
from core.models.registry import model_spec
from tests.core.models.test_blocks import LITE0


def test_every_layer_of_a_trunk_has_its_shape_its_weights_and_its_block() -> None:
    layers = layer_table("efficientnet-lite0", 64, 7)
    assert sum(each.parameters for each in layers) == model_spec("efficientnet-lite0").parameters
    assert (layers[0].output, layers[-1].output) == ((64, 64, 3), (7,))
    assert {each.output for each in layers if each.name == "stem_conv"} == {(32, 32, 32)}
    steps = steps_of(layers)
    assert [each.block for each in steps] == LITE0.split()
    assert sum(each.parameters for each in steps) == sum(each.parameters for each in layers)
    assert (steps[0].shape, steps[-1].shape) == ("32×32×32", "7")


def test_of_a_small_network_the_layers_that_do_something_are_its_steps() -> None:
    layers = layer_table("cnn-pyramid", 28, 2, {"blocks": 2})
    kinds = [each.kind for each in steps_of(layers)]
    assert set(kinds) == {"Conv2D", "MaxPooling2D", "Dense"}
    assert kinds[-1] == "Dense"
    assert steps_of(layers)[-1].output == (2,)
    assert len(layers) > len(kinds)


def test_what_was_worked_out_is_kept_by_model_size_classes_and_structure(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = (Layer("image", "InputLayer", (28, 28, 3), 0, "stem"), Layer("probabilities", "Dense", (7,), 14, "head"))
    asked = ("cnn-pyramid", 28, 7, {"blocks": 2, "filters": 8})
    assert kept_layer_table(*asked) is None
    keep_layer_table(layers, *asked)
    assert kept_layer_table("cnn-pyramid", 28, 7, {"filters": 8, "blocks": 2}) == layers
    for other in (("cnn-59k", *asked[1:]), ("cnn-pyramid", 32, *asked[2:]), (*asked[:2], 2, asked[3]), asked[:3]):
        assert kept_layer_table(*other) is None
    [file] = (artifacts / "layers").iterdir()
    file.write_text("{")
    assert kept_layer_table(*asked) is None, "a damaged one is worked out again"
    monkeypatch.setattr(of_layers, "KEPT", 2)
    for size in (30, 31, 32):
        keep_layer_table(layers, "cnn-59k", size, 7)
    assert len(list((artifacts / "layers").iterdir())) == 2
