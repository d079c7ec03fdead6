"""Small copies of pictures, made once and kept on the disk for every session and every restart.

They lie in `artifacts/thumbnails/<height>/`, one JPEG each under a hash of where the picture lies, when it was last
changed and how large it is: a changed picture gets a new one, and no data set has to be known to find it.
"""

import contextlib
import hashlib
import io
import os
from pathlib import Path

from PIL import Image

from core.base.errors import DiskFullError
from core.base.files import write_atomically
from core.base.settings import artifacts_dir
from core.data.images.pictures import decode_within

QUALITY = 88
WIDEST = 4
"""A thumbnail is at most so many times as wide as high."""


def kept_thumbnail(path: str, height: int) -> bytes:
    """A picture as a JPEG of at most `height` pixels; smaller pictures are not enlarged.

    Read from the disk where it was made before; a full disk only means that it is made again next time.

    Raises:
        PictureError: the file cannot be read.
    """
    file = thumbnail_file(path, height)
    try:
        return file.read_bytes()
    except OSError:
        content = _make(path, height)
    with contextlib.suppress(OSError, DiskFullError):
        write_atomically(file, content)
    return content


def thumbnail_file(path: str, height: int) -> Path:
    """Where the thumbnail of a picture as it is now lies, or would lie."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - a grid of pictures asks often
        stamp = f"{stat.st_mtime_ns}|{stat.st_size}"
    except (OSError, ValueError):
        stamp = "gone"
    name = hashlib.blake2b(f"{path}|{stamp}".encode(), digest_size=16).hexdigest()
    return artifacts_dir() / "thumbnails" / str(height) / name[:2] / f"{name}.jpg"


def _make(path: str, height: int) -> bytes:
    rgb, _ = decode_within(Path(path), WIDEST * height, height)
    content = io.BytesIO()
    Image.fromarray(rgb).save(content, "JPEG", quality=QUALITY)
    return content.getvalue()
