import numpy as np
import pytest

from core.base.errors import ConfigurationError
from core.models.registry import build_model
from core.serving.predictor import Predictor

SIDE = 8


def hand_made(dense: list[list[float]], bias: tuple[float, ...] = (0.0, 0.0)):
    """A model whose two maps are the red and green channel and whose scores are weighted means of them.

    `dense` is the weight of each channel (rows) for each class (columns).
    """
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, 3))
    maps = layers.Conv2D(2, 1, name="red-and-green")(inputs)
    outputs = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(inputs, outputs)
    kernel = np.zeros((1, 1, 3, 2), np.float32)
    kernel[0, 0, 0, 0] = kernel[0, 0, 1, 1] = 1
    model.get_layer("red-and-green").set_weights([kernel, np.zeros(2, np.float32)])
    model.layers[-1].set_weights([np.array(dense, np.float32), np.array(bias, np.float32)])
    return model


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


@pytest.mark.parametrize("class_number", [0, 1])
def test_the_map_of_a_hand_made_model_is_the_one_computed_by_hand(class_number: int) -> None:
    from core.explain.gradcam import grad_cam

    dense = [[0.02, -0.01], [-0.012, 0.03]]
    image = noise()
    # The score is a weighted mean, so the gradient of each channel is its weight, the same everywhere.
    by_hand = np.maximum(image[..., 0] * dense[0][class_number] + image[..., 1] * dense[1][class_number], 0)
    heat = grad_cam(hand_made(dense, bias=(3.0, -7.0)), image, class_number)
    assert heat.values == pytest.approx(by_hand / by_hand.max(), abs=1e-5)
    assert (heat.layer, heat.class_number) == ("red-and-green", class_number)


def test_the_map_is_that_of_the_score_before_the_softmax_and_so_survives_certainty() -> None:
    from core.explain.gradcam import grad_cam

    image = noise()
    certain = hand_made([[5.0, 0.0], [0.0, 0.0]])  # the softmax is exactly 1 and its own gradient 0
    assert np.asarray(certain.predict_on_batch(image[None]))[0, 0] == 1
    assert grad_cam(certain, image, 0).values == pytest.approx(image[..., 0] / image[..., 0].max(), abs=1e-5)


def test_the_map_lights_up_the_only_quadrant_that_matters() -> None:
    from core.explain.gradcam import grad_cam

    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    image[:4, 4:, 0] = 200
    image[..., 2] = 255  # blue, which the model does not look at
    values = grad_cam(hand_made([[0.02, 0.0], [0.0, 0.02]]), image, 0).values
    assert values[:4, 4:].min() == 1
    values = values.copy()
    values[:4, 4:] = 0
    assert values.max() == 0


def test_the_map_is_all_zeros_where_nothing_speaks_for_the_class() -> None:
    from core.explain.gradcam import grad_cam

    values = grad_cam(hand_made([[-0.02, 0.01], [-0.01, 0.02]]), noise(), 0).values
    assert values.shape == (SIDE, SIDE)
    assert (values == 0).all()


def test_the_weights_of_the_maps_agree_with_finite_differences_in_the_small_cnn() -> None:
    """Each map is raised and lowered as a whole; the change of the score is its gradient summed over the map."""
    import keras

    from core.explain.gradcam import grad_cam, grad_cam_layer

    keras.utils.set_random_seed(3)
    model = build_model("cnn-59k", 28, 7)
    image = np.random.default_rng(4).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    layer = grad_cam_layer(model)
    maps = np.asarray(keras.Model(model.inputs, layer.output)([image[None].astype("float32")], training=False))
    channels, step = maps.shape[-1], 1e-3
    nudge = step * np.eye(channels, dtype=np.float32)[:, None, None, :]
    x = np.concatenate([maps + nudge, maps - nudge])
    for after in model.layers[model.layers.index(layer) + 1 : -1]:
        x = after(x, training=False)
    kernel, bias = model.layers[-1].get_weights()
    for class_number in (0, 6):
        scores = np.asarray(x, np.float64) @ kernel[:, class_number] + bias[class_number]
        weights = (scores[:channels] - scores[channels:]) / (2 * step)
        by_differences = np.maximum((maps[0] * weights).sum(axis=-1), 0)
        values = grad_cam(model, image, class_number).values
        assert values.max() == pytest.approx(1)
        assert values == pytest.approx(by_differences / by_differences.max(), abs=0.05)


@pytest.mark.parametrize(
    ("name", "size"),
    [("cnn-59k", 28), ("cnn-pyramid", 28), ("cnn-pyramid", 64), ("efficientnet-lite0", 96), ("mobilenet-v3-small", 96)],
)
def test_the_deepest_convolution_with_a_useful_resolution_is_looked_at(name: str, size: int) -> None:
    import keras

    from core.explain.gradcam import SMALLEST_MAP, grad_cam_layer

    model = build_model(name, size, 7)
    chosen = grad_cam_layer(model)
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    deeper = convolutions[convolutions.index(chosen) + 1 :]
    assert min(chosen.output.shape[1:3]) >= SMALLEST_MAP
    assert all(min(layer.output.shape[1:3]) < SMALLEST_MAP for layer in deeper)


@pytest.mark.parametrize("name", ["lstm-rows", "majority"])
def test_a_model_without_a_convolution_is_refused_by_name(name: str) -> None:
    from core.explain.gradcam import grad_cam

    with pytest.raises(ConfigurationError, match=f"Grad-CAM looks at a convolution, and {name} has none"):
        grad_cam(build_model(name, 28, 7), np.zeros((28, 28, 3), np.uint8), 0)


def test_a_trained_model_that_was_saved_and_loaded_can_be_explained(trained) -> None:
    from core.data.catalog import open_dataset
    from core.data.images.cache import ensure_cache
    from core.explain.gradcam import grad_cam

    predictor = Predictor.of_run(trained.path)
    images = ensure_cache(open_dataset("demo"), 28).images[:20]
    of_pictures = [[grad_cam(predictor.model, image, number).values for number in range(7)] for image in images]
    for maps in of_pictures:
        assert all(values.shape == (5, 5) and values.dtype == np.float32 for values in maps)
        assert all(values.min() >= 0 and values.max() in (0, pytest.approx(1)) for values in maps)
    with_evidence = [[values for values in maps if values.max() > 0] for maps in of_pictures]
    assert max(map(len, with_evidence)) >= 2
    # In a picture where a single feature speaks, classes share one map; not in all of them.
    assert max(np.ptp(maps, axis=0).max() for maps in with_evidence if maps) > 0.1
