"""What a file would cost is told by its header and blocks: hostile files are refused before a pixel is decoded."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from core.base.errors import PictureError
from core.data.images import picture_bounds
from core.data.images.pictures import UPLOAD_MEMORY, UPLOAD_PIXELS, check_upload, read_picture


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


SMALL = Image.fromarray(np.arange(48 * 40 * 3, dtype=np.uint8).reshape(40, 48, 3))


def png(width: int, height: int, depth: int, colour: int, *between: bytes, content: bytes | None = None) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    content = zlib.compress(b"") if content is None else content
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(between) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def jpeg_with(blocks: bytes) -> bytes:
    """A small JPEG with something behind its first segment, the 18 bytes of JFIF."""
    data = encoded(SMALL, "JPEG")
    return data[:20] + blocks + data[20:]


def tiff(pages: int, tags: int = 0, size: int = 0, loop: bool = False) -> bytes:
    """A little-endian TIFF of tiny pages in one chain; further tags of the first page each name `size` bytes."""
    pixels = 8
    entries = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, pixels)]
    entries += [(277, 3, 1, 1), (278, 3, 1, 1), (279, 4, 1, 1)]
    data = bytearray(b"II*\0" + struct.pack("<I", 16) + bytes(8))
    for page in range(pages):
        rows = entries + ([(40_000 + n % 25_000, 7, size, 8) for n in range(tags)] if page == 0 else [])
        after = len(data) + 2 + 12 * len(rows) + 4
        following = after if page < pages - 1 else (16 if loop else 0)
        data += struct.pack("<H", len(rows)) + b"".join(struct.pack("<HHII", *row) for row in rows)
        data += struct.pack("<I", following)
    return bytes(data) + bytes(size)


def exif(tags: int, size: int) -> bytes:
    entries = b"".join(struct.pack("<HHII", 40_000 + n, 7, size, 8) for n in range(tags))
    body = b"Exif\0\0II*\0" + struct.pack("<IH", 8, tags) + entries + bytes(4)
    return body + bytes(size)


HOSTILE = {
    "grey png of 74 bytes": (png(7_000, 7_000, 8, 0), "cut off"),
    "one-bit png with a long side": (png(49_000_000, 1, 1, 0), "pixels"),
    "one-bit png of 200 megapixels": (png(14_000, 14_000, 1, 0), "pixels"),
    "png that unfolds to 200 megapixels": (png(20_000, 10_000, 8, 2, content=bytes(600_000)), "pixels"),
    "png of a million chunks": (png(4, 4, 8, 2, (b"\0\0\0\0teSt" + b"\0" * 4) * 1_000_000), "pieces"),
    "png whose eXIf repeats the file": (
        png(4, 4, 8, 2, struct.pack(">I", len(exif(500, 9000)) - 6) + b"eXIf" + exif(500, 9000)[6:] + bytes(4)),
        "EXIF",
    ),
    "jpeg of filler": (jpeg_with(b"\xff" * 15_000_000), "filler"),
    "jpeg of junk": (jpeg_with(bytes(15_000_000)), "filler"),
    "jpeg of stuffed junk": (jpeg_with(b"\xff\0" * 7_000_000), "pieces"),
    "jpeg of tiny segments": (jpeg_with(b"\xff\xfe\0\2" * 3_000_000), "pieces"),
    "jpeg whose exif repeats itself": (
        jpeg_with(b"\xff\xe1" + struct.pack(">H", len(exif(1000, 40_000)) + 2) + exif(1000, 40_000)),
        "EXIF",
    ),
    "jpeg of a picture program's notes": (jpeg_with((b"\xff\xed\xff\xff" + bytes(65_533)) * 100), "notes"),
    "jpeg of thousands of scans": (encoded(SMALL, "JPEG") + b"\xff\xda" * 2_000_000, "scans"),
    "tiff whose tags repeat the file": (tiff(1, tags=1000, size=1_000_000), "list of contents"),
    "tiff of 60,000 tags": (tiff(1, tags=60_000), "list of contents"),
    "gif of a million comments": (b"GIF89a\x04\0\x04\0\0\0\0" + b"\x21\xfe\x01x\0" * 1_000_000, "pieces"),
    "webp that declares the most": (
        b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xfe\x3f\0\xfe\x3f\0",
        "pixels",
    ),
    "run-length bmp of millions of runs": (
        b"BM" + struct.pack("<IHHIIiiHHII", 54, 0, 0, 54, 40, 4000, 4000, 1, 8, 1, 0) + bytes(16 + 4_000_000),
        "very long",
    ),
    "plain pnm": (b"P3\n2000 2000\n255\n" + b"1 " * 2_000_000, "very long"),
    "pnm of comments": (b"P6\n#" + b"x" * 15_000_000, "header"),
    "jpeg 2000 of tiny boxes": (
        b"\0\0\0\x0cjP  \r\n\x87\n" + (struct.pack(">I", 8) + b"free") * 2_000_000,
        "pieces",
    ),
    "jpeg 2000 of tiny comments": (b"\xff\x4f\xff\x51\0\x04\0\0" + b"\xff\x64\0\2" * 3_000_000, "pieces"),
}


@pytest.fixture
def nothing_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(self) -> None:
        raise AssertionError("a pixel would be decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)


@pytest.mark.usefixtures("nothing_decoded")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_upload_is_refused_from_its_header(name: str) -> None:
    data, said = HOSTILE[name]
    for read in (check_upload, read_picture):
        with pytest.raises(PictureError, match=said):
            read(data, name="photo")


@pytest.mark.parametrize("loop", [False, True])
def test_the_pages_of_a_tiff_are_counted_in_bounded_steps(loop: bool) -> None:
    data = tiff(40_000, loop=loop)
    assert picture_bounds.bounds_of(data, "TIFF").frames == picture_bounds.MOST_COUNTED + 1
    assert "It has more than 1,000 pages; only the first was used." in read_picture(data).notes


def test_a_tiff_whose_pages_go_round_in_a_circle_is_read() -> None:
    assert any("damaged" in note for note in read_picture(tiff(3, loop=True)).notes)
    assert "It has 3 pages; only the first was used." in read_picture(tiff(3)).notes


def test_the_frames_of_a_gif_are_counted_as_pillow_counts_them() -> None:
    frames = [Image.new("L", (9, 7), shade) for shade in range(0, 250, 10)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert picture_bounds.bounds_of(data, "GIF").frames == Image.open(io.BytesIO(data)).n_frames == 25


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "GIF", "WEBP", "BMP", "PPM", "JPEG2000", "AVIF"])
def test_an_ordinary_picture_of_every_format_passes(kind: str) -> None:
    header = check_upload(encoded(SMALL, kind), "photo")
    assert (header.format, header.width, header.height) == (kind, 48, 40)


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}, {"lossless": True, "exif": b"II*\0"}])
def test_a_webp_says_its_size_before_it_is_opened(options) -> None:
    assert picture_bounds.webp_size(encoded(SMALL, "WEBP", **options)) == (48, 40)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_the_largest_upload_of_every_mode_fits_the_memory_for_uploads(mode: str) -> None:
    assert picture_bounds.memory_needed("PNG", mode, (UPLOAD_PIXELS, 1), False, False) <= UPLOAD_MEMORY


def test_a_large_camera_picture_with_all_its_metadata_passes() -> None:
    notes = Image.Exif()
    notes[0x0112], notes[0x010E], notes[0x927C] = 6, "a mole", b"m" * 30_000
    picture = Image.effect_noise((3000, 2000), 40).convert("RGB")
    data = encoded(picture, "JPEG", exif=notes, icc_profile=b"p" * 500_000, progressive=True, quality=90)
    assert check_upload(data).width == 3000
    assert read_picture(data).original_size == (2000, 3000)


def test_every_beginning_of_every_hostile_file_is_answered() -> None:
    for data, _ in HOSTILE.values():
        for length in range(0, 80, 3):
            with pytest.raises(PictureError):
                read_picture(data[:length])
