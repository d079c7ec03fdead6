"""Folders as hospitals, annotators and people of other languages leave them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.core.data.reading.readings import left_out, part, read, said


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def write(folder: Path, name: str, lines: Sequence[str], encoding: str = "utf-8") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes("\r\n".join(lines).encode(encoding))


@pytest.mark.parametrize(
    ("benign", "malignant"),
    [
        ("良性", "恶性"), ("良性腫瘍", "悪性腫瘍"), ("حميد", "خبيث"), ("доброкачественные", "злокачественные"),
        ("Benigno", "Maligno"), ("jinak", "ganas"), ("lành tính", "ác tính"), ("καλοήθης", "κακοήθης"), ("B", "M"),
        ("0 - benign", "1 - malignant"), ("gutartig", "bösartig"), ("nevus (10)", "bcc (7)"), ("01_nevus", "02_bcc"),
        ("1. Nevus", "2. Melanoma"),
    ],
)  # fmt: skip
def test_folders_are_called_benign_and_malignant_in_other_languages(
    benign: str, malignant: str, tmp_path: Path
) -> None:
    touch(tmp_path, *(f"{name}/{letter}.png" for name in (benign, malignant) for letter in "abcdefgh"))
    reading = read(tmp_path)
    assert reading["malignant"] == {benign: False, malignant: True}
    assert reading["certain"]


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("Fichier;Diagnostic;Âge;Sexe;Numéro patient", "latin-1"),
        ("Bildname;Befund;Alter;Geschlecht;Patientennummer", "cp1252"),
        ("Imagen;Diagnóstico;Edad;Sexo;Código paciente", "utf-8"),
        ("文件名;诊断;年龄;性别;患者编号", "utf-16"),
        ("файл;диагноз;возраст;пол;номер пациент", "utf-8"),
    ],
)
def test_columns_in_other_languages_say_age_sex_and_patient(header: str, encoding: str, tmp_path: Path) -> None:
    letters = "abcdefghijklmnopqrstuvwx"
    touch(tmp_path, *(f"{letter}.jpg" for letter in letters))
    rows = [f"{letter};{('nevus', 'melanoma')[n % 2]};{30 + n};F;{n // 4}" for n, letter in enumerate(letters)]
    write(tmp_path, "t.csv", [header, *rows], encoding)
    reading = read(tmp_path)
    image, label, age, sex, patient = header.split(";")
    assert reading["columns"] == {"image": image, "label": label, "age": age, "sex": sex, "group": patient}
    assert (reading["group"]["level"], reading["group"]["groups"], reading["certain"]) == ("patient", 6, True)


@pytest.mark.parametrize(
    "template", ["vid{group}_frame{number:03d}", "clip_{group}_{number}", "study{group}_series0_{number}"]
)
def test_frames_of_one_video_are_proposed_as_a_group(template: str, tmp_path: Path) -> None:
    touch(tmp_path, *(f"{'ab'[n % 2]}/{template.format(group=n // 4, number=n)}.png" for n in range(24)))
    reading = read(tmp_path)
    assert (reading["group"]["groups"], reading["certain"]) == (6, False)


def test_copies_that_are_called_after_their_original_are_proposed_as_one_group(tmp_path: Path) -> None:
    names = [f"{'ab'[n % 2]}/{start}m{n:03d}.jpg" for n in range(12) for start in ("", "aug_0_", "aug_1_")]
    touch(tmp_path, *names)
    reading = read(tmp_path)
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("name: original", 12)
    assert not reading["certain"]


def test_folders_of_a_dump_hold_the_number_of_the_patient_in_a_longer_name(tmp_path: Path) -> None:
    for person in range(6):
        touch(tmp_path, *(f"DOE^JANE^^_{1000 + person}/ST_1/SE_{n % 2}/IM_{n}.png" for n in range(4)))
    lines = [f"{1000 + person};{('gutartig', 'bösartig')[person % 2]}" for person in range(6)]
    write(tmp_path, "befunde.csv", ["PatientID;Diagnose", *lines])
    reading = read(tmp_path)
    assert reading["classes"] == {"bösartig": 12, "gutartig": 12}
    assert reading["group"] == {"column": "PatientID", "level": "patient", "groups": 6, "coarser": []}


def test_paths_of_a_table_may_begin_deeper_and_those_of_masks_name_no_pictures(tmp_path: Path) -> None:
    lines = ["patient_id,pathology,image file path,ROI mask file path"]
    for n in range(16):
        place = f"Mass-Training_P_{n:05d}_LEFT"
        touch(tmp_path, f"jpeg/{place}/1-1.jpg", f"jpeg/{place}_1/1-2.jpg")
        lines.append(f"P_{n // 2},{('MALIGNANT', 'BENIGN')[n // 2 % 2]},{place}/1-1.jpg,{place}_1/1-2.jpg")
    write(tmp_path / "csv", "mass_case_description_train_set.csv", lines)
    reading = read(tmp_path)
    assert (reading["pictures"], reading["classes"]) == (16, {"BENIGN": 8, "MALIGNANT": 8})
    assert left_out(reading, "masks.*ROI mask file path") == 16
    assert reading["group"]["groups"] == 8
    assert part(reading, "unlabelled") == 0


def test_a_column_of_masks_of_the_names_of_the_pictures_leaves_none_out(tmp_path: Path) -> None:
    touch(tmp_path, *(f"images/{letter}.png" for letter in "abcdefgh"))
    write(tmp_path, "t.csv", ["image,mask,label", *(f"{x}.png,{x}.png,{x in 'abcd'}" for x in "abcdefgh")])
    reading = read(tmp_path)
    assert (reading["pictures"], reading["left_out"]) == (8, {})


def test_label_studio_calls_files_anew_in_its_tables(tmp_path: Path) -> None:
    touch(tmp_path, *(f"images/mole{n}.png" for n in range(20)))
    lines = [f"{n},{('Nevus', 'Melanoma')[n % 2]},{n},/data/upload/1/{n:08x}-mole{n}.png" for n in range(20)]
    write(tmp_path, "project-1.csv", ["annotation_id,choice,id,image", *lines])
    reading = read(tmp_path)
    assert reading["classes"] == {"Melanoma": 10, "Nevus": 10}
    assert reading["columns"]["image"] == "image"


def test_what_a_model_said_is_asked_about_where_nothing_else_says_the_class(tmp_path: Path) -> None:
    touch(tmp_path, *(f"s{n}.jpg" for n in range(24)))
    lines = [f"s{n},{('nevus', 'melanoma')[n % 2]},0.{n + 10}" for n in range(24)]
    write(tmp_path, "results.csv", ["image,prediction,confidence", *lines])
    reading = read(tmp_path)
    assert said(reading, "The column prediction may be what a model said")
    assert not reading["certain"]
    assert read(tmp_path, label="prediction")["certain"]


def test_a_column_called_cls_is_the_class_and_a_map_names_it(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{n:03d}.jpg" for n in range(24)))
    write(tmp_path, "labels.csv", ["img,cls", *(f"{n:03d}.jpg,{n % 3}" for n in range(24))])
    (tmp_path / "label_map.json").write_text('{"0": "nevus", "1": "melanoma", "2": "bcc"}')
    assert read(tmp_path)["classes"] == {"bcc": 8, "melanoma": 8, "nevus": 8}


def test_a_class_of_one_part_with_a_longer_name_in_another_is_asked_about(tmp_path: Path) -> None:
    for place in ("train", "valid", "test"):
        for name in ("adenocarcinoma" if place == "test" else "adenocarcinoma_left.lobe_T2", "normal"):
            touch(tmp_path, *(f"{place}/{name}/{place}{letter}.png" for letter in "abcdef"))
    reading = read(tmp_path)
    assert not reading["certain"]
    assert said(reading, "“adenocarcinoma” and “adenocarcinoma_left.lobe_T2” are in different parts and may be one")
    merged = read(tmp_path, **{"merge:adenocarcinoma_left.lobe_T2": "adenocarcinoma"})
    assert (merged["classes"], merged["certain"]) == ({"adenocarcinoma": 18, "normal": 18}, True)


def test_a_list_for_training_and_validation_is_that_of_training(tmp_path: Path) -> None:
    names = [f"{n // 2:08d}_{n % 2:03d}.png" for n in range(24)]
    touch(tmp_path, *(f"images_001/images/{name}" for name in names))
    lines = [f"{x},{('Mass', 'Nodule')[n % 2]},{n // 2},{'MF'[n % 2]}" for n, x in enumerate(names)]
    write(tmp_path, "Data_Entry_2017.csv", ["Image Index,Finding Labels,Patient ID,Patient Gender", *lines])
    write(tmp_path, "train_val_list.txt", names[:18])
    write(tmp_path, "test_list.txt", names[18:])
    reading = read(tmp_path)
    assert reading["parts"] == {"train": 18, "validation": 0, "test": 6, "unlabelled": 0}
    assert reading["columns"]["sex"] == "Patient Gender"


def test_a_tile_has_the_id_of_tcga_anywhere_in_its_name(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{'ab'[n % 2]}/blk-ABCD{n:02d}EF-TCGA-AA-35{n // 4:02d}-01Z-00-DX1.png" for n in range(24)))
    reading = read(tmp_path)
    assert (reading["group"]["column"], reading["group"]["groups"], reading["certain"]) == ("name: patient", 6, False)


def test_blanks_in_a_table_stand_for_underscores_in_names_of_files(tmp_path: Path) -> None:
    touch(tmp_path, *(f"IMG_{n:04d}_{'ab'[n % 2]}.jpg" for n in range(20)))
    lines = [f"IMG {n:04d} {'ab'[n % 2]},{('nevus', 'melanoma')[n % 2]}" for n in range(20)]
    write(tmp_path, "t.csv", ["image,dx", *lines])
    assert read(tmp_path)["classes"] == {"melanoma": 10, "nevus": 10}


@pytest.mark.parametrize("names", [("Bengin cases", "Malignant cases"), ("nevus images", "melanoma_photos")])
def test_cases_and_pictures_of_something_are_that(names: tuple[str, str], tmp_path: Path) -> None:
    touch(tmp_path, *(f"{name}/{letter}.png" for name in names for letter in "abcdefgh"))
    assert read(tmp_path)["malignant"] == {names[0]: False, names[1]: True}


def test_pictures_in_two_stains_are_no_classes_in_silence(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{stain}/train/{n:05d}_train_{n % 4}+.png" for stain in ("HE", "IHC") for n in range(12)))
    assert not read(tmp_path)["certain"]


def test_two_lines_of_names_as_merged_cells_leave_them_are_one_header(tmp_path: Path) -> None:
    touch(tmp_path, *(f"f{n}.png" for n in range(24)))
    lines = [f"f{n},{('nevus', 'melanoma')[n % 2]},{n // 3},{30 + n},back,{n / 2}" for n in range(24)]
    write(tmp_path, "t.csv", [",,Patient,,Lesion,", "Image,Diagnosis,ID,Age,Site,Size", *lines])
    reading = read(tmp_path)
    assert reading["columns"] == {
        "image": "Image", "label": "Diagnosis", "group": "Patient ID", "age": "Age", "site": "Site", "Size": "Size",
    }  # fmt: skip
    assert (reading["left_out"], reading["certain"]) == ({}, True)


def test_a_column_without_a_name_makes_no_second_header(tmp_path: Path) -> None:
    touch(tmp_path, *(f"f{n}.png" for n in range(12)))
    lines = [f"f{n},{('nevus', 'melanoma')[n % 2]},{('a', 'b')[n % 2]},{'x' if n == 0 else n}" for n in range(12)]
    write(tmp_path, "t.csv", ["image,label,,note", *lines])
    assert read(tmp_path)["classes"] == {"melanoma": 6, "nevus": 6}


@pytest.mark.parametrize(
    "header",
    [
        "Image;Diagnosis (histology);Age (years);Sex [M/F];Patient ID (anonymised)",
        "file;dx;Alter [Jahre];Geschlecht (m/w);pseudonymized_patient_id",
        "File;label;age;gender;PatientName",
    ],
)
def test_what_stands_in_brackets_or_is_said_of_an_id_changes_no_meaning(header: str, tmp_path: Path) -> None:
    touch(tmp_path, *(f"img{n}.jpg" for n in range(24)))
    rows = [f"img{n};{('nevus', 'melanoma')[n % 2]};{30 + n};F;A^{n // 4}" for n in range(24)]
    write(tmp_path, "t.csv", [header, *rows])
    columns = read(tmp_path)["columns"]
    assert [columns[what] for what in ("image", "label", "age", "sex", "group")] == header.split(";")


@pytest.mark.parametrize("parts", [("训练集", "测试集"), ("обучение", "тест"), ("学習", "テスト")])
def test_parts_are_called_so_in_other_scripts(parts: tuple[str, str], tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(f"{place}/{c}/{place}{letter}.png" for place in parts for c in ("良性", "恶性") for letter in "abcd"),
    )
    reading = read(tmp_path)
    assert reading["classes"] == {"恶性": 8, "良性": 8}
    assert (part(reading, "train"), part(reading, "test")) == (8, 8)


def test_a_picture_beside_itself_in_another_format_is_proposed_as_one(tmp_path: Path) -> None:
    touch(
        tmp_path, *(f"{c}/{n}.{ending}" for c in ("nevus", "melanoma") for n in range(8) for ending in ("png", "jpg"))
    )
    reading = read(tmp_path)
    assert (reading["group"]["column"], reading["group"]["groups"], reading["certain"]) == ("name: original", 16, False)


def test_a_table_in_the_folder_of_each_hospital_names_the_pictures_below_it(tmp_path: Path) -> None:
    for place in ("hospital_a", "hospital_b"):
        touch(tmp_path, *(f"{place}/img/{n:03d}.png" for n in range(12)))
        lines = [f"{n:03d}.png,{('mel', 'nv')[n % 2 if place == 'hospital_a' else n // 6]}" for n in range(12)]
        write(tmp_path / place, "labels.csv", ["file,class", *lines])
    reading = read(tmp_path)
    assert (reading["classes"], reading["certain"]) == ({"mel": 12, "nv": 12}, True)


def test_addresses_and_bad_pictures_are_known_as_such(tmp_path: Path) -> None:
    touch(tmp_path, *(f"Bild {n} (Kopie).jpg" for n in range(12)))
    lines = [f"Bild%20{n}%20(Kopie).jpg,{('nevus', 'melanoma')[n % 2]}" for n in range(12)]
    write(tmp_path, "t.csv", ["image,class", *lines])
    assert read(tmp_path)["classes"] == {"melanoma": 6, "nevus": 6}


def test_pictures_of_bad_quality_are_no_class_in_silence(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{c}/{letter}.png" for c in ("mel", "nv", "bad quality") for letter in "abcdefgh"))
    assert said(read(tmp_path), "bad quality may be put aside")


def test_patients_in_the_names_of_one_class_alone_are_proposed(tmp_path: Path) -> None:
    touch(tmp_path, *(f"train/NORMAL/IM-{n + 115:04d}-0001.jpeg" for n in range(12)))
    touch(tmp_path, *(f"train/PNEUMONIA/person{n // 3}_bacteria_{n}.jpeg" for n in range(24)))
    reading = read(tmp_path)
    assert (reading["group"]["column"], reading["group"]["groups"], reading["certain"]) == ("name: patient", 20, False)
