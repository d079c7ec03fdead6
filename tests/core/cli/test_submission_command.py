"""`predict --submission` writes what a competition takes, and its answer tells what is in it."""

import json
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from core.__main__ import main
from core.runs.run_folder import RunFolder


@pytest.fixture
def test_pictures(tmp_path: Path) -> Path:
    """Three pictures and one that is none, below a sample that wants two of them and one that is not there."""
    folder = tmp_path / "competition" / "test"
    folder.mkdir(parents=True)
    for number, name in enumerate("abc"):
        Image.new("RGB", (40, 40), (200 - 40 * number, 120, 90)).save(folder / f"{name}.png")
    (folder / "d.png").write_bytes(b"no picture")
    (folder.parent / "sample_submission.csv").write_text("id,label\nc,0\na,0\nd,0\nmissing,0\n")
    return folder


def test_the_answer_tells_how_many_rows_there_are_and_which_are_missing(
    trained: RunFolder, test_pictures: Path, capfd
) -> None:
    target = test_pictures.parent / "submission.csv"
    asked = ["predict", trained.run_id, str(test_pictures), "--submission", str(target)]
    assert main([*asked, "--json"]) == 0
    value = json.loads(capfd.readouterr().out)
    assert (value["submission"], value["rows"]) == (str(target), 2)
    assert value["positive"] == ["akiec", "bcc", "mel"]
    assert {each["id"] for each in value["missing"]} == {"d", "missing"}
    assert value["left_out"]["not named by the sample"] == 1
    assert "predictions" not in value
    assert "Not a medical device" in value["notice"]
    table = pd.read_csv(target)
    assert table["id"].tolist() == ["c", "a"]
    assert table["label"].between(0, 1).all()
    assert main(asked) == 0
    said = capfd.readouterr().out
    assert "2 rows are in" in said
    assert "A competition refuses a submission as long as ids are missing." in said


def test_it_stands_alone_and_needs_a_place_where_it_can_be_written(trained, test_pictures: Path, capfd) -> None:
    asked = ["predict", trained.run_id, str(test_pictures), "--json", "--submission"]
    assert main([*asked, "s.csv", "--csv", "t.csv"]) == 1
    assert "--submission cannot be combined" in json.loads(capfd.readouterr().out)["error"]
    (test_pictures.parent / "file").write_text("")
    assert main([*asked, str(test_pictures.parent / "file" / "s.csv")]) == 1
    assert "The submission cannot be written to" in json.loads(capfd.readouterr().out)["error"]


def test_pictures_that_a_table_names_and_that_are_not_there_are_missing_each_by_its_name(
    trained: RunFolder, test_pictures: Path, capfd
) -> None:
    (test_pictures.parent / "sample_submission.csv").unlink()
    table, target = test_pictures / "list.csv", test_pictures.parent / "submission.csv"
    table.write_text("image,ward\na.png,1\ngone1.png,1\ngone2.png,2\n,2\n,3\n")
    assert main(["predict", trained.run_id, str(table), "--submission", str(target), "--json"]) == 0
    value = json.loads(capfd.readouterr().out)
    assert pd.read_csv(target)["id"].tolist() == ["a"]
    missing = [each["id"] for each in value["missing"]]
    assert missing == ["gone1", "gone2", "list.csv, line 5", "list.csv, line 6"]


def test_no_table_is_written_over_a_picture_or_over_what_is_read(
    trained: RunFolder, test_pictures: Path, capfd
) -> None:
    picture, other = test_pictures / "a.png", test_pictures / "b.png"
    sample = test_pictures.parent / "sample_submission.csv"
    table = test_pictures / "list.csv"
    table.write_text("image\na.png\n")
    before = {file: file.read_bytes() for file in (picture, table, sample)}
    for option, target, read in (
        ("--csv", picture, other),  # the name of the table was forgotten
        ("--submission", picture, test_pictures),
        ("--csv", table, table),
        ("--submission", table, test_pictures / ".." / "test" / "list.csv"),
        ("--submission", sample, test_pictures),
    ):
        assert main(["predict", trained.run_id, option, str(target), str(read), "--json"]) == 1
        assert f"{option} would replace" in json.loads(capfd.readouterr().out)["error"]
    assert before == {file: file.read_bytes() for file in before}
