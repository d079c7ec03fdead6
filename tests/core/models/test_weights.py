"""What a recipe may say of the weights that a network begins with, and what happens to files that do not fit."""

from pathlib import Path

import numpy as np
import pytest

from core.base.errors import ConfigurationError
from core.models.registry import build_model, model_spec
from core.models.weights import weights_path
from core.training.recipe import Recipe, make_recipe
from tests.alike import long_but

MOBILENET = "mobilenet-0.25"
SIZE = 32


def chosen(weights: str, model: str = MOBILENET) -> str:
    return make_recipe(dataset="demo", model=model, weights=weights).weights


def test_a_recipe_names_published_weights_none_a_run_or_a_file_by_its_whole_path(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for same in (
        "",
        "imagenet",
        "none",
        "20261127-031410-cnn-59k-demo-e872a4",
        "/models/a.keras",
        "/models/a.weights.h5",
    ):
        assert chosen(same) == same
    assert chosen("mine.h5") == str(tmp_path / "mine.h5")
    assert chosen(chosen("mine.h5")) == chosen("mine.h5")
    assert chosen("~nobody-of-this-name/a.keras") == str(tmp_path / "~nobody-of-this-name" / "a.keras")
    assert chosen("none", "cnn-59k") == "none"
    assert chosen("ImageNet") == "imagenet"
    assert chosen("None") == "none"
    with pytest.raises(ConfigurationError, match=r"not from an address. Download https://example.org/a.h5, then"):
        chosen("https://example.org/a.h5")
    for wrong in ("/models/a.pth", "a.pth", "a.safetensors", "../secret", "/etc/passwd", ".hidden"):
        with pytest.raises(ConfigurationError, match="weights: give “imagenet”, “none”"):
            chosen(wrong)
    for model in ("cnn-59k", "majority"):
        with pytest.raises(ConfigurationError, match=f"weights: there are no published weights for {model}"):
            chosen("imagenet", model)


def test_a_recipe_from_before_there_were_weights_is_the_same_recipe() -> None:
    made = make_recipe(dataset="demo", model="cnn-59k")
    assert made.weights == ""
    old = {name: value for name, value in made.model_dump(mode="json").items() if name != "weights"}
    assert Recipe(**old) == made
    assert weights_path(model_spec("cnn-59k"), "") is None


def test_a_run_or_file_that_is_not_here_is_named(artifacts: Path) -> None:
    spec = model_spec(MOBILENET)
    with pytest.raises(ConfigurationError, match="The run no-such-run has no trained model to take weights from"):
        weights_path(spec, "no-such-run")
    with pytest.raises(ConfigurationError, match=r"There is no file /nowhere/a\.keras"):
        weights_path(spec, "/nowhere/a.keras")
    with pytest.raises(ConfigurationError, match="There is no file"):
        weights_path(spec, f"/{'long' * 200}.keras")
    assert weights_path(spec, "none") is None


@pytest.mark.parametrize("ending", long_but([".keras", ".weights.h5", ".h5"], ".keras"))
def test_the_trunk_of_another_network_of_its_kind_is_taken_and_the_head_is_not(ending: str, tmp_path: Path) -> None:
    from core.models.blocks import trunk_of
    from core.models.load_weights import load_trunk

    one, other = build_model(MOBILENET, SIZE, 5, {"dense": 64}), build_model(MOBILENET, SIZE, 3)
    file = tmp_path / f"taken{ending}"
    if ending == ".weights.h5":
        one.save_weights(file)
    else:
        (one if ending == ".keras" else trunk_of(one)).save(file)
    head = other.get_layer("probabilities").get_weights()
    load_trunk(other, model_spec(MOBILENET), file)
    pictures = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3)).astype("float32")
    np.testing.assert_allclose(np.asarray(trunk_of(other)(pictures)), np.asarray(trunk_of(one)(pictures)), atol=1e-5)
    for before, after in zip(head, other.get_layer("probabilities").get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("ending", [".keras", ".weights.h5", ".h5"])
@pytest.mark.parametrize("wrong", ["damaged", "empty", "another network"])
def test_a_file_that_is_damaged_or_of_another_network_is_named(wrong: str, ending: str, tmp_path: Path) -> None:
    from core.models.load_weights import load_trunk

    file = tmp_path / f"taken{ending}"
    if wrong == "another network":
        other = build_model("cnn-pyramid", SIZE, 3)
        other.save_weights(file) if ending == ".weights.h5" else other.save(file)
    else:
        file.write_bytes(b"" if wrong == "empty" else b"\x89HDF\r\n\x1a\n nothing")
    with pytest.raises(ConfigurationError, match=rf"taken\{ending} does not hold the weights of MobileNet 0\.25"):
        load_trunk(build_model(MOBILENET, SIZE, 3), model_spec(MOBILENET), file)


def test_weights_that_are_no_numbers_are_refused_before_a_training_begins_with_them(tmp_path: Path) -> None:
    from core.models.load_weights import load_trunk

    diverged = build_model(MOBILENET, SIZE, 3)
    diverged.get_layer("conv_pw_13").set_weights([w * np.nan for w in diverged.get_layer("conv_pw_13").get_weights()])
    diverged.save_weights(tmp_path / "diverged.weights.h5")
    with pytest.raises(ConfigurationError, match=r"diverged\.weights\.h5 has weights that are not finite numbers"):
        load_trunk(build_model(MOBILENET, SIZE, 3), model_spec(MOBILENET), tmp_path / "diverged.weights.h5")


def test_published_weights_of_keras_see_what_the_network_of_keras_sees(imagenet_weights: Path) -> None:
    import keras

    from core.models.blocks import trunk_of
    from core.models.load_weights import load_trunk

    spec = model_spec(MOBILENET)
    file = weights_path(spec, "")
    assert file.parent == imagenet_weights.resolve()
    ours = build_model(MOBILENET, 128, 3)
    load_trunk(ours, spec, file)
    theirs = keras.applications.MobileNet(
        input_shape=(128, 128, 3), alpha=0.25, include_top=False, weights=str(file), pooling="avg"
    )
    pictures = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3)).astype("float32")
    expected = np.asarray(theirs(keras.applications.mobilenet.preprocess_input(pictures.copy())))
    np.testing.assert_allclose(np.asarray(trunk_of(ours)(pictures)), expected, atol=1e-4)


@pytest.mark.parametrize(("name", "application"), [("densenet-121", "densenet"), ("resnet-50", "resnet50")])
def test_pictures_are_scaled_as_keras_scales_them(name: str, application: str) -> None:
    import keras

    from core.models.applications import as_expected

    inputs = keras.Input((8, 8, 3))
    scaled = keras.Model(inputs, as_expected(inputs, {"densenet-121": "DenseNet121", "resnet-50": "ResNet50"}[name]))
    pictures = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype("float32")
    expected = getattr(keras.applications, application).preprocess_input(pictures.copy())
    np.testing.assert_allclose(np.asarray(scaled(pictures)), expected, atol=1e-4)


def test_an_efficientnet_brings_colours_to_mean_0_and_deviation_1_whatever_a_file_says(tmp_path: Path) -> None:
    import keras

    from core.models.applications import DEVIATION, MEAN
    from core.models.blocks import trunk_of
    from core.models.load_weights import load_trunk

    def normalized(model) -> np.ndarray:
        [layer] = (layer for layer in model.layers if isinstance(layer, keras.layers.Normalization))
        return np.asarray(layer(np.array([[[MEAN, np.add(MEAN, DEVIATION)]]], "float32")))[0, 0]

    expected = np.array([[0, 0, 0], [1, 1, 1]])
    model = build_model("efficientnet-b0", SIZE, 3)
    np.testing.assert_allclose(normalized(model), expected, atol=1e-5)
    [layer] = (layer for layer in model.layers if isinstance(layer, keras.layers.Normalization))
    layer.adapt_variance.assign(DEVIATION)  # as the published files have it
    trunk_of(model).save(tmp_path / "published.h5")
    load_trunk(model, model_spec("efficientnet-b0"), tmp_path / "published.h5")
    np.testing.assert_allclose(normalized(model), expected, atol=1e-5)
    model.save(tmp_path / "model.keras")
    np.testing.assert_allclose(normalized(keras.models.load_model(tmp_path / "model.keras")), expected, atol=1e-5)
