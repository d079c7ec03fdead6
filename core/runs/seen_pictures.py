"""Which pictures a run has learnt from, told by what they show: names of files are nobody's identity."""

import hashlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.progress import Progress, silent
from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.splits.splits import TRAIN, Split
from core.data.training_examples import Examples
from core.serving.predictor import PredictorInfo

COPY = 0.05
"""Two pictures are copies, re-encoded perhaps, where what differs is so small a part of their contrast."""
_BATCH = 2048


def seen_in_training(
    pictures: Examples, image_ids: pd.Series, info: PredictorInfo, split: Split, progress: Progress = silent
) -> np.ndarray | None:
    """Whether each picture is one that a run has learnt from, shape (pictures,), bool.

    Pictures are compared as the network sees them, decoded and at its size. They are the same where every pixel is,
    or where their root mean square difference is at most `COPY` of their standard deviation (a correlation of about
    0.999), as in a copy that was saved again. None where the pictures that the run has learnt from are not here.
    """
    try:
        learnt_from = ensure_cache(open_dataset(info.dataset, progress), info.image_size, progress)
    except DataError:
        return None
    rows = learnt_from.rows(split.part(TRAIN)["image_id"].drop_duplicates())
    rows = rows[rows >= 0]
    if not len(rows):
        return None
    return copies(pictures.values, pictures.rows(image_ids), learnt_from.images, rows)


def copies(images: np.ndarray, rows: np.ndarray, others: np.ndarray, other_rows: np.ndarray) -> np.ndarray:
    """Whether each picture has a copy among others, shape (rows,), bool; arrays are (pictures, size, size, 3) uint8.

    A picture without contrast has none but one that is the same in every pixel.
    """
    from scipy.spatial import KDTree  # takes half a second to import

    known = {_hash(picture) for picture in _one_by_one(others, other_rows)}
    found = np.array([_hash(picture) in known for picture in _one_by_one(images, rows)], dtype=bool)
    colours, reference = _colours(images, rows), _colours(others, other_rows)
    allowed = COPY * np.sqrt((colours[:, 3:] ** 2).mean(axis=1))
    # By as much as pictures differ, their means and deviations differ at most: few are left to be compared as a whole.
    near = KDTree(reference).query_ball_point(colours, np.sqrt(6) * allowed)
    for number in np.flatnonzero(~found & (allowed > 0)):
        picture = images[rows[number]].astype(np.float32)
        for start in range(0, len(near[number]), _BATCH):
            candidates = others[other_rows[near[number][start : start + _BATCH]]].astype(np.float32)
            differences = np.sqrt(((candidates - picture) ** 2).mean(axis=(1, 2, 3)))
            found[number] |= bool((differences <= allowed[number]).any())
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
