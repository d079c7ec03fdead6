"""Pictures that look alike by colour and texture alone.

"Near" means here: alike in mean colour, spread of colour, brightness, contrast and sharpness, whatever the picture
shows. Each figure is divided by its standard deviation over the data set, and distances are Euclidean.
"""

import numpy as np
import pandas as pd

NEAR_MEANS = "alike in colour, brightness, contrast and sharpness, whatever they show"
_LINEAR = ("lightness", "a", "b", "a_deviation", "b_deviation", "contrast")
_LOGARITHMIC = ("variance", "sharpness")
"""Measured over several decades: distances are of their logarithms."""


def nearest_pictures(statistics: pd.DataFrame, image_id: str, k: int) -> list[tuple[str, float]]:
    """The `k` pictures nearest to one, itself left out, with their distances in standard deviations, nearest first.

    Args:
        statistics: as `core.data.statistics.picture_statistics.open_statistics` gives it.
        image_id: a picture of it; one that could not be read has no neighbours.
        k: how many, at least 1.
    """
    known = statistics[statistics["reason"].isna()]
    if image_id not in known.index:
        return []
    from sklearn.neighbors import NearestNeighbors

    columns = [known[name].to_numpy(np.float32) for name in _LINEAR]
    columns += [np.log1p(known[name].to_numpy(np.float32)) for name in _LOGARITHMIC]
    vectors = np.stack([column / max(float(column.std()), 1e-6) for column in columns], axis=1)
    place = known.index.get_loc(image_id)
    others = np.delete(np.arange(len(known)), place)
    if (k := min(k, len(others))) < 1:
        return []
    [distances], [rows] = NearestNeighbors(n_neighbors=k).fit(vectors[others]).kneighbors(vectors[[place]])
    named = known.index[others[rows]]
    return [(str(each), float(distance)) for each, distance in zip(named, distances, strict=True)]
