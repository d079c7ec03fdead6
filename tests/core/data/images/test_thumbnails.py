"""Thumbnails are made once, for every session and every restart."""

from pathlib import Path

import pytest
from PIL import Image

from core.base.errors import DiskFullError, PictureError
from core.data.images import thumbnails
from core.data.images.thumbnails import kept_thumbnail, thumbnail_file

pytestmark = pytest.mark.usefixtures("artifacts")


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (600, 450), "brown").save(path)
    return str(path)


def test_a_thumbnail_is_kept_on_the_disk_and_not_made_again(picture: str, monkeypatch) -> None:
    first = kept_thumbnail(picture, 90)
    assert thumbnail_file(picture, 90).read_bytes() == first
    monkeypatch.setattr(thumbnails, "decode_within", lambda *_: pytest.fail("it was decoded again"))
    assert kept_thumbnail(picture, 90) == first


def test_other_heights_and_changed_pictures_have_files_of_their_own(picture: str) -> None:
    first, higher = thumbnail_file(picture, 90), thumbnail_file(picture, 180)
    Image.new("RGB", (60, 45), "blue").save(picture)
    assert len({first, higher, thumbnail_file(picture, 90)}) == 3


def test_a_full_disk_costs_the_copy_but_not_the_picture(picture: str, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise DiskFullError("full")

    monkeypatch.setattr(thumbnails, "write_atomically", full)
    assert kept_thumbnail(picture, 90).startswith(b"\xff\xd8")
    assert not thumbnail_file(picture, 90).exists()


def test_what_cannot_be_read_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    for path in (tmp_path / "b.jpg", tmp_path / "gone.jpg"):
        with pytest.raises(PictureError, match=path.name):
            kept_thumbnail(str(path), 90)
        assert not thumbnail_file(str(path), 90).exists()
