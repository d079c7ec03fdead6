"""How well classes are separated in a feature space: are a picture's nearest neighbours of its own class?"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.base.progress import Progress, silent

NEIGHBOURS = 10
_CHUNK = 1024


@dataclass(frozen=True)
class ClassSeparation:
    """One class: how many pictures, the share of their neighbours of the same class, and that expected by chance."""

    label: str
    pictures: int
    same: float
    chance: float


@dataclass(frozen=True)
class Separation:
    """Shares of the `neighbours` nearest pictures, of other groups, that have the same class.

    `same` and `chance` are means over all pictures, 0…1; `by_class` tells them class by class.
    """

    neighbours: int
    same: float
    chance: float
    by_class: tuple[ClassSeparation, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Separation":
        """What `to_json` gave."""
        return cls(**{**value, "by_class": tuple(ClassSeparation(**c) for c in value["by_class"])})


def separation(
    matrix: np.ndarray,
    labels: pd.Series,
    groups: pd.Series,
    neighbours: int = NEIGHBOURS,
    progress: Progress = silent,
) -> Separation | None:
    """Compare each picture's class with those of its nearest neighbours, leaving its own group out.

    Other photographs of the same lesion are near and of the same class by birth, so they do not count. By chance
    means: neighbours drawn from all pictures of other groups. `NearestNeighbors` of scikit-learn leaves nothing out: it
    would have to give as many more neighbours as the largest group has pictures, which are thousands from one slide.

    Args:
        matrix: features, rows of length 1, (pictures, numbers).
        labels: class of each row.
        groups: group of each row.
        neighbours: how many nearest pictures are looked at.
        progress: told about each block of rows.

    Returns:
        None where all pictures are of one group, for then none has a neighbour that counts.
    """
    label, names = pd.factorize(labels, sort=True)
    group = pd.factorize(groups)[0]
    if group.max(initial=0) == 0:
        return None
    count = len(label)
    total = np.bincount(label, minlength=len(names))
    siblings = np.bincount(group)[group]
    alike = pd.Series(1, index=pd.MultiIndex.from_arrays([group, label])).groupby(level=[0, 1]).transform("size")
    chance = (total[label] - alike.to_numpy()) / (count - siblings)
    same = np.empty(count)
    kept = min(neighbours, count - int(siblings.max()))
    for start in range(0, count, _CHUNK):
        nearness = np.asarray(matrix[start : start + _CHUNK]) @ matrix.T
        rows = np.arange(start, start + len(nearness))
        nearness[group[rows][:, None] == group[None, :]] = -np.inf
        nearest = np.argpartition(-nearness, kept - 1, axis=1)[:, :kept]
        same[rows] = (label[nearest] == label[rows][:, None]).mean(axis=1)
        progress(int(rows[-1]) + 1, count, "Comparing neighbours")
    by_class = tuple(
        ClassSeparation(str(name), int(total[n]), float(same[label == n].mean()), float(chance[label == n].mean()))
        for n, name in enumerate(names)
    )
    return Separation(kept, float(same.mean()), float(chance.mean()), by_class)
