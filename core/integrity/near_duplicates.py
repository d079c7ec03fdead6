"""The same photograph twice: turned, mirrored, cropped, compressed or brightened, found and confirmed pair by pair.

Three steps, each dearer and surer than the one before: a perceptual hash proposes neighbours, and where features are
there they propose theirs; each proposed pair is laid one over the other by its brightness; then the details must
agree place by place. Brightness alone would not do: one dark round lesion can be laid over another with a correlation
of 0.98, while hairs, vessels and pigment lines agree only in the same photograph.
"""

import numpy as np
import pandas as pd

from core.base.progress import Progress, silent
from core.data.images.cache import ImageCache
from core.features.features import Features
from core.integrity.alignment import Placement, align, first_placement
from core.integrity.perceptual_hash import (
    Candidates,
    find_candidates,
    find_candidates_between,
    grey_pictures,
    pairs_in_orientations,
)

COARSE_AGREEMENT = 0.7
"""Correlation of the brightness, once laid over each other, below which a pair is looked at no further."""
PROMISING_DETAIL = 0.4
"""Correlation of the details after the coarse look below which a pair is looked at no further."""
LEAST_AGREEMENT = 0.75
"""Correlation of the details from which two pictures count as the same photograph. Measured on HAM10000: 98 % of 260
copies (turned, mirrored, cropped by up to a fifth, compressed, brightened) reach 0.85; of the 300 pairs of strangers
that are most alike in brightness, 99 % stay below 0.55.
"""
LEAST_OVERLAP = 0.6
_FINE, _SURROUND, _NOISE = 1.5, 4.0, 2.0
FEATURE_NEIGHBOURS = 5
_STEP = 2048
COLUMNS = ("image_id", "other_id", "agreement", "orientation", "overlap", "turn", "shift")


def find_near_duplicates(
    pictures: ImageCache, features: Features | None = None, progress: Progress = silent
) -> pd.DataFrame:
    """Every pair of pictures that are the same photograph.

    Args:
        pictures: decoded at 128 or another multiple of 64 pixels.
        features: neighbours by these are compared too.
        progress: told about each step.

    Returns:
        One row per pair, the most alike first: `image_id` lies in `other_id`; `agreement` (correlation of the
        details, 0.75…1), `orientation` (0…7, as `core.integrity.perceptual_hash.oriented`), `overlap` (share of
        `image_id` that `other_id` shows), `turn` (4 numbers) and `shift` (2), as `core.integrity.alignment.Placement`.
    """
    grey = grey_pictures(pictures)
    candidates = find_candidates(grey, progress)
    if features is not None:
        candidates = candidates.joined(_feature_candidates(grey, pictures, features))
    return _table(*_confirmed(grey, candidates, progress), pictures.image_ids)


def shown_by_others(
    pictures: ImageCache, rows: np.ndarray, others: ImageCache, other_rows: np.ndarray, progress: Progress = silent
) -> np.ndarray:
    """Whether each picture is the same photograph as one of the others, shape (rows,), bool.

    Args:
        pictures: decoded at 128 or another multiple of 64 pixels; `rows` of them are asked about.
        others: the same, of another data set perhaps; `other_rows` of them are compared.
        progress: told about each step.
    """
    grey = np.concatenate([grey_pictures(pictures, rows), grey_pictures(others, other_rows)])
    pairs, _ = _confirmed(grey, find_candidates_between(grey, len(rows), progress), progress)
    found = np.zeros(len(grey), bool)
    found[pairs.query] = found[pairs.reference] = True
    return found[: len(rows)]


def details(grey: np.ndarray) -> np.ndarray:
    """What is finer than a blurred copy of each picture, as strong in pale places as in dark ones, float32."""
    from scipy.ndimage import gaussian_filter

    found = np.empty_like(grey)
    for row, picture in enumerate(grey):
        fine = picture - gaussian_filter(picture, _FINE)
        found[row] = 20 * fine / (np.sqrt(gaussian_filter(fine * fine, _SURROUND)) + _NOISE)
    return found


def _confirmed(grey: np.ndarray, candidates: Candidates, progress: Progress) -> tuple[Candidates, Placement]:
    """The pairs that are the same photograph, and how they lie on each other."""
    what = "Aligning pairs"
    placed = _aligned(grey, candidates, first_placement(candidates), 12, 5, what, progress)
    near = np.flatnonzero(placed.agreement >= COARSE_AGREEMENT)
    candidates, placed = candidates.of(near), placed.of(near)
    detail = details(grey)
    seen = _aligned(detail, candidates, placed, 40, 0, "Comparing details", progress)
    near = np.flatnonzero(seen.agreement >= PROMISING_DETAIL)
    candidates, seen = candidates.of(near), seen.of(near)
    fine = _aligned(detail, candidates, seen, 48, 5, "Comparing close pairs in detail", progress)
    same = np.flatnonzero((fine.agreement >= LEAST_AGREEMENT) & (fine.overlap >= LEAST_OVERLAP))
    return candidates.of(same), fine.of(same)


def _aligned(
    grey: np.ndarray, pairs: Candidates, start: Placement, samples: int, steps: int, what: str, progress: Progress
) -> Placement:
    parts = []
    for first in range(0, max(len(pairs.query), 1), _STEP):
        rows = np.arange(first, min(first + _STEP, len(pairs.query)))
        parts.append(align(grey, pairs.query[rows], pairs.reference[rows], start.of(rows), samples, steps))
        progress(min(first + _STEP, len(pairs.query)), len(pairs.query), what)
    return Placement.joined(parts)


def _feature_candidates(grey: np.ndarray, pictures: ImageCache, features: Features) -> Candidates:
    """Nearest neighbours by features, in the orientation and window in which the hash sees them nearest."""
    rows = features.image_ids.get_indexer(pictures.image_ids)
    known = np.flatnonzero(rows >= 0)
    matrix = np.asarray(features.matrix)[rows[known]]
    kept = min(FEATURE_NEIGHBOURS, len(known) - 1)
    if kept < 1:
        return pairs_in_orientations(grey, np.empty(0, int), np.empty(0, int))
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=kept, metric="cosine", algorithm="brute").fit(matrix)
    nearest = search.kneighbors(return_distance=False)  # of each row, itself left out
    return pairs_in_orientations(grey, np.repeat(known, kept), known[nearest.ravel()])


def _table(pairs: Candidates, placed: Placement, image_ids: pd.Index) -> pd.DataFrame:
    """One row for each pair of pictures, whichever way round and however often it was proposed."""
    table = pd.DataFrame(
        {
            "image_id": image_ids[pairs.query],
            "other_id": image_ids[pairs.reference],
            "agreement": np.minimum(placed.agreement, 1.0).astype(np.float64),
            "orientation": pairs.orientation.astype(np.int64),
            "overlap": placed.overlap.astype(np.float64),
            "turn": list(placed.turn.reshape(-1, 4)),
            "shift": list(placed.shift),
        },
        columns=list(COLUMNS),
    )
    table["pair"] = [f"{min(pair)}\n{max(pair)}" for pair in zip(table["image_id"], table["other_id"], strict=True)]
    table = table.sort_values(["agreement", "pair"], ascending=[False, True], kind="stable").drop_duplicates("pair")
    return table.drop(columns="pair").reset_index(drop=True)
