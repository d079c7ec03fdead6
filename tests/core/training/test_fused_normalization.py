"""Batch normalization in one operation is that of Keras: answers, gradients and running figures."""

import numpy as np
import pytest


@pytest.fixture
def networks():
    """The same small network twice: as Keras computes it, and in one operation each."""
    import keras

    from core.training.fused_normalization import fuse_normalization

    def built() -> keras.Model:
        keras.utils.set_random_seed(3)
        inputs = keras.Input((6, 6, 3))
        x = keras.layers.Conv2D(5, 3, strides=2, use_bias=False)(inputs)
        x = keras.layers.BatchNormalization(momentum=0.9, name="of-maps")(x)
        x = keras.layers.ReLU()(x)
        x = keras.layers.BatchNormalization(scale=False, name="without-scale")(x)
        x = keras.layers.Flatten()(x)
        x = keras.layers.BatchNormalization(name="of-rows")(x)
        model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(x))
        model.get_layer("of-maps").gamma.assign([0.5, 1.0, 2.0, -1.0, 0.1])
        model.get_layer("of-maps").beta.assign([0.0, 1.0, -1.0, 0.3, 0.2])
        return model

    plain, fused = built(), built()
    fuse_normalization(fused)
    return plain, fused


def pictures(batch: int) -> np.ndarray:
    return np.random.default_rng(batch).normal(2.0, 3.0, (batch, 6, 6, 3)).astype(np.float32)


@pytest.mark.parametrize("batch", [1, 7])
def test_learning_from_a_batch_gives_the_gradients_and_running_figures_of_keras(networks, batch: int) -> None:
    import keras
    import tensorflow as tf

    found = []
    for network in networks:
        with tf.GradientTape() as tape:
            loss = keras.ops.mean(keras.ops.log(network(pictures(batch), training=True)[:, 0]))
        gradients = tape.gradient(loss, [each.value for each in network.trainable_variables])
        found.append([loss, *gradients, *network.non_trainable_variables])
    for plain, fused in zip(*found, strict=True):
        np.testing.assert_allclose(np.array(fused), np.array(plain), rtol=1e-4, atol=2e-6)


def test_answers_are_those_of_keras_also_while_a_frozen_part_is_told_that_it_trains(networks) -> None:
    plain, fused = networks
    for network in networks:
        network(pictures(9), training=True)
    np.testing.assert_allclose(fused.predict_on_batch(pictures(4)), plain.predict_on_batch(pictures(4)), rtol=1e-5)
    for network in networks:
        network.trainable = False
    before = [np.array(each) for each in fused.variables]
    np.testing.assert_allclose(
        np.array(fused(pictures(4), training=True)), np.array(plain(pictures(4), training=True)), rtol=1e-5
    )
    assert all(np.array_equal(one, np.array(other)) for one, other in zip(before, fused.variables, strict=True))


def test_only_what_is_the_same_in_one_operation_is_exchanged_and_a_saved_network_is_that_of_keras(networks, tmp_path):
    import keras

    _, fused = networks
    ours = {layer.name for layer in fused.layers if "call" in vars(layer)}
    assert ours == {"of-maps"}
    fused.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert not any("call" in vars(layer) for layer in loaded.layers)
    np.testing.assert_allclose(loaded.predict_on_batch(pictures(3)), fused.predict_on_batch(pictures(3)), rtol=1e-5)


@pytest.mark.parametrize("stages", [[], [{"learns": "all", "epochs": 1}]], ids=["no stages", "stages"])
def test_networks_that_learn_in_stages_have_it_and_those_that_can_be_had_as_a_script_are_keras_own(stages) -> None:
    from core.training.learner import learner_for
    from core.training.recipe import make_recipe

    recipe = make_recipe(dataset="demo", model="cnn-59k", image_size=28, stages=stages)
    learner = learner_for(recipe, 3, 64)
    normalized = [each for each in learner.model.layers if type(each).__name__ == "BatchNormalization"]
    assert normalized
    assert any("call" in vars(each) for each in normalized) == bool(stages)
