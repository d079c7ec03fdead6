"""Which files of a folder are pictures: every format that is read, and nothing that systems leave behind."""

import io
import os
from pathlib import Path

import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from core.base.errors import DataError, PictureError
from core.base.printable import printable
from core.data.adapters.listing import list_folder
from core.data.adapters.picture_files import PICTURE_SUFFIXES, is_picture_name, picture_files, split_ending
from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.images.pictures import decode_square
from core.data.spec import Skip
from tests.core.data.hostile_files import READABLE, put_hostile_files

FORMATS = {
    "JPEG": ".jpg .jpeg .jpe .jfif .jif",
    "PNG": ".png .apng",
    "TIFF": ".tif .tiff",
    "BMP": ".bmp",
    "WEBP": ".webp",
    "GIF": ".gif",
    "AVIF": ".avif",
    "JPEG2000": ".jp2 .j2k .j2c .jpc .jpx .jpf",
    "PPM": ".ppm .pgm .pbm .pnm",
    "HEIF": ".heic .heif .hif",
}
ENDINGS = [(ending, kind) for kind, endings in FORMATS.items() for ending in endings.split()]


def written(path: Path, kind: str) -> Path:
    """A small picture of a format under any name."""
    picture, content = Image.new("RGB", (32, 24), "brown"), io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(picture).save(content)
    else:
        picture.save(content, kind, **({"no_jp2": True} if path.suffix in (".j2k", ".j2c", ".jpc") else {}))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.getvalue())
    return path


@pytest.mark.parametrize(("ending", "kind"), ENDINGS)
def test_a_picture_of_every_format_that_is_read_is_found_by_its_name(tmp_path: Path, ending: str, kind: str) -> None:
    path = written(tmp_path / f"mole{ending.upper()}", kind)
    assert list(picture_files(tmp_path)) == [str(path)]
    assert decode_square(path, 28).shape == (28, 28, 3)


def test_no_ending_is_taken_for_a_picture_that_is_not_tried_here() -> None:
    assert {ending for ending, _ in ENDINGS} == PICTURE_SUFFIXES


@pytest.mark.parametrize(
    "name", [".hidden.jpg", "._mole.JPG", "Thumbs.db", ".DS_Store", "desktop.ini", "mole.jpg.txt", "mole", "mole.svg"]
)
def test_what_is_hidden_or_no_picture_is_not_taken_for_one(name: str) -> None:
    assert not is_picture_name(name)


def test_what_systems_put_among_the_files_of_people_is_passed_over(tmp_path: Path) -> None:
    for folder in ("__MACOSX", ".ipynb_checkpoints", "@eaDir", "$RECYCLE.BIN", "System Volume Information"):
        written(tmp_path / folder / "mole.jpg", "JPEG")
    for name in ("Thumbs.db", ".DS_Store", "desktop.ini"):
        (tmp_path / name).write_bytes(b"x")
    assert list(picture_files(tmp_path)) == []
    listing = list_folder(tmp_path)
    assert (listing.folders, listing.files, listing.pictures) == ((), (), 0)


def test_what_is_called_like_a_picture_and_is_no_file_is_left_out_by_name(tmp_path: Path) -> None:
    said = put_hostile_files(tmp_path)
    skipped: list[Skip] = []
    found = list(picture_files(tmp_path, skipped=skipped))
    assert {Path(path).stem for path in found} == set(READABLE)
    assert {skip.image_id for skip in skipped} == {printable(name) for name in said}
    for skip in skipped:
        assert next(why for name, why in said.items() if printable(name) == skip.image_id) in skip.reason


def test_a_table_that_is_a_pipe_is_not_listed_for_who_opened_it_would_wait_for_ever(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "groups.csv")
    (tmp_path / "labels.csv").symlink_to("groups.csv")
    (tmp_path / "here.csv").write_text("a\n")
    assert list_folder(tmp_path).files == ("here.csv",)


@pytest.mark.timeout(60)
def test_a_picture_that_becomes_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mole.jpg")
    with pytest.raises(PictureError, match="no file"):
        decode_square(tmp_path / "mole.jpg", 28)


def test_a_folder_that_cannot_be_read_is_left_out_by_name_or_refused(tmp_path: Path, monkeypatch) -> None:
    path = written(tmp_path / "mole.jpg", "JPEG")
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def scandir(place):
        if str(place).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(place))
        return real(place)

    monkeypatch.setattr(os, "scandir", scandir)
    skipped: list[Skip] = []
    assert list(picture_files(tmp_path, skipped=skipped)) == [str(path)]
    assert [(skip.image_id, skip.reason) for skip in skipped] == [
        ("closed", "The image folder closed cannot be read: Permission denied.")
    ]
    with pytest.raises(DataError, match="Permission denied"):
        list(picture_files(tmp_path))


def test_pictures_of_every_format_and_files_that_only_pretend_make_a_data_set(data_root: Path) -> None:
    """As in folders that people collect: phones, scanners, browsers, thumbnails of systems, a text called .jpg."""
    folder = data_root / "formats"
    for label in ("benign", "malignant"):
        for ending, kind in ENDINGS:
            written(folder / label / f"{ending[1:]}{ending}", kind)
        written(folder / label / "really.jpg", "HEIF")
        written(folder / label / "indeed.jpg", "AVIF")
        (folder / label / "notes.jpg").write_text("The patient came on Monday.")
        (folder / label / "stub.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
        (folder / label / "empty.png").write_bytes(b"")
        (folder / label / "._mole.JPG").write_bytes(b"x")
    dataset = open_dataset("formats")
    assert len(dataset.table) == 2 * (len(ENDINGS) + 5)
    cache = ensure_cache(dataset, 28)
    assert len(cache.images) == 2 * (len(ENDINGS) + 2)
    reasons = " ".join(failure.reason for failure in cache.failures)
    assert (reasons.count("but text"), reasons.count("HEIC"), reasons.count("is empty")) == (2, 2, 2)


@given(some.text(alphabet="a./é ", max_size=12))
def test_endings_are_those_that_the_standard_library_splits_off(path: str) -> None:
    assert split_ending(path) == os.path.splitext(path)  # noqa: PTH122
