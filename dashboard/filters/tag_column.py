"""The tags of pictures as a column beside their metadata, so that they are filtered like all else.

A picture may have several tags. The column is a categorical of all combinations that occur, each the tags joined by
line breaks, which no tag has; a picture without a tag has none.
"""

from collections import defaultdict

import numpy as np
import pandas as pd

from core.data.picture_tags import tags_of, tags_version
from core.data.statistics.counts import UNKNOWN
from dashboard.filters.encoded_columns import kept_with

TAGS = "\u2063tags"
"""Name of the column: no table of anybody has one that begins with a separator that is not seen."""


def with_tags(table: pd.DataFrame, image_ids: pd.Series, dataset: str) -> pd.DataFrame:
    """Rows of metadata, plain or encoded, with the column `TAGS`; the very same table while the tags are the same.

    Args:
        table: (images,) rows; never changed.
        image_ids: their ids, in the same order.
        dataset: name of their data set.
    """
    kept: dict[tuple[int, int], pd.DataFrame] = kept_with(table, ("with tags", dataset), dict)
    version = tags_version(dataset)
    if version not in kept:
        tagged = table.assign(**{TAGS: _column(image_ids, dataset)})
        kept.clear()
        kept[version] = tagged
    return kept[version]


def tags_in(column: pd.Series) -> list[str]:
    """The tags of a column, the most frequent first."""
    counts: dict[str, int] = defaultdict(int)
    for combination, count in column.value_counts().items():
        for tag in str(combination).split("\n"):
            counts[tag] += int(count)
    return sorted(counts, key=lambda tag: (-counts[tag], tag))


def have_tags(column: pd.Series, wanted: frozenset[str]) -> np.ndarray:
    """Which pictures have any of these tags, or none where `UNKNOWN` is wanted, too; bool (images,)."""
    fitting = [each for each in column.cat.categories if wanted & set(str(each).split("\n"))]
    keep = column.isin(fitting).to_numpy()
    return keep | column.isna().to_numpy() if UNKNOWN in wanted else keep


def _column(image_ids: pd.Series, dataset: str) -> pd.Categorical:
    of_picture: dict[str, list[str]] = defaultdict(list)
    for tag, pictures in tags_of(dataset).items():
        for image_id in pictures:
            of_picture[image_id].append(tag)
    joined = {image_id: "\n".join(sorted(tags)) for image_id, tags in of_picture.items()}
    return pd.Categorical(image_ids.astype(str).map(joined) if joined else [None] * len(image_ids))
