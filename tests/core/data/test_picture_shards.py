"""Pictures inside tables of Parquet, as Hugging Face gives them."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.__main__ import main
from core.base.errors import DataError
from core.data import picture_shards, shard_files
from core.data.catalog import list_datasets, open_dataset
from core.data.images.pictures import read_picture
from core.data.inspect import inspect_folder
from core.data.splits.splits import TEST, TRAIN

NAMES = ["benign", "malignant"]


def picture(number: int, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((12, 16, 3), number, np.uint8)).save(file, form)
    return file.getvalue()


def put(
    path: Path, labels: list, form: str = "PNG", begin: int = 0, names: list[str] | None = NAMES, **columns: list
) -> None:
    """A file as `datasets` writes it: a struct of bytes and path, and what the columns are in the metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = [
        {"bytes": picture(begin + n, form), "path": f"IMG_{begin + n:04d}.{form.lower()}"} for n in range(len(labels))
    ]
    table = pa.table({"image": held, "label": labels, **columns})
    if names is not None:
        features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path, row_group_size=7)


def test_shards_of_a_hub_are_a_data_set_with_names_parts_patients_and_their_very_files(data_root: Path) -> None:
    folder = data_root / "skin"
    for shard in range(2):
        put(folder / "data" / f"train-0000{shard}-of-00002.parquet", [0, 1] * 6, "JPEG", shard * 12,
            patient_id=[f"p{shard}{n // 4}" for n in range(12)], age=[50.0, None] * 6)  # fmt: skip
    put(
        folder / "data" / "test-00000-of-00001.parquet",
        [1, 0, -1],
        "PNG",
        30,
        patient_id=["q1", "q1", "q2"],
        age=[1.0] * 3,
    )
    (folder / "README.md").write_text("# Skin")
    dataset = open_dataset("skin")
    table = dataset.table
    assert table["split"].value_counts().to_dict() == {TRAIN: 24, TEST: 2}
    assert table["label"].value_counts().to_dict() == {"benign": 13, "malignant": 13}
    assert [(each.key, each.malignant) for each in dataset.spec.classes] == [("benign", False), ("malignant", True)]
    assert (dataset.spec.group, table["group_id"].nunique()) == ("patient", 7)
    assert table["age"].notna().sum() == 14
    row = table[table["image_id"] == "IMG_0013"].iloc[0]
    assert (row["label"], Path(row["path"]).read_bytes()) == ("malignant", picture(13, "JPEG"))
    assert read_picture(Path(row["path"])).rgb.shape == (12, 16, 3)
    assert any("1 pictures have no class" in each.reason for each in dataset.skipped)
    value = inspect_folder(folder)
    assert (value["kind"], value["pictures"], value["certain"], value["left_out"]) == ("pictures", 26, True, {})
    assert value["parts"]["test"] == 2


@pytest.mark.parametrize("place", ["train/0000.parquet", "default/train/0000.parquet", "train.parquet"])
def test_files_are_of_the_part_that_they_or_their_folders_are_called_after(data_root: Path, place: str) -> None:
    put(data_root / "skin" / place, ["mel", "nv"] * 5, names=None)
    table = open_dataset("skin").table
    assert (set(table["split"]), table["label"].value_counts().to_dict()) == ({TRAIN}, {"mel": 5, "nv": 5})
    assert "No column says which pictures belong together" in inspect_folder(data_root / "skin")["cautions"][0]


def test_bytes_without_a_path_are_pictures_too_and_those_that_are_none_are_counted(data_root: Path) -> None:
    held = [picture(n) for n in range(8)] + [b"", b"<html>"]
    (data_root / "skin").mkdir()
    pd.DataFrame({"image": held, "dx": ["mel", "nv"] * 5}).to_parquet(data_root / "skin" / "all.parquet")
    dataset = open_dataset("skin")
    assert (len(dataset.table), dataset.table["image_id"].iloc[3]) == (8, "0000003")
    assert any("2 rows hold nothing that is a picture" in each.reason for each in dataset.skipped)


def test_a_table_of_a_folder_with_pictures_stays_a_table(data_root: Path) -> None:
    folder = data_root / "skin"
    put(folder / "preview.parquet", [0, 1] * 4)
    for label in NAMES:
        (folder / label).mkdir()
        for number in range(4):
            (folder / label / f"{label}{number}.png").write_bytes(picture(number))
    assert open_dataset("skin").table["path"].str.startswith(str(folder)).all()


@pytest.mark.parametrize(
    ("labels", "names", "said"),
    [
        ([1, 1, 1, 1], NAMES, "Every picture with a class has “malignant”"),
        ([-1, -1, -1, -1], NAMES, "No picture has a class in the column label"),
        ([str(n) for n in range(60)], None, "60 classes in label"),
    ],
)
def test_classes_that_nothing_can_learn_from_are_refused_with_the_reason(
    data_root: Path, labels: list, names: list[str] | None, said: str
) -> None:
    put(data_root / "skin" / "train.parquet", labels, names=names)
    with pytest.raises(DataError, match=said):
        open_dataset("skin")
    assert said in inspect_folder(data_root / "skin")["problem"]


def test_no_column_of_a_class_is_said_with_those_there_are(data_root: Path) -> None:
    (data_root / "skin").mkdir()
    pd.DataFrame({"image": [picture(n) for n in range(4)], "caption": list("abcd")}).to_parquet(
        data_root / "skin" / "all.parquet"
    )
    assert "there are: caption" in inspect_folder(data_root / "skin")["problem"]


def test_which_column_is_the_class_can_be_decided_where_none_is_called_so(data_root: Path) -> None:
    folder = data_root / "skin"
    folder.mkdir()
    columns = {"who": [f"w{n // 2}" for n in range(8)], "seen": ["nevus", "melanoma", "unclear", "nevus"] * 2}
    pd.DataFrame({"image": [picture(n) for n in range(8)], **columns}).to_parquet(folder / "all.parquet")
    problem = inspect_folder(folder)["problem"]
    assert (
        "there are: who, seen. Say which one has the class: python -m core inspect skin --set label=COLUMN" in problem
    )
    assert inspect_folder(folder, {"label": "seen"})["certain"]
    assert main(["inspect", "skin", "--set", "label=seen", "--set", "group=who", "--set", "merge:unclear=nevus"]) == 0
    decided = inspect_folder(folder)
    assert decided["classes"] == {"melanoma": 2, "nevus": 6}
    assert (decided["columns"]["label"], decided["group"]["column"], decided["group"]["groups"]) == ("seen", "who", 4)
    assert open_dataset("skin").table.groupby("group_id").size().tolist() == [2] * 4
    with pytest.raises(DataError, match="No column is called “dx”, to be the label"):
        inspect_folder(folder, {"label": "dx"})
    with pytest.raises(DataError, match=r"keeps its pictures in tables\. There you can set: label=COLUMN"):
        inspect_folder(folder, {"image": "who"})


def test_what_nobody_has_decided_of_shards_is_open_and_each_of_it_can_be_set(data_root: Path) -> None:
    folder = data_root / "skin"
    folder.mkdir()
    columns = {
        "who": [f"w{n // 2}" for n in range(8)], "seen": ["typeA", "typeB", "typeC", "typeA"] * 2,
        "split": ["train"] * 6 + ["test"] * 2, "how old": [str(n + 30) for n in range(8)], "mf": ["m", "f"] * 4,
        "where": ["back"] * 8, "how": ["histo"] * 8, "camera": ["a", "b"] * 4,
    }  # fmt: skip
    pd.DataFrame({"image": [picture(n) for n in range(8)], **columns}).to_parquet(folder / "all.parquet")
    first = inspect_folder(folder)
    assert first["problem"]
    assert [each.partition("?")[0] for each in first["open"]] == [
        "Which column is the class (who, seen, split, how old, mf, camera)",
        "Which column says what belongs together, such as the patient",
        "Does split say the part of each picture",
    ]
    second = inspect_folder(folder, {"label": "seen"})
    assert sum("malignant? --set malignant:type" in each for each in second["open"]) == 3
    assert len(second["open"]) == 5
    settings = {
        "label": "seen", "group": "who", "split": "split", "age": "how old", "sex": "mf", "site": "where",
        "diagnosis_method": "how", "source": "camera", "merge:typeC": "typeB", "malignant:typeA": "yes",
        "malignant:typeB": "unknown",
    }  # fmt: skip
    decided = inspect_folder(folder, settings)
    assert decided["open"] == []
    assert decided["certain"]
    assert (decided["classes"], decided["malignant"]["typeA"]) == ({"typeA": 4, "typeB": 4}, True)
    assert (decided["parts"]["test"], decided["group"]["groups"]) == (2, 4)
    assert decided["columns"] == {"image": "image", **{what: column for what, column in settings.items()
                                                       if ":" not in what}}  # fmt: skip
    none = inspect_folder(folder, {"label": "seen", "group": "none", "split": "none"})
    assert not any("belongs together" in each or "the part" in each for each in none["open"])


def test_parts_and_ages_can_be_chosen_and_columns_are_read_once(
    data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = data_root / "skin"
    folder.mkdir()
    columns = {
        "dx": ["nevus", "melanoma"] * 4,
        "use": ["train"] * 6 + ["test"] * 2,
        "y": [str(n + 30) for n in range(8)],
    }
    pd.DataFrame({"image": [picture(n) for n in range(8)], **columns}).to_parquet(folder / "all.parquet")
    read: list[object] = []
    whole = picture_shards.read_columns
    monkeypatch.setattr(picture_shards, "read_columns", lambda shards: [read.append(shards), whole(shards)][1])
    decided = inspect_folder(folder, {"split": "use", "age": "y"})
    assert len(read) == 1
    assert decided["parts"] == {"train": 6, "validation": 0, "test": 2, "unlabelled": 0}
    assert decided["columns"] == {"image": "image", "label": "dx", "split": "use", "age": "y"}


def test_what_a_file_says_of_itself_is_checked_before_anything_is_unpacked(
    data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(data_root / "skin" / "train.parquet", [0, 1] * 4)
    monkeypatch.setattr(shard_files, "pictures_in", None)
    monkeypatch.setattr(shard_files, "MOST_PICTURES", 7)
    with pytest.raises(DataError, match=r"train\.parquet claims to hold more than any file of pictures can"):
        open_dataset("skin")


def test_a_shard_that_was_cut_is_named_and_disturbs_no_other_data_set(data_root: Path) -> None:
    for name in ("a", "b"):
        put(data_root / "skin" / f"{name}.parquet", [0, 1] * 4)
    put(data_root / "other" / "train.parquet", [0, 1] * 4)
    path = data_root / "skin" / "b.parquet"
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(DataError, match=r"b\.parquet is damaged"):
        open_dataset("skin")
    assert {entry.spec.name for entry in list_datasets() if entry.present} == {"demo", "other"}
