"""A part of a data set, for a training that has to be short."""

import numpy as np
import pandas as pd

from core.base.random_streams import Stream, random_stream
from core.data.splits.dealing import deal_groups

LARGEST_GROUP = 0.05
"""Groups with more than this share of what is wanted, such as whole slides, are thinned out instead of left out."""


def some_of(table: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """About `most` rows in their order, every class with its share; all of them where there are no more.

    Whole groups are kept or left out, so that pictures have as many siblings as before; where groups are too large for
    that, pictures are drawn one by one within their class.

    Args:
        table: rows with `group_id` and `label`.
        most: how many are wanted; 0 wants all.
        seed: the same seed keeps the same rows.
    """
    if not most or len(table) <= most:
        return table
    fraction = most / len(table)
    rng = random_stream(seed, Stream.SOME_OF)
    if table["group_id"].value_counts().max() <= LARGEST_GROUP * most:
        counts = pd.crosstab(table["group_id"], table["label"])
        kept = deal_groups(counts.to_numpy(), np.array([fraction, 1 - fraction]), rng) == 0
        return table[table["group_id"].isin(counts.index[kept])].reset_index(drop=True)
    position = np.zeros(len(table), dtype=bool)
    for _, same in sorted(table.reset_index(drop=True).groupby("label").indices.items()):
        position[rng.permutation(same)[: max(1, round(fraction * len(same)))]] = True
    return table[position].reset_index(drop=True)
