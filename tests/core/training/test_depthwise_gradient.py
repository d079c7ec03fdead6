"""Gradients of wide depthwise kernels are those of Keras, at any size, stride and kernel."""

import numpy as np
import pytest


def network(**layer):
    import keras

    keras.utils.set_random_seed(5)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.DepthwiseConv2D(**{"kernel_size": 5, "padding": "same", "use_bias": False, **layer})(inputs)
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)))


@pytest.mark.parametrize("kernel", [5, 6, 7])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("sides", [(8, 8), (9, 6), (2, 3)])
@pytest.mark.parametrize("traced", [False, True])
def test_answers_and_gradients_are_those_of_keras(kernel: int, stride: int, sides: tuple[int, int], traced: bool):
    import keras
    import tensorflow as tf

    from core.training.depthwise_gradient import quicken_depthwise

    plain, quick = (network(kernel_size=kernel, strides=stride) for _ in range(2))
    quicken_depthwise(quick)
    assert "call" in vars(quick.layers[1])
    pictures = tf.constant(np.random.default_rng(stride).normal(size=(3, *sides, 3)), tf.float32)
    found = []
    for each in (plain, quick):

        def step(x, each=each):
            with tf.GradientTape() as tape:
                tape.watch(x)
                answers = each(x, training=True)
                loss = keras.ops.mean(answers**2)
            return [answers, *tape.gradient(loss, [x, *(weight.value for weight in each.trainable_variables)])]

        found.append((tf.function(step) if traced else step)(pictures))
    for by_keras, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, by_keras, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        {"kernel_size": 3},
        {"kernel_size": (5, 3)},
        {"use_bias": True},
        {"dilation_rate": 2},
        {"activation": "relu"},
        {"dtype": "float64"},
    ],
    ids=str,
)
def test_what_would_not_be_the_same_is_left_to_keras(layer) -> None:
    from core.training.depthwise_gradient import quicken_depthwise

    model = network(**layer)
    quicken_depthwise(model)
    assert "call" not in vars(model.layers[1])


def test_a_size_that_is_not_known_and_valid_padding_are_left_to_keras_when_it_computes() -> None:
    import tensorflow as tf

    from core.training.depthwise_gradient import quicken_depthwise

    for layer in ({"strides": 2}, {"padding": "valid"}):
        plain, quick = network(**layer), network(**layer)
        quicken_depthwise(quick)
        signature = [tf.TensorSpec((None, None, None, 3), tf.float32)]
        pictures = np.random.default_rng(0).normal(size=(2, 11, 11, 3)).astype(np.float32)
        answers = [tf.function(each, input_signature=signature)(pictures) for each in (plain, quick)]
        np.testing.assert_allclose(*answers, rtol=1e-5)


def test_networks_that_learn_in_stages_have_it_and_what_is_saved_is_that_of_keras(tmp_path) -> None:
    import keras

    from core.training.learner import learner_for
    from core.training.recipe import make_recipe

    recipe = make_recipe(
        dataset="demo", model="efficientnet-lite0", image_size=32, weights="none", stages=[{"learns": "all"}]
    )
    model = learner_for(recipe, 3, 64).deployed_model
    wide = [each for each in model.layers if isinstance(each, keras.layers.DepthwiseConv2D) and "call" in vars(each)]
    assert len(wide) == 9
    model.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert not any("call" in vars(each) for each in loaded.layers)
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    np.testing.assert_allclose(loaded.predict_on_batch(pictures), model.predict_on_batch(pictures), rtol=1e-4)
