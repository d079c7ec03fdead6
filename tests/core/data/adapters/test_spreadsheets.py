"""Workbooks of Excel are tables wherever CSV is; what is protected, damaged, too large or no workbook says so."""

import datetime
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.data.adapters import packed_workbooks
from core.data.adapters.table_files import is_table_name, read_table, read_tables
from tests.core.data.workbooks import workbook

pytest.importorskip("python_calamine", reason="make setup installs the reader of workbooks")


def test_values_are_the_texts_that_people_see(tmp_path: Path) -> None:
    rows = [
        ["id", "age", "taken", "malignant", "twice", "note"],
        [7, 45.5, datetime.date(2021, 3, 4), True, ("B2*2", 91), " Nävus & more "],
        ["0012", 60, None, False, ("B3*2", 120), None],
    ]
    table = read_table(workbook(tmp_path / "t.XLSX", {"Sheet1": rows}))
    assert table.columns == rows[0]
    assert table.rows.loc[2].tolist() == ["7", "45.5", "2021-03-04", "TRUE", "91", "Nävus & more"]
    assert table.rows.loc[3].tolist() == ["0012", "60", "", "FALSE", "120", ""]


def test_titles_above_and_merged_cells_are_understood(tmp_path: Path) -> None:
    rows = [["Our patients"], ["patient", "image"], ["P1", "a"], [None, "b"], ["P2", "c"]]
    table = read_table(workbook(tmp_path / "t.xlsx", {"Sheet1": rows}, merged="A3:A4"))
    assert table.rows["patient"].tolist() == ["P1", "P1", "P2"]
    assert table.rows.index.tolist() == [3, 4, 5]


def test_each_sheet_is_a_table(tmp_path: Path) -> None:
    sheets = {"Notes": [["only a text"]], "Train": [["a", "b"], [1, 2], [3, 4]], "Test": [["a", "b"], [5, 6]]}
    path = workbook(tmp_path / "t.xlsx", sheets)
    assert list(read_tables(path)) == ["Train", "Test"]
    assert read_table(path).rows["a"].tolist() == ["1", "3"]


def test_a_workbook_without_a_table_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sheet holds a header"):
        read_table(workbook(tmp_path / "t.xlsx", {"Sheet1": []}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged"),
        (b"image,label\n", "damaged"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
        (b"", "damaged"),
    ],
)
def test_what_is_no_workbook_says_what_to_do(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_table(path)


def test_half_a_workbook_is_damaged(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"Sheet1": [["a", "b"], [1, 2]]})
    with zipfile.ZipFile(path) as packed:
        kept = {name: packed.read(name) for name in packed.namelist()}
    kept["xl/worksheets/sheet1.xml"] = kept["xl/worksheets/sheet1.xml"][:-40] + b"</wrong>"
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in kept.items():
            packed.writestr(name, data)
    with pytest.raises(DataError, match="damaged"):
        read_table(path)


def test_macros_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"S": [["a", "b"], [1, 2]]}, more={"xl/vbaProject.bin": b"x"})
    with pytest.raises(DataError, match="holds macros"):
        read_table(path)
    assert not is_table_name("t.xlsm")


def test_a_cell_far_away_is_refused_before_a_rectangle_is_made(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"S": [["a", "b"], [1, 2]]})
    with zipfile.ZipFile(path) as packed:
        kept = {name: packed.read(name) for name in packed.namelist()}
    sheet = kept["xl/worksheets/sheet1.xml"].replace(
        b"</row></sheetData>", b'<c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in kept.items():
            packed.writestr(name, sheet if name.endswith("sheet1.xml") else data)
    with pytest.raises(DataError, match="reach over 1,048,576 rows and 16,384 columns"):
        read_table(path)


def test_what_unpacks_to_more_than_it_declares_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The declared size is a lie: only who unpacks to the end sees how much there is."""
    monkeypatch.setattr(packed_workbooks, "MOST_UNPACKED_BYTES", 5_000_000)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(bytes(20_000_000)) + packer.flush()
    name, declared = b"xl/worksheets/sheet1.xml", 100
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, zlib.crc32(bytes(declared)), len(data), declared, len(name), 0)
    local = b"PK\x03\x04" + common + name + data
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    path = tmp_path / "t.xlsx"
    path.write_bytes(local + central + end)
    with pytest.raises(DataError, match="unpacks to more"):
        read_table(path)
