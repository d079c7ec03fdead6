"""Folders as they are after downloads in pieces, copies, exports of annotation tools, and as studies share them."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.diagnoses.diagnoses import diagnosis, without_copy
from tests.core.data.reading.readings import left_out, part, read, said
from tests.core.data.reading.test_folders_of_hospitals import touch, write
from tests.core.data.reading.test_folders_of_strangers import drawn

LABELS = ("melanoma", "nevus")


STAMP = "20240101T101010Z"


@pytest.mark.parametrize(
    "called", [f"drive-download-{STAMP}-{{:03d}}", f"s-{STAMP}-{{:03d}}/s", f"{{label}}-{STAMP}-001"]
)
def test_pieces_of_a_download_of_google_drive_are_no_groups_and_no_classes(called: str, tmp_path: Path) -> None:
    for piece in range(1, 4):
        for label in LABELS:
            place = called.format(piece, label=label)
            touch(tmp_path, *(f"{place}/{label}/{label[0]}{piece}{n}.jpg" for n in range(4)))
    reading = read(tmp_path)
    assert (reading["classes"], reading["group"]["column"]) == ({"melanoma": 12, "nevus": 12}, None)
    assert reading["certain"]


@pytest.mark.parametrize("copy", ["Copy of {}", "{} - Copy", "{} - Kopie (2)", "Kopie von {}", "{} copia"])
def test_a_copy_of_a_folder_is_asked_to_be_its_class_and_one_of_a_file_to_be_its_group(
    copy: str, tmp_path: Path
) -> None:
    for label in ("melanoma", "typeA"):
        touch(tmp_path / "folders" / label, *(f"{label}{n}.jpg" for n in range(4)))
        touch(tmp_path / "folders" / copy.format(label), *(f"again {label}{n}.jpg" for n in range(4)))
    reading = read(tmp_path / "folders")
    assert said(reading, f"“melanoma” and “{re.escape(copy.format('melanoma'))}” are copies of one folder")
    assert said(reading, "“typeA” and “.*typeA.*” are copies")
    assert not reading["certain"]
    for label in LABELS:
        names = [f"IMG_{label[0]}{n}" for n in range(4)]
        touch(tmp_path / "files" / label, *(f"{name}.jpg" for name in (*names, *map(copy.format, names))))
    reading = read(tmp_path / "files")
    assert (reading["group"]["level"], reading["group"]["groups"], reading["certain"]) == ("original", 8, False)


def test_a_name_that_only_speaks_of_copies_is_left_as_it_is() -> None:
    assert [without_copy(name) for name in ("Copy", "photocopy", "hard copy 3", "melanoma", "copy number gain")] == [
        "Copy", "photocopy", "hard", "melanoma", "copy number gain",
    ]  # fmt: skip
    assert diagnosis("melanoma - Copy (3)").key == diagnosis("melanoma").key


def test_the_flags_of_labelme_are_classes(tmp_path: Path) -> None:
    for n in range(10):
        touch(tmp_path, f"im{n}.jpg")
        flags = {label: place == n % 2 for place, label in enumerate(LABELS)}
        write(tmp_path, f"im{n}.json", [json.dumps({"flags": flags, "shapes": [], "imagePath": f"im{n}.jpg"})])
    assert read(tmp_path)["classes"] == {"melanoma": 5, "nevus": 5}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("region_attributes", {"class": "{}"}),
        ("Label", {"objects": [], "classifications": [{"title": "Diagnosis", "answer": {"title": "{}"}}]}),
        ("label", [{"choice": "{}"}]),
    ],
)
def test_the_class_is_taken_out_of_the_objects_of_annotation_tools(column: str, value: object, tmp_path: Path) -> None:
    lines = []
    for n in range(10):
        touch(tmp_path, f"im{n}a.jpg")
        lines.append(f"im{n}a.jpg," + json.dumps(json.dumps(value).replace("{}", LABELS[n % 2])).replace('\\"', '""'))
    write(tmp_path, "export.csv", [f"filename,{column}", *lines])
    assert read(tmp_path)["classes"] == {"melanoma": 5, "nevus": 5}


def test_objects_that_say_several_things_are_asked_about(tmp_path: Path) -> None:
    touch(tmp_path, *(f"im{n}a.jpg" for n in range(12)))
    lines = (f'im{n}a.jpg,"{{""a"":""{LABELS[n % 2]}"",""b"":""{LABELS[n // 2 % 2]}""}}"' for n in range(12))
    write(tmp_path, "export.csv", ["filename,label", *lines])
    reading = read(tmp_path)
    assert said(reading, "holds objects of JSON, of which nothing says what the class is")
    assert not reading["certain"]


def test_folders_that_a_table_has_a_row_for_are_not_its_classes(tmp_path: Path) -> None:
    """Lymphocytosis of a hospital in Lyon: patients P0, P1, … with a label each, those of the test part without."""
    for patient in range(12):
        place = "trainset" if patient < 8 else "testset"
        touch(tmp_path / place / f"P{patient}", *(f"{n:06d}.jpg" for n in range(3)))
    for place, numbers in (("trainset", range(8)), ("testset", range(8, 12))):
        rows = (f"{n},P{n},{n % 2 if n < 8 else -1},{'FM'[n % 2]},{3.2 + n}" for n in numbers)
        write(tmp_path / place, f"{place}.csv", [",ID,LABEL,GENDER,LYMPH_COUNT", *rows])
    reading = read(tmp_path)
    assert (reading["classes"], part(reading, "unlabelled")) == ({"0": 12, "1": 12}, 12)
    assert (reading["group"]["groups"], reading["certain"]) == (12, False)
    assert not said(reading, "have another LABEL")  # no table is joined by a column of sexes


def test_folders_that_contradict_a_table_of_files_are_asked_about(tmp_path: Path) -> None:
    for name in ("anna", "ben", "carla"):
        touch(tmp_path / name, *(f"{name}{n}.jpg" for n in range(6)))
    write(tmp_path, "some.csv", ["image,dx", *(f"anna{n}.jpg,{LABELS[n % 2]}" for n in range(6))])
    reading = read(tmp_path)
    assert said(reading, "6 of 6 pictures lie in folders of another name than the class that some.csv says")
    assert not reading["certain"]


def test_a_column_that_divides_the_classes_of_another_is_asked_about(tmp_path: Path) -> None:
    """HyperKvasir: "Classification" is what kind of finding it is."""
    findings = {"polyps": "pathological", "ulcer": "pathological", "cecum": "landmark", "pylorus": "landmark"}
    rows = []
    for name, kind in findings.items():
        touch(tmp_path, *(f"{name}{n}x.jpg" for n in range(4)))
        rows += [f"{name}{n}x,{name},{kind}" for n in range(4)]
    write(tmp_path, "image-labels.csv", ["image,Finding,Classification", *rows])
    reading = read(tmp_path)
    assert said(reading, "Finding divides the classes of Classification into 4")
    assert not reading["certain"]
    assert len(read(tmp_path, label="Finding")["classes"]) == 4


def test_a_column_that_is_called_after_a_label_in_more_words_is_proposed(tmp_path: Path) -> None:
    """MHIST."""
    touch(tmp_path, *(f"MHIST_{n}.png" for n in range(20)))
    rows = (f"MHIST_{n}.png,{('HP', 'SSA')[n % 2]},{n % 8},{('train', 'test')[n > 13]}" for n in range(20))
    header = "Image Name,Majority Vote Label,Number of Annotators who Selected SSA (Out of 7),Partition"
    write(tmp_path, "annotations.csv", [header, *rows])
    reading = read(tmp_path)
    assert (reading["classes"], reading["certain"]) == ({"HP": 10, "SSA": 10}, False)


@pytest.mark.parametrize("folder", ["GT", "edges", "Aug"])
def test_ground_truth_edges_and_altered_pictures_are_no_further_ones(folder: str, tmp_path: Path) -> None:
    for n in range(8):
        drawn(tmp_path / "images" / f"IMD{n:03d}.png", n)
        drawn(tmp_path / folder / f"IMD{n:03d}.png", n + 100, mask=folder == "GT")
    write(tmp_path, "labels.csv", ["name,diagnosis", *(f"IMD{n:03d},{LABELS[n % 2]}" for n in range(8))])
    reading = read(tmp_path)
    assert (reading["pictures"], left_out(reading, "masks or other derived")) == (8, 8)


def test_august_is_no_altered_picture(tmp_path: Path) -> None:
    for month in ("Jul 2020", "Aug 2020"):
        touch(tmp_path, *(f"{label}/{month}/{label}{month[0]}{n}.jpg" for label in LABELS for n in range(4)))
    assert read(tmp_path)["pictures"] == 16


def test_days_are_neither_groups_nor_classes_in_silence(tmp_path: Path) -> None:
    days = [f"2019-03-0{n + 1}" for n in range(3)]
    for patient in range(8):
        place = tmp_path / "of patients" / LABELS[patient % 2] / f"P{patient:03d}"
        touch(place, *(f"{day}/IMG{n}.jpg" for day in days for n in range(2)))
    reading = read(tmp_path / "of patients")
    assert (reading["group"]["groups"], reading["certain"]) == (8, False)
    touch(tmp_path / "alone", *(f"{day}/IMG{day[-1]}{n}.jpg" for day in days for n in range(6)))
    assert not read(tmp_path / "alone")["certain"]


def test_before_and_after_are_no_classes_in_silence(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{when}/{when[0]}{n:03d}.jpg" for when in ("before", "after") for n in range(8)))
    assert not read(tmp_path)["certain"]


@pytest.mark.parametrize("forms", [("JPG", "PNG"), ("dermoscopic", "clinical"), ("gray", "rgb")])
def test_one_picture_in_several_forms_below_its_class_is_proposed_as_one(
    forms: tuple[str, str], tmp_path: Path
) -> None:
    for label in LABELS:
        touch(tmp_path, *(f"{label}/{form}/{label[0]}{n:03d}.png" for form in forms for n in range(4)))
    reading = read(tmp_path)
    assert (reading["group"]["groups"], reading["certain"]) == (8, False)


def test_a_table_of_ids_with_which_file_names_begin_is_joined(tmp_path: Path) -> None:
    """INbreast as PNG."""
    rows = []
    for n in range(12):
        touch(tmp_path, f"AllPNG/{20586908 + 26 * n}_6c613a14b80a85_MG_{'LR'[n % 2]}_CC_ANON.png")
        rows.append(f"{'LR'[n % 2]};{20586908 + 26 * n};{n % 2 * 3 + 1}")
    write(tmp_path, "INbreast.csv", ["Laterality;File Name;Bi-Rads", *rows])
    assert read(tmp_path)["classes"] == {"1": 6, "4": 6}


def test_a_column_of_folds_may_be_called_kfold_and_ids_of_pathology_are_proposed(tmp_path: Path) -> None:
    touch(tmp_path, *(f"16B000{n // 3}_{n}.png" for n in range(24)))
    rows = (f"16B000{n // 3}_{n},{LABELS[n // 3 % 2]},{n % 4}" for n in range(24))
    write(tmp_path, "train.csv", ["image,label,kfold", *rows])
    reading = read(tmp_path)
    assert (reading["columns"]["fold"], reading["group"]["groups"], reading["certain"]) == ("kfold", 8, False)


def test_patients_of_tcga_are_told_with_underscores_too(tmp_path: Path) -> None:
    for n in range(12):
        path = tmp_path / LABELS[n // 3 % 2] / f"TCGA_CS_49{n // 3}1_19960909_{n}.tif"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.random.default_rng(n).integers(0, 255, (16, 16, 3), np.uint8)).save(path)
    reading = read(tmp_path)
    assert (reading["group"]["level"], reading["group"]["groups"]) == ("patient", 4)
