"""Tables as merged cells, several pictures a row, lists of folds and columns under any name leave them."""

from pathlib import Path

import pytest

from core.data.reading.listed_classes import members_of
from core.data.reading.reader import read_folder
from tests.core.data.reading.readings import left_out, part, read, said
from tests.core.data.reading.test_folders_of_hospitals import touch, write

LABELS = ("melanoma", "nevus")


def test_values_on_the_first_line_of_a_block_hold_for_its_lines_and_that_is_asked(tmp_path: Path) -> None:
    lines = ["Patient,Diagnosis,Age,Photo"]
    for n in range(36):
        touch(tmp_path / "photos", f"P_{n:03}.jpg")
        block = f"Pt {n // 3},{LABELS[n // 3 % 2]},{50 if n < 18 else ''}" if n % 3 == 0 else ",,"
        lines.append(f"{block},P_{n:03}.jpg")
    write(tmp_path, "patients.csv", lines)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 18, "nevus": 18}
    assert reading["group"]["groups"] == 12
    assert said(reading, "24 of 36 lines of patients.csv have no Patient, Diagnosis, Age")
    assert not reading["certain"]
    assert read_folder(tmp_path).rows["age"].notna().sum() == 18, "an age that is not known is not that of another"


def test_pictures_at_the_end_without_patient_and_class_are_no_block(tmp_path: Path) -> None:
    lines = ["patient,diagnosis,image"]
    for n in range(40):
        touch(tmp_path, f"{n:03}.jpg")
        lines.append(f"p{n // 2},{LABELS[n % 2]},{n:03}.jpg" if n < 20 else f",,{n:03}.jpg")
    write(tmp_path, "table.csv", lines)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 10, "nevus": 10}
    assert not said(reading, "merged")


def test_a_third_column_of_pictures_that_few_rows_fill_is_read(tmp_path: Path) -> None:
    lines = ["case_id,diagnosis,image_1_path,image_2_path,image_3_path"]
    for n in range(24):
        names = [f"{n}_{k}a.png" for k in range(1 + n % 3)]
        touch(tmp_path / "im", *names)
        lines.append(",".join([f"c{n}", LABELS[n % 2], *(f"im/{name}" for name in names), *[""] * (2 - n % 3)]))
    write(tmp_path, "cases.csv", lines)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 24, "nevus": 24}
    assert reading["group"]["groups"] == 24
    assert not any("no image is named" in each.reason for each in read_folder(tmp_path).skipped)


def test_a_sheet_with_a_list_of_files_for_each_class_has_no_cases(tmp_path: Path) -> None:
    names = [f"DSC{n:05}.jpg" for n in range(28)]
    touch(tmp_path / "all", *names)
    lines = [",".join((names[n], names[12 + n], names[24 + n] if n < 4 else "")) for n in range(12)]
    write(tmp_path, "sorted.csv", ["Melanoma,Nevus,BCC", *lines])
    reading = read(tmp_path)
    assert reading["classes"] == {"BCC": 4, "Melanoma": 12, "Nevus": 12}
    assert reading["group"]["column"] is None
    assert said(reading, "Nobody knows which pictures belong together")


@pytest.mark.parametrize("header", ["gcs_path,label,ml_use", "Datei,Befund,Verwendung", ""])
def test_a_column_of_nothing_but_parts_says_the_parts_under_any_name(header: str, tmp_path: Path) -> None:
    parts = ("Training", "Training", "Training", "Validation", "Test")
    touch(tmp_path / "lesions", *(f"im{n:03}.jpg" for n in range(60)))
    lines = [f"gs://bucket/im{n:03}.jpg,{LABELS[n // 5 % 2]},{parts[n % 5]}" for n in range(60)]
    write(tmp_path, "import.csv", [header, *lines] if header else lines)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 30, "nevus": 30}
    assert [part(reading, name) for name in ("train", "validation", "test")] == [36, 12, 12]


def test_columns_that_say_other_parts_are_asked_about(tmp_path: Path) -> None:
    touch(tmp_path, *(f"im{n:03}.jpg" for n in range(40)))
    lines = [f"im{n:03}.jpg,{LABELS[n % 2]},{'train' if n % 4 else 'test'},{'train' if n % 5 else 'test'}"
             for n in range(40)]  # fmt: skip
    write(tmp_path, "table.csv", ["image,label,paper_one,paper_two", *lines])
    reading = read(tmp_path)
    assert part(reading, "train") == 0
    assert said(reading, "paper_one, paper_two each say other parts")
    assert part(read(tmp_path, split="paper_two"), "test") == 8


def test_several_findings_in_a_list_are_no_class_of_their_own(tmp_path: Path) -> None:
    findings = ("['normal']", "['pneumonia']", "\"['atelectasis', 'cardiomegaly']\"")
    touch(tmp_path, *(f"i{n}.png" for n in range(60)))
    write(tmp_path, "table.csv", ["image,PatientID,Labels", *(f"i{n}.png,P{n // 3},{findings[n // 3 % 3]}"
                                                              for n in range(60))])  # fmt: skip
    reading = read(tmp_path)
    assert reading["classes"] == {"normal": 21, "pneumonia": 21}
    assert said(reading, "18 pictures have several classes, such as atelectasis, cardiomegaly")
    assert not reading["certain"]
    assert members_of("['Bowen's disease']") == ["Bowen's disease"]
    assert members_of('["melanoma, NOS"]') == ["melanoma, NOS"]


def test_what_is_marked_in_two_columns_is_not_none_of_them(tmp_path: Path) -> None:
    touch(tmp_path, *(f"i{n}.png" for n in range(40)))
    kinds = [n // 2 % 5 for n in range(40)]
    write(tmp_path, "table.csv", ["image,edema,gradable", *(f"i{n}.png,{int(kind == 1)},{int(kind != 4)}"
                                                            for n, kind in enumerate(kinds))])  # fmt: skip
    reading = read(tmp_path)
    assert reading["classes"] == {"gradable": 24, "none of them": 8}
    assert said(reading, "8 pictures are marked as several of edema, gradable")
    write(tmp_path, "table.csv", ["image,adjudicated_dr_grade,edema,gradable",
                                  *(f"i{n}.png,{kind if kind < 4 else ''},{int(kind == 1)},{int(kind != 4)}"
                                    for n, kind in enumerate(kinds))])  # fmt: skip
    reading = read(tmp_path)
    assert reading["columns"]["label"] == "adjudicated_dr_grade"
    assert said(reading, "adjudicated_dr_grade may be the class")


@pytest.mark.parametrize("with_training", [True, False])
def test_numbered_lists_of_tests_are_folds(with_training: bool, tmp_path: Path) -> None:
    lines = [f"levle{grade}_{n}.jpg  {grade}  {3 + 5 * grade + n % 4}" for grade in range(4) for n in range(15)]
    touch(tmp_path / "images", *(line.split()[0] for line in lines))
    for fold in range(5):
        if with_training:
            write(tmp_path, f"NNEW_trainval_{fold}.txt", [line for n, line in enumerate(lines) if n % 5 != fold])
        write(tmp_path, f"NNEW_test_{fold}.txt", [line for n, line in enumerate(lines) if n % 5 == fold])
    assert part(read(tmp_path), "test") == 0
    assert read_folder(tmp_path).rows["fold"].value_counts().to_dict() == dict.fromkeys(range(5), 12)


def test_a_list_of_training_and_validation_beside_one_for_each_says_no_more(tmp_path: Path) -> None:
    names = {label: [f"{label}{n}" for n in range(12)] for label in LABELS}
    for label, called in names.items():
        touch(tmp_path / label, *(f"{name}.jpg" for name in called))
    lists = {"train": slice(0, 6), "val": slice(6, 9), "trainval": slice(0, 9), "test": slice(9, 12)}
    for name, some in lists.items():
        write(tmp_path / "ImageSets", f"{name}.txt", [each for called in names.values() for each in called[some]])
    reading = read(tmp_path)
    assert reading["parts"] == {"train": 12, "validation": 6, "test": 6, "unlabelled": 0}
    assert reading["certain"]


def test_tables_called_after_splits_are_folds(tmp_path: Path) -> None:
    for label in LABELS:
        touch(tmp_path / label, *(f"{label}{n}.jpg" for n in range(10)))
    names = [(f"{label}{n}.jpg", n % 2) for label in LABELS for n in range(10)]
    for fold in range(2):
        lines = [f"{name},{name[:-5]}" for name, of in names if of == fold]
        write(tmp_path / "official_splits", f"split_{fold}.csv", ["filename,label", *lines])
    assert read(tmp_path)["columns"]["fold"] == "names of tables"
    assert read_folder(tmp_path).rows["fold"].value_counts().to_dict() == {0: 10, 1: 10}
    assert left_out(read(tmp_path), "") == 0


@pytest.mark.parametrize("in_folders", [True, False])
def test_lists_of_numbered_pictures_say_their_parts_and_classes(in_folders: bool, tmp_path: Path) -> None:
    """As CUB-200-2011 has them."""
    names = [f"{7000 + 13 * n}.jpg" for n in range(40)]
    places = [f"{n // 20 + 1:03}.{LABELS[n // 20].title()}/{name}" if in_folders else name
              for n, name in enumerate(names)]  # fmt: skip
    touch(tmp_path / "images", *places)
    write(tmp_path, "images.txt", [f"{n + 1} {place}" for n, place in enumerate(places)])
    write(tmp_path, "image_class_labels.txt", [f"{n + 1} {n // 20 + 1}" for n in range(40)])
    write(tmp_path, "train_test_split.txt", [f"{n + 1} {n % 2}" for n in range(40)])
    write(tmp_path, "classes.txt", ["1 001.Melanoma", "2 002.Nevus"])
    reading = read(tmp_path)
    assert reading["classes"] == {"001.Melanoma": 20, "002.Nevus": 20}
    assert (part(reading, "train"), part(reading, "test")) == (20, 20)
    assert said(reading, "1 for 20 pictures, which is taken for training")
    assert not reading["certain"]


def test_a_class_before_its_box_is_read_and_codes_get_the_names_of_a_list(tmp_path: Path) -> None:
    """As ImageNet's localisation task at Kaggle has them."""
    codes = {"n01440764": "melanoma, malignant melanoma", "n01443537": "nevus, mole"}
    train, validation = ["ImageId,PredictionString"], ["ImageId,PredictionString"]
    for code in codes:
        for n in range(14):
            touch(tmp_path / "data" / (f"train/{code}" if n < 10 else "val"), f"{code}_{n}.JPEG")
            (train if n < 10 else validation).append(f"{code}_{n},{code} 44 7 12 9 {code} 1 2 3 4")
    touch(tmp_path / "data" / "test", "a.JPEG", "b.JPEG")
    write(tmp_path, "LOC_train_solution.csv", train)
    write(tmp_path, "LOC_val_solution.csv", validation)
    write(tmp_path, "LOC_synset_mapping.txt", [f"{code} {name}" for code, name in codes.items()])
    reading = read(tmp_path)
    assert reading["classes"] == dict.fromkeys(codes.values(), 14)
    assert reading["parts"] == {"train": 20, "validation": 8, "test": 0, "unlabelled": 2}
