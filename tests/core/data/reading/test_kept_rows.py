"""A large folder is read once: opening it takes the rows that were read when the catalog understood it."""

import os
import time
from pathlib import Path

import pandas as pd
import pytest

from core.data.reading import kept_rows, understood
from core.data.reading.understood import read_dataset, understand
from tests.core.data.reading.test_layouts_of_publishers import table, touch


@pytest.fixture
def folder(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept_rows, "LARGE", 10)
    place = artifacts.parent / "elsewhere" / "clinic"
    names = [f"img{number:03d}" for number in range(12)]
    touch(place / "x", *(f"{name}.jpg" for name in names))
    rows = [
        f"{name},{('nevus', 'melanoma')[n % 2]},{'' if n == 3 else 40 + n},P{n // 2}" for n, name in enumerate(names)
    ]
    table(place / "m.csv", "image,dx,age,patient", *rows, "gone,nevus,50,P9")
    for each in (place / "x", place / "m.csv", place):
        os.utime(each, (time.time() - 60,) * 2)
    return place


@pytest.fixture
def read_again(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Notes down each folder that is read."""
    found: list[Path] = []
    read = understood.read_folder
    monkeypatch.setattr(understood, "read_folder", lambda folder, *rest: found.append(folder) or read(folder, *rest))
    return found


def test_opening_reads_no_folder_again_and_gives_the_same(folder: Path, read_again: list[Path]) -> None:
    spec = understand(folder).spec
    opened = read_dataset(folder, spec)
    assert len(read_again) == 1
    (folder / "artifacts").mkdir(exist_ok=True)  # the folder has changed
    fresh = read_dataset(folder, spec)
    assert len(read_again) == 2
    assert opened.spec == fresh.spec
    assert opened.skipped == fresh.skipped
    for one, other in ((opened.table, fresh.table), (opened.described, fresh.described)):
        pd.testing.assert_frame_equal(one.where(one.notna(), None), other.where(other.notna(), None))
    assert len(opened.described) == 13


def test_damaged_rows_are_read_again(folder: Path, read_again: list[Path]) -> None:
    spec = understand(folder).spec
    for kept in (folder.parents[1]).rglob("readings/*.parquet"):
        kept.write_bytes(b"PAR1")
    assert len(read_dataset(folder, spec).table) == 12
    assert len(read_again) == 2
