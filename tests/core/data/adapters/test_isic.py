"""ISIC 2018 and 2019: official parts, lesions, several image folders, rows that only describe."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import DataError
from core.data.adapters.isic import FOLDER_LIST, read_isic2018, read_isic2019
from core.data.catalog import dataset_spec, open_dataset
from core.data.images.cache import ensure_cache
from core.data.spec import TIDY_COLUMNS
from core.data.splits.splits import TEST, TRAIN, VALIDATION, make_split

COLUMNS_2018 = "image,MEL,NV,BCC,AKIEC,BKL,DF,VASC"
COLUMNS_2019 = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK"
Put = Callable[..., Path]


def truth(columns: str, **labels: str) -> str:
    """A ground truth as the challenges publish it, from image ids and classes."""
    names = columns.split(",")[1:]
    lines = [
        ",".join([image, *("1.0" if name == label else "0.0" for name in names)]) for image, label in labels.items()
    ]
    return "\n".join([columns, *lines]) + "\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def isic2018(data_root: Path, put: Put) -> Path:
    """The three parts in the folders of their archives; two training pictures show one lesion."""
    folder = data_root / "isic2018"
    parts = {
        "Training": {f"ISIC_00{n}": "NV" if n % 2 else "MEL" for n in range(10, 22)},
        "Validation": {f"ISIC_00{n}": "NV" if n % 2 else "MEL" for n in range(30, 34)},
        "Test": {f"ISIC_00{n}": "NV" if n % 2 else "BCC" for n in range(40, 44)},
    }
    for part, labels in parts.items():
        name = f"ISIC2018_Task3_{part}_GroundTruth"
        write(folder / name / f"{name}.csv", truth(COLUMNS_2018, **labels))
        for number, image in enumerate(labels):
            put(folder / f"ISIC2018_Task3_{part}_Input" / f"{image}.jpg", number)
    lines = [f"ISIC_00{n},HAM_{n // 2},histopathology" for n in range(10, 22)]
    groupings = "\n".join(["image,lesion_id,diagnosis_confirm_type", *lines]) + "\n"
    write(folder / "ISIC2018_Task3_Training_LesionGroupings.csv", groupings)
    return folder


def test_isic_2018_has_its_official_parts_and_the_lesions_of_its_training_part(isic2018: Path) -> None:
    dataset = open_dataset("isic2018")
    table = dataset.table.set_index("image_id")
    assert table["split"].value_counts().to_dict() == {TRAIN: 12, VALIDATION: 4, TEST: 4}
    assert table.loc["ISIC_0010", "group_id"] == table.loc["ISIC_0011", "group_id"] == "HAM_5"
    assert table.loc["ISIC_0010", "diagnosis_method"] == "histopathology"
    assert table.loc["ISIC_0040", ["group_id", "label"]].tolist() == ["ISIC_0040", "bcc"]
    assert tuple(dataset.table.columns) == TIDY_COLUMNS
    split = make_split(dataset.table, "official")
    assert set(split.part(TEST)["image_id"]) == {"ISIC_0040", "ISIC_0041", "ISIC_0042", "ISIC_0043"}
    assert len(ensure_cache(dataset, 28).images) == 20


def test_the_training_part_of_isic_2018_alone_has_no_official_split(isic2018: Path) -> None:
    for part in ("Validation", "Test"):
        name = f"ISIC2018_Task3_{part}_GroundTruth"
        (isic2018 / name / f"{name}.csv").unlink()
    dataset = open_dataset("isic2018")
    assert len(dataset.table) == 12
    assert dataset.table["split"].isna().all()


def test_the_test_part_may_come_in_the_columns_of_the_dataverse(isic2018: Path) -> None:
    header = "lesion_id,image_id,dx,dx_type,age,sex,localization,dataset\n"
    lines = "L1,ISIC_0040,nv,histo,50.0,male,back,rosendahl\nL1,ISIC_0041,nv,histo,50.0,male,back,rosendahl\n"
    name = "ISIC2018_Task3_Test_GroundTruth"
    write(isic2018 / name / f"{name}.csv", header + lines)
    test = read_isic2018(isic2018).table.query("split == 'test'")
    assert test["group_id"].tolist() == ["L1", "L1"]
    assert test[["label", "age", "sex", "site", "source"]].iloc[0].tolist() == ["nv", 50.0, "male", "back", "rosendahl"]


@pytest.fixture
def isic2019(data_root: Path) -> Path:
    """Six rows without any picture: one without lesion id, one reduced, one of no known class."""
    folder = data_root / "isic2019"
    labels = {
        "ISIC_1": "MEL",
        "ISIC_2": "NV",
        "ISIC_3_downsampled": "SCC",
        "ISIC_4": "UNK",
        "ISIC_5": "AK",
        "ISIC_6": "NV",
    }
    write(folder / "ISIC_2019_Training_GroundTruth.csv", truth(COLUMNS_2019, **labels))
    metadata = (
        "image,age_approx,anatom_site_general,lesion_id,sex\n"
        "ISIC_1,55.0,anterior torso,BCN_7,female\nISIC_2,,,BCN_7,\nISIC_3_downsampled,30.0,head/neck,MSK4_1,male\n"
        "ISIC_4,20.0,,HAM_9,male\nISIC_5,70.0,palms/soles,HAM_9,male\nISIC_6,0.0,,,female\n"
    )
    write(folder / "ISIC_2019_Training_Metadata.csv", metadata)
    return folder


def test_rows_of_isic_2019_without_a_picture_are_described_and_not_learnt(isic2019: Path, put: Put) -> None:
    for number, image in enumerate(("ISIC_1", "ISIC_6")):
        put(isic2019 / "any name" / "deeper" / f"{image}.jpg", number)
    dataset = read_isic2019(isic2019)
    assert dataset.table["image_id"].tolist() == ["ISIC_1", "ISIC_6"]
    assert dataset.described["image_id"].tolist() == [f"ISIC_{n}" for n in (1, 2, "3_downsampled", 4, 5, 6)]
    assert dataset.described["path"].notna().sum() == 2
    assert tuple(dataset.described.columns) == tuple(dataset.table.columns) == TIDY_COLUMNS
    assert "4 of 6 pictures are not here" in dataset.skipped[0].reason
    assert len(ensure_cache(dataset, 28).images) == 2


def test_what_isic_2019_says_of_a_row_is_tidy(isic2019: Path) -> None:
    described = read_isic2019(isic2019).described.set_index("image_id")
    assert described["group_id"].to_dict() == {
        "ISIC_1": "BCN_7", "ISIC_2": "BCN_7", "ISIC_3_downsampled": "MSK4_1", "ISIC_4": "HAM_9", "ISIC_5": "HAM_9",
        "ISIC_6": "ISIC_6",
    }  # fmt: skip
    assert described["source"].dropna().tolist() == ["BCN20000", "BCN20000", "MSK", "HAM10000", "HAM10000"]
    assert described.loc["ISIC_1", ["age", "sex", "site"]].tolist() == [55.0, "female", "anterior torso"]
    assert described.loc["ISIC_2", ["age", "sex", "site"]].isna().all()
    assert described.loc["ISIC_6", "age"] == 0.0


def test_the_caution_counts_the_pictures_that_have_no_lesion_id(isic2019: Path, put: Put) -> None:
    assert open_dataset("isic2019").spec.caution.startswith(
        "1 of 6 rows, whose pictures are not here, have no lesion id"
    )
    put(isic2019 / "ISIC_1.jpg")
    put(isic2019 / "ISIC_2.jpg")
    assert open_dataset("isic2019").spec.caution == ""
    put(isic2019 / "ISIC_6.jpg")
    assert open_dataset("isic2019").spec.caution.startswith("1 of 3 pictures that can be learnt have no lesion id; ")
    assert "2,084" not in dataset_spec("isic2019").caution


def test_the_parts_of_isic_2018_without_lesions_are_in_its_caution(isic2018: Path) -> None:
    assert open_dataset("isic2018").spec.caution.startswith("8 of 20 pictures that can be learnt have no lesion id")


def test_unk_is_known_but_never_trained(isic2019: Path, put: Put) -> None:
    for number in range(1, 7):
        put(isic2019 / f"ISIC_{number}.jpg", number)
    dataset = read_isic2019(isic2019)
    assert "unk" in set(dataset.described["label"])
    assert "unk" not in {*dataset.table["label"], *dataset.spec.class_keys}
    assert [c.key for c in dataset.spec.untrained] == ["unk"]
    assert any("explored, never learnt" in skip.reason for skip in dataset.skipped)


@pytest.mark.parametrize("file", ["ISIC_3.jpg", "ISIC_3_downsampled.jpg"])
def test_a_reduced_picture_is_found_whichever_way_its_file_is_called(isic2019: Path, put: Put, file: str) -> None:
    put(isic2019 / file)
    assert read_isic2019(isic2019).table["image_id"].tolist() == ["ISIC_3_downsampled"]


def test_further_image_folders_may_be_listed_in_a_text_file(isic2019: Path, put: Put, tmp_path: Path) -> None:
    put(tmp_path / "big disk" / "ISIC_1.jpg")
    put(isic2019.parent / "beside" / "ISIC_2.jpg", 1)
    write(isic2019 / FOLDER_LIST, f"# where the pictures are\n\n{tmp_path / 'big disk'}\n../beside\n")
    assert read_isic2019(isic2019).table["image_id"].tolist() == ["ISIC_1", "ISIC_2"]
    write(isic2019 / FOLDER_LIST, "nowhere\n")
    with pytest.raises(DataError, match=r"image_folders\.txt lists .*nowhere, which is not a folder"):
        read_isic2019(isic2019)


def test_the_pictures_of_ham10000_in_a_data_root_are_used(isic2019: Path, put: Put) -> None:
    put(isic2019.parent / "some ham" / "part_1" / "ISIC_5.jpg")
    write(isic2019.parent / "some ham" / "HAM10000_metadata.csv", "image_id,lesion_id,dx\nISIC_5,HAM_9,akiec\n")
    dataset = open_dataset("isic2019")
    assert dataset.table[["image_id", "label"]].to_numpy().tolist() == [["ISIC_5", "ak"]]


def test_isic_2019_without_any_picture_opens_and_cannot_be_decoded(isic2019: Path) -> None:
    dataset = open_dataset("isic2019")
    assert (len(dataset.table), len(dataset.described)) == (0, 6)
    with pytest.raises(DataError, match=r"ISIC 2019 has no picture here\. 6 of 6 pictures are not here"):
        ensure_cache(dataset, 28)


def test_a_ground_truth_that_is_not_one_hot_names_its_line(isic2019: Path) -> None:
    write(isic2019 / "ISIC_2019_Training_GroundTruth.csv", f"{COLUMNS_2019}\nISIC_1,1,1,0,0,0,0,0,0,0\n")
    with pytest.raises(DataError, match=r"1 rows do not mark exactly one class; the first is line 2"):
        open_dataset("isic2019")


def test_metadata_without_an_image_column_list_what_they_have(isic2019: Path) -> None:
    write(isic2019 / "ISIC_2019_Training_Metadata.csv", "name,sex\nISIC_1,male\n")
    with pytest.raises(DataError, match=r"lacks the column image; it has name, sex"):
        open_dataset("isic2019")


@pytest.mark.real_data
def test_isic_2019_has_its_published_counts_and_the_pictures_of_ham10000(
    real_data: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    dataset = open_dataset("isic2019")
    described, raw = dataset.described, pd.read_csv(real_data / "isic2019" / "ISIC_2019_Training_Metadata.csv")
    assert (len(described), len(dataset.table)) == (25_331, 10_015)
    assert described[["age", "sex", "site"]].isna().sum().tolist() == [437, 384, 2631]
    assert raw["lesion_id"].isna().sum() == (described["group_id"] == described["image_id"]).sum() == 2084
    assert round(described["age"].mean(), 2) == 54.03
    assert round(described["age"].std(), 2) == 18.13
    assert described["image_id"].str.endswith("_downsampled").sum() == 2074
    assert described["label"].value_counts().to_dict() == {
        "nv": 12875, "mel": 4522, "bcc": 3323, "bkl": 2624, "ak": 867, "scc": 628, "vasc": 253, "df": 239,
    }  # fmt: skip
    split = make_split(dataset.table)
    assert (split.rows.groupby("group_id")["part"].nunique() == 1).all()
    few = dataset.table.groupby("label").head(8)
    assert few["path"].map(lambda path: Path(path).is_file()).all()
