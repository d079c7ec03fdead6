"""Which pictures show the same as others, pixel for pixel or saved again: names of files are nobody's identity."""

import hashlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.images.cache import ensure_cache
from core.data.images.fingerprint import source_fingerprint
from core.data.kept import KeptTable
from core.data.spec import Dataset

COPY = 0.05
"""Two pictures are copies, re-encoded perhaps, where what differs is so small a part of their contrast."""
SIDE = 64
"""Pixels of the side at which pictures of two data sets are compared."""
_BATCH = 2048


def shared_pictures(one: Dataset, other: Dataset, progress: Progress = silent) -> pd.Series:
    """Image id of the picture of `other` that shows the same, by image id of `one`; those that none does are missing.

    Pictures are compared as `copies_of` does, at `SIDE` pixels. Kept until a file of either changes.

    Raises:
        DataError: files changed meanwhile, or not one picture of one could be read.
        DiskFullError: there is no space for the pictures at that size.
    """
    sets = (one, other)

    def make() -> pd.DataFrame:
        caches = [ensure_cache(each, SIDE, progress) for each in sets]
        ids, places = [], []
        for cache, each in zip(caches, sets, strict=True):
            rows = cache.rows(each.table["image_id"])
            ids.append(each.table["image_id"].to_numpy(dtype=object)[rows >= 0])
            places.append(rows[rows >= 0])
        found = copies_of(caches[0].images, places[0], caches[1].images, places[1])
        alike = found >= 0
        return pd.DataFrame({"image_id": ids[0][alike], "same": ids[1][found[alike]]}, dtype=object)

    def fingerprint() -> list[str]:
        return [source_fingerprint(each) for each in sets]

    beside = hashlib.sha256(other.spec.name.encode()).hexdigest()[:16]
    file = artifacts_dir() / "cache" / one.spec.name / f"shared-{beside}.parquet"
    return KeptTable(file, 1, fingerprint, "compared", ("image_id", "same")).ensure(make).set_index("image_id")["same"]


def copies(images: np.ndarray, rows: np.ndarray, others: np.ndarray, other_rows: np.ndarray) -> np.ndarray:
    """Whether each picture has a copy among others, shape (rows,), bool; as `copies_of`."""
    return copies_of(images, rows, others, other_rows) >= 0


def copies_of(images: np.ndarray, rows: np.ndarray, others: np.ndarray, other_rows: np.ndarray) -> np.ndarray:
    """Which of `other_rows` is a copy of each picture, shape (rows,), int64, −1 where none is.

    Pictures are the same where every pixel is, or where their root mean square difference is at most `COPY` of their
    standard deviation (a correlation of about 0.999), as in a copy that was saved again. A picture without contrast has
    no copy but one that is the same in every pixel.

    Args:
        images: (pictures, size, size, 3) uint8; `rows` of them are asked about.
        others: likewise, of the same size; `other_rows` of them may be copies.
    """
    from scipy.spatial import KDTree  # takes half a second to import

    if not len(rows) or not len(other_rows):
        return np.full(len(rows), -1, dtype=np.int64)
    known: dict[bytes, int] = {}
    for place, picture in enumerate(_one_by_one(others, other_rows)):
        known.setdefault(_hash(picture), place)
    found = np.array([known.get(_hash(picture), -1) for picture in _one_by_one(images, rows)], dtype=np.int64)
    colours, reference = _colours(images, rows), _colours(others, other_rows)
    allowed = COPY * np.sqrt((colours[:, 3:] ** 2).mean(axis=1))
    # By as much as pictures differ, their means and deviations differ at most: few are left to be compared as a whole.
    near = KDTree(reference).query_ball_point(colours, np.sqrt(6) * allowed)
    for number in np.flatnonzero((found < 0) & (allowed > 0)):
        picture = images[rows[number]].astype(np.float32)
        for start in range(0, len(near[number]), _BATCH):
            places = near[number][start : start + _BATCH]
            candidates = others[other_rows[places]].astype(np.float32)
            differences = np.sqrt(((candidates - picture) ** 2).mean(axis=(1, 2, 3)))
            if found[number] < 0 and differences.min() <= allowed[number]:
                found[number] = places[int(differences.argmin())]
    return found


def _one_by_one(images: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    return (images[row] for row in rows)


def _hash(picture: np.ndarray) -> bytes:
    return hashlib.blake2b(picture.tobytes(), digest_size=16).digest()


def _colours(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Mean and standard deviation of each colour of each picture, shape (rows, 6), grey levels."""
    parts = []
    for start in range(0, len(rows), _BATCH):
        batch = images[rows[start : start + _BATCH]].astype(np.float32)
        parts.append(np.concatenate([batch.mean(axis=(1, 2)), batch.std(axis=(1, 2))], axis=1))
    return np.concatenate(parts) if parts else np.empty((0, 6), np.float32)
