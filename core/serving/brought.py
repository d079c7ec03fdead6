"""A picture that somebody brings: read once, in a process beside the web server, and kept only as small as it is used.

Whatever a file is made to cost, it costs a process that is ended when that takes too long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from core.base.errors import PictureError
from core.base.files import sha256_if_readable
from core.data.images.pictures import clean_name, decode_square, read_picture
from core.serving.picture_quality import QualityMeasures, measure_quality

SHOWN_SIDE = 720
"""Longest side in pixels of what is kept to be shown: as wide as its column on a large screen."""


@dataclass(frozen=True)
class BroughtPicture:
    """What is kept of a picture."""

    name: str
    """What the file is called, safe to be shown."""
    shown: np.ndarray
    """Shape (height, width, 3), uint8, upright, at most 720 pixels on the long side."""
    squares: dict[int, np.ndarray]
    """By side in pixels: (side, side, 3) uint8, reduced as the pictures that models learn from."""
    notes: tuple[str, ...]
    """What was changed or should be known, as `core.data.images.pictures.Picture.notes`."""
    quality: QualityMeasures
    """How sharp and how well lit it is, and what else may keep it from being judged."""
    digest: str = ""
    """SHA-256 of the file, in hexadecimal digits, by which it is known again; "" where that was not looked at."""
    cropped: bool = False
    """Whether somebody has cut it out of the picture in the file."""


def read_brought(source: Path | bytes, name: str, sides: Sequence[int]) -> BroughtPicture:
    """Read a file, or its content, for showing it, and for models of the given sides in pixels.

    Raises:
        PictureError: it is not a picture, or one that costs too much.
    """
    try:
        picture = read_picture(source, name=name)
        # From the file again and not from `picture`: a JPEG is decoded for a model at a fraction of its size.
        squares = {side: decode_square(source, side, name=name) for side in sides}
    except MemoryError as error:
        raise PictureError("There is not enough memory to read this picture. Save it with fewer pixels.") from error
    image = Image.fromarray(picture.rgb)
    image.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    shown = np.asarray(image)
    digest = sha256(source).hexdigest() if isinstance(source, bytes) else sha256_if_readable(source)
    return BroughtPicture(clean_name(name), shown, squares, picture.notes, measure_quality(shown), digest)
