"""Learning on expression: it goes on as if it had not been broken off, and with whatever a recipe asks."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.splits.splits import Split, SplitKind
from core.data.training_examples import GeneExamples
from core.training.recipe import make_recipe
from tests.conftest import few_steps_untraced

CLASSES = ("a", "b")


def material() -> tuple[GeneExamples, Split]:
    """Fifty samples of eighty genes, of which five tell the classes apart; every third is held out."""
    rng = np.random.default_rng(0)
    values = rng.normal(8, 1, (50, 80)).astype(np.float32)
    values[1::2, :5] += 3
    ids = [f"s{number}" for number in range(50)]
    rows = pd.DataFrame({"image_id": ids, "group_id": ids, "label": [*CLASSES] * 25})
    rows["part"] = ["validation" if number % 3 == 0 else "train" for number in range(50)]
    return GeneExamples(values, pd.Index(ids), tuple(f"G{n}" for n in range(80))), Split(SplitKind.GROUPED, 0, rows)


def trained(folder: Path, **more) -> tuple:
    import keras

    from core.training import fit as training
    from core.training.fit import OutputFiles

    finish = more.pop("finish", False)
    folder.mkdir(exist_ok=True)
    files = OutputFiles(
        *(folder / name for name in ("best.keras", "metrics.jsonl", "board", "state.npz", "watched.json"))
    )
    recipe = make_recipe(dataset="table", model="dense-genes", architecture={"genes": 20, "dense": 8}, **more)
    with few_steps_untraced():
        out = training.fit(recipe, *material(), CLASSES, files, finish_requested=lambda: finish)
    return out, np.asarray(keras.models.load_model(files.best).predict_on_batch(material()[0].values))


def test_a_training_that_was_broken_off_ends_as_one_that_was_not(tmp_path: Path) -> None:
    out, whole = trained(tmp_path / "whole", epochs=4)
    assert out.epochs == 4
    first, _ = trained(tmp_path / "parts", epochs=4, finish=True)
    assert first.epochs == 1
    out, parts = trained(tmp_path / "parts", epochs=4)
    assert out.epochs == 4
    np.testing.assert_allclose(parts, whole, atol=1e-6)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(
            {"epochs": 12, "optimizer": "adamw", "schedule": "cosine", "ema_momentum": 0.5}, marks=pytest.mark.long
        ),
        pytest.param({"loss": "focal", "balance": "oversample"}, marks=pytest.mark.long),  # both as with pictures
        {"loss": "binary", "balance": "weights", "clip_norm": 1.0},
    ],
)
def test_a_network_on_genes_learns_with_what_a_recipe_asks(tmp_path: Path, asked: dict) -> None:
    out, said = trained(tmp_path / "run", **{"epochs": 6, "batch_size": 4, "learning_rate": 0.01, **asked})
    assert not out.diverged
    assert (said.argmax(axis=1) == np.arange(50) % 2).mean() > 0.85
