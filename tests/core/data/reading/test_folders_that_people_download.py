"""Layouts as publishers and tools leave them: what was read wrongly in silence, or refused without a reason."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.data.inspect import inspect_folder, lines_of
from tests.core.data.reading.readings import left_out, malignant, part, read, said
from tests.core.data.reading.test_folders_as_people_leave_them import numbered
from tests.core.data.reading.test_folders_of_strangers import LABELS, drawn
from tests.core.data.reading.test_layouts_of_publishers import table, touch


def test_all_beside_hem_is_leukaemia_and_a_part_in_a_part_is_no_class(tmp_path: Path) -> None:
    """C-NMC 2019 as at TCIA."""
    for fold in range(3):
        for label in ("all", "hem"):
            numbered(tmp_path / "C-NMC_training_data" / f"fold_{fold}" / label, 4, f"{label}{fold}")
    names = numbered(tmp_path / "validation_data" / "C-NMC_test_prelim_phase_data", 6, "v")
    table(tmp_path / "truth.csv", "name,labels", *(f"{name}.bmp,{n % 2}" for n, name in enumerate(names)))
    reading = read(tmp_path)
    assert reading["classes"] == {"all": 12, "hem": 12}
    assert (part(reading, "train"), part(reading, "unlabelled")) == (24, 6)
    assert said(reading, "6 pictures lie in no folder of a class and have a number in the column labels")
    assert not reading["certain"]


def test_all_above_the_classes_is_all_pictures(tmp_path: Path) -> None:
    for label in LABELS:
        numbered(tmp_path / "all" / label, 4, label)
    assert read(tmp_path)["classes"] == {"melanoma": 4, "nevus": 4}


def test_tables_of_several_folds_say_folds_and_no_part(tmp_path: Path) -> None:
    names = numbered(tmp_path / "x", 12)
    for fold in range(3):
        for where in ("train", "test"):
            rows = [f"{name},{LABELS[n % 2]}" for n, name in enumerate(names) if (n % 3 == fold) == (where == "test")]
            table(tmp_path / f"{where}_fold{fold}.csv", "image,label", *rows)
    reading = read(tmp_path)
    assert [part(reading, each) for each in ("train", "validation", "test")] == [0, 0, 0]
    assert reading["columns"]["fold"] == "names of tables"
    assert reading["certain"]
    (tmp_path / "test_fold2.csv").unlink()
    assert said(read(tmp_path), "Tables say several parts of the same pictures")


@pytest.mark.parametrize("name", ["patient_{0:03d}_{1}", "{1}_case{0}"])
def test_folders_of_patients_that_say_the_class_are_groups(name: str, tmp_path: Path) -> None:
    for patient in range(12):
        touch(tmp_path / name.format(patient, ("benign", "malignant")[patient % 2]), *(f"{n}.png" for n in range(3)))
    reading = read(tmp_path)
    assert reading["classes"] == {"benign": 18, "malignant": 18}
    assert malignant(reading) == {"benign": False, "malignant": True}
    assert reading["group"]["groups"] == 12
    assert not reading["certain"]


def test_stages_of_classes_are_no_ids(tmp_path: Path) -> None:
    for label in ("grade_1", "grade_2", "grade_3"):
        numbered(tmp_path / label, 3, label)
    assert len(read(tmp_path)["classes"]) == 3


def test_answers_to_a_flat_test_folder_are_used(tmp_path: Path) -> None:
    for label in ("benign", "malignant"):
        numbered(tmp_path / "train" / label, 6, label)
    names = numbered(tmp_path / "test", 6, "t")
    table(
        tmp_path / "a.csv", "file,answer", *(f"{name},{('benign', 'malignant')[n % 2]}" for n, name in enumerate(names))
    )
    reading = read(tmp_path)
    assert (part(reading, "test"), part(reading, "unlabelled")) == (6, 0)
    assert reading["classes"] == {"benign": 9, "malignant": 9}


def test_versions_in_two_downloads_belong_together(tmp_path: Path) -> None:
    """NCT-CRC-HE-100K beside the same tiles without normalized colours."""
    for label in LABELS:
        for number in range(4):
            for place in ("NCT-CRC-HE-100K", "NCT-CRC-HE-100K-NONORM"):
                drawn(tmp_path / place / label / f"{label[:3]}-ABCDEFGH{chr(65 + number)}.png", number)
    reading = read(tmp_path)
    assert reading["group"]["groups"] == 8
    assert not reading["certain"]
    assert read(tmp_path, version="NCT-CRC-HE-100K")["classes"] == {"melanoma": 4, "nevus": 4}


def test_masks_of_a_few_colours_in_the_same_folder_are_left_out(tmp_path: Path) -> None:
    """Herlev."""
    for label in ("normal", "severe_dysplastic"):
        for number in range(4):
            drawn(tmp_path / label / f"1484{number}-001.bmp", number)
            pixels = np.zeros((64, 64, 3), np.uint8)
            pixels[8:40, 8:40], pixels[16:24, 16:24] = (0, 0, 255), (255, 0, 0)
            Image.fromarray(pixels).save(tmp_path / label / f"1484{number}-001-d.bmp")
    reading = read(tmp_path)
    assert sum(reading["classes"].values()) == 8
    assert left_out(reading, "derived") == 8


def test_pictures_with_an_ending_that_look_alike_are_no_masks(tmp_path: Path) -> None:
    for label in LABELS:
        for number in range(4):
            drawn(tmp_path / label / f"{number}.png", number)
            drawn(tmp_path / label / f"{number}-d.png", number + 10)
    assert sum(read(tmp_path)["classes"].values()) == 16


def test_cells_that_were_cut_out_of_slides_stay_with_them(tmp_path: Path) -> None:
    """SIPaKMeD, which lies in folders of the same name and holds the cells in CROPPED."""
    for label in ("im_Dyskeratotic", "im_Parabasal"):
        place = tmp_path / label / label
        for number in range(4):
            touch(place, f"{number:03d}.bmp")
            touch(place / "CROPPED", *(f"{number:03d}_{cell:02d}.bmp" for cell in range(3)))
    reading = read(tmp_path)
    assert reading["classes"] == {"im_Dyskeratotic": 16, "im_Parabasal": 16}
    assert reading["group"]["groups"] == 8
    assert not reading["certain"]


@pytest.mark.parametrize("start", ["C:\\Users\\Anna Müller\\data\\{0}\\", "/kaggle/input/skin/train/{0}/"])
def test_paths_of_another_machine_say_the_class(start: str, tmp_path: Path) -> None:
    names = numbered(tmp_path / "x", 8)
    table(tmp_path / "list.csv", "path", *(f"{start.format(LABELS[n % 2])}{name}.jpg" for n, name in enumerate(names)))
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 4, "nevus": 4}
    assert reading["columns"]["label"] == "folder in path"


def test_a_column_of_a_table_beats_folders_of_patients(tmp_path: Path) -> None:
    """Camelyon17 of WILDS."""
    rows = []
    for number in range(24):
        place = tmp_path / "patches" / f"patient_{number // 4:03d}_node_{number % 2}"
        touch(place, f"patch_patient_{number // 4:03d}_{number}.png")
        rows.append(f"patch_patient_{number // 4:03d}_{number}.png,{number // 4},{number // 2 % 2}")
    table(tmp_path / "metadata.csv", "file,patient,tumor", *rows)
    reading = read(tmp_path)
    assert reading["classes"] == {"0": 12, "1": 12}
    assert (reading["group"]["column"], reading["columns"]["label"]) == ("patient", "tumor")


def test_regions_of_ph2_are_masks_and_its_diagnosis_is_the_class(tmp_path: Path) -> None:
    lines = []
    for number in range(8):
        name = f"IMD{number:03d}"
        touch(tmp_path / "images" / name / f"{name}_Dermoscopic_Image", f"{name}.bmp")
        touch(tmp_path / "images" / name / f"{name}_lesion", f"{name}_lesion.bmp")
        touch(tmp_path / "images" / name / f"{name}_roi", f"{name}_R1_Label3.bmp")
        lines.append(f"|| {name} ||  || {number % 3} || 0 || ")
    table(tmp_path / "PH2.txt", "|| Name || Histological Diagnosis || Clinical Diagnosis || Asymmetry || ", *lines)
    reading = read(tmp_path)
    assert sum(reading["classes"].values()) == 8
    assert reading["columns"]["label"] == "Clinical Diagnosis"
    assert left_out(reading, "derived") == 16


def test_spellings_that_differ_in_blanks_are_one_class_and_signs_tell_classes_apart(tmp_path: Path) -> None:
    for label in ("Monkey Pox", "Monkeypox", "HER2+", "HER2-"):
        numbered(tmp_path / label, 3, label.replace(" ", ""))
    assert sorted(read(tmp_path)["classes"].values()) == [3, 3, 6]


RECORDS = [{"file_name": f"p{n:02d}.png", "label": LABELS[n % 2], "patient": {"id": f"P{n // 2}"}} for n in range(8)]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("metadata.jsonl", "\n".join(map(json.dumps, RECORDS))),  # Hugging Face
        ("labels.json", json.dumps(RECORDS)),
        ("labels.json", json.dumps({"data": RECORDS, "info": {"by": "us"}})),
        ("labels.json", json.dumps({each["file_name"]: each for each in RECORDS})),
    ],
)
def test_records_of_json_describe_pictures(file: str, text: str, tmp_path: Path) -> None:
    touch(tmp_path / "x", *(each["file_name"] for each in RECORDS))
    (tmp_path / file).write_text(text)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 4, "nevus": 4}


def test_names_with_classes_in_json_are_a_table(tmp_path: Path) -> None:
    touch(tmp_path / "x", *(each["file_name"] for each in RECORDS))
    (tmp_path / "truth.json").write_text(json.dumps({each["file_name"]: each["label"] for each in RECORDS}))
    assert read(tmp_path)["classes"] == {"melanoma": 4, "nevus": 4}


def test_lines_of_json_that_are_none_say_which(tmp_path: Path) -> None:
    touch(tmp_path / "x", *(each["file_name"] for each in RECORDS))
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "p00.png"}\n{"file_')
    assert said(read(tmp_path), r"metadata\.jsonl cannot be read as lines of JSON: line 2 is no JSON")


def test_a_table_in_parquet_is_read_and_one_whose_pictures_are_none_says_so(tmp_path: Path) -> None:
    names = numbered(tmp_path / "a" / "x", 8)
    frame = pd.DataFrame(
        {"image": names, "dx": [LABELS[n % 2] for n in range(8)], "patient_id": [n // 2 for n in range(8)]}
    )
    frame.to_parquet(tmp_path / "a" / "metadata.parquet")
    reading = read(tmp_path / "a")
    assert (reading["classes"], reading["group"]["groups"]) == ({"melanoma": 4, "nevus": 4}, 4)
    (tmp_path / "b").mkdir()
    held = pd.DataFrame({"image": [{"bytes": b"x", "path": "a.png"}] * 2, "label": [0, 1]})
    held.to_parquet(tmp_path / "b" / "train-00000-of-00001.parquet")
    value = inspect_folder(tmp_path / "b")
    assert "None of the pictures of b is here." in lines_of(value)


@pytest.mark.parametrize(
    "places", [("zr7vgbcyr2-1", "zr7vgbcyr2-2", "zr7vgbcyr2-3"), ("tiles_5000", "larger_images_10")]
)
def test_pieces_of_a_download_are_asked_about_as_no_groups(tmp_path: Path, places: tuple[str, ...]) -> None:
    """Mendeley's versions, and Kather's tiles beside larger pictures."""
    for number, place in enumerate(places):
        for label in LABELS:
            touch(tmp_path / place / label, *(f"{label}{number}{n:02d}.png" for n in range(4)))
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 4 * len(places), "nevus": 4 * len(places)}
    assert (reading["group"]["column"], reading["questions"], reading["certain"]) == (None, [], True)


def test_folders_of_two_patients_are_still_asked_about(tmp_path: Path) -> None:
    for patient in ("patient 101", "patient 102"):
        for label in LABELS:
            touch(tmp_path / patient / label, *(f"{patient[-3:]}{label}{n:02d}.png" for n in range(4)))
    assert said(read(tmp_path), "2 groups were found in folder 1 .patient.")


def test_a_json_that_was_used_is_not_left_out(tmp_path: Path) -> None:
    names = numbered(tmp_path / "x", 8)
    (tmp_path / "labels.json").write_text(json.dumps({f"{name}.png": n % 2 for n, name in enumerate(names)}))
    (tmp_path / "classes.json").write_text(json.dumps({"0": "melanoma", "1": "nevus"}))
    (tmp_path / "settings.json").write_text(json.dumps({"colour": "red"}))
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 4, "nevus": 4}
    assert left_out(reading, r"\.json") == 1


def test_copies_of_lc25000_in_further_parts_lose_no_class(tmp_path: Path) -> None:
    for label in ("colon_aca", "colon_n"):
        for place in ("colon_image_sets", "Train and Validation Set", "Test Set"):
            touch(tmp_path / "lung_colon_image_set" / place / label, *(f"{place[:2]}{label}{n}.jpeg" for n in range(3)))
    reading = read(tmp_path)
    assert reading["classes"] == {"colon_aca": 9, "colon_n": 9}
    assert not reading["certain"]


@pytest.mark.parametrize(("name", "words"), [("a.dcm", "DICOM"), ("a.svs", "whole slides"), ("a.h5", "arrays")])
def test_what_is_no_picture_is_named_with_what_to_do(name: str, words: str, tmp_path: Path) -> None:
    touch(tmp_path, name)
    assert any(words in line for line in lines_of(inspect_folder(tmp_path)))


def test_rubbish_of_macos_and_windows_is_not_seen(tmp_path: Path) -> None:
    for label in LABELS:
        names = numbered(tmp_path / "Meine Bilder" / label, 4, label)
        touch(tmp_path / "Meine Bilder" / label, *(f"._{name}.jpg" for name in names), "Thumbs.db", ".DS_Store")
        touch(tmp_path / "__MACOSX" / "Meine Bilder" / label, *(f"._{name}.jpg" for name in names))
    (tmp_path / "Meine Bilder" / "Neuer Ordner (2)").mkdir()
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 4, "nevus": 4}
    assert reading["left_out"] == {}


def test_copies_that_windows_numbered_stay_with_their_original_and_numbers_alone_are_none(tmp_path: Path) -> None:
    for label in ("benign", "malignant"):
        touch(tmp_path / "a" / label, *(f"IMG_{n}{copy}.jpg" for n in range(4) for copy in ("", " (1)", " - Copy")))
        touch(tmp_path / "b" / label, *(f"{label} ({n}).png" for n in range(1, 5)))
    assert said(read(tmp_path / "a"), r"8 groups were found in the names of the files \(original\)")
    assert read(tmp_path / "b")["certain"]


VOC = "<annotation><filename>x</filename>{0}</annotation>"
OBJECT = "<object>\n<name>{0}</name><bndbox><xmin>1</xmin></bndbox></object>"


@pytest.mark.parametrize(
    ("ending", "write"),
    [
        (".xml", lambda label: VOC.format(OBJECT.format(label) * 2)),  # Pascal VOC
        (".json", lambda label: json.dumps({"label": label})),  # WebDataset, unpacked
        (".cls", lambda label: label),
        ("", lambda label: json.dumps({"meta": {"clinical": {"diagnosis": label, "sex": "male"}}})),  # ISIC's API
    ],
)
def test_files_that_are_called_like_pictures_say_the_class(ending: str, write, tmp_path: Path) -> None:
    (tmp_path / "beside").mkdir()
    for number, name in enumerate(numbered(tmp_path / "images", 8)):
        (tmp_path / "beside" / f"{name}{ending}").write_text(write(LABELS[number % 2]))
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 4, "nevus": 4}
    assert reading["left_out"] == {}
    assert reading["certain"]


def test_boxes_of_voc_of_several_classes_give_none_and_other_files_are_counted(tmp_path: Path) -> None:
    for number, name in enumerate(numbered(tmp_path / "x", 8)):
        said_of = OBJECT.format(LABELS[number % 2]) + (OBJECT.format("bcc") if number == 0 else "")
        (tmp_path / "x" / f"{name}.xml").write_text(VOC.format(said_of))
        (tmp_path / "x" / f"{name}.json").write_text("[1, 2]")
    reading = read(tmp_path)
    assert (part(reading, "unlabelled"), reading["classes"]) == (1, {"melanoma": 3, "nevus": 4})
    assert said(reading, "class of its boxes")
    assert left_out(reading, r"ending in \.json") == 8


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("README.txt", "Our data.\n\nLabels:\n0: benign\n1: in situ\n2: invasive\n\nCite us, 2019.\n"),
        (
            "README.md",
            "---\nnames:\n  '0': benign\n  '1': in situ\n  '2': invasive\n---\n# Data\n",
        ),
        ("readme", "| text |\n* 0 - benign\n* 1 - in situ\n* 2 - invasive\n"),
    ],
)
def test_names_of_numbers_in_a_readme_are_proposed(file: str, text: str, tmp_path: Path) -> None:
    names = numbered(tmp_path / "x", 9)
    table(tmp_path / "labels.csv", "image_id,label", *(f"{name},{n % 3}" for n, name in enumerate(names)))
    (tmp_path / file).write_text(text)
    reading = read(tmp_path)
    assert reading["classes"] == {"benign": 3, "in situ": 3, "invasive": 3}
    assert said(reading, "names numbers between other lines: is 0 “benign”")
    assert not reading["certain"]


def test_numbers_in_a_readme_that_are_none_of_classes_change_nothing(tmp_path: Path) -> None:
    for label in LABELS:
        numbered(tmp_path / label, 3, label)
    (tmp_path / "README.md").write_text("1) Unpack the archive\n2) Run the script\n")
    assert read(tmp_path)["certain"]
