"""What a picture file would cost to read, told by its header and the frame of its blocks, before anything is decoded.

Pillow walks through blocks, pages and metadata in Python, and decoders believe what a header says; a file of a few
megabytes can keep either busy for minutes. Here the same blocks are counted in a bounded number of steps.
"""

import re
from dataclasses import dataclass
from typing import Literal

MOST_BLOCKS = 50_000
"""Segments, chunks, boxes or sub-blocks that are walked through; a camera's file has dozens, a large PNG thousands."""
MOST_FILLER = 65_536
"""Bytes of a JPEG that belong to no segment."""
MOST_COUNTED = 1000
"""Frames or pages are counted up to here."""
MOST_SIDE = 65_535
"""Pixels; the most that a JPEG can have."""
_Order = Literal["little", "big"]
_MOST_TAGS = 1024
_MOST_STRIPS = 200_000
_MOST_RESOURCES = 4_000_000
"""Bytes of Photoshop's blocks in a JPEG, which Pillow takes apart."""
_MOST_SCANNED_PIXELS = 2_500_000_000
"""Each scan of a progressive JPEG goes through the whole picture: 50 megapixels in 50 scans."""
_MOST_DEFLATED = 1032
"""So many bytes become one byte by deflate, at most (zlib, technical details)."""
_MOST_IN_PYTHON = 3_000_000
"""Bytes of plain PNM or run-length BMP, which Pillow decodes in Python."""
_PPM_HEADER = re.compile(rb"P[1-6](?:\s|#[^\n\r]{0,999}[\n\r]){1,99}\d{1,10}(?:\s|#[^\n\r]{0,999}[\n\r]){1,99}\d{1,10}")
_NOT_FF = re.compile(rb"[^\xff]")
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples per pixel of a PNG by its colour type."""
_STRIP_TAGS = frozenset({273, 279, 324, 325})

_BYTES_PER_PIXEL = {
    "1": 6, "L": 6, "P": 10, "PA": 13, "LA": 13, "La": 13, "RGB": 4, "RGBX": 8, "RGBA": 9, "RGBa": 13, "CMYK": 8,
    "YCbCr": 8, "LAB": 8, "HSV": 8, "I": 19, "F": 19,
}  # fmt: skip
"""Memory at the highest point of decoding and converting, by Pillow's mode; 16-bit grey needs 10."""
_DECODER_BYTES = {"WEBP": 12, "JPEG2000": 16, "AVIF": 12, "HEIF": 12, "JPEG": 0}
"""What the decoder of a format holds besides, per pixel."""
_COEFFICIENT_BYTES = 8


@dataclass(frozen=True)
class Bounds:
    """What was found without decoding.

    `excess` says in words what would cost too much, empty if nothing does; `cut_off` that there is far less content
    than the header declares. `frames` counts frames or pages up to `MOST_COUNTED` + 1 where Pillow would walk through
    all of them, else 0; `damaged` says that a later one is.
    """

    excess: str = ""
    cut_off: bool = False
    frames: int = 0
    damaged: bool = False


_FINE = Bounds()
_TOO_MANY_BLOCKS = Bounds("it is made of far more pieces than any picture is")
_TOO_MUCH_METADATA = Bounds("its notes on the picture (EXIF) claim to be larger than the file")


def bounds_of(data: bytes, kind: str) -> Bounds:
    """Look at the blocks of a file of this kind, one of Pillow's format names."""
    look = {"JPEG": _jpeg, "PNG": _png, "TIFF": _tiff, "GIF": _gif, "BMP": _bmp, "PPM": _ppm, "JPEG2000": _jpeg2000}
    return look[kind](data) if kind in look else _FINE


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height that a WebP declares, 0 if unknown; its decoder takes memory for them when it is opened."""
    kind, head = data[12:16], data[20:30]
    if kind == b"VP8X" and len(head) == 10:
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8L" and len(head) >= 5:
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(head) == 10:
        return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    return 0, 0


def memory_needed(kind: str, mode: str, size: tuple[int, int], transparent: bool, coefficients: bool) -> int:
    """Bytes of memory at the highest point of decoding and converting a picture.

    Args:
        kind: Pillow's name of the format.
        mode: Pillow's name of the mode in the file.
        size: width and height in pixels.
        transparent: whether a colour or a palette entry is transparent.
        coefficients: whether the decoder must hold all coefficients of a JPEG at once.
    """
    each = 10 if mode.startswith("I;16") else _BYTES_PER_PIXEL.get(mode, 19)
    if transparent and mode in ("1", "L", "RGB"):
        each += 9
    each += _DECODER_BYTES.get(kind, 0) + (_COEFFICIENT_BYTES if coefficients else 0)
    return size[0] * size[1] * each


def _jpeg(data: bytes) -> Bounds:
    position, filler, resources, exif = 2, 0, 0, b""
    pixels = 0
    for _ in range(MOST_BLOCKS):
        start = data.find(b"\xff", position)
        marker = _NOT_FF.search(data, start + 1) if start >= 0 else None
        if marker is None:
            return _FINE  # cut off: decoding will say so
        filler += marker.start() - 1 - position
        if filler > MOST_FILLER:
            return Bounds("it holds more filler than picture")
        position = marker.end()
        code = data[position - 1]
        if code == 0 or code == 1 or 0xD0 <= code <= 0xD9:
            continue
        length = int.from_bytes(data[position : position + 2])
        content = data[position + 2 : position + length]
        if code == 0xDA:
            break
        if code == 0xE1 and content.startswith(b"Exif\0\0"):
            exif += content[6:]
        resources += length if code == 0xED else 0
        if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            pixels = int.from_bytes(content[1:3]) * int.from_bytes(content[3:5])
        position += max(length, 2)
    else:
        return _TOO_MANY_BLOCKS
    if resources > _MOST_RESOURCES:
        return Bounds("it holds more notes of a picture program than picture")
    if not _is_modest_exif(exif):
        return _TOO_MUCH_METADATA
    if data.count(b"\xff\xda", position) * min(pixels, 50_000_000) > _MOST_SCANNED_PIXELS:
        return Bounds("it is divided into far more scans than any picture is")
    return _FINE


def _png(data: bytes) -> Bounds:
    position, content = 8, 0
    for _ in range(MOST_BLOCKS):
        length, kind = int.from_bytes(data[position : position + 4]), data[position + 4 : position + 8]
        if kind == b"IEND" or len(kind) < 4:
            break
        if kind == b"eXIf" and not _is_modest_exif(data[position + 8 : position + 8 + length]):
            return _TOO_MUCH_METADATA
        if kind in (b"IDAT", b"fdAT"):
            content += length
        position += 12 + length
    else:
        return _TOO_MANY_BLOCKS
    width, height, depth, colour = (
        int.from_bytes(data[16:20]),
        int.from_bytes(data[20:24]),
        data[24] if len(data) > 24 else 0,
        data[25] if len(data) > 25 else 0,
    )
    declared = height * (width * depth * _CHANNELS.get(colour, 1) // 8)
    return Bounds(cut_off=declared > _MOST_DEFLATED * min(content, len(data)) + 65_536)


def _gif(data: bytes) -> Bounds:
    def table(flags: int) -> int:
        return 3 << ((flags & 7) + 1) if flags & 0x80 else 0

    position = 13 + (table(data[10]) if len(data) > 10 else 0)
    frames = steps = 0
    while position < len(data) and frames <= MOST_COUNTED:
        kind = data[position]
        if kind == 0x3B:
            break
        if kind == 0x2C:
            frames += 1
            flags = data[position + 9] if len(data) > position + 9 else 0
            position += 11 + table(flags)
        else:
            position += 2 if kind == 0x21 else 1
        while kind in (0x21, 0x2C) and position < len(data):
            length = data[position]
            position += 1 + length
            steps += 1
            if not length or steps > 4 * MOST_BLOCKS:
                break
        steps += 1
        if steps > MOST_BLOCKS and not frames:
            return _TOO_MANY_BLOCKS
        if steps > 4 * MOST_BLOCKS:
            break
    return Bounds(frames=frames)


def _bmp(data: bytes) -> Bounds:
    packed = len(data) > 34 and int.from_bytes(data[14:18], "little") >= 40 and data[30] in (1, 2)
    return Bounds("it is packed in a way that takes very long") if packed and len(data) > _MOST_IN_PYTHON else _FINE


def _ppm(data: bytes) -> Bounds:
    if _PPM_HEADER.match(data[:65_536]) is None:
        return Bounds("its header is not that of a picture") if len(data) > 65_536 else _FINE
    plain = data[1:2] in b"123"
    return Bounds("it is written in a way that takes very long") if plain and len(data) > _MOST_IN_PYTHON else _FINE


def _jpeg2000(data: bytes) -> Bounds:
    position = 0
    if data.startswith(b"\xff\x4f"):
        position = 2
        for _ in range(MOST_BLOCKS):
            if data[position : position + 2] in (b"\xff\x90", b"\xff\xd9") or position + 4 > len(data):
                return _FINE
            position += 2 + max(int.from_bytes(data[position + 2 : position + 4]), 2)
        return _TOO_MANY_BLOCKS
    for _ in range(MOST_BLOCKS):
        length, kind = int.from_bytes(data[position : position + 4]), data[position + 4 : position + 8]
        if length == 1:
            length = int.from_bytes(data[position + 8 : position + 16])
        if kind == b"jp2c" or length < 8 or position + 8 > len(data):
            return _FINE
        position += 8 if kind == b"jp2h" else length  # into the box of headers
    return _TOO_MANY_BLOCKS


def _tiff(data: bytes) -> Bounds:
    order: _Order = "little" if data.startswith(b"II") else "big"
    big = data[2:4] in (b"+\0", b"\0+")
    at = int.from_bytes(data[8:16] if big else data[4:8], order)
    frames, damaged, seen = 0, False, set()
    while at and frames <= MOST_COUNTED:
        damaged = at in seen or at + 2 > len(data)
        if damaged:
            break
        seen.add(at)
        entries, at_entries, width = _entries(data, at, order, big)
        if frames == 0 and not _is_modest(data, at_entries, entries, order, big):
            return Bounds("its list of contents claims to be larger than the file")
        frames += 1
        after = at_entries + entries * width
        at = int.from_bytes(data[after : after + (8 if big else 4)], order)
    return Bounds(frames=frames, damaged=damaged and frames > 0)


def _entries(data: bytes, at: int, order: _Order, big: bool) -> tuple[int, int, int]:
    """Number of entries of a directory, where the first one is, and bytes of each."""
    width = 8 if big else 2
    return int.from_bytes(data[at : at + width], order), at + width, 20 if big else 12


def _is_modest(data: bytes, at: int, entries: int, order: _Order, big: bool) -> bool:
    """Whether a directory names no more content than there is: readers fetch that of each entry, again and again."""
    if entries > _MOST_TAGS:
        return False
    total, step, places = 0, 20 if big else 12, 8 if big else 4
    for start in range(at, at + entries * step, step):
        entry = data[start : start + step]
        tag, kind = int.from_bytes(entry[0:2], order), int.from_bytes(entry[2:4], order)
        count = int.from_bytes(entry[4 : 4 + places], order)
        size = count * _TYPE_BYTES.get(kind, 1)
        where = int.from_bytes(entry[4 + places :], order)
        if tag in _STRIP_TAGS and count > _MOST_STRIPS:
            return False
        if size > places and where + size <= len(data):
            total += size
    return total <= len(data)


def _is_modest_exif(exif: bytes) -> bool:
    """Whether the first directory of an EXIF block names no more content than there is; what is no EXIF does."""
    exif = exif.removeprefix(b"Exif\0\0")
    if not exif.startswith((b"II*\0", b"MM\0*")):
        return True
    order: _Order = "little" if exif.startswith(b"II") else "big"
    entries, at, _ = _entries(exif, int.from_bytes(exif[4:8], order), order, False)
    return _is_modest(exif, at, entries, order, False)
