"""Whatever people bring is read upright and in colour, or refused in a sentence they can act on."""

import contextlib
import io
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from core.base.errors import PictureError
from core.data.images.picture_refusals import clean_name
from core.data.images.pictures import MAX_BYTES, decode_square, read_picture, square

HAM10000 = Path(__file__).parents[3].parent / "shared" / "data" / "ham10000" / "HAM10000_images_part_1"


def colourful(width: int, height: int) -> np.ndarray:
    """A smooth picture whose corners all differ, shape (height, width, 3), uint8."""
    down, right = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return np.dstack([255 * right, 255 * down, 128 + 100 * np.sin(6 * right * down)]).astype(np.uint8)


def encoded(image: Image.Image | np.ndarray, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def with_orientation(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def mean_difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def refusal(data: bytes, name: str = "photo.jpg") -> str:
    with pytest.raises(PictureError) as caught:
        read_picture(data, name=name)
    return str(caught.value)


def notes_of(data: bytes) -> str:
    return " ".join(read_picture(data).notes)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP", "BMP", "PPM", "JPEG2000", "AVIF"])
def test_an_ordinary_colour_picture_of_any_common_format_is_read_without_a_note(file_format: str) -> None:
    pixels = colourful(80, 60)
    picture = read_picture(encoded(pixels, file_format))
    assert picture.rgb.shape == (60, 80, 3)
    assert picture.rgb.dtype == np.uint8
    assert mean_difference(picture.rgb, pixels) < 6
    assert picture.notes == ()
    assert picture.original_size == (80, 60)
    assert picture.format == file_format


def test_a_path_is_read_like_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "lesion.png"
    path.write_bytes(encoded(colourful(40, 50), "PNG"))
    np.testing.assert_array_equal(read_picture(path).rgb, read_picture(path.read_bytes()).rgb)
    np.testing.assert_array_equal(decode_square(path, 16), decode_square(path.read_bytes(), 16, name="lesion.png"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_the_camera_stored_turned_is_set_upright(tmp_path: Path, file_format: str, orientation: int) -> None:
    upright = Image.fromarray(colourful(80, 60))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that a reader has to take back
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    data = encoded(stored, file_format, exif=with_orientation(orientation))
    picture = read_picture(data)
    assert mean_difference(picture.rgb, np.asarray(upright)) < 6
    assert picture.original_size == (80, 60)
    assert ("upright" in " ".join(picture.notes)) == (orientation > 1)
    path = tmp_path / "turned"
    path.write_bytes(data)
    assert mean_difference(decode_square(path, 16), square(np.asarray(upright), 16)) < 6


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_damaged_exif_block_does_not_spoil_the_picture() -> None:
    data = encoded(colourful(40, 40), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7fgarbage")
    assert read_picture(data).rgb.shape == (40, 40, 3)


def test_print_colours_are_converted_and_mentioned() -> None:
    red = Image.new("CMYK", (40, 40), (0, 255, 255, 0))
    picture = read_picture(encoded(red, "JPEG", quality=95))
    assert picture.rgb[20, 20, 0] > 200
    assert picture.rgb[20, 20, 1:].max() < 60
    assert "CMYK" in " ".join(picture.notes)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "RGB"])
def test_a_picture_without_colour_is_mentioned_whatever_its_mode(mode: str) -> None:
    grey = Image.fromarray(colourful(40, 40)).convert("L").convert(mode)
    picture = read_picture(encoded(grey, "PNG"))
    assert picture.rgb.shape == (40, 40, 3)
    assert "greyscale" in " ".join(picture.notes)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_over_its_full_range(file_format: str) -> None:
    values = np.linspace(0, 65535, 1600).astype(np.uint16).reshape(40, 40)
    picture = read_picture(encoded(values, file_format))
    np.testing.assert_array_equal(picture.rgb[..., 0], np.rint(values / 65535 * 255))
    assert "16 bits" in " ".join(picture.notes)


def test_12_bit_values_in_a_16_bit_file_are_scaled_by_12_bits_and_that_is_said() -> None:
    values = np.linspace(0, 4000, 1600).astype(np.uint16).reshape(40, 40)
    picture = read_picture(encoded(values, "PNG"))
    np.testing.assert_array_equal(picture.rgb[..., 1], np.rint(values / 4095 * 255))
    assert "12 bits" in " ".join(picture.notes)


def test_big_endian_16_bit_tiff_is_read_like_little_endian() -> None:
    values = np.linspace(0, 65535, 1600).astype(np.uint16).reshape(40, 40)
    big_endian = Image.frombytes("I;16B", (40, 40), values.astype(">u2").tobytes())
    np.testing.assert_array_equal(
        read_picture(encoded(big_endian, "TIFF")).rgb, read_picture(encoded(values, "TIFF")).rgb
    )


def test_16_bit_colour_keeps_its_upper_8_bits_and_says_so() -> None:
    pixels = colourful(40, 40)
    rows = b"".join(b"\0" + (row.astype(">u2") * 257).tobytes() for row in pixels)
    data = png((40, 40), bit_depth=16, colour_type=2, pixels=zlib.compress(rows))
    picture = read_picture(data)
    np.testing.assert_array_equal(picture.rgb, pixels)
    assert "16 bits per colour" in " ".join(picture.notes)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 255.0), (-3e4, 8e4), (-1e38, 3e38)])
def test_decimal_values_are_scaled_by_their_range(low: float, high: float) -> None:
    values = np.linspace(low, high, 1600, dtype=np.float32).reshape(40, 40)
    picture = read_picture(encoded(values, "TIFF"))
    assert picture.rgb.min() == 0
    assert picture.rgb.max() == 255
    assert (np.diff(picture.rgb[..., 0].ravel().astype(int)) >= 0).all()


def test_decimal_values_that_are_not_numbers_become_black() -> None:
    values = np.ones((40, 40), dtype=np.float32)
    values[:20] = np.nan
    assert read_picture(encoded(values, "TIFF")).rgb[:20].max() == 0
    assert "no valid value" in refusal(encoded(np.full((40, 40), np.nan, dtype=np.float32), "TIFF"))


def test_signed_32_bit_values_are_stretched_by_their_range() -> None:
    values = np.linspace(-1000, 3000, 1600).astype(np.int32).reshape(40, 40)
    picture = read_picture(encoded(values, "TIFF"))
    assert (picture.rgb.min(), picture.rgb.max()) == (0, 255)
    assert "−1000 to 3000" in " ".join(picture.notes)


def test_a_palette_is_resolved_and_mentioned() -> None:
    picture = read_picture(encoded(Image.fromarray(colourful(40, 40)).quantize(64), "PNG"))
    assert mean_difference(picture.rgb, colourful(40, 40)) < 12
    assert "palette" in " ".join(picture.notes)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_laid_on_white_and_mentioned(mode: str) -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 20, 40))
    picture = read_picture(encoded(image.convert(mode), "PNG"))
    assert picture.rgb[:, :20].min() == 255
    assert picture.rgb[:, 20:].max() == 0
    assert "white" in " ".join(picture.notes)


def test_an_alpha_channel_that_hides_nothing_is_not_mentioned() -> None:
    assert read_picture(encoded(Image.fromarray(colourful(40, 40)).convert("RGBA"), "PNG")).notes == ()


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_several_frames_or_pages_the_first_is_read_and_their_number_told(file_format: str) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], file_format, save_all=True, append_images=frames[1:])
    picture = read_picture(data)
    assert mean_difference(picture.rgb, np.asarray(frames[0])) < 6
    assert "3 pages" in notes_of(data) or "3 frames" in notes_of(data)


@pytest.mark.parametrize(("mode", "file_format"), [("RGB", "JPEG"), ("RGB", "PNG"), ("P", "PNG"), ("RGBA", "PNG")])
def test_a_large_picture_is_reduced_to_2048_pixels_and_looks_the_same(mode: str, file_format: str) -> None:
    image = Image.fromarray(colourful(9001, 403)).convert(mode)
    picture = read_picture(encoded(image, file_format))
    assert picture.rgb.shape == (92, 2048, 3)
    assert picture.original_size == (9001, 403)
    assert "9,001 × 403" in " ".join(picture.notes)
    assert mean_difference(square(picture.rgb, 28), square(np.asarray(image.convert("RGB")), 28)) < 2


def test_tiny_and_extremely_long_pictures_are_read_with_a_warning() -> None:
    assert "only 20 × 40 pixels" in notes_of(encoded(colourful(20, 40), "PNG"))
    assert "only 4,000 × 20 pixels" in (long := notes_of(encoded(colourful(4000, 20), "PNG")))
    assert "It is 200 times as wide" in long
    assert "It is 8 times as wide" in notes_of(encoded(colourful(400, 50), "PNG"))
    assert "It is 5 times as high" in notes_of(encoded(colourful(50, 250), "PNG"))
    assert "It is 5.2 times as high" in notes_of(encoded(colourful(50, 260), "PNG"))
    assert read_picture(encoded(colourful(1, 1), "PNG")).rgb.shape == (1, 1, 3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 and so on", "PDF"),
        (b"PK\x03\x04" + bytes(40), "ZIP"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "web page"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (bytes(128) + b"DICM" + bytes(100), "DICOM"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "HEIC"),
        (b"\0\0\0\x18ftypisom" + bytes(50), "video"),
        (b"BMW is a car, and this is a diary: caf\xc3\xa9", "text"),
        (b"\x00\x01\x02\x03" * 50, "not an image we can read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
    ],
)
def test_what_is_not_a_picture_is_named_and_something_else_suggested(data: bytes, words: str) -> None:
    message = refusal(data)
    assert words in message
    assert "photo.jpg" in message
    assert message.endswith(".")


def test_text_cut_inside_a_character_is_still_text() -> None:
    assert "text" in refusal(b"x" + "é".encode() * 1000)


def test_a_file_over_20_megabytes_is_refused_without_being_decoded(tmp_path: Path) -> None:
    data = encoded(colourful(10, 10), "PNG") + bytes(MAX_BYTES)
    assert "20 MB" in refusal(data)
    path = tmp_path / "big.png"
    path.write_bytes(data)
    with pytest.raises(PictureError, match="20 MB"):
        read_picture(path)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("fraction", [0.05, 0.3, 0.6, 0.9])
def test_a_picture_that_is_cut_off_is_refused_as_cut_off(tmp_path: Path, file_format: str, fraction: float) -> None:
    data = encoded(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8), file_format)
    cut = data[: int(len(data) * fraction)]
    assert "is cut off" in refusal(cut)
    path = tmp_path / "cut.jpg"
    path.write_bytes(cut)
    with pytest.raises(PictureError, match="is cut off"):
        decode_square(path, 28)


def png(size: tuple[int, int], *, bit_depth: int = 8, colour_type: int = 2, pixels: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", *size, bit_depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg_of_stated_size(width: int, height: int, *, progressive: bool) -> bytes:
    """A small JPEG whose header claims another size."""
    data = encoded(colourful(64, 64), "JPEG", progressive=progressive)
    frame = data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


@pytest.mark.parametrize(
    "bomb",
    [
        png((60_000, 60_000)),
        png((2**31 - 1, 2**31 - 1)),
        encoded(colourful(37, 41), "GIF").replace(struct.pack("<HH", 37, 41), b"\xff" * 4),
        b"P6\n100000 100000\n255\n",
        jpeg_of_stated_size(60_000, 60_000, progressive=True),
    ],
    ids=["png", "huge png", "gif", "ppm", "progressive jpeg"],
)
def test_a_decompression_bomb_is_refused_before_it_is_decoded(bomb: bytes) -> None:
    started = time.process_time()
    message = refusal(bomb)
    assert time.process_time() - started < 0.5
    assert "pixels" in message


def test_an_upload_of_more_than_50_million_pixels_is_told_its_size() -> None:
    assert "10,000 × 5,001 pixels, more than the 50 million" in refusal(png((10_000, 5_001)))
    assert "8,000 × 6,251 pixels, more than the 50 million" in refusal(
        jpeg_of_stated_size(8000, 6251, progressive=False)
    )


def test_a_file_of_more_than_200_million_pixels_is_told_its_size(tmp_path: Path) -> None:
    (tmp_path / "slide.png").write_bytes(png((20_000, 15_000)))
    with pytest.raises(PictureError, match="20,000 × 15,000 pixels, more than the 200 million"):
        read_picture(tmp_path / "slide.png")


def test_a_baseline_jpeg_of_more_than_200_million_pixels_is_decoded_at_a_fraction(tmp_path: Path) -> None:
    (tmp_path / "slide.jpg").write_bytes(encoded(Image.new("L", (20_000, 10_400), 90), "JPEG", quality=20))
    picture = read_picture(tmp_path / "slide.jpg")
    assert picture.original_size == (20_000, 10_400)
    assert picture.rgb.shape == (1065, 2048, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"BM" + struct.pack("<IHHIIiiHH", 54, 0, 0, 54, 40, 0, 9, 1, 24) + bytes(24),
        b"GIF89a" + struct.pack("<HH", 9, 0) + bytes(30) + b";",
        png((0, 9)),
    ],
)
def test_a_picture_without_pixels_is_refused(data: bytes) -> None:
    assert "no pixels" in refusal(data)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"])
def test_randomly_damaged_files_are_read_or_refused_and_nothing_else(tmp_path: Path, file_format: str) -> None:
    rng = np.random.default_rng(7)
    sound = np.frombuffer(encoded(colourful(24, 18), file_format), np.uint8)
    path = tmp_path / "damaged"
    outcomes = {"read": 0, "refused": 0}
    for _ in range(200):
        damaged = sound.copy()
        places = rng.integers(0, min(len(sound), rng.choice([64, len(sound)])), size=rng.integers(1, 8))
        damaged[places] = rng.integers(0, 256, size=len(places))
        data = damaged.tobytes()[: len(sound) if rng.random() < 0.8 else rng.integers(1, len(sound))]
        try:
            picture = read_picture(data, name="damaged")
            assert picture.rgb.ndim == 3
            outcomes["read"] += 1
        except PictureError:
            outcomes["refused"] += 1
        path.write_bytes(data)
        with contextlib.suppress(PictureError):
            assert decode_square(path, 28).shape == (28, 28, 3)
    assert min(outcomes.values()) > 0


def test_whatever_the_decoder_raises_becomes_a_picture_error_that_keeps_its_cause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The decoder is replaced because no small file makes it run out of memory."""

    def fail(_self: ImageFile.ImageFile) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(PictureError, match="more memory than there is") as caught:
        read_picture(encoded(colourful(40, 40), "JPEG"))
    assert isinstance(caught.value.__cause__, MemoryError)


def test_reading_leaves_pillows_global_settings_alone() -> None:
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    read_picture(encoded(colourful(40, 40), "JPEG"))
    refusal(encoded(colourful(40, 40), "JPEG")[:300])
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


@pytest.mark.parametrize("name", ["ISIC_0024306.jpg", "Foto (1).png", "Mädchen é.jpeg", "नमस्ते.png", "照片.jpg"])
def test_an_ordinary_name_is_shown_as_it_is(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>.png",
        "[click](https://evil.example).jpg",
        "**bold** _it_ `code` $x$ :red[alarm] ~~no~~ |a| # h.jpg",
        "www.evil.example.jpg",
        "someone@evil.example",
        "gpj.\u202eexe",
        "line\nbreak\r\x1b[31m\0.jpg",
        "C:\\Users\\me\\..\\x.jpg",
        "\ud800broken.jpg",
        "a" * 10_000 + ".jpg",
        "_" * 10_000,
        "e\u0301" * 200,
        ".",
        "../..",
        "…/...",
    ],
)
def test_a_hostile_name_reaches_no_message_in_a_form_that_does_anything(name: str) -> None:
    cleaned = clean_name(name)
    assert len(cleaned) <= 60
    assert cleaned.isprintable()
    assert not set(cleaned) & set("<>[]*`$:~|#@&\\/\"'!{}")
    assert "www." not in cleaned
    assert not cleaned.startswith("_")
    assert " _" not in cleaned
    assert not cleaned or cleaned.strip("."), "a folder is called by dots"
    message = refusal(b"", name=name)
    assert len(message) < 200
    assert cleaned in message


def test_a_long_name_keeps_its_start_and_its_extension() -> None:
    cleaned = clean_name("lesion-" + "x" * 500 + ".jpeg")
    assert cleaned.startswith("lesion-")
    assert cleaned.endswith(".jpeg")


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    for read in (read_picture, lambda path: decode_square(path, 28)):
        with pytest.raises(PictureError, match=r"gone.jpg. cannot be opened: no such file"):
            read(tmp_path / "gone.jpg")
        with pytest.raises(PictureError, match="cannot be opened"):
            read(tmp_path)


@pytest.mark.parametrize("size", [28, 64, 224])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "RGBA", "P", "I;16"])
def test_the_cache_and_the_upload_see_the_same_picture(tmp_path: Path, mode: str, size: int) -> None:
    image = Image.fromarray(colourful(300, 200))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 200)
    else:
        image = image.convert(mode)
    path = tmp_path / "picture"
    path.write_bytes(encoded(image, "TIFF" if mode == "CMYK" else "PNG"))
    np.testing.assert_array_equal(decode_square(path, size), square(read_picture(path).rgb, size))


def test_a_square_shows_the_whole_picture_and_crops_nothing() -> None:
    squeezed = square(colourful(300, 100), 10)
    assert squeezed.shape == (10, 10, 3)
    for corner, expected in (((0, 0), (0, 0)), ((0, 9), (255, 0)), ((9, 0), (0, 255)), ((9, 9), (255, 255))):
        assert mean_difference(squeezed[corner][:2], np.array(expected)) < 16


@pytest.fixture(scope="module")
def real_files() -> list[Path]:
    if not HAM10000.is_dir():
        pytest.skip("HAM10000 is not beside the checkout")
    return sorted(HAM10000.glob("*.jpg"))[:1500]


@pytest.mark.real_data
@pytest.mark.parametrize("size", [28, 64])
def test_decoding_at_a_fraction_moves_real_pictures_by_less_than_two_grey_levels(
    real_files: list[Path], size: int
) -> None:
    for path in real_files[:200]:
        full = np.asarray(Image.open(path).convert("RGB").resize((size, size), Image.Resampling.BILINEAR))
        assert mean_difference(decode_square(path, size), full) < 2


@pytest.mark.real_data
def test_the_fast_path_is_faster_than_decoding_in_full(real_files: list[Path]) -> None:
    def seconds(decode: object) -> float:
        started = time.process_time()
        for path in real_files[:200]:
            decode(path)
        return time.process_time() - started

    def plain(path: Path) -> np.ndarray:
        return np.asarray(Image.open(path).convert("RGB").resize((28, 28)))

    fast = min(seconds(lambda path: decode_square(path, 28)) for _ in range(2))
    assert fast < min(seconds(plain) for _ in range(2))
