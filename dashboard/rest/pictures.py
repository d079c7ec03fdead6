"""Small copies of a data set's pictures, for what shows them without a rerun of a page: the pointer over the map."""

import time
from functools import lru_cache

from core.base.errors import LesionLabError
from core.data.catalog import look
from core.data.images.thumbnails import kept_thumbnail

HEIGHT = 180
"""Pixels, as in the galleries, whose copies are kept already."""
LOOK_SECONDS = 10
"""How long a data set that is new or changed may go unnoticed."""


def picture(dataset: str, image_id: str) -> bytes | None:
    """One picture of a data set as a small JPEG; None if there is no such data set or picture.

    Raises:
        PictureError: the picture cannot be read.
    """
    path = _paths(dataset, int(time.monotonic() // LOOK_SECONDS)).get(image_id)
    return None if path is None else kept_thumbnail(path, HEIGHT)


@lru_cache(maxsize=16)
def _paths(dataset: str, _: int) -> dict[str, str]:
    """Where the pictures lie, by their id, as looked up at most every `LOOK_SECONDS`."""
    try:
        here = look()
        if here.holds(dataset) != "pictures" or here.needs_preparing(dataset):
            return {}
        return _paths_of(dataset, here.version_of(dataset))
    except LesionLabError:
        return {}


@lru_cache(maxsize=2)
def _paths_of(dataset: str, version: str) -> dict[str, str]:  # noqa: ARG001 - part of the key
    table = look().open(dataset).table
    return dict(zip(table["image_id"].astype(str), table["path"].astype(str), strict=True))
