"""A training that is killed and goes on ends as one that was left alone; a real process, really killed."""

import io
import json
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core.base.errors import RunError
from tests.core.training.curves import comparable_lines, lines

SCRIPT = Path(__file__).with_name("one_training.py")
AUGMENTED = {
    "augment_flip": "both",
    "augment_rotation": 180,
    "augment_zoom": 0.3,
    "augment_translation": 0.2,
    "augment_brightness": 0.3,
    "augment_contrast": 0.5,
    "augment_saturation": 0.5,
    "augment_hue": 30,
}


@dataclass(frozen=True)
class Case:
    """A recipe at the smallest size of its model, and when its process is killed."""

    size: int
    die_at: str
    fields: dict[str, Any]


CASES = {
    "everything": Case(
        8,
        "2:2",
        {
            "model": "lstm-rows",
            "architecture": {"units": 32, "recurrent_layers": 1, "dropout": 0.2},
            "small": True,  # networks of the zoo go on at length
            "eager": True,
            "batch_size": 16,
            "epochs": 12,
            "learning_rate": 0.1,  # too large, so that nothing gets better for long
            "reduce_lr_patience": 1,
            "early_stopping_patience": 3,
            "monitor": "val_balanced_accuracy",
            "balance": "sqrt-weights",
            "mixup": 0.4,
            "cutmix": 1.0,
            "optimizer": "adamw",
            "ema_momentum": 0.5,
            "clip_norm": 1.0,
            **AUGMENTED,
        },
    ),
    "cnn-59k": Case(28, "1:best", {"epochs": 3, "batch_size": 2}),  # bundles of two steps
    "cnn-pyramid": Case(
        16,
        "2:3",
        {
            "epochs": 12,
            "learning_rate": 0.1,  # too large, so that nothing gets better for long
            "reduce_lr_patience": 1,
            "early_stopping_patience": 2,
            "monitor": "val_balanced_accuracy",
            **AUGMENTED,
        },
    ),
    "lstm-rows": Case(8, "1:4", {"epochs": 3, "learning_rate": 0.01, "balance": "weights"}),
    "averaged": Case(
        8,
        "1:4",
        {
            "model": "lstm-rows",
            "architecture": {"units": 32, "recurrent_layers": 1, "dropout": 0.2},
            "epochs": 3,
            "learning_rate": 0.01,
            "balance": "sqrt-weights",
            "loss": "logit-adjusted",
            "label_smoothing": 0.1,
            "mixup": 0.4,
            "cutmix": 1.0,
            "optimizer": "adamw",
            "schedule": "cosine",
            "ema_momentum": 0.9,
            "clip_norm": 1.0,
        },
    ),
    "stages": Case(
        32,
        "2:best",  # in the second stage, on a part of the trunk that is frozen
        {
            "model": "mobilenet-0.25",
            "weights": "none",
            "augment_flip": "turns",
            "ema_momentum": 0.5,
            "stages": [
                {"learns": "all", "epochs": 2, "schedule": "cosine", "layer_decay": 0.8},
                {"learns": "3", "epochs": 2, "learning_rate": 0.003},
                {"learns": "head", "epochs": 1, "early_stopping_patience": 1},
            ],
        },
    ),
    "one-cycle": Case(
        8,
        "1:best",
        {
            "model": "lstm-rows",
            "architecture": {"units": 32, "recurrent_layers": 1, "dropout": 0.2},
            "epochs": 3,
            "optimizer": "sgd",
            "schedule": "one-cycle",
            "loss": "focal",
        },
    ),
}


def started(*arguments: str | Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, SCRIPT, *map(str, arguments)])


def trained_here(*folders: Path) -> None:
    """Train in this process, which has TensorFlow loaded; only what is killed needs one of its own."""
    from tests.core.training.one_training import train

    for folder in folders:
        train(folder)


def weights(keras_file: Path) -> list[np.ndarray]:
    """Every weight in a saved model, in the order of their names; what it has of the optimizer is of no use to it."""
    found: list[np.ndarray] = []
    with zipfile.ZipFile(keras_file) as archive, archive.open("model.weights.h5") as stored:
        layers = h5py.File(io.BytesIO(stored.read()))["layers"]
        layers.visititems(lambda _, item: found.append(item[()]) if isinstance(item, h5py.Dataset) else None)
    return found


def saved(state_file: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    """All arrays of a state, and its record less the seconds that it counted and where its lines end."""
    with np.load(state_file) as file:
        arrays = [file[name] for name in sorted(file.files) if name != "record"]
        record = json.loads(str(file["record"]))
    record["callbacks"]["MetricsLog"].pop("seconds")
    del record["metrics_size"]
    return arrays, record


def outcome(folder: Path) -> dict[str, Any]:
    out = json.loads((folder / "fit.json").read_text())
    return {name: value for name, value in out.items() if name not in ("seconds", "images_per_second")}


def assert_alike(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    assert len(ours) == len(theirs) > 3
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "models",
    [
        ("everything",),
        pytest.param(("cnn-pyramid", "averaged", "one-cycle", "stages"), marks=pytest.mark.long),
        pytest.param(("cnn-59k", "lstm-rows"), marks=pytest.mark.long),
    ],
    ids=" and ".join,
)
def test_a_killed_training_that_goes_on_ends_as_one_that_was_left_alone(models, material, tmp_path: Path) -> None:
    """Dropout, augmentation, mixing, plateaus, early stopping and averages; at length schedules, stages, and every
    network of the zoo."""
    cases = {name: CASES[name] for name in models}
    alone, killed = ({name: tmp_path / kind / name for name in cases} for kind in ("alone", "killed"))
    for name, case in cases.items():
        alone[name].mkdir(parents=True)
        recipe = {"dataset": "demo", "model": name, "image_size": case.size, "batch_size": 8, **case.fields}
        (alone[name] / "recipe.json").write_text(json.dumps(recipe))
        images = np.tile(material.images, (1, 2, 2, 1))[:, : case.size, : case.size]
        np.save(alone[name] / "images.npy", images)
        material.rows.to_parquet(alone[name] / "rows.parquet")
        shutil.copytree(alone[name], killed[name])

    dying = {name: started("--die-at", case.die_at, killed[name]) for name, case in cases.items()}
    trained_here(*alone.values())
    for name, case in cases.items():
        assert dying[name].wait() == -signal.SIGKILL
        last = json.loads((killed[name] / "metrics.jsonl").read_text().splitlines()[-1])
        assert last["epoch"] == int(case.die_at[0])
        assert not (killed[name] / "fit.json").exists()
    trained_here(*killed.values())

    for name in cases:
        one, other = alone[name], killed[name]
        assert comparable_lines(other / "metrics.jsonl", "batch", "epoch") == comparable_lines(
            one / "metrics.jsonl", "batch", "epoch"
        )
        assert outcome(other) == outcome(one)
        (arrays, record), (expected, expected_record) = (saved(each / "checkpoints/state.npz") for each in (other, one))
        assert_alike(arrays, expected)
        assert record == expected_record
        assert_alike(weights(other / "checkpoints/best.keras"), weights(one / "checkpoints/best.keras"))
        assert (other / "watched.json").read_text() == (one / "watched.json").read_text()
        assert outcome(other)["best_epoch"] is not None
    for name in cases.keys() & {"everything", "cnn-pyramid"}:
        epochs = lines(killed[name] / "metrics.jsonl")
        assert 2 < len(epochs) < 12  # it was killed in the third epoch, went on and then stopped early
        assert len({line["learning_rate"] for line in epochs}) > 1


@pytest.mark.usefixtures("linear")
def test_learning_that_was_over_is_not_done_again_and_gives_what_it_gave(train, material) -> None:
    out, files = train(material, epochs=3)
    curves, best = files.metrics.read_bytes(), weights(files.best)
    files.best.unlink()
    again, _ = train(material, epochs=3, files=files)
    assert again == out
    assert files.metrics.read_bytes() == curves
    assert len(best) > 1
    for one, other in zip(weights(files.best), best, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("linear")
def test_a_stopped_training_goes_on_from_its_last_whole_epoch(train, material, monkeypatch) -> None:
    """What the epoch that was cut short has left is gone, its line and its best epoch with it."""
    asked_for = {"epochs": 4, "batch_size": 1, "learning_rate": 0.003}
    whole, left_alone = train(material, **asked_for)
    monkeypatch.setattr("core.training.callbacks.ASKING_SECONDS", 0)
    asked = iter([False] * 25 + [True])  # an epoch has nine bundles of five steps
    out, files = train(material, **asked_for, stop_requested=lambda: next(asked))
    assert out.stopped
    cut = lines(files.metrics)
    assert [line["complete"] for line in cut] == [True, True, False]
    assert cut[2]["val_loss"] < cut[1]["val_loss"] < cut[0]["val_loss"]
    assert out.best_epoch == 1  # a cut epoch is not the best where a whole one has been
    files.metrics.chmod(0o644)  # as an older version has left it
    on, _ = train(material, **asked_for, files=files)
    assert files.metrics.stat().st_mode & 0o777 == 0o600
    assert (on.epochs, on.best_epoch, on.stopped) == (4, whole.best_epoch, False)
    assert comparable_lines(files.metrics, "batch", "epoch") == comparable_lines(left_alone.metrics, "batch", "epoch")


@pytest.mark.usefixtures("linear")
def test_a_request_to_finish_ends_the_training_after_the_epoch(train, material) -> None:
    asked = iter([False, True])
    out, files = train(material, epochs=50, finish_requested=lambda: next(asked))
    assert (out.epochs, out.stopped) == (2, False)
    assert [line["complete"] for line in lines(files.metrics)] == [True, True]


@pytest.mark.usefixtures("linear")
def test_a_state_that_cannot_be_used_is_refused_in_words(train, material) -> None:
    _, files = train(material, epochs=1)
    state, curves = files.state.read_bytes(), files.metrics.read_bytes()
    other_model = io.BytesIO()
    np.savez(other_model, record=np.load(files.state)["record"], variable_0=np.zeros((3, 4)))
    damaged = {
        "truncated": (state[: len(state) // 2], curves),
        "empty": (b"", curves),
        "no archive": (b"{}", curves),
        "other model": (other_model.getvalue(), curves),
        "lost lines": (state, b""),
    }
    for state_left, curves_left in damaged.values():
        files.state.write_bytes(state_left)
        files.metrics.write_bytes(curves_left)
        with pytest.raises(RunError, match="cannot go on"):
            train(material, epochs=2, files=files)
