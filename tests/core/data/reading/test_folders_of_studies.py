"""Tables whose rows name folders, such as the studies of patients in MURA."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.data.reading.readings import Reading, part, read, said
from tests.core.data.reading.test_folders_of_hospitals import touch, write

CLASSES = ("nevus", "melanoma")
STUDIES = [(f"patient{p:05d}/study{s}", CLASSES[(p + s) % 2]) for p in range(8) for s in range(1, 2 + (p % 3 == 0))]
PATIENTS, PICTURES = 8, 3 * len(STUDIES)


def lay(folder: Path, below: str = "", inner: str = "") -> None:
    for study, _ in STUDIES:
        touch(folder, *(f"{below}{study}/{inner}image{n}.png" for n in range(3)))


def by_class() -> dict[str, int]:
    return {each: 3 * sum(said == each for _, said in STUDIES) for each in sorted(CLASSES)}


@pytest.mark.parametrize(
    ("below", "inner", "called"),
    [
        ("train/", "", "{}/"),
        ("", "", "{}"),
        ("data/train/XR_ELBOW/", "", "MURA-v1.1/train/XR_ELBOW/{}/"),
        ("", "", "D:\\download\\mura\\{}"),
        ("", "series1/png/", "./{}"),
        ("Train/", "", "TRAIN/{}"),
    ],
)
def test_the_class_of_a_study_is_that_of_every_picture_in_its_folder(
    below: str, inner: str, called: str, tmp_path: Path
) -> None:
    lay(tmp_path, below, inner)
    lines = (f"{called.format(study)},{label}" for study, label in STUDIES)
    windows = "\\" in called
    write(tmp_path, "studies.csv", ["study,label", *(line.replace("/", "\\") if windows else line for line in lines)])
    reading = read(tmp_path)
    assert (reading["table"], reading["classes"]) == ("studies.csv", by_class())
    assert (reading["group"]["level"], reading["group"]["groups"]) == ("patient", PATIENTS)
    assert not reading["certain"]
    assert said(reading, f"{PATIENTS} groups were found in folder \\d \\(patient\\)")
    by_folder = read(tmp_path, group="folder in the table")
    assert (by_folder["group"]["groups"], by_folder["certain"]) == (len(STUDIES), True)


def test_a_list_of_studies_without_a_header_is_joined_to_the_folders(tmp_path: Path) -> None:
    lay(tmp_path, "MURA-v1.1/train/")
    write(tmp_path, "studies.csv", [f"MURA-v1.1/train/{study}/,{label}" for study, label in STUDIES])
    assert read(tmp_path)["classes"] == by_class()


def test_a_slash_in_the_name_of_a_column_is_no_folder(tmp_path: Path) -> None:
    lay(tmp_path)
    write(tmp_path, "studies.csv", ["where,benign/malignant", *(f"{study},{label}" for study, label in STUDIES)])
    reading = read(tmp_path, label="benign/malignant")
    assert reading["classes"] == by_class()


def test_a_patient_and_a_study_in_two_columns_are_a_folder_together(tmp_path: Path) -> None:
    lay(tmp_path)
    lines = (f"{study.replace('/', ',')},{label}" for study, label in STUDIES)
    write(tmp_path, "studies.csv", ["patient,study,label", *lines])
    reading = read(tmp_path)
    assert (reading["classes"], reading["certain"]) == (by_class(), True)
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient", PATIENTS)


def test_folders_that_the_table_does_not_name_are_without_a_class(tmp_path: Path) -> None:
    lay(tmp_path)
    write(tmp_path, "studies.csv", ["folder,label", *(f"{study},{label}" for study, label in STUDIES[:8])])
    reading = read(tmp_path)
    assert (part(reading, "unlabelled"), sum(reading["classes"].values())) == (PICTURES - 24, 24)


def test_a_folder_in_one_that_is_named_too_has_its_own_class_and_that_is_asked(tmp_path: Path) -> None:
    touch(tmp_path, *(f"p{p:03d}/s{s}/{n}.png" for p in range(8) for s in (1, 2) for n in range(2)))
    rows = [line for p in range(8) for line in (f"p{p:03d},nevus", f"p{p:03d}/s2,melanoma")]
    write(tmp_path, "labels.csv", ["folder,label", *rows])
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 16, "nevus": 16}
    assert said(reading, "are of folders inside one another and differ: the pictures have what is said of the inner")
    assert not reading["certain"]


def test_a_folder_that_could_be_several_is_none(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{site}/p{p}/s1/{n}.png" for site in ("north", "south") for p in range(4) for n in range(2)))
    write(tmp_path, "labels.csv", ["folder,label", *(f"p{p}/s1,{CLASSES[p % 2]}" for p in range(4))])
    reading = read(tmp_path)
    assert reading["classes"].keys().isdisjoint(CLASSES)
    assert said(reading, "was not used")
    assert not reading["certain"]


def a_folder_a_patient(folder: Path) -> list[str]:
    touch(folder, *(f"pictures/{p + 101}/{n}.png" for p in range(10) for n in range(3)))
    return ["directory,diagnosis", *(f"pictures/{p + 101}/,{CLASSES[p % 2]}" for p in range(10))]


def a_number_in_the_name(folder: Path) -> list[str]:
    touch(folder, *(f"case_{c + 1:04d}_2019030{c % 9 + 1}/{n}.png" for c in range(10) for n in range(3)))
    return ["case,diagnosis", *(f"{c + 1},{CLASSES[c % 2]}" for c in range(10))]


def an_id_of_several_words(folder: Path) -> list[str]:
    touch(folder, *(f"TCGA_CS_49{c}1_1996090{c}/{n}.tif" for c in range(10) for n in range(3)))
    return ["Patient,diagnosis", *(f"TCGA_CS_49{c}1,{CLASSES[c % 2]}" for c in range(10))]


@pytest.mark.parametrize("laid", [a_folder_a_patient, a_number_in_the_name, an_id_of_several_words])
def test_a_table_of_cases_is_joined_by_what_their_folders_are_called(
    laid: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    write(tmp_path, "cases.csv", laid(tmp_path))
    reading: Reading = read(tmp_path)
    assert (reading["classes"], reading["group"]["groups"]) == ({"melanoma": 15, "nevus": 15}, 10)
