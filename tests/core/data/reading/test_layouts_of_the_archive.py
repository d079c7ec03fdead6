"""Each layout of the archive as it must be read; the counts were taken from its files by hand."""

import json
from pathlib import Path

import pytest

from core.data.diagnoses.diagnoses import diagnosis
from core.data.inspect import inspect_folder
from core.data.reading.reader import read_folder
from tests.core.data.reading.readings import in_columns, left_out, malignant, meant, part, read, said

HAM10000 = {"akiec": 327, "bcc": 514, "bkl": 1099, "df": 115, "mel": 1113, "nv": 6705, "vasc": 142}
PAD_UFES = {"ak": 15, "bcc": 25, "mel": 1, "nv": 8, "scc": 3, "sek": 8}
NINE = {
    "actinic keratosis": True,
    "basal cell carcinoma": True,
    "dermatofibroma": False,
    "melanoma": True,
    "nevus": False,
    "pigmented benign keratosis": False,
    "seborrheic keratosis": False,
    "squamous cell carcinoma": True,
    "vascular lesion": False,
}

UNKNOWN = "unknown|not known|without a (class|label|diagnosis)|no (class|label|diagnosis)"


def test_pictures_without_a_table_have_no_labels_and_it_is_asked_for(layouts: Path) -> None:
    reading = read(layouts / "ham10000-parts-without-table")
    assert (reading["pictures"], reading["classes"], part(reading, "unlabelled")) == (12, {}, 12)
    assert reading["certain"] is False
    assert reading["problem"].startswith(
        "Nothing says which class the 12 pictures of ham10000-parts-without-table have."
    )
    assert "Put the table that does beside them, such as HAM10000_metadata.csv" in reading["problem"]


@pytest.mark.parametrize("inner", [".", "ham1000-segmentation-and-classification"])
def test_a_table_of_one_hot_columns_beats_the_folders_images_and_masks(layouts: Path, inner: str) -> None:
    reading = read(layouts / "images-beside-masks" / inner)
    assert reading["pictures"] == 14
    assert meant(reading) == dict.fromkeys(HAM10000, 2)
    assert malignant(reading) == {key: key in ("akiec", "bcc", "mel") for key in HAM10000}
    assert left_out(reading, "mask") == 14
    assert Path(reading["table"]).name == "GroundTruth.csv"


@pytest.mark.parametrize("inner", [".", "base_dir"])
def test_train_dir_and_val_dir_are_parts(layouts: Path, inner: str) -> None:
    reading = read(layouts / "train_dir-val_dir" / inner)
    assert meant(reading) == {"bkl": 12, "mel": 12, "nv": 12}
    assert (part(reading, "train"), part(reading, "validation"), part(reading, "test")) == (24, 12, 0)


@pytest.mark.parametrize("inner", [".", "lung_colon_image_set"])
def test_lc25000_has_five_classes_and_tiles_that_are_not_grouped(layouts: Path, inner: str) -> None:
    reading = read(layouts / "lc25000" / inner)
    expected = {"colon_aca": True, "colon_n": False, "lung_aca": True, "lung_n": False, "lung_scc": True}
    assert meant(reading) == dict.fromkeys(expected, 5)
    assert malignant(reading) == expected
    assert reading["group"]["column"] is None
    assert said(reading, "group|patient|tile|patch|belong together")


@pytest.mark.parametrize("inner", [".", "BreaKHis_v1", "BreaKHis_v1/histology_slides/breast"])
def test_breakhis_has_types_patients_from_its_names_and_magnifications(layouts: Path, inner: str) -> None:
    reading = read(layouts / "breakhis" / inner)
    assert meant(reading) == {"adenosis": 8, "ductal_carcinoma": 8, "fibroadenoma": 8, "lobular_carcinoma": 8}
    assert {key for key, called in malignant(reading).items() if called} == {"ductal_carcinoma", "lobular_carcinoma"}
    assert reading["columns"]["magnification"] == "magnification"
    assert not in_columns(reading, "name: magnification")  # which the folders say already
    rows = read_folder(layouts / "breakhis" / inner).rows
    assert rows["magnification"].value_counts().to_dict() == {"40X": 16, "100X": 16}
    assert reading["certain"] is False  # a group that is read from names is proposed, never taken in silence
    [question] = reading["questions"]
    assert question.startswith("2 groups were found in the names of the files (patient)")
    assert reading["group"] == {"column": "name: patient", "level": "patient", "groups": 2, "coarser": []}


def test_breakhis_has_eight_types_with_their_names_and_two_classes_once_they_are_chosen(tmp_path: Path) -> None:
    types = {
        "A": ("benign", "adenosis"), "F": ("benign", "fibroadenoma"), "PT": ("benign", "phyllodes_tumor"),
        "TA": ("benign", "tubular_adenoma"), "DC": ("malignant", "ductal_carcinoma"),
        "LC": ("malignant", "lobular_carcinoma"), "MC": ("malignant", "mucinous_carcinoma"),
        "PC": ("malignant", "papillary_carcinoma"),
    }  # fmt: skip
    for number, (code, (kind, name)) in enumerate(types.items()):
        for slide in "AB":
            patient = f"14-{20000 + number}{slide}"
            for zoom in (40, 100, 200, 400):
                folder = tmp_path / "BreaKHis_v1/histology_slides/breast" / kind / "SOB" / name
                folder = folder / f"SOB_{kind[0].upper()}_{code}_{patient}" / f"{zoom}X"
                folder.mkdir(parents=True)
                (folder / f"SOB_{kind[0].upper()}_{code}-{patient}-{zoom}-001.png").touch()
    reading = read(tmp_path)
    assert reading["classes"] == {name: 8 for _, name in types.values()}
    assert reading["malignant"] == {name: kind == "malignant" for kind, name in types.values()}
    for name in reading["classes"]:
        assert diagnosis(name).name == name.replace("_", " ")
    assert (reading["group"]["level"], reading["group"]["groups"]) == ("patient", 16)
    assert not reading["certain"]
    coarse = read(tmp_path, label="folder 1")
    assert coarse["classes"] == {"benign": 32, "malignant": 32}


@pytest.mark.parametrize(
    "inner", [".", "archive", "archive/Skin cancer ISIC The International Skin Imaging Collaboration"]
)
def test_isic_has_nine_classes_with_malignancy_and_parts(layouts: Path, inner: str) -> None:
    reading = read(layouts / "isic-nine-classes" / inner)
    assert meant(reading) == {diagnosis(name).key.lower(): 9 for name in NINE}
    assert malignant(reading) == {diagnosis(name).key.lower(): called for name, called in NINE.items()}
    assert (part(reading, "train"), part(reading, "validation"), part(reading, "test")) == (54, 0, 27)


@pytest.mark.parametrize(
    "inner",
    ["pad-ufes", "pad-ufes/PAD-UFES-20", "table-and-folders/flat", "table-and-folders/one-subfolder",
     "table-and-folders/three-subfolders"],
)  # fmt: skip
def test_pad_ufes_has_six_diagnoses_grouped_by_patient(layouts: Path, inner: str) -> None:
    reading = read(layouts / inner)
    assert reading["pictures"] == 60
    assert meant(reading) == PAD_UFES
    assert malignant(reading) == {key: key in ("ak", "bcc", "mel", "scc") for key in PAD_UFES}
    assert (reading["group"]["column"], reading["group"]["level"], reading["group"]["groups"]) == (
        "patient_id",
        "patient",
        60,
    )
    assert not part(reading, "validation")
    assert not part(reading, "test")


def test_rows_of_pad_ufes_without_a_picture_are_counted(layouts: Path) -> None:
    reading = read(layouts / "pad-ufes")
    assert 2238 in reading["left_out"].values()
    assert in_columns(reading, "age")
    assert in_columns(reading, "gender")


def test_of_lesion_and_patient_the_patient_is_the_group(layouts: Path) -> None:
    reading = read(layouts / "lesion-and-patient")
    assert meant(reading) == {"ak": 730, "bcc": 845, "mel": 52, "nv": 244, "scc": 192, "sek": 235}
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient_id", 1373)
    finer = read(layouts / "lesion-and-patient", group="lesion_id")
    assert (finer["group"]["column"], finer["group"]["groups"]) == ("lesion_id", 1641)
    assert reading["how"]["group"].startswith("1,641 lesions of 1,373 patients: pictures of one patient stay together")
    assert finer["group"]["coarser"][0] == "patient_id"
    assert said(finer, r"1,373 patients \(patient_id\) are coarser than 1,641 lesions")


@pytest.mark.parametrize("inner", [".", "case"])
def test_folders_that_differ_in_case_are_one_class_and_it_is_said(layouts: Path, inner: str) -> None:
    reading = read(layouts / "case-differs" / inner)
    assert meant(reading) == {"benign": 12, "malignant": 12}
    assert (part(reading, "train"), part(reading, "test")) == (12, 12)
    assert said(reading, "case|spelling|spelt|written|merged|same|one class")


@pytest.mark.parametrize("inner", [".", "kaggle-style"])
def test_a_test_folder_without_classes_is_counted_as_unlabelled(layouts: Path, inner: str) -> None:
    reading = read(layouts / "test-without-labels" / inner)
    assert meant(reading) == {"benign": 8, "malignant": 8}
    assert part(reading, "train") in (0, 16)
    assert part(reading, "unlabelled") == 4
    assert not part(reading, "test")


@pytest.mark.parametrize("inner", [".", "ddi"])
def test_ddi_is_malignant_or_not_with_skin_tone_and_without_groups(layouts: Path, inner: str) -> None:
    reading = read(layouts / "ddi" / inner)
    assert sorted(reading["classes"].values()) == [10, 13]
    assert {called: reading["classes"][name] for name, called in reading["malignant"].items()} == {True: 10, False: 13}
    assert in_columns(reading, "skin.tone")
    assert in_columns(reading, '"malignant"')
    assert reading["group"]["column"] is None
    assert said(reading, "group|patient|belong together")


@pytest.mark.parametrize("inner", [".", "ham"])
def test_masks_that_are_named_like_pictures_are_no_pictures(layouts: Path, inner: str) -> None:
    reading = read(layouts / "masks-named-like-pictures" / inner)
    assert reading["pictures"] == 30
    assert meant(reading) == {"bkl": 30}
    assert left_out(reading, "mask") == 30
    assert (reading["group"]["level"], reading["group"]["groups"]) == ("lesion", 17)
    assert said(reading, "class")  # one class alone is refused with the reason


@pytest.mark.parametrize(("name", "classes"), [("pathmnist", 9), ("bloodmnist", 8)])
def test_medmnist_has_classes_and_its_official_parts(layouts: Path, name: str, classes: int) -> None:
    reading = read(layouts / "medmnist-and-hmnist" / name)
    assert reading["pictures"] == 50
    assert len(reading["classes"]) == classes
    assert [part(reading, each) for each in ("train", "validation", "test")] == [30, 10, 10]


def test_hmnist_in_grey_has_the_pictures_of_ham10000_and_its_lesions(layouts: Path) -> None:
    reading = read(layouts / "medmnist-and-hmnist" / "hmnist-L")
    assert meant(reading) == HAM10000
    assert (reading["group"]["level"], reading["group"]["groups"]) == ("lesion", 7470)


@pytest.mark.parametrize(
    ("folder", "classes"),
    [
        ("gene-tables/cumida", {"basal": 4, "HER": 4, "luminal_A": 4}),
        ("gene-tables/TCGA-PANCAN-HiSeq-801x20531", {"BRCA": 4, "COAD": 4, "KIRC": 4, "LUAD": 4, "PRAD": 4}),
        ("gene-tables/golub-like", {"a": 2, "b": 2}),
        *((f"geo-tables/geo-{kind}", {"normal": 6, "tumour": 6}) for kind in ("tsv", "semicolon", "log2", "missing")),
    ],
)
def test_tables_of_genes_are_known_as_such(layouts: Path, folder: str, classes: dict[str, int]) -> None:
    reading = inspect_folder(layouts / folder)
    assert (reading["kind"], reading["classes"]) == ("genes", classes)


@pytest.mark.parametrize("inner", [".", "formats"])
def test_every_picture_format_is_read_and_what_is_none_is_not(layouts: Path, inner: str) -> None:
    reading = read(layouts / "picture-formats" / inner)
    heic = left_out(reading, "hei[cf]")
    assert heic in (0, 2)
    assert meant(reading) == {"benign": 12 - heic // 2, "malignant": 12 - heic // 2}


@pytest.mark.parametrize("inner", [".", "isic2020"])
def test_isic_2020_is_benign_or_malignant_by_patient(layouts: Path, inner: str) -> None:
    reading = read(layouts / "isic2020-train-folder" / inner)
    assert sorted(called is True for called in reading["malignant"].values()) == [False, True]
    by_call = {called: reading["classes"][name] for name, called in reading["malignant"].items()}
    assert by_call == {True: 4, False: 4}
    assert reading["left_out"] == {"pictures whose diagnosis is not known": 4}
    assert said(reading, "4 pictures have a benign_malignant but their diagnosis is “unknown”; they are left out")
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient_id", 4)


def test_of_the_diagnoses_of_isic_2020_the_unknown_are_left_out(layouts: Path) -> None:
    reading = read(layouts / "isic2020-train-folder" / "isic2020", label="diagnosis")
    assert meant(reading) == {"mel": 4, "nv": 4}
    assert left_out(reading, UNKNOWN) == 4


def test_a_root_that_is_itself_the_data_set_is_understood(layouts: Path) -> None:
    reading = read(layouts / "root-is-the-data-set")
    assert meant(reading) == {"bkl": 20}
    assert (reading["group"]["level"], reading["group"]["groups"]) == ("lesion", 11)


@pytest.mark.parametrize("inner", [".", "uneven"])
def test_a_class_that_is_in_the_test_part_alone_is_said(layouts: Path, inner: str) -> None:
    reading = read(layouts / "class-only-in-test" / inner)
    counts = {key: count for key, count in meant(reading).items() if count}
    assert counts == {"bcc": 12, "mel": 12, "nv": 12, "scc": 3}
    assert [part(reading, each) for each in ("train", "validation", "test")] == [18, 9, 12]
    assert said(reading, r"\bscc\b|squamous")


@pytest.mark.parametrize("inner", [".", "archive"])
def test_a_packed_archive_is_offered_for_unpacking(layouts: Path, inner: str) -> None:
    reading = inspect_folder(layouts / "zip-left-packed" / inner)
    assert reading["kind"] == "nothing"
    assert said(reading, r"archive\.zip")
    assert said(reading, "pack")


@pytest.mark.parametrize("inner", [".", "other-kaggle"])
def test_any_train_labels_csv_is_not_patchcamelyon(layouts: Path, inner: str) -> None:
    reading = read(layouts / "other-train_labels" / inner)
    assert reading["pictures"] == 6
    assert reading["classes"] == {"cat": 3, "dog": 3}
    assert "camelyon" not in json.dumps(reading).lower()


@pytest.mark.parametrize("inner", [".", "ham10000"])
def test_rows_without_pictures_are_one_line(layouts: Path, inner: str) -> None:
    reading = read(layouts / "mostly-absent" / inner)
    assert meant(reading) == {"bkl": 30}
    assert 9985 in reading["left_out"].values()
    assert len(json.dumps(reading)) < 5_000
