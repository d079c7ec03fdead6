"""HEIC photos are read like others, are bounded before the decoder sees them, and are named where there is none."""

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from core.base.errors import PictureError
from core.data.images import heif
from core.data.images.pictures import check_upload, decode_square, decode_within, read_picture


def photo(width: int = 96, height: int = 64, **options) -> bytes:
    """A photo, red on the left and blue on the right, as phones store it."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    content = io.BytesIO()
    pillow_heif.from_pillow(picture).save(content, quality=90, **options)
    return content.getvalue()


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4) + kind + content


def declaring(width: int, height: int, more: bytes = b"") -> bytes:
    """The beginning of a file that declares a picture of a size, and holds none."""
    size = box(b"ispe", bytes(4) + width.to_bytes(4) + height.to_bytes(4))
    content = box(b"iprp", box(b"ipco", size + more))
    return box(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + box(b"meta", bytes(4) + content)


def test_a_photo_from_a_phone_is_read_from_a_folder_and_as_an_upload(tmp_path: Path) -> None:
    path = tmp_path / "IMG_1.HEIC"
    path.write_bytes(photo())
    picture = read_picture(path.read_bytes(), name="IMG_1.HEIC")
    assert (picture.format, picture.original_size, picture.notes) == ("HEIF", (96, 64), ())
    np.testing.assert_allclose(picture.rgb[32, 10], [255, 0, 0], atol=12)
    np.testing.assert_allclose(picture.rgb[32, 86], [0, 0, 255], atol=12)
    assert decode_square(path, 28).shape == (28, 28, 3)
    assert decode_within(path, 48, 48)[1] == (96, 64)


def test_a_photo_is_told_by_its_content_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "sent.jpg"
    path.write_bytes(photo())
    assert read_picture(path).format == "HEIF"


def test_a_photo_in_tiles_is_read_whole_and_declares_its_whole_size() -> None:
    data = photo(700, 300, tile_size=256)
    assert heif.declared_size(data) == (700, 300)
    assert read_picture(data).rgb.shape == (300, 700, 3)


def test_a_photo_that_was_stored_turned_is_set_upright() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    picture = read_picture(photo(exif=turned.tobytes()))
    assert picture.original_size == (64, 96)
    np.testing.assert_allclose(picture.rgb[10, 32], [255, 0, 0], atol=12)


def test_avif_under_the_general_brand_is_read_as_avif() -> None:
    content = io.BytesIO()
    Image.new("RGB", (48, 40), "red").save(content, "AVIF")
    data = content.getvalue()
    assert read_picture(data[:8] + b"mif1" + data[12:]).format == "AVIF"


HOSTILE = {
    "declares 400 megapixels": (declaring(20_000, 20_000), "pixels"),
    "declares one very long line": (declaring(2**31, 1), "pixels"),
    "is made of a million boxes": (declaring(64, 64, box(b"free", b"") * 1_000_000), "pieces"),
    "declares no picture": (box(b"ftyp", b"heic" + bytes(12)) + bytes(3000), "damaged"),
    "has boxes longer than itself": (
        box(b"ftyp", b"heic" + bytes(12)) + b"\xff\xff\xff\xffmeta" + bytes(300),
        "damaged",
    ),
    "has a box that goes back": (
        box(b"ftyp", b"heic" + bytes(12)) + b"\0\0\0\1meta" + bytes(8) + bytes(300),
        "damaged",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_photo_is_refused_before_the_decoder_sees_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def plugin():
        raise AssertionError("the decoder would see it")

    monkeypatch.setattr(heif, "plugin", plugin)
    data, said = HOSTILE[name]
    for read in (check_upload, read_picture):
        with pytest.raises(PictureError, match=said):
            read(data, name="photo")


def test_a_photo_that_is_larger_than_it_declares_is_refused() -> None:
    data = photo(64, 64)
    lying = data.replace(b"ispe" + bytes(4) + (64).to_bytes(4) * 2, b"ispe" + bytes(4) + (8).to_bytes(4) * 2)
    assert lying != data
    with pytest.raises(PictureError, match="HEIC"):
        read_picture(lying)


def test_every_beginning_of_a_photo_and_randomly_damaged_ones_are_read_or_refused() -> None:
    sound, rng = np.frombuffer(photo(), np.uint8), np.random.default_rng(3)
    for length in range(0, len(sound), 17):
        with pytest.raises(PictureError):
            read_picture(sound[:length].tobytes())
    for _ in range(150):
        damaged = sound.copy()
        damaged[rng.integers(0, len(sound), 5)] = rng.integers(0, 256, 5)
        with contextlib.suppress(PictureError):
            assert read_picture(damaged.tobytes()).rgb.ndim == 3


WITHOUT = """
import sys
sys.modules["pillow_heif"] = None  # as where it is not installed
from pathlib import Path
from core.base.errors import PictureError
from core.data.catalog import open_dataset
from core.data.images.pictures import read_picture
dataset = open_dataset("moles")
print(len(dataset.table), [(skip.image_id, skip.reason) for skip in dataset.skipped])
try:
    read_picture(Path(sys.argv[1]))
except PictureError as error:
    print(error)
"""


def test_without_the_decoder_photos_are_counted_as_such_and_all_else_works(artifacts: Path) -> None:
    for label in ("benign", "malignant"):
        folder = artifacts.parent / "data" / "moles" / label
        folder.mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(folder / f"{label}.png")
        (folder / f"IMG_{label}.HEIC").write_bytes(photo())
    command = [sys.executable, "-c", WITHOUT, str(folder / "IMG_malignant.HEIC")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.startswith("2 [('IMG_benign'")
    assert said.count("It is a HEIC photo, and there is no decoder here.") == 3


def test_nothing_imports_the_decoder_before_a_photo_is_read() -> None:
    code = "import sys, core.data.catalog, core.data.images.pictures; print('pillow_heif' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"
