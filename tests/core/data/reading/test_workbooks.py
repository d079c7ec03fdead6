"""Tables in workbooks describe pictures as those in CSV do; of their sheets the one that names pictures is used."""

from collections import Counter
from pathlib import Path

import pytest

from core.data.adapters import spreadsheets
from core.data.gathering import gathered
from core.data.inspect import inspect_folder
from core.data.reading.understood import read_dataset_of_table
from tests.core.data.reading.readings import left_out, part, read, said
from tests.core.data.reading.test_folders_as_people_leave_them import numbered
from tests.core.data.reading.test_layouts_of_publishers import touch
from tests.core.data.workbooks import workbook

LABELS = ("melanoma", "nevus")

pytest.importorskip("python_calamine", reason="make setup installs the reader of workbooks")


def described(folder: Path) -> list[str]:
    """Twelve pictures of four patients, a workbook with a legend, a sheet of the pictures and one of the patients."""
    names = numbered(folder / "x", 12)
    workbook(
        folder / "study.xlsx",
        {
            "Legend": [["code", "meaning", "more", "and more"], ["mel", "a melanoma", "x", "y"]],
            "Pictures": [
                ["Patient", "file", "dx"],
                *([n // 3 + 1, f"{name}.jpg", LABELS[n % 2]] for n, name in enumerate(names)),
            ],
            "People": [["patient", "age", "sex"], *([n, 40 + n, "f"] for n in range(1, 5))],
        },
    )
    return names


def test_the_sheet_that_names_the_pictures_is_used_and_others_are_joined(tmp_path: Path) -> None:
    described(tmp_path)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 6, "nevus": 6}
    assert (reading["group"]["column"], reading["group"]["groups"]) == ("Patient", 4)
    assert (reading["table"], reading["columns"]["age"]) == ("study.xlsx [Pictures]", "age")
    assert not said(reading, "Legend")
    assert reading["certain"]


def test_sheets_may_be_the_parts(tmp_path: Path) -> None:
    names = numbered(tmp_path / "x", 9)
    rows = [[f"{name}.jpg", LABELS[n % 2]] for n, name in enumerate(names)]
    workbook(tmp_path / "t.xlsx", {"Train": [["file", "dx"], *rows[:6]], "Test": [["file", "dx"], *rows[6:]]})
    reading = read(tmp_path)
    assert (part(reading, "train"), part(reading, "test")) == (6, 3)


def test_a_workbook_that_cannot_be_read_is_asked_about_with_its_reason(tmp_path: Path) -> None:
    numbered(tmp_path / "x", 4)
    (tmp_path / "t.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))
    (tmp_path / "~$t.xlsx").write_bytes(b"of Office")
    reading = read(tmp_path)
    assert said(reading, r"t\.xlsx is protected by a password")
    assert not reading["certain"]


def test_spreadsheets_of_other_forms_are_named(tmp_path: Path) -> None:
    numbered(tmp_path / "x", 4)
    touch(tmp_path, "a.numbers", "b.fods", "c.xlsm")
    reading = read(tmp_path)
    assert (left_out(reading, "^spreadsheets"), left_out(reading, "macros")) == (2, 1)
    assert said(reading, "save them as")


def test_pictures_of_a_workbook_are_predicted_and_judged_on(tmp_path: Path) -> None:
    names = described(tmp_path)
    with gathered([tmp_path / "study.xlsx"]) as found:
        assert [each.path.stem for each in found.pictures] == names
        assert not any(each.problem for each in found.pictures)
    labels = read_dataset_of_table(tmp_path / "study.xlsx", "study").table["label"]
    assert Counter(labels) == {"melanoma": 6, "nevus": 6}


def test_genes_in_workbooks_are_read_with_their_classes(tmp_path: Path) -> None:
    samples = [f"S{n}" for n in range(12)]
    rows = [["", *samples], *([f"GENE{g}", *(7 + (g * n) % 5 / 4 for n in range(12))] for g in range(40))]
    workbook(tmp_path / "expression.xlsx", {"Expression": rows, "Notes": [["by", "x"], ["me", "y"]]})
    labels = [["sample", "class"], *([name, ("ALL", "AML")[n % 2]] for n, name in enumerate(samples))]
    workbook(tmp_path / "labels.xlsx", {"Sheet1": labels})
    reading = inspect_folder(tmp_path)
    assert (reading["kind"], reading["samples"], reading["genes"]) == ("genes", 12, 40)
    assert reading["classes"] == {"ALL": 6, "AML": 6}
    assert reading["logarithmic"]


def test_without_the_reader_workbooks_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "can_read", lambda: False)
    described(tmp_path)
    reading = read(tmp_path)
    assert left_out(reading, "install python-calamine") == 1
    assert said(reading, "save them as CSV")
