"""Looking at every picture of a data set once: its statistics, skin tones, and the cache from which means are taken."""

from dataclasses import replace
from typing import Any

from core.base.progress import Progress, silent
from core.data.images.cache import ensure_cache
from core.data.spec import Dataset
from core.data.statistics.picture_statistics import ensure_statistics
from core.data.statistics.skin_tone import ensure_skin_tones, shows_skin

MEAN_SIZE = 128
"""Side in pixels of the cached pictures from which mean pictures are taken."""


def with_pictures(dataset: Dataset) -> Dataset:
    """The data set without the rows that have no picture."""
    pictured = dataset.table["path"].notna()
    return dataset if pictured.all() else replace(dataset, table=dataset.table[pictured].reset_index(drop=True))


def measure_dataset(dataset: Dataset, progress: Progress = silent) -> dict[str, Any]:
    """Make the statistics and the image cache of a data set unless they are there; of skin its tones, too.

    Returns:
        `dataset` (its name), `pictures` and `unreadable`, how many there are.

    Raises:
        DataError: not one picture could be read, or they changed meanwhile.
        DiskFullError: there is no room for the cache; the statistics are kept.
    """
    dataset = with_pictures(dataset)
    statistics = ensure_statistics(dataset, progress)
    cache = ensure_cache(dataset, MEAN_SIZE, progress)
    if shows_skin(dataset.spec):
        ensure_skin_tones(dataset, cache)  # from the cache, in seconds: no phase of its own
    unreadable = int(statistics["reason"].notna().sum())
    return {"dataset": dataset.spec.name, "pictures": len(statistics), "unreadable": unreadable}
