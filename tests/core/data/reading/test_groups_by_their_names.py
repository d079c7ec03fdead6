"""What belongs together, told by the name of a column or in the names of files."""

from pathlib import Path

import pytest

from core.data.group_words import group_word
from tests.core.data.reading.readings import read, said

COLUMNS = {
    "tile_group": "group", "stain_group": "group", "subject": "subject", "SubjectID": "subject", "case_no": "case",
    "plate": "plate", "Plate ID": "plate", "video": "video", "video_id": "video", "slide-no": "slide",
    "age_group": None, "sex_group": None, "diagnosis": None,
}  # fmt: skip


@pytest.mark.parametrize(("column", "noun"), COLUMNS.items())
def test_a_name_says_what_belongs_together(column: str, noun: str | None) -> None:
    assert (group_word(column) or (None, 0))[0] == noun


@pytest.mark.parametrize("column", ["tile_group", "stain_group", "subject", "case_no", "plate", "video_id"])
def test_a_column_beside_the_pictures_is_the_group_and_asked_about_where_it_may_be_something_else(
    column: str, tmp_path: Path
) -> None:
    lines = [f"image,label,{column}"]
    for number in range(24):
        (tmp_path / f"img{number}.jpg").touch()
        lines.append(f"img{number},{('nv', 'mel')[number % 2]},{number // 4}")
    (tmp_path / "groups.csv").write_text("\n".join(lines))
    reading = read(tmp_path)
    assert reading["group"] == {"column": column, "level": COLUMNS[column], "groups": 6, "coarser": []}
    known = f"the column is called {column}: 6 {COLUMNS[column]}s"
    if column in ("plate", "video_id", "case_no"):
        assert reading["certain"]
        assert reading["how"]["group"].startswith(known)
        return
    assert not reading["certain"]
    assert reading["how"]["group"].startswith(f"proposed: {known}")
    assert said(reading, f"{column} is called as groups are .6 of them.*group=COLUMN.*group=none")
    assert read(tmp_path, group=column)["certain"]
    assert read(tmp_path, group="none")["group"]["level"] == "picture"


def test_a_patient_beside_a_group_is_not_asked_about(tmp_path: Path) -> None:
    lines = ["image,label,tile_group,patient_id"]
    for number in range(24):
        (tmp_path / f"img{number}.jpg").touch()
        lines.append(f"img{number},{('nv', 'mel')[number % 2]},{number // 2},P{number // 4}")
    (tmp_path / "groups.csv").write_text("\n".join(lines))
    reading = read(tmp_path)
    assert (reading["group"]["column"], reading["group"]["groups"], reading["certain"]) == ("patient_id", 6, True)


@pytest.mark.parametrize("noun", ["plate", "video"])
def test_what_stands_in_names_of_files_alone_is_asked(noun: str, tmp_path: Path) -> None:
    for number in range(24):
        file = tmp_path / ("nv", "mel")[number % 2] / f"{noun}{number // 4}_{number}.png"
        file.parent.mkdir(exist_ok=True)
        file.touch()
    reading = read(tmp_path)
    assert reading["group"] == {"column": f"name: {noun}", "level": noun, "groups": 6, "coarser": []}
    assert not reading["certain"]
    assert reading["questions"][0].startswith(f"6 groups were found in the names of the files ({noun}). Agree if")


def test_names_of_three_numbers_propose_the_patient_and_know_the_finer_lesion(tmp_path: Path) -> None:
    for number in range(24):
        file = tmp_path / ("NEV", "MEL")[number % 2] / f"PAT_{40 + number // 4}_{800 + number // 2}_{number}.png"
        file.parent.mkdir(exist_ok=True)
        file.touch()
    reading = read(tmp_path)
    assert reading["group"] == {"column": "name: patient", "level": "patient", "groups": 6, "coarser": []}
    assert not reading["certain"]
    finer = read(tmp_path, group="name: lesion")["group"]
    assert finer == {"column": "name: lesion", "level": "lesion", "groups": 12, "coarser": ["name: patient"]}


def test_where_nothing_says_what_belongs_together_near_duplicates_are_offered(tmp_path: Path) -> None:
    for number in range(24):
        file = tmp_path / ("NEV", "MEL")[number % 2] / f"{chr(97 + number)}.png"
        file.parent.mkdir(exist_ok=True)
        file.touch()
    reading = read(tmp_path)
    assert reading["group"] == {"column": None, "level": "picture", "groups": 24, "coarser": []}
    assert said(reading, "Nobody knows which pictures belong together.*look for near-duplicates on the Integrity page")


def test_every_statement_says_how_it_is_known(tmp_path: Path) -> None:
    lines = ["image,dx,patient_id,age,sex,localization,split"]
    for number in range(24):
        (tmp_path / f"img{number}.jpg").touch()
        lines.append(f"img{number},{('nv', 'mel')[number % 2]},P{number // 4},50,male,back,train")
    (tmp_path / "table.csv").write_text("\n".join(lines))
    how = read(tmp_path)["how"]
    assert {"image", "label", "group", "split", "age", "sex", "site"} <= how.keys()
    assert how["image"] == "of the columns of table.csv, image names the most pictures that are here: 24 of 24"
    assert how["label"] == "the column is called dx"
    assert how["group"] == "the column is called patient_id: 6 patients; pictures of one patient stay together"
    assert how["split"] == "the column split names the parts"
    assert how["site"] == "the column is called localization"


@pytest.mark.parametrize(
    ("column", "values"),
    [("group", ("control", "treated")), ("lesion", ("flat", "raised", "nodular")), ("patient", ("in", "out"))],
)
def test_a_few_words_in_a_column_of_groups_are_asked_about(
    column: str, values: tuple[str, ...], tmp_path: Path
) -> None:
    lines = [f"image,label,{column}"]
    for number in range(24):
        (tmp_path / f"img{number}.jpg").touch()
        lines.append(f"img{number},{('nv', 'mel')[number % 2]},{values[number % len(values)]}")
    (tmp_path / "table.csv").write_text("\n".join(lines))
    reading = read(tmp_path)
    assert not reading["certain"]
    assert said(reading, f"{column} is called as groups are .{len(values)} of them")
    assert read(tmp_path, group="none")["certain"]
