import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.base.errors import ConfigurationError
from core.data.adapters.skin import HAM10000_CLASSES
from core.models.registry import build_model, list_models, model_spec
from core.serving.predictor import Predictor, PredictorInfo
from tests.core.models.every_model import models

if TYPE_CHECKING:
    import keras

pytestmark = pytest.mark.usefixtures("untraced")
NAMES = models(trained=False)
IMAGENET_SIZE = 64
"""At which trunks are tried: their weights are the same at every size."""


@pytest.fixture(scope="module")
def built() -> Callable[[str], "keras.Model"]:
    """A model by name for seven classes, at its own size or that for trunks, built once."""
    return lru_cache(lambda name: build_model(name, tried_at(name), 7))


def tried_at(name: str) -> int:
    spec = model_spec(name)
    return IMAGENET_SIZE if spec.trunk else spec.image_size


def pictures(size: int, count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def test_the_registry_is_read_without_importing_keras_or_tensorflow() -> None:
    code = (
        "import sys; import core.models.registry as r, core.training.recipe, core.engine.engine, core.cli.commands; "
        "assert r.list_models() and r.model_spec('cnn-59k'); "
        "print([m for m in ('keras', 'tensorflow', 'streamlit') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_models_have_different_names_and_say_where_they_come_from() -> None:
    names = [spec.name for spec in list_models()]
    assert {"cnn-59k", "cnn-pyramid", "lstm-rows", "patch-cnn-tuned", "majority"} <= set(names)
    assert len(set(names)) == len(names)
    assert all(spec.source and spec.description and spec.title for spec in list_models())
    assert [spec.name for spec in list_models() if not spec.gradient_trained] == ["brightness-logreg", "majority"]


@pytest.mark.parametrize("name", NAMES)
def test_a_built_model_has_as_many_parameters_as_the_registry_says(built, name: str) -> None:
    assert built(name).count_params() == model_spec(name).parameters


@pytest.mark.parametrize("name", models(on_trunk=True))
def test_the_registry_says_how_many_blocks_of_a_trunk_can_learn_by_themselves(built, name: str) -> None:
    from core.models.blocks import blocks

    trunk = model_spec(name).trunk
    assert trunk is not None
    assert trunk.blocks == len(blocks(built(name))) - 2, "all but the stem and the head"


@pytest.mark.long
def test_the_system_of_the_report_on_isic_has_its_dense_layers_on_efficientnet_b4(built) -> None:
    model = built("efficientnet-b4")
    dense = [layer for layer in model.layers if layer.__class__.__name__ == "Dense"]
    assert [(layer.units, layer.activation.__name__) for layer in dense] == [
        (1024, "relu"), (512, "relu"), (256, "relu"), (7, "softmax")
    ]  # fmt: skip
    assert [layer.rate for layer in model.layers if layer.name.startswith("head_dropout")] == [0.5, 0.3]
    assert model.count_params() == model_spec("efficientnet-b4").parameters == 20_167_782


def test_the_models_of_the_report_have_its_parameter_counts(built) -> None:
    small = built("cnn-59k")
    assert small.count_params() == 59_005
    assert sum(int(np.prod(w.shape)) for w in small.non_trainable_weights) == 593
    assert built("lstm-rows").count_params() == 171_111
    # From the architecture of the report by hand, its one sigmoid being a softmax over two: five convolutions of 3×3
    # of which the first has a bias, batch normalization of four numbers a filter, Flatten to 3×3×512, two dense layers.
    convolutions = sum(9 * before * after for before, after in pairwise([3, 32, 64, 128, 256, 512])) + 32
    normalized = 4 * (32 + 64 + 128 + 256 + 512 + 512)
    for name in ("patch-cnn-softmax", "patch-cnn-relu"):
        for classes in (2, 7):
            model = built(name) if classes == 7 else build_model(name, 96, 2)
            assert model.count_params() == convolutions + normalized + 9 * 512 * 512 + 513 * classes
    assert build_model("brightness-logreg", 96, 2).count_params() == 4
    assert model_spec("majority").parameters == 7
    assert not built("majority").trainable_weights


@pytest.mark.parametrize("name", NAMES)
def test_a_model_takes_raw_pictures_and_answers_with_probabilities(built, name: str) -> None:
    images = pictures(tried_at(name))
    answers = np.asarray(built(name)(images))  # not compiled, which takes longer than all the rest
    assert answers.shape == (3, 7)
    assert answers.min() >= 0
    assert answers.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert answers == pytest.approx(np.asarray(built(name).predict_on_batch(images.astype("float32"))), abs=1e-5)


@pytest.mark.parametrize("name", models(on_trunk=False))
def test_pictures_are_brought_to_the_range_0_to_1_inside_the_model(built, name: str) -> None:
    import keras

    scales = [layer.scale for layer in built(name).layers if isinstance(layer, keras.layers.Rescaling)]
    assert scales == [1 / 255]


@pytest.mark.parametrize("name", models(trained=False, families=False))
def test_a_saved_model_answers_as_before_and_needs_no_code_of_ours_to_preprocess(
    built, name: str, tmp_path: Path
) -> None:
    from core.models.baseline import set_fractions

    model = built(name)
    if name == "majority":
        set_fractions(model, np.array([5, 5, 5, 0]))
    model.save(tmp_path / "model.keras")
    size = tried_at(name)
    info = PredictorInfo("r", name, size, HAM10000_CLASSES, "demo", "Demo", True, "", "", "grouped", False)
    info.save(tmp_path / "predictor.json")
    images = pictures(size)
    again = Predictor.of_run(tmp_path)
    assert again.info == info
    assert again.probabilities(images) == pytest.approx(np.asarray(model(images)), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "size"),
    [("cnn-59k", 31), ("cnn-pyramid", 16), ("lstm-rows", 8), ("patch-cnn-tuned", 16), ("majority", 8)]
    + [("patch-cnn-softmax", 50), ("patch-cnn-relu", 32), ("brightness-logreg", 50)],
)
def test_a_model_can_be_built_for_other_sizes_and_numbers_of_classes(name: str, size: int) -> None:
    model = build_model(name, size, 2)
    assert model.input_shape == (None, size, size, 3)
    assert model.output_shape == (None, 2)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_that_are_too_small_for_a_model_are_refused_with_the_smallest_size(name: str) -> None:
    smallest = model_spec(name).min_image_size
    with pytest.raises(ConfigurationError, match=rf"{name} needs pictures of at least {smallest} pixels"):
        build_model(name, smallest - 1, 7)


@pytest.mark.parametrize("name", ["resnet-9000", "", "CNN-59K"])
def test_an_unknown_model_is_named_together_with_those_that_are_known(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"“{name}”.*{', '.join(spec.name for spec in list_models())}"):
        build_model(name, 28, 7)


def test_the_majority_model_answers_every_picture_with_the_shares_it_was_given(built) -> None:
    from core.models.baseline import set_fractions

    model = built("majority")
    set_fractions(model, np.array([0, 0, 0, 4]))
    answers = np.asarray(model.predict_on_batch(pictures(28, 2)))
    assert answers == pytest.approx(np.array([[0.75, 0, 0, 0, 0.25, 0, 0]] * 2))


def test_the_patch_networks_made_by_hand_differ_by_their_activation_alone(built: dict) -> None:
    softmax, relu = (
        [layer.get_config() for layer in built(f"patch-cnn-{kind}").layers] for kind in ("softmax", "relu")
    )
    other = [(a, b) for a, b in zip(softmax, relu, strict=True) if a | {"name": ""} != b | {"name": ""}]
    assert [(a["activation"], b["activation"]) for a, b in other] == [("softmax", "relu")] * 6
