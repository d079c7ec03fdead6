"""What is missing: also data sets of which the catalog says nothing until they are here."""

from pathlib import Path

import numpy as np
import pytest

from core.data.catalog import list_datasets, look
from core.data.missing import GOLUB_FILES, list_missing


@pytest.fixture
def root(artifacts: Path) -> Path:
    """The data root of this test."""
    return artifacts.parent / "data"


def what_to_do() -> dict[str, str]:
    return {each.spec.name: each.what_to_do for each in list_missing(look())}


def test_every_known_data_set_that_is_not_here_is_told_once_with_what_to_put_where(root) -> None:
    missing = list_missing(look())
    told = what_to_do()
    assert len(told) == len(missing)
    assert {e.spec.name for e in list_datasets() if not e.present} < set(told)
    table = "hmnist_28_28_RGB.csv of the Kaggle download beside HAM10000_metadata.csv"
    assert told["ham10000_28"] == f"Put {table} into {root / 'ham10000'}."
    for side in (64, 128, 224):
        assert told[f"dermamnist_{side}"] == f"Put dermamnist_{side}.npz into {root / 'dermamnist'}."
    assert told["golub"].startswith("Put data_set_ALL_AML_train.csv")
    assert told["golub"].endswith(f" and actual.csv into {root / 'golub'}.")
    assert {e.spec.name for e in missing if e.downloadable} == {
        "ham10000",
        "isic2018",
        "isic2019",
        "patchcamelyon",
        "dermamnist",
        "dermamnist_64",
        "dermamnist_128",
        "dermamnist_224",
    }


def test_what_is_here_is_not_missing(root) -> None:
    for name in ("dermamnist", "leukaemia", "skin"):
        (root / name).mkdir()
    arrays = {"train_images": np.zeros((7, 64, 64, 3), np.uint8), "train_labels": np.arange(7)}
    np.savez(root / "dermamnist" / "dermamnist_64.npz", **arrays)
    for name in GOLUB_FILES:
        labels = "patient,cancer\n1,ALL\n2,AML\n"
        genes = "Gene Description,Gene Accession Number,1,call,2,call\nA gene,G1,10,P,20,P\n"
        (root / "leukaemia" / name).write_text(labels if name.startswith("actual") else genes)
    (root / "skin" / "HAM10000_metadata.csv").touch()
    (root / "skin" / "hmnist_28_28_RGB.csv").write_text(",".join([*(f"pixel{n:04d}" for n in range(2352)), "label\n"]))
    told = what_to_do()
    assert not {"dermamnist_64", "golub", "ham10000_28"} & set(told)
    assert {"dermamnist", "dermamnist_128", "dermamnist_224"} <= set(told)


def test_a_table_that_belongs_beside_pictures_that_are_here_is_to_be_put_there(root) -> None:
    (root / "skin" / "HAM10000_images_part_1").mkdir(parents=True)
    (root / "skin" / "HAM10000_images_part_1" / "a.jpg").touch()
    (root / "skin" / "HAM10000_metadata.csv").write_text("lesion_id,image_id,dx\nL1,a,nv\n")
    assert what_to_do()["ham10000_28"].endswith(f"into {root / 'skin'}.")
