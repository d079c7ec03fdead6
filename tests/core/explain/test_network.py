import numpy as np
import pytest

from core.base.errors import ConfigurationError
from core.explain.class_activation import grad_cam, hires_cam
from core.models.registry import build_model

pytestmark = pytest.mark.usefixtures("untraced")
SIDE = 8
DENSE = [[0.02, -0.01], [-0.012, 0.03]]


def hand_made(dense: list[list[float]] = DENSE, bias: tuple[float, ...] = (3.0, -7.0), sequential: bool = False):
    """A model whose two maps are the red and green channel and whose scores are weighted means of them.

    `dense` is the weight of each channel (rows) for each class (columns).
    """
    import keras
    from keras import layers

    after_input = [
        layers.Conv2D(2, 1, name="red-and-green"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(2, activation="softmax"),
    ]
    if sequential:
        model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *after_input])
    else:
        inputs = x = keras.Input((SIDE, SIDE, 3))
        for layer in after_input:
            x = layer(x)
        model = keras.Model(inputs, x)
    kernel = np.zeros((1, 1, 3, 2), np.float32)
    kernel[0, 0, 0, 0] = kernel[0, 0, 1, 1] = 1
    model.get_layer("red-and-green").set_weights([kernel, np.zeros(2, np.float32)])
    model.layers[-1].set_weights([np.array(dense, np.float32), np.array(bias, np.float32)])
    return model


def network(model):
    from core.explain.network import Network

    return Network(model)


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


@pytest.mark.parametrize("compute", [grad_cam, hires_cam])
@pytest.mark.parametrize("class_number", [0, 1])
def test_the_map_of_a_hand_made_model_is_the_one_computed_by_hand(class_number: int, compute) -> None:
    image = noise()
    # The score is a weighted mean, so the gradient of each channel is its weight, the same everywhere.
    by_hand = image[..., 0] * DENSE[0][class_number] + image[..., 1] * DENSE[1][class_number]
    [evidence] = compute(*network(hand_made()).maps(image[None], class_number, "red-and-green"))
    assert evidence == pytest.approx(by_hand / SIDE**2, abs=1e-6)


@pytest.mark.parametrize("sequential", [False, True])
def test_a_frozen_model_that_was_saved_and_loaded_gives_the_same_map(tmp_path, sequential: bool) -> None:
    """Where no layer may learn, nothing is recorded unless the picture itself is watched."""
    import keras

    made = hand_made(sequential=sequential)
    made.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    loaded.trainable = False
    image = noise(1)
    maps, gradients = network(loaded).maps(image[None], 1, "red-and-green")
    assert maps[0] == pytest.approx(image[..., :2].astype(float))
    assert gradients[0] == pytest.approx(np.broadcast_to(np.array(DENSE)[:, 1] / SIDE**2, (SIDE, SIDE, 2)), abs=1e-7)
    scores, by_pixel = network(loaded).gradients(image[None], 1)
    assert scores[0] == pytest.approx(image[..., :2].mean(axis=(0, 1)) @ np.array(DENSE)[:, 1] - 7, rel=1e-5)
    assert by_pixel[0, ..., 2] == pytest.approx(0)
    assert by_pixel[0, ..., :2] == pytest.approx(gradients[0], abs=1e-7)


def test_scores_are_those_before_the_softmax_and_so_survive_certainty() -> None:
    certain = hand_made([[5.0, 0.0], [0.0, 0.0]])  # the softmax is exactly 1 and its own gradient 0
    image = noise()
    assert np.asarray(certain.predict_on_batch(image[None]))[0, 0] == 1
    assert network(certain).gradients(image[None], 0)[1][0, ..., 0] == pytest.approx(5 / SIDE**2)


def test_a_softmax_that_is_a_layer_of_its_own_is_looked_behind() -> None:
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, 3))
    scores = layers.Dense(2)(layers.GlobalAveragePooling2D()(layers.Conv2D(2, 1, name="conv")(inputs)))
    for last in (layers.Softmax(), layers.Activation("softmax")):
        model = keras.Model(inputs, last(scores))
        expected = np.asarray(keras.Model(inputs, scores)(noise()[None].astype("float32")))[0]
        assert [network(model).gradients(noise()[None], n)[0][0] for n in (0, 1)] == pytest.approx(expected, rel=1e-5)


def small_cnn():
    import keras

    keras.utils.set_random_seed(3)
    return build_model("cnn-59k", 28, 7)


def test_gradients_by_the_maps_agree_with_finite_differences_in_the_small_cnn() -> None:
    """Each map is raised and lowered as a whole; the change of the score is its gradient summed over the map."""
    import keras

    model = small_cnn()
    image = np.random.default_rng(4).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    found = network(model)
    name = found.usual_convolution()
    layer = model.get_layer(found.map_layer(name))
    maps = np.asarray(keras.Model(model.inputs, layer.output)([image[None].astype("float32")], training=False))
    channels, step = maps.shape[-1], 1e-3
    nudge = step * np.eye(channels, dtype=np.float32)[:, None, None, :]
    x = np.concatenate([maps + nudge, maps - nudge])
    for after in model.layers[model.layers.index(layer) + 1 : -1]:
        x = after(x, training=False)
    kernel, bias = model.layers[-1].get_weights()
    for class_number in (0, 6):
        scores = np.asarray(x, np.float64) @ kernel[:, class_number] + bias[class_number]
        by_differences = (scores[:channels] - scores[channels:]) / (2 * step)
        gradients = found.maps(image[None], class_number, name)[1][0]
        assert np.abs(by_differences).max() > 0
        assert gradients.sum(axis=(0, 1)) == pytest.approx(by_differences, abs=0.05 * np.abs(by_differences).max())


def test_gradients_by_the_pixels_agree_with_finite_differences_in_the_small_cnn() -> None:
    found = network(small_cnn())
    rng = np.random.default_rng(5)
    image = rng.uniform(20, 230, (28, 28, 3)).astype(np.float32)
    gradient = found.gradients(image[None], 2)[1][0]
    direction = np.sign(gradient)  # along it the differences are largest, and rounding matters least
    ahead, behind = (found.gradients((image + step * direction)[None], 2)[0][0] for step in (0.05, -0.05))
    assert (ahead - behind) / 0.1 == pytest.approx(np.abs(gradient).sum(), rel=0.02)


def test_features_are_the_same_whether_a_pass_has_been_made_before_or_not() -> None:
    model, picture = small_cnn(), np.random.default_rng(6).integers(0, 256, (1, 28, 28, 3), dtype=np.uint8)
    fresh, used = network(model), network(model)
    used.passed(picture, None, used.convolutions()[0])
    assert used.features(picture) == pytest.approx(fresh.features(picture), abs=1e-5)
    assert used.features(np.repeat(picture, 3, axis=0)).shape == (3, fresh.features(picture).shape[1])


def test_pictures_beyond_one_batch_are_answered_in_their_order() -> None:
    found = network(hand_made())
    pictures = np.stack([noise(seed) for seed in range(70)])
    scores, gradients = found.gradients(pictures, 0)
    assert scores == pytest.approx(pictures[..., :2].mean(axis=(1, 2)) @ np.array(DENSE)[:, 0] + 3, rel=1e-4)
    assert len(gradients) == len(found.maps(pictures, 0, "red-and-green")[0]) == 70


@pytest.mark.parametrize(
    ("name", "size"),
    [("cnn-59k", 28), ("cnn-pyramid", 28), ("cnn-pyramid", 64), ("efficientnet-lite0", 96), ("mobilenet-v3-small", 96)],
)
def test_the_deepest_convolution_with_a_useful_resolution_is_the_usual_one(name: str, size: int) -> None:
    from core.explain.network import CONVOLUTIONS, SMALLEST_MAP

    model = build_model(name, size, 7)
    found = network(model)
    convolutions = [layer for layer in model.layers if isinstance(layer, CONVOLUTIONS)]
    assert found.convolutions() == [layer.name for layer in convolutions]
    chosen = model.get_layer(found.usual_convolution())
    deeper = convolutions[convolutions.index(chosen) + 1 :]
    assert min(chosen.output.shape[1:3]) >= SMALLEST_MAP
    assert all(min(layer.output.shape[1:3]) < SMALLEST_MAP for layer in deeper)


@pytest.mark.parametrize("sequential", [False, True])
def test_a_map_is_what_is_made_of_a_convolution_by_its_normalization_and_activation(sequential: bool) -> None:
    import keras
    from keras import layers

    made = [
        layers.Conv2D(4, 1, name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.ReLU(6.0, name="relu"),
        layers.Conv2D(4, 1, name="bare"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(2, activation="softmax"),
    ]
    if sequential:
        model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *made])
    else:
        inputs = x = keras.Input((SIDE, SIDE, 3))
        for layer in made:
            x = layer(x)
        model = keras.Model(inputs, x)
    model.get_layer("norm").set_weights([np.full(4, value, np.float32) for value in (1.0, 0.0, 0.0, 100.0)])
    found = network(model)
    assert [found.map_layer(name) for name in found.convolutions()] == ["relu", "bare"]
    maps, gradients = found.maps(noise()[None], 1, "conv")
    assert (maps.min(), maps.max() <= 6) == (0, True)
    assert np.isfinite(gradients).all()


def test_a_map_ends_where_branches_meet() -> None:
    found = network(build_model("efficientnet-lite0", 64, 7))
    assert found.map_layer("block6a_expand_conv") == "block6a_expand_activation"
    assert found.map_layer("block5c_project_conv") == "block5c_project_bn"


def test_every_convolution_can_be_looked_at_and_no_other_layer() -> None:
    found = network(small_cnn())
    image = np.random.default_rng(4).integers(0, 256, (1, 28, 28, 3), dtype=np.uint8)
    for name in found.convolutions():
        maps, gradients = found.maps(image, 3, name)
        assert maps.shape == gradients.shape
        assert np.abs(gradients).max() > 0
    with pytest.raises(ConfigurationError, match="has no convolution “probabilities”"):
        found.maps(image, 3, "probabilities")


def test_what_is_known_beside_the_picture_counts_in_the_score_and_has_no_map() -> None:
    import keras
    from keras import layers

    from core.explain.network import Network

    pixels, age = keras.Input((SIDE, SIDE, 3)), keras.Input((1,))
    conv = layers.Conv2D(2, 1, name="conv")(pixels)
    both = layers.Concatenate()([layers.Flatten()(conv), age])
    model = keras.Model([pixels, age], layers.Dense(2, activation="softmax")(both), name="twice")
    pictures = np.stack([noise(seed) for seed in range(3)])
    of_age = model.layers[-1].get_weights()[0][-1, 1]
    young, old = (Network(model, [np.array([[years]], np.float32)]) for years in (1.0, 11.0))
    assert old.gradients(pictures, 1)[0] - young.gradients(pictures, 1)[0] == pytest.approx(10 * of_age, rel=1e-3)
    assert old.gradients(pictures, 1)[1] == pytest.approx(young.gradients(pictures, 1)[1])
    assert old.maps(pictures, 1, "conv")[1].shape == (3, SIDE, SIDE, 2)
    other = young.about([np.array([[11.0]], np.float32)])
    assert other.gradients(pictures, 1)[0] == pytest.approx(old.gradients(pictures, 1)[0])
    assert other.passed(pictures, 0, "conv").probabilities == pytest.approx(
        np.asarray(model.predict_on_batch([pictures, np.full((3, 1), 11, np.float32)])), abs=1e-5
    )
    with pytest.raises(ConfigurationError, match="twice takes 1 inputs beside the picture, and 0 are given"):
        network(model)


def test_what_has_no_scores_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="majority does not end in a softmax"):
        network(build_model("majority", 28, 7))
    assert network(build_model("lstm-rows", 28, 7)).usual_convolution() is None
