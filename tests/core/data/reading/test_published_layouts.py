"""Folders as the public data sets leave them on a disk, told by what lies in them and by no code for one of them."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from PIL import Image

from core.data.inspect import inspect_folder
from core.data.reading.reader import read_folder

Put = Callable[..., None]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Puts a picture of 16×12 pixels at each of some paths in the folder of the test."""
    picture = tmp_path / ".picture.png"
    Image.new("RGB", (16, 12), (180, 90, 60)).save(picture)

    def put(*paths: str) -> None:
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, tmp_path / path)

    return put


def table(path: Path, lines: Iterable[str], encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding=encoding)


def test_an_export_of_isic_cli_has_levels_of_diagnosis_patients_and_licences(tmp_path: Path, put: Put) -> None:
    levels = ("Benign,Benign melanocytic,Nevus", "Malignant,Malignant melanocytic,Melanoma Invasive",
              "Malignant,Malignant epidermal,Basal cell carcinoma", "Benign,Benign epidermal,Seborrheic keratosis",
              "Benign,Benign epidermal,Solar lentigo")  # fmt: skip
    header = "isic_id,attribution,copyright_license,age_approx,anatom_site_general,diagnosis_1,diagnosis_2,diagnosis_3,"
    table(
        tmp_path / "metadata.csv",
        [header + "lesion_id,patient_id,sex"]
        + [f"ISIC_{n:07d},Hospital X,CC-BY,45,torso,{levels[n % 5]},IL_{n // 2},IP_{n // 4},female" for n in range(60)],
    )
    (tmp_path / "attribution.txt").write_text("Hospital X\n")
    put(*(f"ISIC_{n:07d}.jpg" for n in range(60)))
    said = inspect_folder(tmp_path)
    assert said["columns"]["label"] == "diagnosis_3"
    assert len(said["classes"]) == 5
    assert said["malignant"] == {
        "Basal cell carcinoma": True, "Melanoma Invasive": True, "Nevus": False, "Seborrheic keratosis": False,
        "Solar lentigo": False,
    }  # fmt: skip
    assert said["group"] == {"column": "patient_id", "level": "patient", "groups": 15, "coarser": []}
    assert not said["certain"]
    assert "several levels" in said["questions"][0]
    chosen = inspect_folder(tmp_path, {"label": "diagnosis_1"})
    assert chosen["certain"]
    assert chosen["classes"] == {"Benign": 36, "Malignant": 24}
    rows = read_folder(tmp_path).rows
    assert set(rows["copyright_license"]) == {"CC-BY"}
    assert set(rows["attribution"]) == {"Hospital X"}


def test_isic_2016_has_tables_without_headers_in_words_and_in_numbers(tmp_path: Path, put: Put) -> None:
    ids = [f"ISIC_{n:07d}" for n in range(30)]
    put(*(f"ISBI2016_ISIC_Part3_Training_Data/{each}.jpg" for each in ids[:20]))
    put(*(f"ISBI2016_ISIC_Part3_Test_Data/{each}.jpg" for each in ids[20:]))
    words, numbers = ("malignant", "benign", "benign", "benign"), ("1.0", "0.0", "0.0", "0.0")
    table(tmp_path / "ISBI2016_ISIC_Part3_Training_GroundTruth.csv",
          [f"{each},{words[n % 4]}" for n, each in enumerate(ids[:20])])  # fmt: skip
    table(tmp_path / "ISBI2016_ISIC_Part3_Test_GroundTruth.csv",
          [f"{each},{numbers[n % 4]}" for n, each in enumerate(ids[20:])])  # fmt: skip
    said = inspect_folder(tmp_path)
    assert said["classes"] == {"benign": 22, "malignant": 8}
    assert said["parts"] == {"train": 20, "validation": 0, "test": 10, "unlabelled": 0}
    assert said["certain"]


def test_isic_2017_has_nevi_where_no_column_is_marked_and_superpixels_are_left_out(tmp_path: Path, put: Put) -> None:
    number = 0
    for part, count in (("Training", 20), ("Validation", 6), ("Test_v2", 8)):
        lines = []
        for _ in range(count):
            each = f"ISIC_{number:07d}"
            put(f"ISIC-2017_{part}_Data/{each}.jpg", f"ISIC-2017_{part}_Data/{each}_superpixels.png")
            lines.append(f"{each},{float(number % 3 == 0)},{float(number % 3 == 1)}")
            number += 1
        header = "image_id,melanoma,seborrheic_keratosis"
        table(tmp_path / f"ISIC-2017_{part}_Part3_GroundTruth.csv", [header, *lines])
    said = inspect_folder(tmp_path)
    assert said["classes"] == {"melanoma": 12, "nevus": 11, "seborrheic_keratosis": 11}
    assert said["parts"] == {"train": 20, "validation": 6, "test": 8, "unlabelled": 0}
    assert sum(said["left_out"].values()) == 34


def test_milk10k_has_two_pictures_of_each_lesion_whose_class_stands_in_another_table(tmp_path: Path, put: Put) -> None:
    classes = "AKIEC,BCC,BEN_OTH,BKL,DF,INF,MAL_OTH,MEL,NV,SCCKA,VASC"
    metadata, truth = ["lesion_id,isic_id,image_type,age_approx,sex"], [f"lesion_id,{classes}"]
    for lesion in range(22):
        marks = ",".join("1.0" if column == lesion % 11 else "0.0" for column in range(11))
        truth.append(f"IL_{lesion:07d},{marks}")
        for which, kind in enumerate(("clinical: close-up", "dermoscopic")):
            picture = f"ISIC_{2 * lesion + which:07d}"
            metadata.append(f"IL_{lesion:07d},{picture},{kind},50,male")
            put(f"MILK10k_Training_Input/IL_{lesion:07d}/{picture}.jpg")
    table(tmp_path / "MILK10k_Training_Metadata.csv", metadata)
    table(tmp_path / "MILK10k_Training_GroundTruth.csv", truth)
    said = inspect_folder(tmp_path)
    assert said["classes"] == dict.fromkeys(sorted(classes.split(",")), 4)
    assert said["group"] == {"column": "lesion_id", "level": "lesion", "groups": 22, "coarser": []}
    assert [said["malignant"][name] for name in ("SCCKA", "BEN_OTH")] == [True, False]


def test_fitzpatrick17k_is_labelled_by_the_level_that_has_few_enough_classes(tmp_path: Path, put: Put) -> None:
    nine = ("inflammatory,non-neoplastic", "malignant epidermal,malignant", "benign dermal,benign")
    lines = [f"{n:032x},{n % 6 + 1},disease {n % 60},{nine[n % 3]}" for n in range(120)]
    header = "md5hash,fitzpatrick_scale,label,nine_partition_label,three_partition_label"
    table(tmp_path / "fitzpatrick17k.csv", [header, *lines])
    put(*(f"data/finalfitz17k/{n:032x}.jpg" for n in range(120)))
    said = inspect_folder(tmp_path)
    assert said["columns"]["label"] == "nine_partition_label"
    assert said["malignant"] == {"benign dermal": False, "inflammatory": False, "malignant epidermal": True}
    assert said["columns"]["fitzpatrick_scale"] == "fitzpatrick_scale"


def test_derm7pt_has_two_pictures_in_each_row_and_parts_by_the_numbers_of_rows(tmp_path: Path, put: Put) -> None:
    kinds = ("blue nevus", "clark nevus", "melanoma (in situ)", "basal cell carcinoma", "seborrheic keratosis")
    root = tmp_path / "release_v0"
    lines = [f"{n + 1},{kinds[n % 5]},back,NEL/NEL{n:03d}.JPG,NEL/Nel{n:03d}d.JPG" for n in range(25)]
    table(root / "meta" / "meta.csv", ["case_num,diagnosis,location,clinic,derm", *lines])
    for part, rows in (("train", range(15)), ("valid", range(15, 20)), ("test", range(20, 25))):
        table(root / "meta" / f"{part}_indexes.csv", ["indexes", *map(str, rows)])
    put(*(f"release_v0/images/NEL/{name}" for n in range(25) for name in (f"NEL{n:03d}.jpg", f"Nel{n:03d}d.jpg")))
    said = inspect_folder(tmp_path)
    assert said["pictures"] == 50
    assert said["classes"] == dict.fromkeys(sorted(kinds), 10)
    assert said["parts"] == {"train": 30, "validation": 10, "test": 10, "unlabelled": 0}
    assert said["group"]["groups"] == 25
    assert set(read_folder(tmp_path).rows["picture of"]) == {"clinic", "derm"}


def test_nct_crc_he_and_its_patients_of_other_hospitals_are_training_and_test(tmp_path: Path, put: Put) -> None:
    classes = "ADI BACK DEB LYM MUC MUS NORM STR TUM".split()
    put(*(f"{place}/{each}/{each}-{n}.tif" for place in ("NCT-CRC-HE-100K", "CRC-VAL-HE-7K") for each in classes
          for n in range(2)))  # fmt: skip
    said = inspect_folder(tmp_path)
    assert said["classes"] == dict.fromkeys(classes, 4)
    assert said["parts"] == {"train": 18, "validation": 0, "test": 18, "unlabelled": 0}
    assert [name for name, malignant in said["malignant"].items() if malignant] == ["TUM"]


def test_roboflow_puts_a_table_into_each_part(tmp_path: Path, put: Put) -> None:
    for part, count in (("train", 8), ("valid", 4), ("test", 4)):
        names = [f"img{n}_jpg.rf.{part}.jpg" for n in range(count)]
        put(*(f"{part}/{name}" for name in names))
        lines = [f"{name}, {n % 2}, {1 - n % 2}" for n, name in enumerate(names)]
        table(tmp_path / part / "_classes.csv", ["filename, benign, malignant", *lines])
    (tmp_path / "README.dataset.txt").write_text("skin > raw\nhttps://example.org\n")
    said = inspect_folder(tmp_path)
    assert said["classes"] == {"benign": 8, "malignant": 8}
    assert said["parts"] == {"train": 8, "validation": 4, "test": 4, "unlabelled": 0}


def test_ph2_has_crosses_in_its_table_and_a_folder_with_a_mask_for_each_picture(tmp_path: Path, put: Put) -> None:
    lines = []
    for n in range(18):
        each = f"IMD{n:03d}"
        place = f"PH2 Dataset images/{each}"
        put(f"{place}/{each}_Dermoscopic_Image/{each}.bmp", f"{place}/{each}_lesion/{each}_lesion.bmp")
        lines.append(f"{each};" + ";".join("X" if column == n % 3 else "" for column in range(3)))
    table(tmp_path / "PH2_dataset.csv", ["Image Name;Common Nevus;Atypical Nevus;Melanoma", *lines])
    said = inspect_folder(tmp_path)
    assert said["classes"] == {"Atypical Nevus": 6, "Common Nevus": 6, "Melanoma": 6}
    assert said["pictures"] == 18


@pytest.mark.parametrize("inside", ["{label}/{patient}", "{patient}/{label}"])
def test_folders_of_patients_are_proposed_as_groups_and_never_taken_silently(
    tmp_path: Path, put: Put, inside: str
) -> None:
    for patient in range(6):
        for label in ("benign", "malignant"):
            place = inside.format(label=label, patient=f"patient_{patient:03d}")
            put(*(f"{place}/{n}.png" for n in range(2)))
    said = inspect_folder(tmp_path)
    assert said["classes"] == {"benign": 12, "malignant": 12}
    assert (said["group"]["level"], said["group"]["groups"], said["certain"]) == ("patient", 6, False)
    assert inspect_folder(tmp_path, {"group": said["group"]["column"]})["certain"]
    assert inspect_folder(tmp_path, {"group": "none"})["group"]["level"] == "picture"


def test_folders_inside_one_another_that_could_both_be_classes_are_asked_about(tmp_path: Path, put: Put) -> None:
    put(*(f"{a}/{b}/{n}.png" for a in ("alpha", "beta") for b in ("one", "two") for n in range(3)))
    said = inspect_folder(tmp_path)
    assert (said["classes"], said["certain"]) == ({"alpha": 6, "beta": 6}, False)
    assert inspect_folder(tmp_path, ["no-classes=alpha,beta"])["classes"] == {"one": 6, "two": 6}
    assert inspect_folder(tmp_path, {"label": "folder 2"})["classes"] == {"one": 6, "two": 6}


def test_folds_are_a_column_and_no_classes(tmp_path: Path, put: Put) -> None:
    put(*(f"fold_{k}/{label}/{k}{n}.png" for k in range(3) for label in ("nv", "mel") for n in range(3)))
    rows = read_folder(tmp_path).rows
    assert rows["label"].value_counts().to_dict() == {"nv": 9, "mel": 9}
    assert rows["fold"].value_counts().to_dict() == {0: 6, 1: 6, 2: 6}


def test_a_table_in_a_folder_beside_the_pictures_in_another_language_is_found(tmp_path: Path, put: Put) -> None:
    put(*(f"My Data (1)/All Images/pic {n}.jpg" for n in range(12)))
    lines = [f"pic {n};{'gutartig' if n % 2 else 'bösartig'};P{n // 2}" for n in range(12)]
    table(tmp_path / "My Data (1)" / "Labels" / "labels final.csv", ["Name;Klasse;Patient", *lines], "latin-1")
    said = inspect_folder(tmp_path)
    assert said["classes"] == {"bösartig": 6, "gutartig": 6}
    assert said["malignant"] == {"bösartig": True, "gutartig": False}
    assert said["group"]["groups"] == 6


def test_a_column_that_repeats_like_patients_is_proposed_whatever_it_is_called(tmp_path: Path, put: Put) -> None:
    put(*(f"t{n}.png" for n in range(40)))
    lines = [f"t{n}.png,A{1000 + n // 4},{'mel' if n // 2 % 2 else 'nv'}" for n in range(40)]
    table(tmp_path / "info.csv", ["file,mrn,dx", *lines])
    said = inspect_folder(tmp_path)
    assert (said["group"]["column"], said["group"]["groups"], said["certain"]) == ("mrn", 10, False)


def test_pictures_of_a_table_that_are_not_here_can_be_explored_and_not_trained_on(tmp_path: Path) -> None:
    lines = [f"x{n}.jpg,{'nevus' if n % 2 else 'melanoma'},p{n // 3}" for n in range(12)]
    table(tmp_path / "meta.csv", ["image,diagnosis,patient_id", *lines])
    said = inspect_folder(tmp_path)
    assert (said["kind"], said["pictures"], said["certain"]) == ("pictures", 0, False)
    assert said["left_out"] == {"rows of meta.csv whose picture is not here": 12}
    described = read_folder(tmp_path).described
    assert described["label"].value_counts().to_dict() == {"nevus": 6, "melanoma": 6}
    assert described["group_id"].nunique() == 4


def test_numbers_from_which_a_spreadsheet_took_the_zeros_name_their_pictures(tmp_path: Path, put: Put) -> None:
    put(*(f"{n:05d}.png" for n in range(12)))
    lines = [f"{n};{40 + n};{'mel' if n % 2 else 'nv'}" for n in range(12)]
    table(tmp_path / "list.csv", ["sep=;", "Image ID;age;dx", *lines])
    said = inspect_folder(tmp_path)
    assert (said["columns"]["image"], said["classes"]) == ("Image ID", {"mel": 6, "nv": 6})


def test_augmented_copies_are_left_out_beside_their_originals(tmp_path: Path, put: Put) -> None:
    for label in ("benign", "malignant"):
        put(*(f"original/{label}/{n}.png" for n in range(3)), *(f"augmented/{label}/{n}_{k}.png" for n in range(3)
                                                                   for k in range(4)))  # fmt: skip
    said = inspect_folder(tmp_path)
    assert said["classes"] == {"benign": 3, "malignant": 3}
    assert sum(said["left_out"].values()) == 24


@pytest.mark.parametrize(("header", "yes", "no"), [("malignant", "TRUE", "FALSE"), ("cancer", "yes", "no"),
                                                   ("is_melanoma", "1", "0")])  # fmt: skip
def test_a_column_that_says_yes_and_no_to_malignant_names_its_classes(
    tmp_path: Path, put: Put, header: str, yes: str, no: str
) -> None:
    put(*(f"{n}.png" for n in range(8)))
    table(tmp_path / "t.tsv", [f"file\t{header}", *(f"{n}.png\t{yes if n % 4 == 0 else no}" for n in range(8))])
    said = inspect_folder(tmp_path)
    assert said["classes"] == {"benign": 6, "malignant": 2}
    assert said["malignant"] == {"benign": False, "malignant": True}


def test_lesions_that_are_numbered_anew_for_each_patient_are_not_taken_for_the_coarser_level(
    tmp_path: Path, put: Put
) -> None:
    put(*(f"{n}.png" for n in range(24)))
    lines = [f"{n}.png,P{n // 4},{n % 2 + 1},{'mel' if n // 4 % 2 else 'nv'}" for n in range(24)]
    table(tmp_path / "t.csv", ["image,patient_id,lesion_id,dx", *lines])
    said = inspect_folder(tmp_path)
    assert (said["group"]["column"], said["group"]["groups"]) == ("patient_id", 6)
    assert inspect_folder(tmp_path, {"group": "lesion_id"})["group"]["coarser"] == ["patient_id"]


def test_two_tables_that_say_different_classes_are_asked_about(tmp_path: Path, put: Put) -> None:
    put(*(f"{n}.png" for n in range(12)))
    for name, turned in (("old", 0), ("new", 1)):
        lines = [f"{n}.png,{int(n % 2 == turned)},{int(n % 2 != turned)}" for n in range(12)]
        table(tmp_path / f"{name}.csv", ["image,MEL,NV", *lines])
    said = inspect_folder(tmp_path)
    assert not said["certain"]
    assert "12 pictures have another" in said["questions"][0]


def test_an_example_of_answers_labels_no_picture(tmp_path: Path, put: Put) -> None:
    put(*(f"train/{n}.png" for n in range(8)), *(f"test/{n}.png" for n in range(8, 12)))
    table(tmp_path / "train.csv", ["image,target", *(f"{n},{n % 2}" for n in range(8))])
    table(tmp_path / "sample_submission.csv", ["image,target", *(f"{n},0" for n in range(8, 12))])
    said = inspect_folder(tmp_path)
    assert (said["classes"], said["parts"]["unlabelled"]) == ({"0": 4, "1": 4}, 4)
    assert any("sample_submission.csv" in caution for caution in said["cautions"])


def test_a_table_that_names_the_numbers_of_classes_is_joined_and_no_list_of_pictures(tmp_path: Path, put: Put) -> None:
    put(*(f"img/{n}.png" for n in range(12)))
    table(tmp_path / "labels.csv", ["image,label_id", *(f"{n}.png,{n % 3}" for n in range(12))])
    table(tmp_path / "classes.csv", ["label_id,name", "0,nevus", "1,melanoma", "2,bkl"])
    said = inspect_folder(tmp_path)
    assert said["classes"] == {"bkl": 4, "melanoma": 4, "nevus": 4}
    assert said["columns"]["label"] == "name"
