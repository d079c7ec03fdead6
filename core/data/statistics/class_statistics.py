"""Statistics of pictures by class: the figures of the histology report, and distributions from counts alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

BINS = 48
COLOUR_STEP = 4.0
"""Side of a square of the a*b* plane, in CIELAB units."""
LOGARITHMIC = frozenset({"variance", "sharpness"})
"""Measures that spread over several decades, whose bins are equally wide in their logarithms."""


def by_class(table: pd.DataFrame, statistics: pd.DataFrame, class_keys: Sequence[str], column: str) -> pd.DataFrame:
    """Mean, variance, minimum and maximum of a measure over the pictures of each class.

    With `column` "brightness" these are the figures of the histology report: the mean brightness of each picture,
    averaged over a class, and how it varies from picture to picture.

    Args:
        table: rows of tidy metadata.
        statistics: as `core.data.statistics.picture_statistics`; pictures that it lacks or could not read are left out.
        class_keys: in the order wanted; classes without a picture are left out.
        column: which measure.

    Returns:
        Indexed by class key: `images`, `mean`, `variance` (n − 1 in the denominator, missing for one picture),
        `minimum`, `maximum`, `median`.
    """
    values = statistics[column].reindex(table["image_id"]).to_numpy(dtype=np.float64)
    grouped = pd.Series(values, index=table["label"].to_numpy()).dropna().groupby(level=0)
    summary = grouped.agg(["count", "mean", "var", "min", "max", "median"])
    summary.columns = ["images", "mean", "variance", "minimum", "maximum", "median"]
    return summary.reindex([key for key in class_keys if key in summary.index]).rename_axis("class")


@dataclass(frozen=True)
class Distribution:
    """How often a measure falls into each bin: `edges` (bins + 1,), `counts` by class key, each (bins,) int64."""

    edges: np.ndarray
    counts: dict[str, np.ndarray]
    logarithmic: bool


def distribution(
    table: pd.DataFrame, statistics: pd.DataFrame, class_keys: Sequence[str], column: str, bins: int = BINS
) -> Distribution:
    """Count a measure into bins that all classes share; arguments as `by_class`."""
    values = statistics[column].reindex(table["image_id"]).to_numpy(dtype=np.float64)
    known = np.isfinite(values)
    values, labels = values[known], table["label"].to_numpy()[known]
    logarithmic = column in LOGARITHMIC
    scaled = np.log10(np.maximum(values, 0.1)) if logarithmic else values
    low, high = (scaled.min(), scaled.max()) if len(scaled) else (0.0, 1.0)
    edges = np.linspace(low, max(high, low + 1e-3), bins + 1)
    counts = {key: np.histogram(scaled[labels == key], edges)[0] for key in class_keys if (labels == key).any()}
    return Distribution(10**edges if logarithmic else edges, counts, logarithmic)


def colour_squares(
    table: pd.DataFrame, statistics: pd.DataFrame, label: str, step: float = COLOUR_STEP
) -> pd.DataFrame:
    """Mean colours of the pictures of a class, counted in squares of the a*b* plane.

    Returns:
        One row for each square that has a picture: `a` and `b` (its middle, CIELAB), `images`, and `red`, `green`,
        `blue` (0…255), the mean colour of its pictures; the fullest first.
    """
    ids = table.loc[table["label"] == label, "image_id"]
    rows = statistics[["a", "b", "red", "green", "blue"]].reindex(ids).dropna()
    for column in ("a", "b"):
        rows[column] = (np.floor(rows[column] / step) + 0.5) * step
    grouped = rows.groupby(["a", "b"])
    squares = grouped.mean().assign(images=grouped.size()).reset_index()
    return squares.sort_values("images", ascending=False, kind="stable").reset_index(drop=True)


def colour_means(table: pd.DataFrame, statistics: pd.DataFrame, class_keys: Sequence[str]) -> pd.DataFrame:
    """Mean colour of each class, averaged over its pictures.

    Returns:
        Indexed by class key: `images`, `red`, `green`, `blue` (0…255), `lightness`, `a`, `b` (CIELAB).
    """
    columns = ["red", "green", "blue", "lightness", "a", "b"]
    rows = statistics[columns].reindex(table["image_id"]).set_axis(table["label"].to_numpy()).dropna()
    grouped = rows.groupby(level=0)
    means = grouped.mean()
    means.insert(0, "images", grouped.size())
    return means.reindex([key for key in class_keys if key in means.index]).rename_axis("class")


def random_examples(table: pd.DataFrame, label: str, count: int, draw: int) -> pd.DataFrame:
    """Some pictures of a class by chance, the same for the same `draw`."""
    [places] = np.nonzero((table["label"] == label).to_numpy())
    drawn = np.random.default_rng(draw).permutation(len(places))[:count]
    return table.iloc[places[drawn]]
