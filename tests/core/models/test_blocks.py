"""A network is cut into the blocks of its makers, and what follows a cut is the rest of the network."""

import numpy as np
import pytest

from core.models.registry import build_model
from tests.alike import long_but
from tests.core.models.every_model import models

SIZE = 32
LITE0 = (
    "stem block1a block2a block2b block3a block3b block4a block4b block4c block5a block5b block5c block6a block6b "
    "block6c block6d block7a top head"
)
NUMBERED = " ".join(f"block{number}" for number in range(1, 14))
STAGES = {
    "efficientnet-lite0": LITE0,
    "efficientnet-b0": LITE0,
    "mobilenet-0.25": f"stem {NUMBERED} head",
    "mobilenet-v3-small": f"stem {' '.join(f'block{number}' for number in range(11))} top head",
    "resnet-50": "stem "
    + " ".join(f"conv{stage}_block{n}" for stage, many in zip((2, 3, 4, 5), (3, 4, 6, 3), strict=True)
               for n in range(1, many + 1)) + " head",
    "cnn-pyramid": "stem head",
}  # fmt: skip


@pytest.mark.parametrize("name", long_but(STAGES, "mobilenet-0.25", "cnn-pyramid"))
def test_blocks_are_called_as_their_makers_call_them(name: str) -> None:
    from core.models.blocks import blocks

    assert " ".join(block.name for block in blocks(build_model(name, SIZE, 3))) == STAGES[name]


@pytest.mark.parametrize("name", models(on_trunk=True, families=False))
def test_what_follows_a_cut_answers_as_the_whole_network(name: str) -> None:
    import keras

    from core.models.blocks import blocks, entering

    model = build_model(name, SIZE, 3)
    found = blocks(model)
    assert len({block.name for block in found}) == len(found) > 10
    assert (found[0].enters, found[-1].name, found[-1].last) == ("image", "head", "probabilities")
    assert [block.enters for block in found[1:]] == [block.last for block in found[:-1]]
    pictures = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3)).astype("float32")
    answers = np.asarray(model(pictures))
    for block in found[1 :: len(found) // 3]:
        entrance = entering(model, block)
        below, above = keras.Model(model.input, entrance), keras.Model(entrance, model.output)
        np.testing.assert_allclose(np.asarray(above(below(pictures))), answers, atol=1e-5)
        assert {id(w) for w in above.weights} | {id(w) for w in below.weights} == {id(w) for w in model.weights}
        assert len(above.weights) + len(below.weights) == len(model.weights)


def test_blocks_are_the_same_after_a_cut_was_made_and_for_a_model_that_was_saved(tmp_path) -> None:
    import keras

    from core.models.blocks import blocks, entering

    model = build_model("efficientnet-lite0", SIZE, 3)
    found = blocks(model)
    keras.Model(entering(model, found[5]), model.output)
    assert blocks(model) == found
    model.save(tmp_path / "model.keras")
    assert blocks(keras.models.load_model(tmp_path / "model.keras")) == found


def test_the_trunk_of_a_network_gives_the_features_that_its_head_gets() -> None:
    from core.models.blocks import trunk_of
    from core.models.trunks import find_trunk

    model = build_model("mobilenet-0.25", SIZE, 3, {"dense": 64, "second_dense": 64})
    trunk = trunk_of(model)
    assert trunk.output_shape == (None, find_trunk("mobilenet-0.25").features)
    assert trunk.count_params() == find_trunk("mobilenet-0.25").parameters
    assert [layer.name for layer in model.layers if layer not in trunk.layers] == [
        "head_dense",
        "head_dense_2",
        "head_dropout",
        "probabilities",
    ]


@pytest.mark.parametrize("name", models(on_trunk=True, families=False))
def test_the_averages_of_a_trunk_follow_within_tens_of_steps(name: str) -> None:
    import keras

    layers = build_model(name, SIZE, 3).layers
    momenta = {layer.momentum for layer in layers if isinstance(layer, keras.layers.BatchNormalization)}
    assert momenta <= {0.9}
