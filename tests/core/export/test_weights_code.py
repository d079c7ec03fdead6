"""Code of a network that begins with weights takes their file as an argument and begins with what is in it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.models.registry import build_model, model_spec
from core.models.weights import file_for_keras, weights_path

SIZE = 32
SHOW = "np.save('features.npy', np.asarray(trunk(np.full((1, SIZE, SIZE, 3), 200, 'float32'))))\n"


def up_to_the_network(package, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """The script as far as it makes the network, in a Python that cannot see this project."""
    wanted = [each.code for each in package.code.sections if each.title in ("Imports", "Settings", "Network")]
    (folder / "begin.py").write_text("\n\n".join(["import numpy as np", *wanted, SHOW]))
    command = [sys.executable, "-I", "-P", "begin.py", *arguments]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, timeout=300)


@pytest.mark.long
@pytest.mark.parametrize(
    "kind",
    ["efficientnet-lite0", "mobilenet-0.25", "a model"],
)
def test_the_script_begins_with_the_weights_that_the_run_begins_with(
    kind: str, packaged, tmp_path: Path, imagenet_weights: Path
) -> None:
    from core.models.blocks import trunk_of
    from core.models.load_weights import load_trunk

    name, weights = kind, ""
    if kind == "a model":
        name, weights = "mobilenet-0.25", str(tmp_path / "earlier.keras")
        build_model(name, 64, 7, {"dense": 64}).save(weights)
    ours = build_model(name, SIZE, 3)
    load_trunk(ours, model_spec(name), weights_path(model_spec(name), weights))  # which converts, where that is needed
    package = packaged(model=name, weights=weights, image_size=SIZE)
    assert package.weights == file_for_keras(model_spec(name), weights)
    assert f"--weights {package.weights}" in package.command
    assert package.weights.name in package.about
    assert "--weights FILE" in package.code.introduction
    ended = up_to_the_network(package, tmp_path, "--weights", str(package.weights))
    assert ended.returncode == 0, ended.stderr[-2000:]
    expected = np.asarray(trunk_of(ours)(np.full((1, SIZE, SIZE, 3), 200, "float32")))
    np.testing.assert_allclose(np.load(tmp_path / "features.npy"), expected, atol=1e-5)


@pytest.mark.long
def test_the_script_says_which_file_it_needs(packaged, tmp_path: Path) -> None:
    ended = up_to_the_network(packaged(model="efficientnet-lite0", image_size=SIZE), tmp_path)
    assert ended.returncode == 1
    assert "Start with --weights FILE, efficientnet-lite0-57934424.weights.h5." in ended.stderr


def test_the_script_names_the_file_it_needs_and_asks_for_none_where_it_begins_with_chance(packaged) -> None:
    needs = packaged(model="efficientnet-lite0", image_size=SIZE)
    assert "Start with --weights FILE, " in needs.code.script()
    assert "efficientnet-lite0-57934424.weights.h5" in needs.code.script()
    chance = packaged(model="efficientnet-lite0", weights="none", image_size=SIZE)
    assert chance.weights is None
    assert "--weights" not in chance.command + chance.code.script() + chance.about
    assert "trunk_of" not in chance.code.script()
