"""Models for genes choose and standardise inside, so that what is saved is what was judged."""

import numpy as np
import pytest

from core.models.registry import build_model, list_models, model_spec

NAMES = [spec.name for spec in list_models("genes")]


def test_models_for_genes_are_listed_apart_from_those_for_pictures() -> None:
    assert NAMES == ["dense-genes", "logreg-genes", "centroid-genes", "majority-genes"]
    assert not set(NAMES) & {spec.name for spec in list_models()}
    assert {model_spec(name).takes for name in NAMES} == {"genes"}
    assert model_spec("cnn-59k").takes == "pictures"


@pytest.mark.parametrize("name", NAMES)
def test_a_model_for_genes_has_as_many_parameters_as_the_registry_says(name: str) -> None:
    assert build_model(name, 7129, 2).count_params() == model_spec(name).parameters


@pytest.mark.parametrize("name", NAMES)
def test_a_model_for_genes_answers_with_probabilities(name: str) -> None:
    answers = np.asarray(build_model(name, 40, 3).predict_on_batch(np.random.default_rng(0).normal(8, 2, (5, 40))))
    assert answers.shape == (5, 3)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


def test_chosen_genes_are_standardised_and_missing_or_constant_ones_say_nothing() -> None:
    from core.models.genes import ChosenGenes

    layer = ChosenGenes(3)
    layer.build((None, 5))
    layer.set_weights([np.array([4, 0, 2], "int32"), np.array([2.0, 3, 1]), np.array([1.0, 0.5, 0]), np.zeros(4)])
    said = np.asarray(layer(np.array([[4.0, 9, 7, 9, 1], [np.nan, 9, 1, 9, np.nan]], "float32")))
    np.testing.assert_allclose(said, [[-1, 2, 0], [0, 0, 0]])


def test_intensities_are_logged_within_the_bounds_that_the_layer_keeps() -> None:
    from core.models.genes import ChosenGenes

    layer = ChosenGenes(4)
    layer.build((None, 4))
    layer.set_weights([np.arange(4, dtype="int32"), np.zeros(4), np.ones(4), np.array([1, 100, 16_000, 0])])
    said = np.asarray(layer(np.array([[-20.0, 100, 1000, 99_999]], "float32")))
    np.testing.assert_allclose(said, [[2, 2, 3, np.log10(16_000)]], rtol=1e-5)


def test_a_saved_model_for_genes_is_loaded_with_its_choice(tmp_path) -> None:
    import keras

    from core.models.genes import CHOSEN

    model = build_model("dense-genes", 30, 2, {"genes": 10, "scale": "as-measured"})
    layer = model.get_layer(CHOSEN)
    layer.set_weights([np.arange(20, 30, dtype="int32"), np.arange(10.0), np.full(10, 2.0), np.zeros(4)])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_layer(CHOSEN).asked == "as-measured"
    values = np.random.default_rng(1).normal(5, 3, (4, 30)).astype("float32")
    np.testing.assert_array_equal(loaded.predict_on_batch(values), model.predict_on_batch(values))
    values[:, :20] = 0
    np.testing.assert_array_equal(loaded.predict_on_batch(values), model.predict_on_batch(values))
