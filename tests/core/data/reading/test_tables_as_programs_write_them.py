"""Tables as R, Excel, pandas and hospitals write them: the same pictures, classes and patients in each form."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.data.reading.readings import Reading, read, said
from tests.core.data.reading.test_folders_of_hospitals import touch, write

CLASSES = ("bkl", "mel", "nv")
COLUMNS = ("image_id", "dx", "patient_id", "age")
ROWS = [(f"IMG_{n:03}", CLASSES[n // 2 % 3], f"P{n // 2:02}", 40 + n // 2) for n in range(18)]
PLAIN = [",".join(map(str, each)) for each in (COLUMNS, *ROWS)]


def pictures(folder: Path, names: list[str] | None = None) -> None:
    touch(folder / "im", *(names or [f"{row[0]}.jpg" for row in ROWS]))


def as_plain(reading: Reading) -> bool:
    """Whether a reading is certain of the classes and patients of `ROWS`."""
    group = reading["group"]
    return (
        reading["classes"] == dict.fromkeys(CLASSES, 6)
        and (group["column"], group["groups"]) == ("patient_id", 9)
        and (reading["columns"]["age"], reading["certain"]) == ("age", True)
    )


def in_r_with_blanks(folder: Path) -> None:
    lines = [" ".join(f'"{name}"' for name in COLUMNS)]
    lines += [f'"{n}" "{row[0]}" "{row[1]}" "{row[2]}" {row[3]}' for n, row in enumerate(ROWS, 1)]
    write(folder, "x.txt", lines)


def in_r_with_commas(folder: Path) -> None:
    lines = [",".join(f'"{name}"' for name in COLUMNS)]
    write(
        folder, "x.csv", lines + [f'"{n}","{row[0]}","{row[1]}","{row[2]}",{row[3]}' for n, row in enumerate(ROWS, 1)]
    )


def in_r_without_quotes(folder: Path) -> None:
    write(
        folder, "x.tsv", ["\t".join(COLUMNS)] + [f"{n}\t" + "\t".join(map(str, row)) for n, row in enumerate(ROWS, 1)]
    )


def in_columns_of_one_width(folder: Path) -> None:
    write(folder, "x.txt", ["".join(str(each).ljust(12) for each in row) for row in (COLUMNS, *ROWS)])


def with_each_line_in_quotes(folder: Path) -> None:
    write(folder, "x.csv", [f'"{line}"' for line in PLAIN])


def in_single_quotes(folder: Path) -> None:
    write(folder, "x.csv", [",".join(f"'{each}'" for each in row) for row in (COLUMNS, *ROWS)])


def with_signs_without_width(folder: Path) -> None:
    write(
        folder,
        "x.csv",
        [line.replace("nv", "nv\u200b", n % 2).replace("P0", "\u200eP0") for n, line in enumerate(PLAIN)],
    )


def in_utf_32(folder: Path) -> None:
    (folder / "x.csv").write_text("\n".join(PLAIN), encoding="utf-32")


def by_columns_of_pandas(folder: Path) -> None:
    (folder / "x.json").write_text(json.dumps({
        name: {str(n): row[place] for n, row in enumerate(ROWS)} for place, name in enumerate(COLUMNS)
    }))  # fmt: skip


def by_rows_of_pandas(folder: Path) -> None:
    (folder / "x.json").write_text(json.dumps({n: dict(zip(COLUMNS, row, strict=True)) for n, row in enumerate(ROWS)}))


def in_parts_of_pandas(folder: Path) -> None:
    (folder / "x.json").write_text(json.dumps({"columns": COLUMNS, "index": list(range(len(ROWS))), "data": ROWS}))


FORMS = (
    in_r_with_blanks, in_r_with_commas, in_r_without_quotes, in_columns_of_one_width, with_each_line_in_quotes,
    in_single_quotes, with_signs_without_width, in_utf_32, by_columns_of_pandas, by_rows_of_pandas, in_parts_of_pandas,
)  # fmt: skip


@pytest.mark.parametrize("written", FORMS, ids=lambda each: each.__name__)
def test_a_table_is_read_as_any_other_whatever_has_written_it(tmp_path: Path, written: Callable[[Path], None]) -> None:
    pictures(tmp_path)
    written(tmp_path)
    assert as_plain(read(tmp_path))


def test_a_comma_in_numbers_without_quotes_makes_no_names_of_rows(tmp_path: Path) -> None:
    pictures(tmp_path)
    write(tmp_path, "x.csv", [",".join(COLUMNS), *(f'"{row[0]}",{row[3]},5,"{row[1]}","{row[2]}"' for row in ROWS)])
    reading = read(tmp_path)
    assert not reading["classes"]
    assert said(reading, "line 2 has more fields than its header")


@pytest.mark.parametrize(
    ("picture", "written"),
    [("{:03}.jpg", '"=""{:03}"""'), ("{}.jpg", '"1,{:03}"'), ("{}.jpg", "1.{:03}"), ("{:03}.jpg", "DICOM/{:03}.dcm")],
    ids=["formula", "comma between thousands", "dot between thousands", "what it was made from"],
)
def test_ids_as_spreadsheets_and_hospitals_write_them_name_pictures(tmp_path: Path, picture: str, written: str) -> None:
    thousand = 1000 * written.startswith(('"1,', "1."))
    pictures(tmp_path, [picture.format(n + thousand) for n in range(18)])
    rows = [f"{written.format(n)},{row[1]},{row[2]},{row[3]}" for n, row in enumerate(ROWS)]
    write(tmp_path, "x.csv", [",".join(COLUMNS), *rows])
    assert as_plain(read(tmp_path))


@pytest.mark.parametrize(
    "again",
    [str.lower, lambda text: text.removeprefix("P"), lambda text: f"{int(text[1:])}.0"],
    ids=["case", "zeros", "decimals"],
)
def test_a_patient_who_is_written_in_two_ways_is_one(tmp_path: Path, again: Callable[[str], str]) -> None:
    pictures(tmp_path)
    first = str if again("P01") == "p01" else lambda text: str(int(text[1:]))
    rows = [f"{row[0]},{row[1]},{(again if n % 2 else first)(row[2])}" for n, row in enumerate(ROWS)]
    write(tmp_path, "x.csv", ["image_id,dx,patient_id", *rows])
    reading = read(tmp_path)
    assert reading["group"]["groups"] == 9
    assert said(reading, "9 values of patient_id differ from another one in case, zeros or decimals alone")


@pytest.mark.parametrize("unknown", ["unknown", "NA", "-", "None", "-1", "keine Angabe"])
def test_pictures_whose_patient_nobody_knows_are_not_of_one(tmp_path: Path, unknown: str) -> None:
    pictures(tmp_path)
    rows = [f"{row[0]},{row[1]},{unknown if n < 6 else n // 2}" for n, row in enumerate(ROWS)]
    write(tmp_path, "x.csv", ["image_id,dx,patient_id", *rows])
    reading = read(tmp_path)
    assert reading["group"]["groups"] == 6 + 6
    assert said(reading, "6 of 18 pictures have no patient")


def test_numbers_of_classes_with_and_without_decimals_are_the_same(tmp_path: Path) -> None:
    pictures(tmp_path)
    rows = [f"{row[0]},{CLASSES.index(row[1])}{'.0' * (n % 2)},{row[2]}" for n, row in enumerate(ROWS)]
    write(tmp_path / "a", "a.csv", ["image,label,patient", *rows[:10]])
    write(tmp_path / "b", "b.csv", ["image,label,patient", *(row.replace(",0.0,", ",0,") for row in rows[9:])])
    reading = read(tmp_path)
    assert reading["classes"] == dict.fromkeys("012", 6)
    assert not said(reading, "have another label")


def test_a_number_of_nines_among_words_is_asked_about(tmp_path: Path) -> None:
    pictures(tmp_path)
    rows = [f"{row[0]},{9999 if n < 4 else row[1]},{row[2]}" for n, row in enumerate(ROWS)]
    write(tmp_path, "x.csv", ["image,label,patient", *rows])
    reading = read(tmp_path)
    assert sum(reading["classes"].values()) == 14
    assert said(reading, "4 pictures have 9999 in the column label")


def test_several_classes_in_one_cell_are_known_though_none_stands_alone(tmp_path: Path) -> None:
    pictures(tmp_path)
    some = ("nv|mel", "bkl|nv", "mel|bkl")
    write(tmp_path, "x.csv", ["image,label", *(f"{row[0]},{some[n % 3]}" for n, row in enumerate(ROWS))])
    reading = read(tmp_path)
    assert not reading["classes"]
    assert said(reading, r"18 pictures have several classes, such as \w+\|\w+")
    rows = [f"{row[0]},{row[1]}{'|ulcer' * (n % 4 == 0)}" for n, row in enumerate(ROWS)]
    write(tmp_path, "x.csv", ["image,label", *rows])
    reading = read(tmp_path)
    assert sum(reading["classes"].values()) == 13
    assert said(reading, "5 pictures have several classes")
    some = ("A|x", "A|y", "B|x", "B|y")
    write(tmp_path, "x.csv", ["image,label", *(f"{row[0]},{some[n % 4]}" for n, row in enumerate(ROWS))])
    reading = read(tmp_path)
    assert set(reading["classes"]) == set(some)
    assert said(reading, r"Classes such as A\|x may list several")


def test_one_hot_columns_with_decimal_commas_are_read(tmp_path: Path) -> None:
    pictures(tmp_path)
    rows = [";".join((row[0], *("1,0" if name == row[1] else "0,0" for name in CLASSES))) for row in ROWS]
    write(tmp_path, "x.csv", [";".join(("image", *CLASSES)), *rows])
    assert read(tmp_path)["classes"] == dict.fromkeys(CLASSES, 6)


def test_what_cannot_be_unpacked_here_and_what_is_a_web_page_says_what_to_do(tmp_path: Path) -> None:
    pictures(tmp_path)
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress("\n".join(PLAIN).encode()))
    assert said(read(tmp_path), r"Still packed: x\.csv\.gz\. Unpack it with a program")
    (tmp_path / "export.xls").write_text("<html><body><TABLE><tr><td>image</td></tr></TABLE></body></html>")
    assert said(read(tmp_path), r"export\.xls is a web page although it is called a workbook")


@pytest.mark.parametrize("before", ["dx_", "is_", "label_"])
def test_columns_that_pandas_made_of_a_class_are_called_without_its_name(tmp_path: Path, before: str) -> None:
    pictures(tmp_path)
    rows = [",".join((row[0], *(str(name == row[1]) for name in CLASSES), row[2])) for row in ROWS]
    write(tmp_path, "x.csv", [",".join(("image", *(before + name for name in CLASSES), "patient_id")), *rows])
    reading = read(tmp_path)
    assert reading["classes"] == dict.fromkeys(CLASSES, 6)
    assert reading["malignant"] == {"bkl": False, "mel": True, "nv": False}
    assert reading["certain"]


def test_a_column_that_calls_every_melanoma_benign_is_said(tmp_path: Path) -> None:
    pictures(tmp_path)
    write(tmp_path, "x.csv", ["image,dx,malignant", *(f"{row[0]},{row[1]},0" for row in ROWS)])
    reading = read(tmp_path)
    assert reading["malignant"]["mel"] is True
    assert said(reading, "melanoma counts as malignant by name, and another column says the opposite")
    assert not said(read(tmp_path, **{"malignant:mel": "no"}), "says the opposite")
