"""Whether pictures that a run is judged on show photographs that it has learnt from: cropped, turned, brightened."""

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.progress import Progress, silent
from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.spec import Dataset
from core.integrity.integrity import COMPARED_SIZE
from core.integrity.near_duplicates import shown_by_others

MOST_PAIRS = 300_000_000
"""Of a picture judged on and one learnt from; more are not compared, for that would take hours."""


def shown_in_training(
    dataset: Dataset, image_ids: pd.Series, learnt_from: str, learnt_ids: pd.Series, progress: Progress = silent
) -> np.ndarray | None:
    """Whether each picture shows a photograph that a run has learnt from, shape (pictures,), bool.

    None where that cannot be told: the data set that it has learnt from is not here, or there are too many pairs.

    Args:
        dataset: whose pictures, named by `image_ids`, the run is judged on.
        image_ids: of the pictures asked about.
        learnt_from: name of the data set that it has learnt from, `learnt_ids` of it.
        learnt_ids: of the pictures learnt from.
        progress: told about each step.
    """
    if len(image_ids) * learnt_ids.nunique() > MOST_PAIRS:
        return None
    try:
        pictures = ensure_cache(dataset, COMPARED_SIZE, progress)
        others = ensure_cache(open_dataset(learnt_from, progress), COMPARED_SIZE, progress)
    except DataError:
        return None
    rows, other_rows = pictures.rows(image_ids), others.rows(learnt_ids.drop_duplicates())
    other_rows = other_rows[other_rows >= 0]
    if not len(other_rows):
        return None
    found = np.zeros(len(rows), bool)
    found[rows >= 0] = shown_by_others(pictures, rows[rows >= 0], others, other_rows, progress)
    return found
