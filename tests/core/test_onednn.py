"""TensorFlow computes with oneDNN wherever the project computes with networks, unless a person has said otherwise."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.processes import start_python
from core.base.settings import PROJECT_ROOT
from core.serving.workers import Workers

NAME = "TF_ENABLE_ONEDNN_OPTS"
ENTRIES = {
    "training": "core.engine.training_process",
    "search": "core.searches.search_process",
    "job": "core.jobs.job_process",
    "command line": "core.__main__",
}
COMPUTE = "import sys; import core; from tests.core.test_onednn import compute; compute(sys.argv[1], sys.argv[2:])"


def compute(file: str, names: Sequence[str]) -> None:
    """Write what networks answer, and learn in a step, in this process, and whether oneDNN is on in it."""
    import keras
    from tensorflow.python.util import _pywrap_util_port

    from core.models.registry import build_model

    answers = {"on": np.array(_pywrap_util_port.IsMklEnabled())}
    pictures = np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3)).astype("float32")
    for name in names:
        keras.utils.set_random_seed(0)
        model = build_model(name, 32, 7)
        answers[f"{name} as built"] = model.predict_on_batch(pictures)
        model.compile(keras.optimizers.SGD(1e-3), "sparse_categorical_crossentropy")
        keras.utils.set_random_seed(0)
        answers[f"{name} loss"] = np.array(model.train_on_batch(pictures, np.arange(16) % 7))
        answers[f"{name} after a step"] = model.predict_on_batch(pictures)
    np.savez(file, **answers)


def environment(own: str | None) -> dict[str, str]:
    """Of a process whose person has set it to `own`, or not at all."""
    rest = {name: value for name, value in os.environ.items() if name != NAME}
    return rest if own is None else rest | {NAME: own}


@pytest.mark.parametrize(
    ("entry", "own", "expected"),
    [(entry, None, "1") for entry in ENTRIES.values()] + [(ENTRIES["command line"], "0", "0")],
)
def test_every_process_that_computes_has_it_on_and_ones_own_setting_wins(
    entry: str, own: str | None, expected: str
) -> None:
    code = f"import os, {entry}; print(os.environ['{NAME}'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, env=environment(own), capture_output=True, text=True
    )
    assert done.stdout.split() == [expected], done.stderr


@pytest.mark.parametrize("own", ["1", "0"])
def test_processes_that_are_started_get_what_the_one_that_starts_them_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: str
) -> None:
    monkeypatch.setenv(NAME, own)
    process = start_python(
        ["timeit", "-n1", "-r1", f"import os; print('It is', os.environ['{NAME}'])"], tmp_path / "log", {}
    )
    assert process.wait() == 0
    assert f"It is {own}\n" in (tmp_path / "log").read_text()
    serving = Workers(1)
    try:
        assert serving.ask(os.getenv, NAME, seconds=60) == own
    finally:
        serving.stop()


def test_tensorflow_takes_the_setting() -> None:
    from tensorflow.python.util import _pywrap_util_port

    assert _pywrap_util_port.IsMklEnabled() == (os.environ[NAME] == "1")


@pytest.fixture(
    scope="module",
    params=[("cnn-59k",), pytest.param(("lstm-rows", "efficientnet-lite0"), marks=pytest.mark.long)],
    ids=" and ".join,
)
def computed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What networks answer, and learn in a step, in this process, where nothing is set, and with oneDNN off."""
    folder = tmp_path_factory.mktemp("onednn")
    command = [sys.executable, "-c", COMPUTE, str(folder / "off.npz"), *request.param]
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment("0"))
    compute(str(folder / "on.npz"), request.param)
    assert process.wait() == 0
    return [dict(np.load(folder / f"{name}.npz")) for name in ("on", "off")]


@pytest.mark.long
def test_tensorflow_takes_the_setting_where_it_is_off_too(computed: list[dict[str, Any]]) -> None:
    assert [bool(each["on"]) for each in computed] == [True, False]


def test_networks_answer_and_learn_alike_with_it_and_without(computed: list[dict[str, Any]]) -> None:
    on, off = computed
    assert len(on) in (1 + 3, 1 + 3 * 2)
    for name in on.keys() - {"on"}:
        np.testing.assert_allclose(on[name], off[name], rtol=1e-3, atol=1e-5, err_msg=name)
