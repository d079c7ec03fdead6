"""Gathering the pictures that somebody names for a prediction."""

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from core.base.errors import DataError, DiskFullError
from core.base.settings import data_roots
from core.data.gathering import Gathered, gathered, unpacked_aside


def put(path: Path, *, mask: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", (16, 16), 0) if mask else Image.effect_noise((16, 16), 50).convert("RGB")
    if mask:
        image.paste(255, (4, 4, 12, 12))
    image.save(path)
    return path


def gather(*paths: Path) -> Gathered:
    with gathered(paths) as found:
        return found


def names(found: Gathered) -> list[str]:
    return [each.name for each in found.pictures]


def test_a_folder_gives_its_pictures_at_any_depth_and_no_masks_and_counts_what_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "clinic"
    wanted = [put(folder / "images" / f"{number}.jpg") for number in range(3)] + [put(folder / "z" / "y" / "a.png")]
    for number in range(3):
        put(folder / "masks" / f"{number}.png", mask=True)
    put(folder / "images" / "0_segmentation.png", mask=True)
    (folder / "notes.docx").write_text("x")
    os.mkfifo(folder / "pipe.jpg")
    found = gather(folder)
    assert names(found) == [str(path) for path in wanted]
    assert sum(found.left_out.values()) == 6
    assert found.left_out["files ending in .docx"] == 1
    assert found.left_out["It is a pipe, no file"] == 1


def test_a_folder_of_nothing_but_pictures_called_like_masks_is_of_pictures(tmp_path: Path) -> None:
    paths = [put(tmp_path / "masks" / f"{number}.png") for number in range(3)]
    assert names(gather(tmp_path)) == [str(path) for path in paths]


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_an_archive_gives_its_members_by_their_names_and_leaves_nothing_behind(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    for number in range(2):
        put(tmp_path / "photos" / "deep" / f"{number}.jpg")
    form = {"tar.gz": "gztar"}.get(kind, kind)
    archive = Path(shutil.make_archive(str(tmp_path / "sent"), form, tmp_path, "photos"))
    with gathered([archive]) as found:
        assert names(found) == ["photos/deep/0.jpg", "photos/deep/1.jpg"]
        assert all(each.path.is_file() and aside in each.path.parents for each in found.pictures)
    assert list(aside.iterdir()) == []


def test_a_hostile_archive_is_an_error_of_its_own_and_a_too_large_one_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, hostile = put(tmp_path / "good.jpg"), tmp_path / "hostile.zip"
    content = good.read_bytes()
    with zipfile.ZipFile(hostile, "w") as file:
        file.writestr("../../escaped.jpg", content)
    (tmp_path / "damaged.zip").write_bytes(b"PK\x03\x04" + bytes(50))
    found = gather(good, hostile, tmp_path / "damaged.zip", good)
    assert [bool(each.problem) for each in found.pictures] == [False, True, True, False]
    assert not (tmp_path.parent / "escaped.jpg").exists()
    with zipfile.ZipFile(tmp_path / "large.zip", "w") as file:
        file.writestr("a.jpg", content)
    monkeypatch.setattr("core.data.gathering.SPARE_BYTES", 2**60)
    with pytest.raises(DiskFullError, match=r"large\.zip takes"):
        gather(tmp_path / "large.zip")


def test_a_bomb_is_an_error_of_its_own_and_nothing_of_it_is_written(tmp_path: Path, monkeypatch) -> None:
    """As it reaches Predict many and the external test, which unpack by the same two ways."""
    good, bomb, aside = put(tmp_path / "good.jpg"), tmp_path / "bomb.zip", tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.jpg", bytes(12_000_000))
    first, second = gather(bomb, good).pictures
    assert "become far too large" in first.problem
    assert not second.problem
    with pytest.raises(DataError, match="become far too large"), unpacked_aside(bomb):
        pass
    assert list(aside.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("image,age\na,50\nB.JPG,40\ngone,1\n,2\n", "utf-8"),
        ("id;file;note\n1;images\\a.jpg;größer\n2;other/images/b.jpg;\n3;gone;\n4;;\n", "cp1252"),
        ("age\timage_id\n5\ta\n6\tb\n7\tgone\n8\t\n", "utf-16"),
    ],
)
def test_a_table_gives_the_pictures_that_it_names_and_an_error_for_each_row_without_one(
    tmp_path: Path, content: str, encoding: str
) -> None:
    pictures = [str(put(tmp_path / "images" / name)) for name in ("a.jpg", "b.jpg", "c.jpg")]
    table = tmp_path / "list.csv"
    table.write_bytes(content.encode(encoding))
    found = gather(table)
    assert names(found) == [*pictures[:2], "gone", f"{table}, line 5"]
    assert [each.problem for each in found.pictures[:2]] == ["", ""]
    assert found.pictures[2].problem.startswith("Line 4 of list.csv: there is no picture gone beside it")
    assert found.pictures[3].problem == "Line 5 of list.csv: no picture is named. Correct it."


def test_a_number_in_a_column_is_no_picture_where_another_column_names_them(tmp_path: Path) -> None:
    pictures = [str(put(tmp_path / f"{number}.jpg")) for number in range(3)]
    (tmp_path / "list.csv").write_text("image,age\n2,50\n0.jpg,\ngone,1\n")
    assert names(gather(tmp_path / "list.csv")) == [pictures[2], pictures[0], "gone"]


def test_a_list_without_a_header_gives_every_line_and_a_picture_that_stands_twice_once(tmp_path: Path) -> None:
    pictures = [str(put(tmp_path / name)) for name in ("a.jpg", "b.jpg")]
    (tmp_path / "list.txt").write_text("b.jpg\na.jpg\nb.jpg\n")
    found = gather(tmp_path / "list.txt")
    assert names(found) == pictures[::-1]
    assert dict(found.left_out) == {"rows that name a picture again": 1}


def test_a_table_that_names_no_picture_and_an_empty_folder_say_so(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    (tmp_path / "list.csv").write_text("name,value\nx,1\ny,2\n")
    (tmp_path / "empty").mkdir()
    table, empty, absent = gather(tmp_path / "list.csv", tmp_path / "empty", tmp_path / "absent").pictures
    assert "no name in its column name is that of a picture here" in table.problem
    assert empty.problem == f"No picture is in {tmp_path / 'empty'}."
    assert (absent.name, absent.problem) == (str(tmp_path / "absent"), "")


def test_a_data_set_by_its_name_gives_its_pictures_without_a_class() -> None:
    root = data_roots()[0]
    for label in ("benign", "malignant"):
        for number in range(8):
            put(root / "moles" / "train" / label / f"{label}{number}.jpg")
    wanted = [put(root / "moles" / "test" / f"unknown{number}.jpg") for number in range(3)]
    assert names(gather(Path("moles"))) == [str(path) for path in wanted]
    for path in wanted:
        path.unlink()
    [said] = gather(Path("moles")).pictures
    assert "evaluate --on" in said.problem
