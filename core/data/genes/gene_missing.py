"""Missing values of gene expression: few are filled, and samples and genes with many are left out."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.percents import percent
from core.base.printable import printable
from core.data.splits.splits import TRAIN

MOST_OF_A_SAMPLE = 0.5
"""A sample with more of its values missing says little."""
MOST_OF_A_GENE = 0.2
"""A gene that is missing in more of the samples is left out (Troyanskaya et al. 2001 judge filling up to 20 %)."""


def without_missing(
    values: pd.DataFrame, split: pd.Series, place: Path, *, fill: bool = True
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Expression without missing values, and by reasons how many there were.

    First samples with more than `MOST_OF_A_SAMPLE` of their values missing are left out, then genes that are missing
    in more than `MOST_OF_A_GENE` of the samples; what is still missing becomes the gene's median: of the training part
    where there are parts, so that the test part is not learnt from.

    Args:
        values: (samples, genes) float32, NaN where a value is missing.
        split: part of each sample.
        place: is named if nothing remains.
        fill: False leaves missing what would be filled: a training fills it by its own training part.

    Raises:
        DataError: no gene or fewer than two samples remain.
    """
    missing = values.isna().to_numpy()
    if not missing.any():
        return values, {}
    told: dict[str, int] = {}
    few = missing.mean(axis=1) <= MOST_OF_A_SAMPLE
    if not few.all():
        told[f"samples of which more than {percent(MOST_OF_A_SAMPLE, 0)} of the values are missing"] = int((~few).sum())
        values, missing = values.loc[few], missing[few]
    train = (split.loc[values.index] == TRAIN).to_numpy()
    learnt = train if train.any() else np.ones(len(values), bool)
    if len(values) >= 2:
        kept = (missing.mean(axis=0) <= MOST_OF_A_GENE) & ~missing[learnt].all(axis=0)
        if not kept.all():
            told[f"genes that are missing in more than {percent(MOST_OF_A_GENE, 0)} of the samples"] = int(
                (~kept).sum()
            )
            values, missing = values.loc[:, kept], missing[:, kept]
    if len(values) < 2 or not values.shape[1]:
        raise DataError(
            f"Too many values of {printable(place.name)} are missing: no gene can be compared. Use another table."
        )
    if missing.any() and not fill:
        told["missing values"] = int(missing.sum())
    elif missing.any():
        told["missing values, filled with the median of their gene"] = int(missing.sum())
        columns = missing.any(axis=0)
        array = values.to_numpy(copy=True)
        medians = np.nanmedian(array[learnt][:, columns], axis=0)
        array[:, columns] = np.where(missing[:, columns], medians, array[:, columns])
        values = pd.DataFrame(array, values.index, values.columns)
    return values, told
