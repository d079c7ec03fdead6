"""Whether numbers that describe pictures tell the camera or hospital that they come from: a linear probe.

What a model sees of a picture may hold where it was taken. Where the source is nearly the label, a model can learn the
camera instead of the disease (Zech et al. 2018, PLOS Medicine 15:e1002683). So the probe is compared with chance, and
with what the label alone tells of the source.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.intervals import mean_of_defined, percentile_interval, resampled
from core.evaluation.predictions import predicted_labels
from core.evaluation.small_samples import mean_interval, share_limits, told_limits

FOLDS = 5
FEWEST = 10
"""Groups that a source must have to be asked for: fewer would leave folds without it."""
Limits = tuple[float, float] | None


@dataclass(frozen=True)
class SourceProbe:
    """How well the source is told of pictures whose group the probe has not learnt from; figures are 0…1.

    `told` and `by_label` are balanced accuracies: of the probe, and of the same probe on the label alone. `beyond` are
    the limits of the difference of both (95 %, over groups). `recalls` are by source, in the order of `sources`, as are
    `pictures`. `left_out` are sources with too few groups.
    """

    sources: tuple[str, ...]
    pictures: tuple[int, ...]
    groups: int
    told: float
    told_limits: Limits
    by_label: float
    by_label_limits: Limits
    beyond: Limits
    recalls: tuple[float, ...]
    left_out: tuple[str, ...]

    @property
    def chance(self) -> float:
        """What guessing would reach."""
        return 1 / len(self.sources)

    @property
    def verdict(self) -> str:
        """What follows, in one sentence."""
        if self.told_limits is None or self.told_limits[0] <= self.chance:
            return "The source cannot be told better than by guessing."
        if self.beyond is None or self.beyond[0] <= 0:
            return "The source is told better than by guessing, and not better than the diagnosis alone tells it."
        return "The source is told better than by guessing, and better than the diagnosis alone tells it."


def probe_source(
    features: np.ndarray, labels: Sequence[str], sources: Sequence[str], groups: Sequence[str], *, seed: int = 0
) -> SourceProbe | None:
    """Learn to tell the source by logistic regression, cross-validated by group, and judge it out of fold.

    Features are brought to one scale within each fold; sources count alike, however many pictures they have.

    Args:
        features: (pictures, numbers) float.
        labels: class of each picture.
        sources: of each picture, none missing.
        groups: of each picture; photos of one group are never on both sides.
        seed: the same seed gives the same folds and limits.

    Returns:
        None where fewer than two sources have `FEWEST` groups.
    """
    rows = pd.DataFrame({"label": list(labels), "source": list(sources), "group_id": list(groups)}).astype(str)
    counted = rows.groupby("source")["group_id"].nunique()
    asked = tuple(counted.index[counted >= FEWEST])
    if len(asked) < 2:
        return None
    kept = rows["source"].isin(asked).to_numpy()
    rows, features = rows[kept].reset_index(drop=True), np.asarray(features, float)[kept]
    told = _out_of_fold(features, rows, seed)
    of_label = pd.get_dummies(rows["label"]).to_numpy(float)
    by_label = _out_of_fold(of_label, rows, seed)
    belongs = rows["source"].to_numpy()[:, None] == np.asarray(asked)
    right = [(said == rows["source"].to_numpy()).astype(float) for said in (told, by_label)]
    recalls = [[float(hits[of].mean()) for of in belongs.T] for hits in right]
    drawn = np.concatenate([
        np.stack([_balanced(weights, belongs, hits) for hits in right], axis=1)
        for _, weights in resampled(rows["group_id"], 1000, seed)
    ])  # fmt: skip
    return SourceProbe(
        sources=asked,
        pictures=tuple(int(of.sum()) for of in belongs.T),
        groups=int(rows["group_id"].nunique()),
        told=float(np.mean(recalls[0])),
        told_limits=_told(recalls[0], drawn[:, 0], list(counted[list(asked)])),
        by_label=float(np.mean(recalls[1])),
        by_label_limits=_told(recalls[1], drawn[:, 1], list(counted[list(asked)])),
        beyond=percentile_interval(drawn[:, 0] - drawn[:, 1]),
        recalls=tuple(recalls[0]),
        left_out=tuple(counted.index[counted < FEWEST]),
    )


def within_sources(table: pd.DataFrame, class_keys: Sequence[str], sources: pd.Series) -> pd.DataFrame:
    """How often a run is right within each source, beside always giving the most frequent class there.

    Args:
        table: predictions of one part.
        class_keys: classes in the order of the probability columns.
        sources: of the same rows, missing where it is not known.

    Returns:
        One row a source, the one with most pictures first: `source`, `images`, `groups`, `most frequent` (class key),
        `floor` (its share), `accuracy`, `low` and `high` (95 %, over groups, missing for one group).
    """
    right = predicted_labels(table, class_keys) == table["true"].to_numpy(dtype=str)
    known = sources.to_numpy(dtype=object)
    found = []
    for source, number in sources.value_counts().items():
        of = known == source
        share = table.loc[of, "true"].value_counts(normalize=True)
        limits: Limits = None
        if table.loc[of, "group_id"].nunique() > 1:
            drawn = [w @ right[of] / w.sum(axis=1) for _, w in resampled(table.loc[of, "group_id"], 1000, 0)]
            many = table.loc[of, "group_id"].nunique()
            limits = share_limits(float(right[of].mean()), percentile_interval(np.concatenate(drawn)), many)
        low, high = limits or (np.nan, np.nan)
        found.append(
            {
                "source": source, "images": int(number), "groups": int(table.loc[of, "group_id"].nunique()),
                "most frequent": share.index[0], "floor": float(share.iloc[0]), "accuracy": float(right[of].mean()),
                "low": low, "high": high,
            }
        )  # fmt: skip
    columns = ["source", "images", "groups", "most frequent", "floor", "accuracy", "low", "high"]
    return pd.DataFrame(found, columns=columns)


def _told(recalls: Sequence[float], drawn: np.ndarray, groups: Sequence[int]) -> Limits:
    """Limits of the mean recall; by the numbers of groups where each source is always told, or never."""
    limits = percentile_interval(drawn)
    if told_limits(limits) or not all(recall in (0, 1) for recall in recalls):
        return limits
    return mean_interval([int(recall) * n for recall, n in zip(recalls, groups, strict=True)], groups)


def _out_of_fold(features: np.ndarray, rows: pd.DataFrame, seed: int) -> np.ndarray:
    """The source that is said of each row by a probe that has not learnt from its group, str (rows,)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    sources = rows["source"].to_numpy(dtype=str)
    said = np.empty(len(rows), dtype=sources.dtype)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for learnt, asked in folds.split(features, sources, rows["group_id"]):
        probe = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=300))
        said[asked] = probe.fit(features[learnt], sources[learnt]).predict(features[asked])
    return said


def _balanced(weights: np.ndarray, belongs: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """Balanced accuracy in each draw, (draws,)."""
    support = weights @ belongs.astype(float)
    found = weights @ (belongs * hits[:, None])
    return mean_of_defined(np.divide(found, support, out=np.full(support.shape, np.nan), where=support > 0))
