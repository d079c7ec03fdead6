"""OpenDocument's, Excel's old and its binary workbooks are tables as .xlsx is, at a cost that is bounded before."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.data.adapters.table_files import read_table, read_tables
from core.data.inspect import inspect_folder
from tests.core.data.other_workbooks import cell_binary, excel_97, excel_binary, number_97, opendocument
from tests.core.data.reading.readings import left_out, read
from tests.core.data.reading.test_folders_as_people_leave_them import numbered
from tests.core.data.workbooks import workbook

pytest.importorskip("python_calamine", reason="make setup installs the reader of workbooks")

WRITERS = {"ods": opendocument, "xls": excel_97, "xlsb": excel_binary}
LABELS = ("melanoma", "nevus")
ROWS = [["id", "age", "note"], ["0012", 45.5, "Nävus & more"], [7, 60, None]]

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("form", WRITERS)
def test_values_are_the_texts_that_people_see(form: str, tmp_path: Path) -> None:
    table = read_table(WRITERS[form](tmp_path / f"t.{form.upper()}", {"Sheet1": ROWS}))
    assert table.columns == ROWS[0]
    assert table.rows.to_numpy().tolist() == [["0012", "45.5", "Nävus & more"], ["7", "60", ""]]


@pytest.mark.parametrize("form", WRITERS)
def test_each_sheet_is_a_table(form: str, tmp_path: Path) -> None:
    sheets = {"Train": [["a", "b"], [1, 2], [3, 4]], "Test": [["a", "b"], [5, 6]]}
    assert list(read_tables(WRITERS[form](tmp_path / f"t.{form}", sheets))) == ["Train", "Test"]


@pytest.mark.parametrize("form", WRITERS)
def test_pictures_are_described(form: str, tmp_path: Path) -> None:
    rows = [[f"{name}.jpg", LABELS[n % 2], n // 3] for n, name in enumerate(numbered(tmp_path / "x", 12))]
    sheets = {"Notes": [["by", "x"], ["me", "y"]], "Pictures": [["file", "dx", "patient_id"], *rows]}
    WRITERS[form](tmp_path / f"t.{form}", sheets)
    reading = read(tmp_path)
    assert reading["classes"] == {"melanoma": 6, "nevus": 6}
    assert reading["table"] == f"t.{form} [Pictures]"
    assert reading["group"]["groups"] == 4
    assert reading["certain"]


def test_genes_are_read_with_their_classes(tmp_path: Path) -> None:
    samples = [f"S{n}" for n in range(12)]
    rows = [["gene", *samples], *([f"GENE{g}", *(7 + (g * n) % 5 / 4 for n in range(12))] for g in range(40))]
    opendocument(tmp_path / "expression.ods", {"Expression": rows})
    excel_97(tmp_path / "labels.xls", {"S": [["sample", "class"], *([s, "AB"[n % 2]] for n, s in enumerate(samples))]})
    reading = inspect_folder(tmp_path)
    assert (reading["kind"], reading["samples"], reading["genes"]) == ("genes", 12, 40)


def test_what_is_called_after_another_form_is_read_by_its_content(tmp_path: Path) -> None:
    assert read_table(workbook(tmp_path / "t.xls", {"Sheet1": ROWS})).columns == ROWS[0]


def test_text_that_is_called_a_workbook_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "t.xls").write_text("image\tlabel\na\tb\n")
    with pytest.raises(DataError, match=r"call it \.csv"):
        read_table(tmp_path / "t.xls")


def far_ods(path: Path) -> Path:
    far = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row><table:table-row>'
        '<table:table-cell table:number-columns-repeated = "9000"/><table:table-cell office:value-type="float" '
        'office:value="1"/></table:table-row>'
    )
    return opendocument(path, {"S": ROWS}, far)


@pytest.mark.parametrize(
    "write",
    [
        far_ods,
        lambda path: opendocument(path, {"S": ROWS}, '<table:table-row table:number-rows-repeated="9000000">'
                                  '<table:table-cell office:value-type="float" office:value="1"/></table:table-row>'),
        lambda path: excel_97(path, {"S": ROWS}, number_97(65_535, 255, 1.0)),
        lambda path: excel_97(path, {f"S{n}": ROWS for n in range(9)}, number_97(9_999, 99, 1.0)),
        lambda path: excel_binary(path, {"S": ROWS}, cell_binary(1_048_575, 16_383, 1.0)),
    ],
)  # fmt: skip
def test_cells_far_away_are_refused_before_a_rectangle_is_made(write: Callable[[Path], Path], tmp_path: Path) -> None:
    path = write(tmp_path / "t.ods").rename(tmp_path / "t.any.xls")
    with pytest.raises(DataError, match="reach over"):
        read_table(path)


def test_empty_rows_and_columns_at_the_end_are_none(tmp_path: Path) -> None:
    ending = (
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>'
    )
    assert len(read_table(opendocument(tmp_path / "t.ods", {"S": ROWS}, ending)).rows) == 2


def test_what_is_protected_or_has_macros_says_so(tmp_path: Path) -> None:
    book = opendocument(tmp_path / "a.ods", {"S": ROWS}, manifest="<manifest:encryption-data/>")
    with pytest.raises(DataError, match="password"):
        read_table(book)
    book = excel_97(tmp_path / "b.xls", {"S": ROWS}, in_globals=b"\x2f\x00\x02\x00\x00\x00")
    with pytest.raises(DataError, match="password"):
        read_table(book)
    with zipfile.ZipFile(opendocument(tmp_path / "c.ods", {"S": ROWS}), "a") as packed:
        packed.writestr("Basic/script-lc.xml", "x")
    with pytest.raises(DataError, match="macros"):
        read_table(tmp_path / "c.ods")


@pytest.mark.parametrize("form", WRITERS)
def test_half_a_workbook_is_damaged(form: str, tmp_path: Path) -> None:
    path = WRITERS[form](tmp_path / f"t.{form}", {"Sheet1": ROWS})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(DataError, match="damaged"):
        read_table(path)


@pytest.mark.parametrize(("form", "name"), [("ods", "leer.ods"), ("xls", "leer.xls")])
def test_an_empty_workbook_beside_classes_is_ignored_with_a_word(form: str, name: str, tmp_path: Path) -> None:
    for label in LABELS:
        numbered(tmp_path / label, 3, label)
    WRITERS[form](tmp_path / name, {"Sheet1": [[None]]})
    reading = read(tmp_path)
    assert left_out(reading, "tables without a row") == 1
    assert reading["certain"]
