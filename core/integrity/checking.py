"""What the integrity page shows, computed with features: they propose duplicates that the hash overlooks."""

from collections.abc import Callable
from typing import Any

from core.base.progress import Progress, in_steps, silent, until_cancelled
from core.data.catalog import open_dataset
from core.data.spec import Dataset
from core.data.statistics.picture_statistics import ensure_statistics
from core.features.extraction import ensure_features
from core.features.features import FeatureKind, FeatureSource
from core.features.frozen_network import find_weights
from core.integrity.integrity import Duplicates, find_duplicates, open_duplicates, with_metadata

STEPS = {
    "Measuring pictures": 6.0,
    "Decoding images": 3.0,
    "Counting colours and edges": 1.0,
    "Looking at the pictures": 2.0,
    "Comparing files": 1.0,
    "Comparing all pictures with each other": 4.0,
    "Aligning pairs": 5.0,
    "Comparing details": 3.0,
    "Comparing close pairs in detail": 1.0,
}
"""What a check goes through, and how long each takes beside the others."""


def check_dataset(dataset: Dataset, progress: Progress = silent) -> Duplicates:
    """Make statistics of every picture and look for duplicates, by a perceptual hash and then by features.

    The features are those of the ImageNet network where its weights are here, else colours and textures.

    Raises:
        DataError: as `core.integrity.integrity.find_duplicates`.
    """
    ensure_statistics(dataset, progress)
    duplicates = open_duplicates(dataset)
    if duplicates is None:
        kind = FeatureKind.IMAGENET if find_weights() else FeatureKind.COLOUR_TEXTURE
        duplicates = find_duplicates(dataset, progress, ensure_features(dataset, FeatureSource(kind), progress))
    return duplicates


def run_integrity_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`check_dataset` as a background job; `arguments` names the data set as `dataset`."""
    report = in_steps(until_cancelled(progress, cancelled), STEPS)
    dataset = open_dataset(arguments["dataset"], report)
    pairs = with_metadata(check_dataset(dataset, report).pairs, dataset)
    return {"dataset": dataset.spec.name, "pairs": len(pairs), "across_groups": int(pairs["across_groups"].sum())}
