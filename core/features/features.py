"""Features: one row of numbers per picture, made once by something frozen and kept beside the image cache.

They lie in `artifacts/cache/<data set>/features/<source>/` as `features.npy`, `rows.parquet` (the image ids in the
order of the rows) and `manifest.json`. A changed picture makes them unusable, as it does the image cache.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.files import read_json
from core.base.settings import artifacts_dir
from core.data.images.fingerprint import source_fingerprint, states_of
from core.data.kept import KeptFolder
from core.data.spec import Dataset

_VERSION = 1
_EPSILON = 1e-6


class FeatureKind(StrEnum):
    """What makes the features, the most telling first."""

    IMAGENET = "imagenet"
    RUN = "run"
    COLOUR_TEXTURE = "colour-texture"

    @property
    def explanation(self) -> str:
        """One sentence on what such features see, for people."""
        return {
            FeatureKind.IMAGENET: (
                "A small network trained on everyday photographs (MobileNet on ImageNet), which has never seen a "
                "diagnosis: pictures are near each other if they look alike to it."
            ),
            FeatureKind.RUN: (
                "Features from the second-to-last layer of a network trained on these pictures: two are near each "
                "other if they look alike to it, so its own training pictures look better separated than new ones."
            ),
            FeatureKind.COLOUR_TEXTURE: (
                "Colours and edge directions counted without any network: pictures are near each other if they have "
                "the same colours and the same roughness."
            ),
        }[self]


@dataclass(frozen=True)
class FeatureSource:
    """What features are made by; `run_id` is empty unless it is a run."""

    kind: FeatureKind
    run_id: str = ""

    @property
    def key(self) -> str:
        """Name of the folder."""
        return f"{self.kind}-{self.run_id}" if self.run_id else str(self.kind)


@dataclass(frozen=True)
class Features:
    """Features of the readable pictures of one data set.

    `matrix` is (pictures, numbers) float32, memory-mapped read-only; each column was brought to mean 0 and standard
    deviation 1 over the data set, then each row to length 1. `image_ids` names the rows. `size` is the side in pixels
    at which the pictures were looked at.
    """

    matrix: np.ndarray
    image_ids: pd.Index
    source: FeatureSource
    size: int
    fingerprint: str
    folder: Path


def features_folder(dataset_name: str) -> Path:
    """Where all features of a data set lie."""
    return artifacts_dir() / "cache" / dataset_name / "features"


def keep_features(
    dataset: Dataset, source: FeatureSource, compute: Callable[[], tuple[pd.Index, np.ndarray, int]]
) -> Features:
    """Features from one source, computed first where they are missing or out of date, and brought to one scale.

    Only one process computes them at a time; the others wait for it.

    Args:
        dataset: whose pictures they describe.
        source: what makes them.
        compute: gives the names of the rows, the features as they come, (pictures, numbers) float, and the side in
            pixels of the pictures looked at.

    Raises:
        DataError: there are no rows, a number is not finite, or the pictures changed meanwhile.
        DiskFullError: nothing is then left behind.
    """

    def make(aside: Path) -> dict[str, Any]:
        image_ids, raw, size = compute()
        if not len(raw) or not np.isfinite(raw).all():
            raise DataError("The features cannot be used: there are none, or some are not finite numbers.")
        spread = raw.std(axis=0)
        scaled = (raw - raw.mean(axis=0)) / np.where(spread > _EPSILON, spread, np.inf)
        scaled /= np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), _EPSILON)
        np.save(aside / "features.npy", scaled.astype(np.float32))
        pd.DataFrame({"image_id": image_ids}).to_parquet(aside / "rows.parquet")
        return {"size": size, "source": asdict(source), "pictures": len(raw)}

    return _kept(dataset, source).ensure(make)


def open_features(dataset: Dataset, source: FeatureSource) -> Features | None:
    """Features from one source if there are whole ones of the files as they are now, else None."""
    return _kept(dataset, source).open()


def list_features(dataset: Dataset) -> list[Features]:
    """All usable features of a data set: ImageNet's first, then those of runs (the newest first), then colours."""
    fingerprint = source_fingerprint(dataset)
    found = []
    for manifest in features_folder(dataset.spec.name).glob("*/manifest.json"):
        try:
            kept = read_json(manifest)["source"]
            source = FeatureSource(FeatureKind(kept["kind"]), kept["run_id"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.append(_kept(dataset, source).open(fingerprint))
    newest_first = sorted((f for f in found if f is not None), key=lambda f: f.source.run_id, reverse=True)
    return sorted(newest_first, key=lambda f: list(FeatureKind).index(f.source.kind))


def load_features(dataset: Dataset) -> Features | None:
    """The most telling features that there are of a data set; None if none were made yet."""
    return next(iter(list_features(dataset)), None)


def nearest(features: Features, image_id: str, k: int) -> list[tuple[str, float]]:
    """The `k` pictures nearest to one, itself left out, as (image id, distance), the nearest first.

    The distance is 1 − the cosine of the angle between the two rows: 0 for the same features, about 1 for pictures that
    have nothing to do with each other, at most 2. A picture without features has no neighbours.
    """
    if image_id not in features.image_ids:
        return []
    from sklearn.neighbors import NearestNeighbors

    own = features.image_ids.get_loc(image_id)
    others = np.delete(np.arange(len(features.image_ids)), own)
    if (k := min(k, len(others))) < 1:
        return []
    search = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(features.matrix[others])
    [distances], [rows] = search.kneighbors(features.matrix[[own]])
    named = features.image_ids[others[rows]]
    return [(str(each), float(distance)) for each, distance in zip(named, distances, strict=True)]


def _kept(dataset: Dataset, source: FeatureSource) -> KeptFolder[Features]:
    def load(folder: Path, manifest: dict[str, Any]) -> Features:
        matrix = np.load(folder / "features.npy", mmap_mode="r")
        image_ids = pd.Index(pd.read_parquet(folder / "rows.parquet")["image_id"])
        if matrix.ndim != 2 or len(matrix) != len(image_ids):
            raise ValueError("The features have another shape than their rows say.")
        return Features(matrix, image_ids, source, int(manifest["size"]), manifest["fingerprint"], folder)

    folder = features_folder(dataset.spec.name) / source.key
    return KeptFolder(folder, _VERSION, work="read", load=load, **states_of(dataset))
