"""Making up for rare classes, on the training part alone."""

from enum import StrEnum

import numpy as np
import pandas as pd

from core.base.random_streams import Stream, random_stream
from core.data.splits.splits import oversampled, undersampled


class Balance(StrEnum):
    """What is done about rare classes."""

    NONE = "none"
    WEIGHTS = "weights"
    OVERSAMPLE = "oversample"
    UNDERSAMPLE = "undersample"

    @property
    def explanation(self) -> str:
        """One sentence on what this does, for people."""
        return {
            Balance.NONE: "Classes are learned as often as they occur.",
            Balance.WEIGHTS: "A mistake on a rare class costs more, in proportion to its rarity.",
            Balance.OVERSAMPLE: "Pictures of rare classes are shown more often, up to the largest class.",
            Balance.UNDERSAMPLE: "Pictures of frequent classes are left out, down to the smallest class.",
        }[self]


def balanced_positions(labels: pd.Series, balance: Balance, seed: int) -> np.ndarray:
    """Positions of the training rows to learn from, int64; may repeat or leave out rows."""
    rng = random_stream(seed, Stream.BALANCING)
    if balance is Balance.OVERSAMPLE:
        return oversampled(labels, rng)
    if balance is Balance.UNDERSAMPLE:
        return undersampled(labels, rng)
    return np.arange(len(labels))


def class_weights(labels: pd.Series, class_keys: tuple[str, ...]) -> dict[int, float]:
    """Weight of each class number: rows / (classes that occur × rows of the class).

    The mean weight over the rows is 1 (the "balanced" rule of scikit-learn, after King and Zeng 2001).
    A class that does not occur has weight 1.
    """
    counts = labels.value_counts()
    return {
        number: float(len(labels) / (len(counts) * counts[key])) if counts.get(key, 0) else 1.0
        for number, key in enumerate(class_keys)
    }
