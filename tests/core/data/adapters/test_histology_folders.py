"""Breast histopathology and PatchCamelyon as folders of picture files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.data.adapters.folder_names import part_of_value
from core.data.catalog import list_datasets, open_dataset
from core.data.images.cache import ensure_cache
from core.data.splits.splits import default_fractions, make_split

Put = Callable[..., Path]


def put_patients(folder: Path, put: Put, patients: int = 8) -> Path:
    for patient in range(patients):
        for number in range(4):
            label = number % 2
            name = f"{9000 + patient}_idx5_x{50 * number + 1}_y{100 * patient + 51}_class{label}.png"
            put(folder / str(9000 + patient) / str(label) / name, 4 * patient + number)
    return folder


def test_breast_histopathology_has_the_patient_as_group_and_the_place_on_the_slide(data_root: Path, put: Put) -> None:
    put_patients(data_root / "breast_histopathology", put)
    dataset = open_dataset("breast_histopathology")
    table = dataset.table
    assert table["group_id"].nunique() == 8
    assert table["label"].value_counts().to_dict() == {"0": 16, "1": 16}
    row = table.set_index("image_id").loc["9003_idx5_x51_y351_class1"]
    assert row[["group_id", "label", "slide_x", "slide_y"]].tolist() == ["9003", "1", 51.0, 351.0]
    assert dataset.spec.class_names["1"] == "invasive ductal carcinoma"
    assert (make_split(table).rows.groupby("group_id")["part"].nunique() == 1).all()
    assert len(ensure_cache(dataset, 50).images) == 32


@pytest.mark.parametrize("beside", [True, False], ids=["and once more inside", "all inside"])
def test_the_archive_holds_every_patient_twice_and_each_is_used_once(data_root: Path, put: Put, beside: bool) -> None:
    folder = data_root / "breast-histopathology-images"
    put_patients(folder / "IDC_regular_ps50_idx5", put, 3)
    if beside:
        put_patients(folder, put, 3)
    assert len(open_dataset("breast_histopathology").table) == 12


def test_patches_of_one_name_are_told_apart_by_their_path(data_root: Path, put: Put) -> None:
    for patient in ("9000", "9001"):
        put(data_root / "breast_histopathology" / patient / "0" / "9000_idx5_x1_y1_class0.png")
    table = open_dataset("breast_histopathology").table
    assert table["image_id"].tolist() == [
        "9000/0/9000_idx5_x1_y1_class0.png", "9001/0/9000_idx5_x1_y1_class0.png",
    ]  # fmt: skip


@pytest.mark.parametrize("parts", [("train", "test"), ("Train", "VALID", "Test"), ("training", "val", "test")])
def test_classes_0_and_1_in_train_and_test_are_own_data_with_these_parts(
    data_root: Path, put: Put, parts: tuple[str, ...]
) -> None:
    for part in parts:
        for number in range(4):
            put(data_root / "xrays" / part / str(number % 2) / f"{part}{number}.png", number)
    names = {entry.spec.name for entry in list_datasets() if entry.present}
    assert names == {"demo", "xrays"}
    dataset = open_dataset("xrays")
    assert dataset.spec.class_keys == ("0", "1")
    assert not dataset.spec.malignancy_known
    assert make_split(dataset.table, "official").counts().sum().sum() == 4 * len(parts)
    expected = {part_of_value(part) for part in parts}
    assert dataset.table["split"].value_counts().to_dict() == dict.fromkeys(expected, 4)


@pytest.mark.parametrize(
    ("patients", "name"), [(("8863", "8864"), "{n}.png"), (("a", "b"), "8863_idx5_x{n}_y1_class0.png")]
)
def test_numbers_and_names_of_pictures_make_it_breast_histopathology(
    data_root: Path, put: Put, patients: tuple[str, ...], name: str
) -> None:
    for patient in patients:
        for number in range(2):
            put(data_root / "other" / patient / str(number) / name.format(n=f"{patient}{number}"), number)
    entries = {entry.spec.name: entry.present for entry in list_datasets()}
    assert not entries["breast_histopathology"]
    assert entries["other"]


@pytest.mark.real_data
def test_the_real_patches_of_two_patients_are_read_decoded_and_split(
    real_data: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    dataset = open_dataset("breast_histopathology")
    counts = dataset.table.groupby(["group_id", "label"]).size()
    assert counts.to_dict() == {("14082", "0"): 281, ("14082", "1"): 197, ("14306", "0"): 264, ("14306", "1"): 167}
    assert dataset.skipped == ()
    cache = ensure_cache(dataset, 28)
    assert (len(cache.images), cache.failures) == (909, ())
    with pytest.raises(DataError, match=r"too few groups .* Set the share of the test part to 0"):
        make_split(dataset.table)
    train, validation = default_fractions(dataset.table)
    split = make_split(dataset.table, fractions=(train, validation, 0.0))
    assert (split.rows.groupby("group_id")["part"].nunique() == 1).all()


@pytest.fixture
def kaggle(data_root: Path, put: Put) -> Path:
    """Ten labelled patches and two of the test part, as in the Kaggle competition."""
    folder = data_root / "histopathologic-cancer-detection"
    ids = [f"{number:040x}" for number in range(10)]
    for number, image in enumerate(ids):
        put(folder / "train" / f"{image}.tif", number)
    put(folder / "test" / "x.tif")
    put(folder / "test" / "y.tif")
    (folder / "train_labels.csv").write_text("\n".join(["id,label", *(f"{i},{n % 2}" for n, i in enumerate(ids))]))
    return folder


def test_patchcamelyon_of_kaggle_is_read_and_says_that_slides_are_not_known(kaggle: Path) -> None:
    dataset = open_dataset("patchcamelyon_kaggle")
    assert dataset.table["label"].tolist() == ["0", "1"] * 5
    assert dataset.table["group_id"].is_unique
    assert "not known which slide" in dataset.spec.caution
    assert [skip.reason for skip in dataset.skipped] == [
        "2 pictures in test have no published label; they are left out."
    ]
    assert len(ensure_cache(dataset, 96).images) == 10
    assert make_split(dataset.table).counts().sum().sum() == 10


def test_labels_without_a_picture_and_pictures_without_a_label_are_told(kaggle: Path) -> None:
    with (kaggle / "train_labels.csv").open("a") as file:
        file.write("\nabc,1\ndef,\n,0\n")
    (kaggle / "train" / f"{0:040x}.tif").unlink()
    dataset = open_dataset("patchcamelyon_kaggle")
    assert (len(dataset.table), len(dataset.described)) == (9, 11)
    said = " ".join(skip.reason for skip in dataset.skipped)
    assert "2 pictures are not in train" in said
    assert said.count("has no id, or another label than 0 and 1") == 2


def test_labels_of_other_pictures_are_not_taken_for_those_of_patchcamelyon(kaggle: Path) -> None:
    (kaggle / "train_labels.csv").write_text("id,label\na,1\n")
    assert not next(e for e in list_datasets() if e.spec.name == "patchcamelyon_kaggle").present


def test_what_is_missing_tells_what_to_put_where(data_root: Path) -> None:
    notes = {entry.spec.name: entry.note for entry in list_datasets()}
    assert notes["breast_histopathology"].startswith("Put the folders of the patients, each with folders 0 and 1 into")
    assert "train_labels.csv and the folder train" in notes["patchcamelyon_kaggle"]
    assert str(data_root / "dermamnist") in notes["dermamnist"]
