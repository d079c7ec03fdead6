"""The default training on a small data set is fit for a class: its curve rises, and does not jump."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from core.training.presets import PRESETS
from core.training.recipe import make_recipe

SEEDS, EPOCHS = (0, 1, 2), 6


def accuracies_of(recipe, folder: Path) -> list[float]:
    """Validation accuracy after each epoch of a training."""
    from core.data.splits.splits import make_split
    from core.data.training_examples import open_examples
    from core.training.fit import OutputFiles, fit

    dataset, examples = open_examples(recipe.dataset, recipe.image_size)
    split = make_split(dataset.table, recipe.split, recipe.seed, recipe.fractions)
    names = ("best.keras", "metrics.jsonl", "tensorboard", "state.npz", "watched.json")
    files = OutputFiles(*(folder / name for name in names))
    fit(recipe, examples, split, dataset.spec.class_keys, files)
    lines = map(json.loads, files.metrics.read_text().splitlines())
    accuracies = [line["val_accuracy"] for line in lines if line["kind"] == "epoch"]
    assert len(accuracies) == recipe.epochs
    return accuracies


def largest_fall(accuracies: list[float]) -> float:
    """From one epoch to the next."""
    return max(before - after for before, after in pairwise(accuracies))


@pytest.mark.slow
@pytest.mark.long  # that the networks have the momentum for it is seen in a moment, below
@pytest.mark.parametrize("seed", SEEDS)
def test_validation_accuracy_of_the_default_training_on_the_demo_does_not_jump(
    seed: int, trained, tmp_path: Path
) -> None:
    """With the usual momentum of batch normalization it fell by 28, 30 and 11 points within these epochs."""
    curve = accuracies_of(make_recipe(dataset="demo", model="cnn-59k", epochs=EPOCHS, seed=seed), tmp_path / "run")
    assert largest_fall(curve) < 0.2
    assert curve[-1] > 0.45  # with the usual momentum 15, 31 and 50 %


@pytest.mark.slow
@pytest.mark.long  # the default training shows the same in less time
@pytest.mark.parametrize("dataset", ["demo", "ham10000"])
def test_the_preset_that_is_offered_first_learns_steadily(
    dataset: str, trained, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    first = next(iter(PRESETS.values()))
    curve = accuracies_of(make_recipe(dataset=dataset, **first.fields), tmp_path / "run")
    assert largest_fall(curve) < 0.12
    assert max(curve) - curve[-1] < 0.05
    assert curve[-1] > 0.65


@pytest.mark.parametrize("name", ["cnn-59k", "cnn-pyramid"])
def test_a_model_that_was_saved_with_the_usual_momentum_answers_as_before(name: str, tmp_path: Path) -> None:
    import keras
    import numpy as np

    from core.models.registry import build_model

    def normalizations(model: keras.Model) -> list[keras.layers.BatchNormalization]:
        return [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]

    rng = np.random.default_rng(0)
    older, now = build_model(name, 28, 7), build_model(name, 28, 7)
    assert {layer.momentum for layer in normalizations(now)} == {0.9}
    for layer in normalizations(older):
        layer.momentum = 0.99
    older.set_weights([np.abs(rng.normal(0.5, 0.2, weight.shape)) for weight in older.get_weights()])
    older.save(tmp_path / "older.keras")
    loaded = keras.models.load_model(tmp_path / "older.keras", compile=False)
    now.set_weights(loaded.get_weights())
    pictures = rng.integers(0, 256, (4, 28, 28, 3), dtype=np.uint8)
    expected = older.predict_on_batch(pictures)
    np.testing.assert_allclose(loaded.predict_on_batch(pictures), expected, atol=1e-6)
    np.testing.assert_allclose(now.predict_on_batch(pictures), expected, atol=1e-6)
    assert {layer.momentum for layer in normalizations(loaded)} == {0.99}
