"""The lesson on sources: how far the camera or hospital alone gives the diagnosis away, on a data set's own numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.statistics.association import cramers_v
from core.evaluation.intervals import Ranking, weighted_auc
from core.evaluation.source_probe import FOLDS, SourceProbe, probe_source

COLOURS = "brightness contrast sharpness red green blue lightness a b a_deviation b_deviation".split()
"""Statistics of pictures by which the source is told: colours and sharpness, and nothing of what is seen in them."""


@dataclass(frozen=True)
class SourceLesson:
    """What the source alone tells of the diagnosis.

    `counts` are pictures by source (rows, the largest first) and class key. `floor` is the share of the most frequent
    class; `accuracy`, `balanced` and `malignant_auc` (None where it is not known what is malignant, or all are alike)
    are what a machine reaches that is told the source and never sees a picture, on groups that it has not counted.
    `v` is Cramér's V of one picture a group, 0 to 1.
    """

    counts: pd.DataFrame
    floor: float
    accuracy: float
    balanced: float
    malignant_auc: float | None
    v: float

    @property
    def clearest(self) -> tuple[str, str, float]:
        """The source that is most nearly one class, that class, and its share there."""
        shares = self.counts.div(self.counts.sum(axis=1), axis=0)
        source = str(shares.max(axis=1).idxmax())
        return source, str(shares.loc[source].idxmax()), float(shares.loc[source].max())


def source_lesson(table: pd.DataFrame, malignant: Sequence[str], *, seed: int = 0) -> SourceLesson | None:
    """What the sources of a data set give away.

    The machine that knows the source alone gives the class that is most frequent there; for balanced accuracy the class
    of which the largest share comes from there; for the AUC the share that is malignant there. Shares are counted on
    four fifths of the groups and judged on the other fifth, five times; the AUC is the mean of the five.

    Args:
        table: tidy metadata with `label`, `source` and `group_id`.
        malignant: keys of the malignant classes, empty where that is not known.
        seed: of the five parts.

    Returns:
        None where fewer than two sources, or fewer than two classes, are known.
    """
    rows = table.loc[table["source"].notna(), ["label", "source", "group_id"]].astype(str).reset_index(drop=True)
    if rows["source"].nunique() < 2 or rows["label"].nunique() < 2:
        return None
    counts = pd.crosstab(rows["source"], rows["label"])
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    group = pd.factorize(rows["group_id"])[0]
    fold = np.random.default_rng(seed).permutation(group.max() + 1)[group] % FOLDS
    frequent = np.empty(len(rows), dtype=object)
    telling = np.empty(len(rows), dtype=object)
    malign = rows["label"].isin(malignant).to_numpy()
    areas: list[float | None] = []
    for number in range(FOLDS):
        asked = fold == number
        if not asked.any():
            continue
        learnt = rows if asked.all() else rows[~asked]
        counted = pd.crosstab(learnt["source"], learnt["label"])
        usual = learnt["label"].value_counts().idxmax()
        of_class = counted / counted.sum()
        sources = rows.loc[asked, "source"]
        frequent[asked] = sources.map(counted.idxmax(axis=1)).fillna(usual)
        telling[asked] = sources.map(of_class.idxmax(axis=1)).fillna(usual)
        bad = learnt["label"].isin(malignant)
        share = sources.map(bad.groupby(learnt["source"]).mean()).fillna(bad.mean()).to_numpy(float)
        areas.append(_auc(share, malign[asked]))
    true = rows["label"].to_numpy()
    recalls = pd.Series(telling == true).groupby(true).mean()
    first = rows.drop_duplicates("group_id")
    return SourceLesson(
        counts=counts,
        floor=float(rows["label"].value_counts(normalize=True).max()),
        accuracy=float((frequent == true).mean()),
        balanced=float(recalls.mean()),
        malignant_auc=_mean(areas),
        v=float(cramers_v(pd.crosstab(first["source"], first["label"]).to_numpy())),
    )


def colours_tell_the_source(table: pd.DataFrame, statistics: pd.DataFrame) -> SourceProbe | None:
    """How well colours and sharpness alone, which no network has looked at, tell the source.

    Args:
        table: tidy metadata.
        statistics: of its pictures, as `core.data.statistics.picture_statistics` keeps them.

    Returns:
        As `core.evaluation.source_probe.probe_source`.
    """
    rows = table[table["source"].notna()].drop_duplicates("image_id")
    measured = statistics.reindex(rows["image_id"])[list(COLOURS)].to_numpy(float)
    known = np.isfinite(measured).all(axis=1)
    rows = rows[known]
    return probe_source(measured[known], rows["label"], rows["source"], rows["group_id"])


def _auc(scores: np.ndarray, positive: np.ndarray) -> float | None:
    if not 0 < positive.sum() < len(positive):
        return None
    return float(weighted_auc(Ranking.of(scores, positive), np.ones((1, len(scores)), dtype=np.int32))[0])


def _mean(areas: Sequence[float | None]) -> float | None:
    known = [area for area in areas if area is not None]
    return float(np.mean(known)) if known else None
