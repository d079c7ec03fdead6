"""Each layout of the archive that can be trained on is: one epoch, to its evaluation."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.data.catalog import list_datasets, open_dataset
from core.engine.training_process import RunWriter, train_run
from core.evaluation.predictions import load_predictions
from core.runs.run_folder import create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe
from tests.asked_folders import agree
from tests.conftest import few_steps_untraced

pytestmark = pytest.mark.slow

TRAINED = {
    "images-beside-masks": 14,
    "train_dir-val_dir": 36,
    "lc25000": 25,
    "isic-nine-classes": 81,
    "pad-ufes": 60,
    "table-and-folders/flat": 60,
    "table-and-folders/three-subfolders": 60,
    "case-differs": 24,
    "test-without-labels": 16,
    "ddi": 23,
    "picture-formats": 24,
    "class-only-in-test": 39,
    "table-variants/onehot": 12,
    "ham10000-table-variants/full-dx": 42,
    "medmnist-and-hmnist/pathmnist": 50,
}
"""Labelled pictures of each."""
ALWAYS = ("train_dir-val_dir",)
"""The others repeat the promise on more layouts."""


@pytest.fixture
def name_of(layouts: Path, artifacts: Path) -> Callable[[str], str]:
    """Makes one layout the only folder of the data root, agrees to it, and gives the name of its data set."""

    def name_of(layout: str) -> str:
        folder = artifacts.parent / "data" / f"layout-{layout.replace('/', '-')}"
        folder.symlink_to(layouts / layout, target_is_directory=True)
        entries = [each for each in list_datasets() if folder in (each.folder, *each.folder.parents)]
        assert len(entries) == 1
        if entries[0].spec.unsure:
            agree(entries[0].folder)
        return entries[0].spec.name

    return name_of


def trained(name: str):
    run = create_run(make_recipe(dataset=name, model="cnn-59k", epochs=1, batch_size=16, image_size=28))
    with RunWriter(run) as writer, few_steps_untraced():
        train_run(run, writer)
    return run


@pytest.mark.parametrize(
    ("layout", "pictures"),
    [pytest.param(*each, marks=() if each[0] in ALWAYS else pytest.mark.long) for each in TRAINED.items()],
)
def test_a_layout_is_trained_on_for_an_epoch(name_of, layout: str, pictures: int) -> None:
    run = trained(name_of(layout))
    assert run.status().state == State.FINISHED
    assert len(load_predictions(run.evaluation / "predictions.parquet")) <= pictures
    assert len(open_dataset(run.recipe().dataset).table) == pictures


@pytest.mark.parametrize("layout", ["masks-named-like-pictures", "root-is-the-data-set", "mostly-absent/ham10000"])
def test_a_single_class_is_refused_with_the_reason(name_of, layout: str) -> None:
    with pytest.raises(DataError, match="class"):
        trained(name_of(layout))
