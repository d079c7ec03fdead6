"""One training on two devices: the CPU is taken for two, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.training.curves import comparable_lines, lines
from tests.core.training.test_resume import trained_here

SCRIPT = Path(__file__).with_name("one_training.py")
EXACT = {
    "model": "lstm-rows",
    "architecture": {"units": 32, "recurrent_layers": 1, "dropout": 0.0},
    "image_size": 8,
    "batch_size": 14,  # of 45 examples the last batch has three
    "epochs": 2,
    "learning_rate": 0.01,
    "balance": "weights",
}
"""Neither batch normalization nor random layers, so one device and two compute the same."""
OPTIMIZED = {
    **EXACT,
    "small": True,
    "balance": "sqrt-weights",
    "loss": "logit-adjusted",
    "label_smoothing": 0.1,
    "mixup": 0.4,
    "cutmix": 1.0,
    "optimizer": "adamw",
    "schedule": "cosine",
    "ema_momentum": 0.9,
    "clip_norm": 0.1,
}
"""The same with all that is done to losses, gradients, weights and labels; the gradient is longer than `clip_norm`."""
NORMALIZED = {
    "small": True,
    "model": "cnn-pyramid",
    "architecture": {"blocks": 2, "filters": 8, "dense": 64},
    "image_size": 16,
    "batch_size": 15,
    "epochs": 1,
    "augment_flip": "both",
}


def folder_for(folder: Path, material, fields: dict[str, Any]) -> Path:
    """What the script trains from."""
    folder.mkdir()
    (folder / "recipe.json").write_text(json.dumps({"dataset": "demo", **fields}))
    np.save(folder / "images.npy", material.images[:, : fields["image_size"], : fields["image_size"]])
    material.rows.to_parquet(folder / "rows.parquet")
    return folder


def started(*arguments: str | Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, SCRIPT, *map(str, arguments)])


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("fields", [OPTIMIZED, EXACT], ids=["optimized", "plain"])
def test_two_devices_learn_what_one_learns_also_where_the_run_goes_on(fields, material, tmp_path: Path) -> None:
    """Batches and the 21 validation pictures cannot be shared out evenly; a second training has other variables."""
    one, two = (folder_for(tmp_path / devices, material, fields) for devices in ("one", "two"))
    together = started("--devices", "2", "--in-two", two)
    trained_here(one)
    assert together.wait() == 0

    expected, found = (comparable_lines(each / "metrics.jsonl", "epoch") for each in (one, two))
    assert len(found) == len(expected) == 2
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.keys() == theirs.keys()
        assert ours["confusion"] == theirs["confusion"]
        for name in theirs.keys() - {"kind"}:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-3, atol=1e-4, err_msg=name)
    assert expected[1]["loss"] != pytest.approx(expected[0]["loss"], rel=1e-2)  # it did learn something


@pytest.mark.slow
@pytest.mark.long  # without normalization two devices learn what one learns above
def test_moving_averages_are_those_of_all_devices_where_a_model_is_judged_and_kept(material, tmp_path: Path) -> None:
    normalized = folder_for(tmp_path / "normalized", material, NORMALIZED)
    assert started("--devices", "2", normalized).wait() == 0
    [epoch] = lines(normalized / "metrics.jsonl")
    assert kept_loss(normalized, material) == pytest.approx(epoch["val_loss"], rel=1e-3)


def kept_loss(folder: Path, material) -> float:
    """Of the model that was kept, on the validation part."""
    import keras

    pictures, labels = material.of_part("validation")
    model = keras.saving.load_model(folder / "checkpoints/best.keras")
    size = model.input_shape[1]
    answers = model.predict_on_batch(pictures[:, :size, :size])
    return float(-np.log(answers[np.arange(len(labels)), labels]).mean())
