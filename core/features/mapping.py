"""A map of a data set: every picture a point in two dimensions, alike pictures near each other.

A map lies beside the features it was drawn from (`map.parquet` with `image_id`, `x`, `y`; `map.json`) and goes with
them when a picture changes.
"""

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
from core.features.projection import project
from core.features.separation import Separation, separation

MOST_POINTS = 15_000
"""Larger data sets are drawn from so many pictures, chosen by chance; more would take many minutes."""
FEWEST_POINTS = 10
_SEED = 0


@dataclass(frozen=True)
class PictureMap:
    """A finished map.

    `points` has the columns `image_id`, `x`, `y`: places without a unit; only nearness means something.
    `pictures` is how many have features; `separation` was computed with the features, not on the map;
    None where all pictures are of one group.
    """

    points: pd.DataFrame
    source: FeatureSource
    separation: Separation | None
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
        "separation": separate.to_json() if separate else None,
        "pictures": len(known),
        "seconds": round(time.perf_counter() - started, 1),
    }
    write_json(features.folder / "map.json", about)
    drawn = open_map(dataset, source)
    if drawn is None:
        raise DataError("The pictures changed while the map was drawn. Try again when they stay as they are.")
    return drawn


def run_map_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`draw_map` as a background job.

    `arguments` has `dataset`, `kind` (a `FeatureKind`) and `run_id` (empty unless the kind is a run).
    """
    report = until_cancelled(progress, cancelled)
    dataset = open_dataset(arguments["dataset"], report)
    source = FeatureSource(FeatureKind(arguments["kind"]), arguments["run_id"])
    drawn = draw_map(dataset, source, report)
    return {"dataset": dataset.spec.name, "source": source.key, "points": len(drawn.points), "seconds": drawn.seconds}


def _read(features: Features) -> PictureMap | None:
    try:
        about = read_json(features.folder / "map.json")
        points = pd.read_parquet(features.folder / "map.parquet")[["image_id", "x", "y"]]
        apart = None if about["separation"] is None else Separation.from_json(about["separation"])
        return PictureMap(points, features.source, apart, int(about["pictures"]), float(about["seconds"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
