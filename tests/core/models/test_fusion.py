"""A network of pictures with a second input: same blocks, same weights, and a head that knows more."""

import numpy as np
import pytest

from tests.alike import long_but

pytestmark = pytest.mark.usefixtures("untraced")
WIDTH = 7


@pytest.mark.parametrize(
    ("name", "size", "architecture"),
    long_but(
        [("mobilenet-0.25", 32, {"dense": 64}), ("cnn-59k", 28, {}), ("lstm-rows", 28, {}), ("cnn-pyramid", 28, {})],
        "mobilenet-0.25",
        "cnn-59k",
    ),
)
def test_any_network_meets_metadata_in_front_of_its_head(name: str, size: int, architecture: dict) -> None:
    import keras

    from core.models.blocks import blocks, trunk_of
    from core.models.fusion import fused, picture_features
    from core.models.registry import build_model

    model = build_model(name, size, 3, architecture)
    both = fused(model, WIDTH)
    assert [block.name for block in blocks(both)] == [block.name for block in blocks(model)]
    pictures = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    before, after = (trunk_of(each).predict_on_batch(pictures) for each in (model, both))
    assert np.array_equal(before, after), "what becomes of the pictures is the same network"
    seen = keras.Model(both.inputs[:1], picture_features(both)).predict_on_batch(pictures)
    assert np.array_equal(seen, after)
    one, other = (both.predict_on_batch([pictures, np.full((2, WIDTH), value, np.float32)]) for value in (0, 3))
    assert one.shape == (2, 3)
    assert one.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(one, other)


def test_metadata_learns_at_the_rate_of_the_head_and_is_never_frozen() -> None:
    from core.models.fusion import fused
    from core.models.registry import build_model
    from core.training.frozen import layer_factors, split_at

    both = fused(build_model("mobilenet-0.25", 32, 3), WIDTH)
    factors = dict(zip((w.path for w in both.trainable_weights), layer_factors(both, both, 0.5), strict=True))
    assert {factor for path, factor in factors.items() if path.startswith(("head_", "probabilities"))} == {1.0}
    assert min(factors.values()) < 0.01
    frozen, learning = split_at(both, "head")
    assert frozen is not None
    assert [tuple(each.shape[1:]) for each in learning.inputs] == [(256,), (WIDTH,)]
    assert {weight.path.split("/")[0] for weight in learning.trainable_weights} == {"head_metadata", "probabilities"}
