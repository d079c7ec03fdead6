"""A map of a data set: every picture a point in two dimensions, alike pictures near each other.

A map lies beside the features it was drawn from (`map.parquet` with `image_id`, `x`, `y`; `map.json`) and goes with
them when a picture changes.
"""

import contextlib
import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.files import read_json, write_atomically, write_json
from core.base.progress import Progress, silent, until_cancelled
from core.data.catalog import open_dataset
from core.data.spec import Dataset
from core.features.extraction import ensure_features
from core.features.features import FeatureKind, Features, FeatureSource, list_features, open_features
from core.features.separation import Separation, separation

MOST_POINTS = 15_000
"""Larger data sets are drawn from so many pictures, chosen by chance; more would take many minutes."""
FEWEST_POINTS = 10
_STEPS = 750
_REDUCED = 50
_FEW = 2000
_SEED = 0
_STEP = re.compile(r"Iteration (\d+)")


@dataclass(frozen=True)
class PictureMap:
    """A finished map.

    `points` has the columns `image_id`, `x`, `y`: places without a unit; only nearness means something.
    `pictures` is how many have features; `separation` was computed with the features, not on the map.
    """

    points: pd.DataFrame
    source: FeatureSource
    separation: Separation
    pictures: int
    seconds: float


def open_map(dataset: Dataset, source: FeatureSource) -> PictureMap | None:
    """The map drawn from one source's features, if it is there and no picture has changed since, else None."""
    features = open_features(dataset, source)
    return None if features is None else _read(features)


def list_maps(dataset: Dataset) -> list[PictureMap]:
    """All maps of a data set that are up to date, in the order of `core.features.features.list_features`."""
    return [found for found in map(_read, list_features(dataset)) if found is not None]


def draw_map(dataset: Dataset, source: FeatureSource, progress: Progress = silent) -> PictureMap:
    """Make features where they are missing, and a map of them; an older map of the same source is replaced.

    Raises:
        DataError: there are too few pictures, or none that can be read.
        ConfigurationError, RunError: as `core.features.extraction.ensure_features`.
    """
    started = time.perf_counter()
    features = ensure_features(dataset, source, progress)
    metadata = dataset.table.drop_duplicates("image_id").set_index("image_id").reindex(features.image_ids)
    known = np.flatnonzero(metadata["label"].notna())
    if len(known) < FEWEST_POINTS:
        raise DataError(f"A map needs at least {FEWEST_POINTS} pictures; {dataset.spec.title} has {len(known)}.")
    matrix = np.asarray(features.matrix)
    labels, groups = metadata["label"].iloc[known], metadata["group_id"].iloc[known]
    separate = separation(matrix[known], labels, groups, progress=progress)
    chosen = known
    if len(known) > MOST_POINTS:
        chosen = np.sort(np.random.default_rng(_SEED).choice(known, MOST_POINTS, replace=False))
    places = project(matrix[chosen], progress)
    points = pd.DataFrame({"image_id": features.image_ids[chosen], "x": places[:, 0], "y": places[:, 1]})
    write_atomically(features.folder / "map.parquet", points.to_parquet())
    about = {
        "separation": separate.to_json(),
        "pictures": len(known),
        "seconds": round(time.perf_counter() - started, 1),
    }
    write_json(features.folder / "map.json", about)
    drawn = open_map(dataset, source)
    if drawn is None:
        raise DataError("The pictures changed while the map was drawn. Try again when they stay as they are.")
    return drawn


def project(matrix: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """Lay rows out in two dimensions, (rows, 2) float32, the same for the same rows.

    t-SNE (van der Maaten and Hinton 2008, Barnes–Hut) on the first 50 principal components, started from the first two:
    near rows stay near; distances between far groups and sizes of groups mean nothing.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    reduced = matrix
    if min(matrix.shape) > _REDUCED:
        reduced = PCA(_REDUCED, random_state=_SEED).fit_transform(matrix)
    perplexity = min(30, (len(matrix) - 1) / 3)
    layout = TSNE(2, perplexity=perplexity, init="pca", max_iter=_STEPS, random_state=_SEED, n_jobs=-1, verbose=2)
    progress(0, _STEPS, "Arranging the pictures")
    # Threads that wait for each other cost more than they save where there are few rows.
    threads = None if len(matrix) > _FEW else 1
    with contextlib.redirect_stdout(_Told(progress)), threadpool_limits(threads):
        return layout.fit_transform(reduced).astype(np.float32)


def run_map_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`draw_map` as a background job.

    `arguments` has `dataset`, `kind` (a `FeatureKind`) and `run_id` (empty unless the kind is a run).
    """
    report = until_cancelled(progress, cancelled)
    dataset = open_dataset(arguments["dataset"], report)
    source = FeatureSource(FeatureKind(arguments["kind"]), arguments["run_id"])
    drawn = draw_map(dataset, source, report)
    return {"dataset": dataset.spec.name, "source": source.key, "points": len(drawn.points), "seconds": drawn.seconds}


class _Told(io.StringIO):
    """Turns what scikit-learn prints about its steps, every 50, into progress; it has no other way to be asked."""

    def __init__(self, progress: Progress):
        super().__init__()
        self._progress = progress
        self._step = 0

    def write(self, text: str) -> int:
        for step in _STEP.findall(text):
            self._step = int(step)
        self._progress(self._step, _STEPS, "Arranging the pictures")
        return len(text)


def _read(features: Features) -> PictureMap | None:
    try:
        about = read_json(features.folder / "map.json")
        points = pd.read_parquet(features.folder / "map.parquet")[["image_id", "x", "y"]]
        apart = Separation.from_json(about["separation"])
        return PictureMap(points, features.source, apart, int(about["pictures"]), float(about["seconds"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
