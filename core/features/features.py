"""Features: one row of numbers per picture, made once by something frozen and kept beside the image cache.

They lie in `artifacts/cache/<data set>/features/<source>/` as `features.npy`, `rows.parquet` (the image ids in the
order of the rows) and `manifest.json`. A changed picture makes them unusable, as it does the image cache.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.files import folder_built_aside, read_json, write_json
from core.base.settings import artifacts_dir
from core.data.images.fingerprint import source_fingerprint
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
                "The last layer but one of a run trained on these pictures: they are near each other if the run "
                "takes them for alike, so its own training pictures look better separated than new ones would."
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


def save_features(dataset: Dataset, source: FeatureSource, image_ids: pd.Index, raw: np.ndarray, size: int) -> Features:
    """Bring features to one scale and keep them.

    Args:
        dataset: whose pictures they describe.
        source: what made them.
        image_ids: names of the rows.
        raw: (pictures, numbers) float, as they come.
        size: side in pixels of the pictures looked at.

    Raises:
        DataError: there are no rows, or a number is not finite.
        DiskFullError: nothing is then left behind.
    """
    if not len(raw) or not np.isfinite(raw).all():
        raise DataError("The features cannot be used: there are none, or some are not finite numbers.")
    spread = raw.std(axis=0)
    scaled = (raw - raw.mean(axis=0)) / np.where(spread > _EPSILON, spread, np.inf)
    scaled /= np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), _EPSILON)
    folder = features_folder(dataset.spec.name) / source.key
    with folder_built_aside(folder) as aside:
        np.save(aside / "features.npy", scaled.astype(np.float32))
        pd.DataFrame({"image_id": image_ids}).to_parquet(aside / "rows.parquet")
        manifest = {"version": _VERSION, "size": size, "fingerprint": source_fingerprint(dataset)}
        write_json(aside / "manifest.json", {**manifest, "source": asdict(source), "pictures": len(raw)})
    features = open_features(dataset, source)
    if features is None:
        raise DataError("The pictures changed while they were being read. Try again when they stay as they are.")
    return features


def open_features(dataset: Dataset, source: FeatureSource) -> Features | None:
    """Features from one source if there are whole ones of the files as they are now, else None."""
    return _open(dataset, source, source_fingerprint(dataset))


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
        found.append(_open(dataset, source, fingerprint))
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


def _open(dataset: Dataset, source: FeatureSource, fingerprint: str) -> Features | None:
    folder = features_folder(dataset.spec.name) / source.key
    try:
        manifest = read_json(folder / "manifest.json")
        if (manifest["version"], manifest["fingerprint"]) != (_VERSION, fingerprint):
            return None
        matrix = np.load(folder / "features.npy", mmap_mode="r")
        image_ids = pd.Index(pd.read_parquet(folder / "rows.parquet")["image_id"])
        size = int(manifest["size"])
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    if matrix.ndim != 2 or len(matrix) != len(image_ids):
        return None
    return Features(matrix, image_ids, source, size, fingerprint, folder)
