"""Reading pictures that people bring: whatever the file holds becomes upright 8-bit RGB, or a clear refusal.

`read_picture` is for a person's upload and tells what it had to change; `decode_square` is the fast path of
the image cache, `decode_within` that of thumbnails and statistics. All convert alike, so that a model sees an
uploaded picture as it saw its training images. Nothing here changes Pillow's global settings: files are opened by
their first bytes with the one plugin that fits, which also keeps Pillow's rarer and riskier formats (PostScript,
for one) out.
"""

import contextlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from core.base.errors import PictureError
from core.base.files import open_regular
from core.data.images import heif
from core.data.images.picture_bounds import MOST_COUNTED, MOST_SIDE, Bounds, bounds_of, memory_needed, webp_size
from core.data.images.picture_conversion import size_within, to_rgb
from core.data.images.picture_refusals import (
    ADVICE,
    clean_name,
    cut_off,
    describe_failure,
    describe_other_file,
    subject,
)

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "UPLOAD_PIXELS",
    "Picture",
    "PictureHeader",
    "check_upload",
    "clean_name",
    "decode_square",
    "decode_within",
    "read_picture",
    "square",
]

MAX_BYTES = 20 * 1024**2
"""Largest file that is read from a person."""
UPLOAD_PIXELS = 50_000_000
"""Largest picture that is read from somebody's browser."""
MAX_PIXELS = 200_000_000
"""Largest picture in a file that is decoded whole; a baseline JPEG is decoded at a fraction of its size instead."""
UPLOAD_MEMORY, MAX_MEMORY = 1_000_000_000, 4_000_000_000
"""Bytes that decoding and converting may take at their highest point."""
LONGEST_SIDE = 2048
"""Larger pictures from people are reduced to this when read; no model here looks at more."""
TINY_SIDE = 32
EXTREME_ASPECT = 3.0

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation (EXIF 2.32, tag 0x0112)."""
_EXIF_ORIENTATION = 0x0112
_ORIENTATION_SOURCES = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")
_SWAPS_SIDES = (
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
    Image.Transpose.ROTATE_90,
)
_BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)


@dataclass(frozen=True)
class Picture:
    """A picture as the models see it, and what was done to it on the way."""

    rgb: np.ndarray
    """Shape (height, width, 3), uint8, upright, at most 2,048 pixels on the long side; read-only."""
    notes: tuple[str, ...]
    """What was changed or should be known, one sentence each, in words for a person."""
    original_size: tuple[int, int]
    """Width and height of the upright picture in the file, in pixels."""
    format: str
    """Pillow's name of the file format, such as "JPEG"."""


@dataclass(frozen=True)
class PictureHeader:
    """What a file says of itself: Pillow's name of the format, and width and height in pixels as stored."""

    format: str
    width: int
    height: int


def check_upload(data: bytes, name: str = "") -> PictureHeader:
    """Look at an upload's header and blocks; takes milliseconds, and no pixel is decoded.

    Raises:
        PictureError: it is empty, not a picture, larger than 20 MB or 50 megapixels, or would cost far more to read
            than a picture does.
    """
    data, name = _content(data, name, MAX_BYTES)
    with _refusals_explained(data, name):
        image, _ = _open(data, name, upload=True)
        return PictureHeader(image.format or "", *image.size)


def read_picture(source: Path | bytes, *, name: str = "") -> Picture:
    """Read one picture from a person, whatever its kind, and say what had to be changed.

    Args:
        source: the file, or the content of an upload, which may have 50 megapixels; at most 20 MB.
        name: what the person calls the file, for messages; cleaned here, so it may hold anything.

    Raises:
        PictureError: the file is empty, too large, cut off, damaged, or not a picture.
    """
    data, name = _content(source, name, MAX_BYTES)
    with _refusals_explained(data, name):
        return _read(data, name, upload=isinstance(source, bytes))


def decode_square(source: Path | bytes, size: int, *, name: str = "") -> np.ndarray:
    """Decode an image file, or its content, and squeeze the whole of it to a square, as `square` does, but fast.

    A large JPEG is decoded at the smallest of the scales 1/8, 1/4, 1/2 and 1 that still has twice the wanted
    size on both sides; on HAM10000 that moves pixels by 0.2 grey levels on average at size 28.

    Returns:
        Shape (size, size, 3), uint8, RGB; read-only.

    Raises:
        PictureError: as `read_picture`, though files may be of any size.
    """
    data, name = _content(source, name)
    with _refusals_explained(data, name):
        image, _ = _open(data, name, upload=isinstance(source, bytes))
        upright = _decode(image, (2 * size, 2 * size))
        squeezed = to_rgb(image, None)[0].resize((size, size), Image.Resampling.BILINEAR)
        return np.asarray(_turned(squeezed, upright))


def decode_within(
    source: Path | bytes, width: int, height: int, *, name: str = ""
) -> tuple[np.ndarray, tuple[int, int]]:
    """Decode an image file, or its content, and reduce it in proportion until it fits; it is never enlarged.

    A large JPEG is decoded at the smallest of the scales 1/8, 1/4, 1/2 and 1 that is not smaller than what fits.

    Args:
        source: the file or its content, of any size.
        width: at most so many columns, in pixels.
        height: at most so many rows, in pixels.
        name: what a person calls the file, for messages.

    Returns:
        Shape (rows, columns, 3), uint8, RGB, upright, read-only; and width and height of the upright picture in the
        file, in pixels.

    Raises:
        PictureError: as `decode_square`.
    """
    data, name = _content(source, name)
    with _refusals_explained(data, name):
        image, _ = _open(data, name, upload=isinstance(source, bytes))
        stored, is_jpeg = image.size, image.format == "JPEG"
        upright = _decode(image, _reduced_size(stored, width, height))
        reduced = _turned(to_rgb(image, None)[0], upright)
        original_size = _turned_size(stored, upright) if is_jpeg else reduced.size
        reduced.thumbnail((width, height), Image.Resampling.BILINEAR, reducing_gap=None)
        return np.asarray(reduced), original_size


def square(rgb: np.ndarray, size: int) -> np.ndarray:
    """Squeeze the whole picture to a square, smoothing as it shrinks.

    Nothing is cropped, so that a lesion at the rim stays in; the published 28×28 tables of HAM10000 were made
    this way too.

    Args:
        rgb: shape (height, width, 3), uint8.
        size: side of the square in pixels.

    Returns:
        Shape (size, size, 3), uint8; read-only.
    """
    return np.asarray(Image.fromarray(rgb).resize((size, size), Image.Resampling.BILINEAR))


def _reduced_size(stored: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Size at which a picture fits, whichever way up it will turn out to be."""
    wide, high = stored
    scale = min(1.0, max(min(width / wide, height / high), min(width / high, height / wide)))
    return math.ceil(wide * scale), math.ceil(high * scale)


def _content(source: Path | bytes, name: str, at_most: int | None = None) -> tuple[bytes, str]:
    """The bytes of a file, refused where there are more than `at_most`, and what it is called in messages."""
    if isinstance(source, Path):
        name = name or source.name
        data = _read_bytes(source, name, -1 if at_most is None else at_most + 1)
    else:
        data = source
    if at_most is not None and len(data) > at_most:
        raise PictureError(
            f"{subject(name)} is larger than {at_most // 1024**2} MB. Save it with fewer pixels or as JPEG "
            "and try again."
        )
    return data, name


def _read_bytes(path: Path, name: str, at_most: int) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read(at_most)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or "not a file"
        raise PictureError(f"{subject(name)} cannot be opened: {reason.lower()}.") from error


@contextlib.contextmanager
def _refusals_explained(data: bytes, name: str) -> Iterator[None]:
    """Turn whatever Pillow raises into a `PictureError` that says what is wrong with the file."""
    try:
        yield
    except PictureError:
        raise
    except Exception as error:  # Pillow's plugins raise a dozen kinds, down to IndexError and struct.error
        raise PictureError(describe_failure(error, data, name)) from error


def _read(data: bytes, name: str, upload: bool) -> Picture:
    image, bounds = _open(data, name, upload)
    image_format = image.format or ""
    notes = _notes_on_frames(image, bounds)
    if any(";16" in str(tile.args) for tile in image.tile) and image.mode in ("RGB", "RGBA", "CMYK"):
        notes.append("It has 16 bits per colour; the upper 8 of them were used.")

    stored_size = image.size
    tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
    turned_by_pillow = tags.get(_EXIF_ORIENTATION, 1) in _UPRIGHT
    enough = size_within(stored_size, LONGEST_SIDE) if max(stored_size) > LONGEST_SIDE else stored_size
    upright = _decode(image, enough)
    converted, notes_on_mode = to_rgb(image, LONGEST_SIDE)
    notes += notes_on_mode
    turned = _turned(converted, upright)
    if upright is not None or turned_by_pillow:
        notes.append("The camera stored it turned or mirrored; it was set upright.")

    original_size = _turned_size(stored_size, upright)
    rgb = np.asarray(turned)
    notes += _notes_on_size(original_size, turned.size)
    if _has_no_colour(rgb):
        notes.append("It is greyscale: the models were trained on colour pictures.")
    return Picture(rgb=rgb, notes=tuple(notes), original_size=original_size, format=image_format)


def _open(data: bytes, name: str, upload: bool) -> tuple[ImageFile.ImageFile, Bounds]:
    """Read the header with the plugin that the first bytes call for; refuse what must not be decoded."""
    if not data:
        raise PictureError(f"{subject(name)} is empty: it has no content at all. Choose another file.")
    if heif.is_heif(data):
        _refuse_heif(data, name, upload)
    plugin = _plugin_for(data)
    if plugin is None:
        raise PictureError(describe_other_file(data, name))
    kind = plugin.format or ""
    bounds = bounds_of(data, kind)
    if bounds.excess:
        raise PictureError(f"{subject(name)} was not read: {bounds.excess}. {ADVICE}")
    if plugin is WebPImagePlugin.WebPImageFile:
        _refuse_too_many_pixels(webp_size(data), name, upload)
    image = plugin(io.BytesIO(data))
    by_line = image.format == "JPEG" and _decodes_line_by_line(data)
    if upload or not by_line:
        _refuse_too_many_pixels(image.size, name, upload)
    if bounds.cut_off:
        raise PictureError(cut_off(name, kind))
    needed = memory_needed(
        kind, image.mode, image.size, "transparency" in image.info, image.format == "JPEG" and not by_line
    )
    if not by_line and needed > (UPLOAD_MEMORY if upload else MAX_MEMORY):
        raise PictureError(describe_failure(MemoryError(), data, name))
    return image, bounds


def _refuse_heif(data: bytes, name: str, upload: bool) -> None:
    """Refuse what no decoder is here for, and what declares more than is read, before the decoder sees any of it."""
    if not heif.can_decode():
        raise PictureError(f"{subject(name)} was not read: {heif.NO_DECODER}")
    size = heif.declared_size(data)
    if size is None:
        raise PictureError(f"{subject(name)} was not read: it is made of far more pieces than any picture is. {ADVICE}")
    _refuse_too_many_pixels(size, name, upload)
    if not size[0] * size[1]:
        raise PictureError(describe_failure(ValueError("no picture is declared"), data, name))


def _refuse_too_many_pixels(size: tuple[int, int], name: str, upload: bool) -> None:
    width, height = size
    most = UPLOAD_PIXELS if upload else MAX_PIXELS
    if width * height > most or max(size) > MOST_SIDE:
        raise PictureError(
            f"{subject(name)} has {width:,} × {height:,} pixels, more than the {most // 10**6} million "
            "that can be read. Cut out the part that matters or save it with fewer pixels."
        )


def _decode(image: ImageFile.ImageFile, enough: tuple[int, int]) -> Image.Transpose | None:
    """Decode the pixels, of a JPEG only as many as make it no smaller than `enough`; returns what sets it upright."""
    if image.format == "JPEG":
        image.draft(None, enough)
    image.load()
    return _UPRIGHT.get(_orientation(image))


def _turned(image: Image.Image, upright: Image.Transpose | None) -> Image.Image:
    return image if upright is None else image.transpose(upright)


def _turned_size(size: tuple[int, int], upright: Image.Transpose | None) -> tuple[int, int]:
    return size[::-1] if upright in _SWAPS_SIDES else size


def _plugin_for(data: bytes) -> type[ImageFile.ImageFile] | None:
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImagePlugin.JpegImageFile
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImagePlugin.PngImageFile
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return TiffImagePlugin.TiffImageFile
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GifImagePlugin.GifImageFile
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile
    if heif.is_avif(data):
        return AvifImagePlugin.AvifImageFile
    if heif.is_heif(data):
        return heif.plugin()
    if data.startswith((b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n")):
        return Jpeg2KImagePlugin.Jpeg2KImageFile
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES:
        return BmpImagePlugin.BmpImageFile
    if data[:1] == b"P" and data[1:2] in b"123456" and data[2:3].isspace():
        return PpmImagePlugin.PpmImageFile
    return None


def _decodes_line_by_line(jpeg: bytes) -> bool:
    """Whether the decoder can drop to a fraction of the size without first holding every coefficient.

    True for sequential JPEGs with all components in their first scan; progressive and multi-scan ones need
    six bytes per pixel whatever the scale (ITU T.81, B.2.2 and B.2.3).
    """
    position, components = 2, 0
    while jpeg[position] == 0xFF:
        marker = jpeg[position + 1]
        if marker in (0xC0, 0xC1):
            components = jpeg[position + 9]
        elif marker == 0xDA:
            return jpeg[position + 4] == components
        position += 2 + int.from_bytes(jpeg[position + 2 : position + 4])
    return False


def _orientation(image: ImageFile.ImageFile) -> int:
    """EXIF orientation of a loaded image, 1 (upright) where none is given or it cannot be read."""
    if not any(source in image.info for source in _ORIENTATION_SOURCES):
        return 1
    try:
        return image.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # a damaged EXIF block (SyntaxError, struct.error …) does not spoil the picture
        return 1


def _notes_on_frames(image: ImageFile.ImageFile, bounds: Bounds) -> list[str]:
    if bounds.damaged:
        return ["It holds several pictures, some of them damaged; the first was used."]
    # Pillow walks through all frames of these two to count them, and knows those of the others from the header.
    frames = bounds.frames if image.format in ("GIF", "TIFF") else getattr(image, "n_frames", 1)
    if frames <= 1:
        return []
    kind = "pages" if image.format == "TIFF" else "frames"
    many = f"more than {MOST_COUNTED:,}" if frames > MOST_COUNTED else f"{frames:,}"
    return [f"It has {many} {kind}; only the first was used."]


def _notes_on_size(original: tuple[int, int], now: tuple[int, int]) -> list[str]:
    width, height = original
    notes = []
    if original != now:
        notes.append(f"It has {width:,} × {height:,} pixels; it was reduced to {now[0]:,} × {now[1]:,}.")
    if min(original) < TINY_SIDE:
        notes.append(f"It has only {width:,} × {height:,} pixels: a prediction on so little means little.")
    aspect = max(original) / min(original)
    if aspect >= EXTREME_ASPECT:
        direction = "wide as it is high" if width > height else "high as it is wide"
        times = f"{aspect:,.{0 if aspect >= 10 else 1}f}".removesuffix(".0")
        notes.append(
            f"It is {times} times as {direction}: it is squeezed to a square for the models, "
            "which distorts it strongly."
        )
    return notes


def _has_no_colour(rgb: np.ndarray) -> bool:
    return bool((rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 1] == rgb[..., 2]).all())
