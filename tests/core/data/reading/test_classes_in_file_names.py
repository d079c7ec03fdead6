"""Pictures of which nothing but their names says the class: it is proposed with a question, never taken silently."""

from pathlib import Path

import pytest

from core.data.reading.file_names import CLASS_IN_NAME
from tests.core.data.reading.readings import read, said
from tests.core.data.reading.test_layouts_of_publishers import table, touch

_COLORECTAL = ("TUMOR", "STROMA", "COMPLEX")
_NAMES = {
    "letters that nobody knows": [f"{label}_{n:03d}.png" for label in ("BN", "DC", "LC") for n in range(6)],
    "one letter alone": [f"{label}{n:03d}.tif" for label in ("b", "n", "is", "iv") for n in range(1, 7)],
    "known diagnoses": [f"{label}-{n:04d}.jpg" for label in ("MEL", "NV", "BCC") for n in range(6)],
    "numbered copies": [f"{label} ({n}).png" for label in ("benign", "malignant") for n in range(1, 7)],
    "numbers before words": [f"{k:02d}_{label}_{n:X}A{n}F_x{n}.tif" for k, label in enumerate(_COLORECTAL, 1)
                             for n in range(6)],
    "letters behind numbers": [f"{n:04d}_{'BM'[n % 2]}.png" for n in range(12)],
    "cells called all": [f"UID_{n}_{n}_1_{label}.bmp" for label in ("all", "hem") for n in range(6)],
    "a number at the end": [f"{n:04d}_{n % 2}.png" for n in range(12)],
}  # fmt: skip
_CLASSES = {
    "letters that nobody knows": {"BN", "DC", "LC"},
    "one letter alone": {"b", "n", "is", "iv"},
    "known diagnoses": {"MEL", "NV", "BCC"},
    "numbered copies": {"benign", "malignant"},
    "numbers before words": {*_COLORECTAL},
    "letters behind numbers": {"B", "M"},
    "cells called all": {"all", "hem"},
    "a number at the end": {"0", "1"},
}


@pytest.mark.parametrize("kind", _NAMES)
def test_a_class_that_names_of_files_alone_say_is_proposed_with_a_question(kind: str, tmp_path: Path) -> None:
    touch(tmp_path / "images", *_NAMES[kind])
    reading = read(tmp_path)
    assert reading["classes"].keys() == _CLASSES[kind]
    assert len(set(reading["classes"].values())) == 1
    assert reading["columns"]["label"] == CLASS_IN_NAME
    assert said(reading, "nothing but the names of the files says the class")
    assert not reading["certain"]


def test_numbers_that_stand_before_the_class_are_no_groups_of_patients(tmp_path: Path) -> None:
    touch(tmp_path, *_NAMES["numbers before words"])
    assert read(tmp_path)["group"]["column"] is None


@pytest.mark.parametrize(
    "names",
    [
        [f"{camera}_{n:04d}.jpg" for camera in ("IMG", "DSC") for n in range(6)],
        [f"{source}_{n:07d}.jpg" for source in ("ISIC", "PAT") for n in range(6)],
        [f"{place}_{n:04d}.jpg" for place in ("hospitalA", "hospitalB") for n in range(6)],
        [f"{n:03d}_{side}.jpg" for side in ("left", "right") for n in range(6)],
        [f"{patient:03d}_{n}.jpg" for patient in range(6) for n in range(3)],
        [f"ISIC_{n:07d}.jpg" for n in range(12)],
    ],
    ids=["cameras", "sources", "hospitals", "sides", "pictures of patients", "one archive"],
)
def test_names_that_say_how_whose_or_whence_a_picture_is_are_no_classes(names: list[str], tmp_path: Path) -> None:
    touch(tmp_path, *names)
    reading = read(tmp_path)
    assert reading["classes"] == {}
    assert said(reading, "nothing says which class")


def test_a_table_that_names_the_pictures_counts_and_no_class_is_guessed_from_their_names(tmp_path: Path) -> None:
    names = _NAMES["letters that nobody knows"]
    touch(tmp_path, *names)
    table(tmp_path / "metadata.csv", "image,age", *(f"{name},50" for name in names))
    reading = read(tmp_path)
    assert reading["classes"] == {}
    assert said(reading, "no column of metadata.csv is one of classes")
