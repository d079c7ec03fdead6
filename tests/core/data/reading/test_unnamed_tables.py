"""A table is one whatever its file is called, where it names the pictures beside it."""

from pathlib import Path

import pytest

from core.data.inspect import inspect_folder
from tests.asked_folders import draw

NAMES = [f"lesion_{number:02}" for number in range(20)]
ROWS = [f"{name}.jpg{{0}}{'nv' if number % 2 else 'mel'}{{0}}p{number // 2}" for number, name in enumerate(NAMES)]


def table(separator: str = ",") -> str:
    return "\n".join(["image{0}dx{0}patient_id", *ROWS, ""]).replace("{0}", separator)


@pytest.mark.parametrize(
    "name", ["labels", "x.data", "truth.dat", "LABELS.final", "notes/meta.2024-05-01", ".x/labels"]
)
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_table_without_an_ending_or_with_any_other_is_read(tmp_path: Path, name: str, separator: str) -> None:
    draw(tmp_path / "images", NAMES)
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(table(separator))
    told = inspect_folder(tmp_path)
    if name.startswith("."):  # what is hidden is nobody's table
        assert told["classes"] == {}
        return
    assert told["classes"] == {"mel": 10, "nv": 10}
    assert (told["table"], told["columns"]["group"], told["left_out"]) == (name, "patient_id", {})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run", b"#!/bin/sh\npython train.py lesion_00.jpg, lesion_01.jpg\n" + b"echo done, or not\n" * 20),
        ("checkpoint", b"\0\1\2" * 4000),
        ("list", "\n".join(NAMES).encode()),
        ("LICENSE", b"You may, and others may, use this.\n" * 30),
        ("empty", b""),
    ],
)
def test_other_files_of_such_names_are_counted_as_before(tmp_path: Path, name: str, content: bytes) -> None:
    for number, label in enumerate(("melanoma", "nevus")):
        draw(tmp_path / label, NAMES[number::2])
    (tmp_path / name).write_bytes(content)
    told = inspect_folder(tmp_path)
    assert told["classes"] == {"melanoma": 10, "nevus": 10}
    assert (told["table"], told["left_out"]) == (None, {"files without an ending": 1})


def test_what_becomes_such_a_table_later_is_seen(artifacts: Path) -> None:
    from core.data.catalog import look

    folder = artifacts.parent / "data" / "scans"
    draw(folder, NAMES)
    (folder / "labels").write_text("not yet\n")
    assert look().entry("scans").adapter is None
    (folder / "labels").write_text(table())
    assert look().spec("scans").class_keys == ("mel", "nv")
