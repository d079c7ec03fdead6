"""Which pictures a run has learnt from, told by what they show: names of files are nobody's identity."""

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.progress import Progress, silent
from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.images.copies import copies
from core.data.splits.splits import TRAIN, Split
from core.data.training_examples import Examples
from core.serving.predictor import PredictorInfo


def seen_in_training(
    pictures: Examples,
    image_ids: pd.Series,
    info: PredictorInfo,
    split: Split,
    progress: Progress = silent,
    parts: tuple[str, ...] = (TRAIN,),
) -> np.ndarray | None:
    """Whether each picture is one that a run has learnt from, or that is in one of `parts`, shape (pictures,), bool.

    Pictures are compared as the network sees them, decoded and at its size, as `copies_of` does. None where the
    pictures that the run has learnt from are not here.
    """
    try:
        learnt_from = ensure_cache(open_dataset(info.dataset, progress), info.image_size, progress)
    except DataError:
        return None
    rows = learnt_from.rows(split.rows.loc[split.rows["part"].isin(parts), "image_id"].drop_duplicates())
    rows = rows[rows >= 0]
    if not len(rows):
        return None
    return copies(pictures.values, pictures.rows(image_ids), learnt_from.images, rows)
