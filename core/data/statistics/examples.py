"""Choosing a few rows to look at."""

import numpy as np
import pandas as pd

from core.data.statistics.counts import value_counts


def balanced_draw(labels: pd.Series, count: int, seed: int) -> np.ndarray:
    """Positions drawn by chance, int64 (at most count,); a rare class is as likely as a frequent one.

    Args:
        labels: class of each row, (rows,).
        count: how many are wanted.
        seed: the same seed gives the same draw.
    """
    rng = np.random.default_rng(seed)
    occurring = value_counts(labels).index.tolist()
    turns = rng.permutation(np.arange(count) % max(len(occurring), 1))  # each class in turn, in an order by chance
    drawn = []
    for number, label in enumerate(occurring):
        own = np.flatnonzero((labels == label).to_numpy())
        drawn.append(rng.choice(own, min(int((turns == number).sum()), len(own)), replace=False))
    missing = min(count, len(labels)) - sum(map(len, drawn))
    if missing > 0:
        left = np.setdiff1d(np.arange(len(labels)), np.concatenate([*drawn, np.zeros(0, int)]))
        drawn.append(rng.choice(left, missing, replace=False))
    return rng.permutation(np.concatenate([*drawn, np.zeros(0, int)]).astype(np.int64))
