"""Each layout of the archive that can be trained on is: one epoch, to its evaluation."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from core.base.errors import DataError
from core.data.catalog import dataset_spec, list_datasets, open_dataset
from core.data.packed import run_unpack_job
from core.engine.training_process import RunWriter, train_run
from core.evaluation.predictions import load_predictions
from core.runs.run_folder import create_run, list_runs
from core.runs.run_states import State
from core.training.recipe import make_recipe
from tests.asked_folders import agree
from tests.conftest import few_steps_untraced
from tests.core.data.hostile_files import put_hostile_files
from tests.core.data.reading.test_table_variants_of_the_archive import HAM_VARIANTS, PLAIN_VARIANTS

pytestmark = pytest.mark.slow

TRAINED = {
    "images-beside-masks": 14,
    "train_dir-val_dir": 36,
    "lc25000": 25,
    "breakhis": 32,
    "isic-nine-classes": 81,
    "pad-ufes": 60,
    "lesion-and-patient": 2298,
    "table-and-folders/flat": 60,
    "table-and-folders/one-subfolder": 60,
    "table-and-folders/three-subfolders": 60,
    "case-differs": 24,
    "test-without-labels": 16,
    "ddi": 23,
    "picture-formats": 24,
    "isic2020-train-folder": 8,
    "class-only-in-test": 39,
    "other-train_labels": 6,
    "medmnist-and-hmnist/pathmnist": 50,
    "medmnist-and-hmnist/bloodmnist": 50,
    "medmnist-and-hmnist/hmnist-L": 10015,
    **dict.fromkeys((f"ham10000-table-variants/{each}" for each in HAM_VARIANTS), 42),
    **dict.fromkeys((f"table-variants/{each}" for each in (*PLAIN_VARIANTS, *"target01 bool no-group".split())), 12),
    **dict.fromkeys((f"table-variants/{each}" for each in ("both-ids-full", "split-kinds")), 12),
    "table-variants/na-label": 10,
}
"""Labelled pictures of each; what is refused, packed or a table of genes has tests of its own."""
ALWAYS = ("train_dir-val_dir", "breakhis", "isic2020-train-folder")
"""The others repeat the promise on more layouts."""
FIELDS = {"breakhis": {"train_fraction": 0.5, "validation_fraction": 0.5, "test_fraction": 0}}
"""Its made-up pictures are of two patients: there is none for a test part."""
GENES = (
    *(f"gene-tables/{each}" for each in ("cumida", "TCGA-PANCAN-HiSeq-801x20531", "golub-like")),
    *(f"geo-tables/geo-{each}" for each in ("tsv", "semicolon", "log2", "missing")),
)


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


PICTURES = {"model": "cnn-59k", "image_size": 28, "batch_size": 16}


def trained(name: str, **fields: object):
    run = create_run(make_recipe(dataset=name, epochs=1, **(fields if "model" in fields else PICTURES | fields)))
    with RunWriter(run) as writer, few_steps_untraced():
        train_run(run, writer)
    return run


@pytest.mark.parametrize(
    ("layout", "pictures"),
    [pytest.param(*each, marks=() if each[0] in ALWAYS else pytest.mark.long) for each in TRAINED.items()],
)
def test_a_layout_is_trained_on_for_an_epoch(name_of, layout: str, pictures: int) -> None:
    run = trained(name_of(layout), **FIELDS.get(layout, {}))
    assert run.status().state == State.FINISHED
    assert len(load_predictions(run.evaluation / "predictions.parquet")) <= pictures
    assert len(open_dataset(run.recipe().dataset).table) == pictures


@pytest.mark.long
def test_a_packed_archive_is_trained_on_for_an_epoch_once_it_is_unpacked(layouts: Path, artifacts: Path) -> None:
    folder = artifacts.parent / "data" / "archive"
    shutil.copytree(layouts / "zip-left-packed" / "archive", folder)
    [name] = run_unpack_job({"archive": str(folder / "archive.zip")}, lambda *_: None, lambda: False)["data_sets"]
    if dataset_spec(name).unsure:
        agree(folder)
    assert trained(name).status().state == State.FINISHED
    assert len(open_dataset(name).table) == 22


@pytest.mark.parametrize(
    "layout", [pytest.param(each, marks=() if each == "geo-tables/geo-log2" else pytest.mark.long) for each in GENES]
)
def test_a_table_of_genes_is_trained_on_for_an_epoch(layouts: Path, artifacts: Path, layout: str) -> None:
    name = layout.replace("/", "-")
    (artifacts.parent / "data" / name).symlink_to(layouts / layout, target_is_directory=True)
    fields = {"model": "dense-genes", "batch_size": 4, "architecture": {"genes": 20, "dense": 8}}
    assert trained(name, **fields).status().state == State.FINISHED


@pytest.mark.long
def test_a_folder_with_files_of_bad_names_and_contents_is_trained_on_for_an_epoch(artifacts: Path) -> None:
    folder = artifacts.parent / "data" / "moles"
    for red, label in enumerate(("benign", "malignant")):
        (folder / label).mkdir(parents=True)
        for number in range(12):
            Image.new("RGB", (16, 16), (red, 9 * number, 200)).save(folder / label / f"good {number}.png")
    put_hostile_files(folder / "malignant")
    assert trained("moles").status().state == State.FINISHED
    assert open_dataset("moles").skipped


@pytest.mark.parametrize("layout", ["masks-named-like-pictures", "root-is-the-data-set", "mostly-absent/ham10000"])
def test_a_single_class_is_refused_with_the_reason(name_of, layout: str) -> None:
    with pytest.raises(DataError, match=r"are of one class, “(?:benign keratosis|bkl)"):
        create_run(make_recipe(dataset=name_of(layout), model="majority", epochs=1))
    assert not list_runs()


@pytest.mark.parametrize("layout", ["ham10000-parts-without-table", "table-variants/padding"])
def test_pictures_whose_class_nothing_says_are_refused_with_what_is_asked(name_of, layout: str) -> None:
    with pytest.raises(
        DataError, match=r"Nothing says which class the 12 pictures of .* Put the table that does beside"
    ):
        trained(name_of(layout))
