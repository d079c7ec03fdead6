"""Tables in every form that people have: read as if they were plain, or what cannot be read is named."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.core.data.reading.readings import in_columns, left_out, malignant, meant, part, read, said

CLASSES = "akiec bcc bkl df mel nv vasc".split()
PLAIN_VARIANTS = (
    "bom both-ids code-vs-name decimal-comma index-column label-case latin1 nfd ok other-ext posix-prefix "
    "quoted-newline semicolon semicolon-bom semicolon-decimal-comma spaces-head tab trailing-commas upper-ext "
    "utf16-excel winabs winpath onehot sex-kinds age-kinds"
).split()


@pytest.mark.parametrize("variant", PLAIN_VARIANTS)
def test_a_table_in_any_form_gives_three_classes_of_six_patients(layouts: Path, variant: str) -> None:
    reading = read(layouts / "table-variants" / variant)
    assert reading["pictures"] == 12
    assert meant(reading) == {"bkl": 4, "mel": 4, "nv": 4}
    assert malignant(reading) == {"bkl": False, "mel": True, "nv": False}
    assert Path(reading["table"]).name == "groups.csv"
    assert reading["group"]["groups"] == 6
    assert reading["group"]["level"] == "patient"
    assert not any(re.search(r"without|no picture|not here", reason) for reason in reading["left_out"])


def test_true_and_false_in_a_column_called_malignant_tell_malignant_from_benign(layouts: Path) -> None:
    reading = read(layouts / "table-variants" / "bool")
    assert {called: reading["classes"][name] for name, called in reading["malignant"].items()} == {True: 4, False: 8}
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient_id", 6)


def test_zero_and_one_in_a_column_called_target_are_two_classes(layouts: Path) -> None:
    reading = read(layouts / "table-variants" / "target01")
    assert reading["classes"] == {"0": 8, "1": 4}
    assert reading["malignant"] == {"0": None, "1": None}
    assert said(reading, "Nobody has said whether 0, 1 are malignant or benign")
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient_id", 6)


def test_without_a_group_there_is_a_caution(layouts: Path) -> None:
    reading = read(layouts / "table-variants" / "no-group")
    assert meant(reading) == {"bkl": 4, "mel": 4, "nv": 4}
    assert reading["group"]["column"] is None
    assert said(reading, "group|patient|belong together")


def test_of_two_full_columns_the_patient_is_the_group(layouts: Path) -> None:
    reading = read(layouts / "table-variants" / "both-ids-full")
    assert meant(reading) == {"bkl": 4, "mel": 4, "nv": 4}
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("patient_id", 3)


def test_none_is_a_class_and_what_is_not_known_is_left_out(layouts: Path) -> None:
    reading = read(layouts / "table-variants" / "na-label")
    assert meant(reading) == {"bkl": 3, "mel": 3, "none": 1, "nv": 3}
    assert left_out(reading, "label|class|diagnosis|unknown") == 2


def test_parts_in_any_words_are_known_or_asked_about(layouts: Path) -> None:
    reading = read(layouts / "table-variants" / "split-kinds")
    assert meant(reading) == {"bkl": 4, "mel": 4, "nv": 4}
    assert [part(reading, each) for each in ("train", "validation", "test", "unlabelled")] == [3, 3, 3, 0]
    assert said(reading, r"3 pictures have a split that is no part \(0, 1, fold1\); they are in none of the official")
    assert said(reading, "The official parts tear 1 patient")


def test_ids_that_lost_their_zeros_are_matched_or_named(layouts: Path) -> None:
    reading = read(layouts / "table-variants" / "padding")
    assert (reading["classes"], part(reading, "unlabelled"), reading["certain"]) == ({}, 12, False)
    assert said(
        reading, r"groups\.csv \(UTF-8, separated by commas\): no name in its column image is that of a picture"
    )
    assert said(reading, r"the first is img_\.jpg\. Correct the names, or say which column names the pictures")


def test_spellings_that_differ_in_case_are_said(layouts: Path) -> None:
    reading = read(layouts / "table-variants" / "label-case")
    assert reading["classes"] == {"bkl": 4, "melanoma": 4, "nevus": 4}
    for names in ("“Melanoma”, “melanoma”", "“Nevus”, “nevus”", "“Bkl”, “bkl”"):
        assert f"{names} differ in case or blanks alone: one class." in reading["cautions"]


@pytest.mark.parametrize(
    ("separator", "encoding", "words"),
    [(",", "utf-8", "UTF-8, separated by commas"), (";", "utf-16", "UTF-16, separated by semicolons"),
     ("\t", "latin-1", "CP1252, separated by tabs")],
)  # fmt: skip
def test_a_table_that_is_refused_says_separator_encoding_line_and_what_to_do(
    separator: str, encoding: str, words: str, tmp_path: Path
) -> None:
    rows = [["image", "diagnosis", "note"], *([f"img{n}", "nævus" if n % 2 else "melanom", "é"] for n in range(12))]
    rows[7].append("more")
    for number in range(12):
        (tmp_path / f"img{number}.jpg").touch()
    (tmp_path / "truth.csv").write_text("\n".join(map(separator.join, rows)), encoding=encoding)
    reading = read(tmp_path)
    assert (reading["classes"], reading["certain"]) == ({}, False)
    assert said(reading, rf"truth\.csv .*\({words}\): line 8 has more fields than its header, which has 3\. Put values")


def test_a_table_whose_names_fit_nothing_says_column_and_what_to_do(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"img{number}.jpg").touch()
    lines = [f"other{n}.jpg;{('nv', 'mel')[n % 2]}" for n in range(12)]
    for column, words in (
        (
            "image",
            r"no name in its column image is that of a picture here; the first is other0\.jpg\. Correct the names",
        ),
        (
            "scan",
            r"lacks a column that names pictures; it has scan, diagnosis\. Write the names of the files here into one",
        ),
    ):
        (tmp_path / "truth.csv").write_text("\n".join([f"{column};diagnosis", *lines]))
        reading = read(tmp_path)
        assert not reading["certain"]
        assert said(reading, rf"truth\.csv \(UTF-8, separated by semicolons\):? {words}")


HAM_VARIANTS = (
    "bom excel-age full-dx index-col jpg-in-id lowercase-file no-lesion renamed semicolon upper-dx utf16".split()
)


@pytest.mark.parametrize("inner", ["", "ham10000"])
@pytest.mark.parametrize("variant", HAM_VARIANTS)
def test_the_table_of_ham10000_is_read_in_any_form(layouts: Path, variant: str, inner: str) -> None:
    reading = read(layouts / "ham10000-table-variants" / variant / inner)
    assert reading["pictures"] == 42
    expected = dict.fromkeys(CLASSES, 6)
    if variant == "full-dx":  # “Actinic keratoses” is written for what HAM10000 calls akiec
        expected = {("ak" if key == "akiec" and "akiec" not in meant(reading) else key): 6 for key in expected}
    assert meant(reading) == expected
    assert malignant(reading) == {key: key in ("ak", "akiec", "bcc", "mel") for key in expected}
    group = reading["group"]
    assert (group["level"], group["groups"]) == ("lesion", 28) if variant != "no-lesion" else group["column"] is None
    assert in_columns(reading, "age")
    assert in_columns(reading, "localization")


def test_every_variant_of_a_table_is_tried(layouts: Path) -> None:
    others = "target01 bool no-group both-ids-full na-label split-kinds padding".split()
    assert {each.name for each in (layouts / "table-variants").iterdir()} == {*PLAIN_VARIANTS, *others}
    assert {each.name for each in (layouts / "ham10000-table-variants").iterdir()} == set(HAM_VARIANTS)


@pytest.mark.parametrize(
    "name",
    [b"b\xff\xfe.jpg", b"line\nbreak.jpg", b"x" * 251 + b".jpg"],
    ids=["not UTF-8", "line break", "255 bytes"],
)
def test_a_file_with_a_name_that_is_no_text_disturbs_nothing_else(tmp_path: Path, name: bytes) -> None:
    for number in range(60):
        file = tmp_path / ("nevus", "melanoma")[number % 2] / f"{number}.jpg"
        file.parent.mkdir(exist_ok=True)
        file.touch()
    Path(os.fsdecode(os.fsencode(tmp_path / "nevus") + b"/" + name)).touch()
    reading = read(tmp_path)
    json.dumps(reading).encode()
    counts = meant(reading)
    assert counts["mel"] == 30
    assert counts["nv"] in (30, 31)
    if counts["nv"] == 30:
        assert left_out(reading, "name|UTF-8|text|byte|line") == 1
