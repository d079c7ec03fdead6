"""Integrity of a data set: the same file twice, the same photograph twice, pictures that are hardly usable.

What was found is kept beside the image caches, in `artifacts/cache/<data set>/integrity/`, until a picture changes.
Which pairs lie across groups is told anew each time, for groups can be merged.
"""

import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.base.percents import percent
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.images.cache import ensure_cache
from core.data.images.fingerprint import content_hashes, states_of
from core.data.kept import KeptFolder
from core.data.spec import Dataset
from core.features.features import Features
from core.integrity.near_duplicates import COLUMNS, find_near_duplicates
from core.integrity.perceptual_hash import MOST_PAIRS_FOR_CROPS

COMPARED_SIZE = 128
"""Side in pixels at which pictures are compared."""
IDENTICAL, NEAR = "identical file", "near-duplicate"
_VERSION = 2


@dataclass(frozen=True)
class Duplicates:
    """What a search for duplicates found.

    `features` is what proposed pairs besides the hash, a `core.features.features.FeatureKind`, or empty.
    `pairs` has the columns of `core.integrity.near_duplicates.COLUMNS` and `kind`, `IDENTICAL` or `NEAR`; identical
    files come first, then the most alike. `crops` is False where the data set was too large to look for cropped copies.
    """

    pairs: pd.DataFrame
    pictures: int
    crops: bool
    seconds: float
    features: str


def integrity_folder(dataset_name: str) -> Path:
    """Where the duplicates of a data set are kept."""
    return artifacts_dir() / "cache" / dataset_name / "integrity"


def open_duplicates(dataset: Dataset) -> Duplicates | None:
    """What was found, if it was looked for and no picture has changed since, else None."""
    return _kept(dataset).open()


def find_duplicates(dataset: Dataset, progress: Progress = silent, features: Features | None = None) -> Duplicates:
    """Look for identical files and near-duplicates, or open what was found before.

    Pictures that are neighbours by `features` are compared besides those that the perceptual hash proposes.

    Raises:
        DataError: not one picture could be read, or they changed meanwhile.
    """
    return _kept(dataset).ensure(lambda aside: _search(dataset, aside, progress, features))


def with_metadata(pairs: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Pairs with what the metadata says of both pictures.

    Adds `label`, `group_id`, `path` and `other_label`, `other_group_id`, `other_path`; `across_groups` (the pictures
    stand in different groups, so a split may tear them apart) and `labels_differ`. Pairs of which a picture is no
    longer in the data set are left out; those across groups come first.
    """
    metadata = dataset.table.drop_duplicates("image_id").set_index("image_id")[["label", "group_id", "path"]]
    pairs = pairs[pairs["image_id"].isin(metadata.index) & pairs["other_id"].isin(metadata.index)]
    table = pairs.join(metadata, on="image_id").join(metadata.add_prefix("other_"), on="other_id")
    table["across_groups"] = table["group_id"] != table["other_group_id"]
    table["labels_differ"] = table["label"] != table["other_label"]
    return table.sort_values("across_groups", ascending=False, kind="stable").reset_index(drop=True)


def identical_pairs(content: pd.Series) -> pd.DataFrame:
    """Pairs of pictures with the same bytes: each with the next of its kind, so that n copies give n − 1 pairs.

    `content` is as `core.data.images.fingerprint.content_hashes` gives it.
    """
    rows = []
    for ids in content.index.groupby(content).values():
        rows += [(a, b, 1.0, 0, 1.0, [1.0, 0.0, 0.0, 1.0], [0.0, 0.0]) for a, b in pairwise(sorted(ids))]
    return pd.DataFrame(sorted(rows), columns=list(COLUMNS)).assign(kind=IDENTICAL)


def hardly_usable(statistics: pd.DataFrame, darkest: float, blurriest: float, smallest: int) -> pd.DataFrame:
    """Pictures below a threshold.

    Args:
        statistics: as `core.data.statistics.picture_statistics.open_statistics` gives it.
        darkest: mean grey level, 0…255, below which a picture is dark.
        blurriest: variance of the Laplacian below which a picture is blurred.
        smallest: pixels of the shorter side below which a picture is tiny.

    Returns:
        The statistics of those pictures with the columns `dark`, `blurred`, `tiny` (bool).
    """
    found = statistics.assign(
        dark=statistics["brightness"] < darkest,
        blurred=statistics["sharpness"] < blurriest,
        tiny=statistics[["width", "height"]].min(axis=1) < smallest,
    )
    return found[found[["dark", "blurred", "tiny"]].any(axis=1)]


def pair_sentence(pair: pd.Series) -> str:
    """How two pictures are alike, in words."""
    if pair["kind"] == IDENTICAL:
        return "The two files are the same, byte for byte."
    moves = _MOVES[int(pair["orientation"])]
    turn = np.reshape(pair["turn"], (2, 2)).astype(float)
    scale = float(np.sqrt(abs(np.linalg.det(turn))))
    crop = f"shows {percent(scale**2, 0)} of the other's area" if scale < 0.97 else "shows the same area"
    return (
        f"Similarity {pair['agreement']:.2f} once aligned (1 is the same everywhere; unrelated pictures stay "
        "below 0.6). "
        f"{pair['image_id']} {moves} and {crop}."
    )


_MOVES = (
    "has the same orientation",
    "is mirrored left to right",
    "is mirrored top to bottom",
    "is turned by 180°",
    "is mirrored along a diagonal",
    "is turned by 90°",
    "is turned by 90°",
    "is mirrored along the other diagonal",
)


def _kept(dataset: Dataset) -> KeptFolder[Duplicates]:
    def load(folder: Path, manifest: dict[str, Any]) -> Duplicates:
        pairs = pd.read_parquet(folder / "pairs.parquet")[[*COLUMNS, "kind"]]
        crops, seconds = bool(manifest["crops"]), float(manifest["seconds"])
        return Duplicates(pairs, int(manifest["pictures"]), crops, seconds, str(manifest["features"]))

    folder = integrity_folder(dataset.spec.name)
    return KeptFolder(folder, _VERSION, work="compared", load=load, **states_of(dataset))


def _search(dataset: Dataset, aside: Path, progress: Progress, features: Features | None) -> dict[str, Any]:
    started = time.perf_counter()
    same_files = identical_pairs(content_hashes(dataset, progress))
    cache = ensure_cache(dataset, COMPARED_SIZE, progress)
    near = find_near_duplicates(cache, features, progress).assign(kind=NEAR)
    known = {frozenset(pair) for pair in zip(same_files["image_id"], same_files["other_id"], strict=True)}
    pair_ids = zip(near["image_id"], near["other_id"], strict=True)
    # A list without a truth value would choose columns, and none of them.
    new = np.array([frozenset(pair) not in known for pair in pair_ids], dtype=bool)
    pairs = pd.concat([same_files, near[new]], ignore_index=True) if len(same_files) else near[new]
    pairs.to_parquet(aside / "pairs.parquet")
    return {
        "pictures": len(cache.image_ids),
        "crops": len(cache.image_ids) ** 2 <= MOST_PAIRS_FOR_CROPS,
        "features": str(features.source.kind) if features else "",
        "seconds": round(time.perf_counter() - started, 1),
    }
