"""HEIC and HEIF photos, as iPhones take them: whether there is a decoder, and what a file declares before it decodes.

The decoder is `pillow-heif`, which brings libheif and libde265, written in C and attacked through pictures. It is
imported when the first such file is decoded, in the process that decodes; what people upload is decoded in a process
of its own, with bounds on memory and time (`core.serving.pool`). Without it everything else works.
"""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

from PIL import ImageFile

SUFFIXES = frozenset({".heic", ".heif", ".hif"})
NO_DECODER = "It is a HEIC photo, and there is no decoder here. Install pillow-heif, or save it as JPEG."
MOST_BOXES = 50_000
"""Boxes that are walked through; a photo in 48 tiles has about a hundred."""
_BRANDS = frozenset(b"heic heix heim heis hevc hevx hevm hevs mif1 msf1".split())
_HOLD_OTHERS = {b"meta": 4, b"iprp": 0, b"ipco": 0}
"""Boxes on the way to the sizes, with the bytes of version and flags before what they hold."""


@cache
def can_decode() -> bool:
    """Whether the decoder is installed; it is not imported."""
    return find_spec("pillow_heif") is not None


def is_heif(data: bytes) -> bool:
    """Whether a file begins as HEIF does and is not AVIF, which goes by the same frame (ISO/IEC 23008-12)."""
    return data[4:8] == b"ftyp" and data[8:12] in _BRANDS and not is_avif(data)


def is_avif(data: bytes) -> bool:
    """Whether a file says that it is AVIF, by its main brand, or among others where that is a general one."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4]), 1024)
    others = {data[start : start + 4] for start in range(16, end, 4)}
    return data[8:12] in (b"avif", b"avis") or (data[8:12] in (b"mif1", b"msf1") and b"avif" in others)


def plugin() -> type[ImageFile.ImageFile]:
    """Pillow's reader of HEIF; ours alone, for nothing is registered with Pillow."""
    from pillow_heif import HeifImageFile

    return HeifImageFile


def declared_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of the largest picture that a file declares (box `ispe`); 0 where it declares none.

    None if it is made of more boxes than any picture is.
    """
    largest, boxes = (0, 0), 0
    waiting = [(0, len(data))]
    while waiting:
        for kind, start, end in _boxes(data, *waiting.pop()):
            boxes += 1
            if boxes > MOST_BOXES:
                return None
            if kind in _HOLD_OTHERS:
                waiting.append((start + _HOLD_OTHERS[kind], end))
            elif kind == b"ispe" and end - start >= 12:
                size = int.from_bytes(data[start + 4 : start + 8]), int.from_bytes(data[start + 8 : start + 12])
                largest = max(largest, size, key=lambda each: each[0] * each[1])
    return largest


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, and beginning and end of the content, of each box in a part of a file (ISO/IEC 14496-12, 4.2)."""
    while start + 8 <= end:
        length, content = int.from_bytes(data[start : start + 4]), start + 8
        if length == 1:
            length, content = int.from_bytes(data[start + 8 : start + 16]), start + 16
        after = start + length if length else end
        if after < content or after > end:
            return
        yield data[start + 4 : start + 8], content, after
        start = after
