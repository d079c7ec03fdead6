"""Predictions to judge: made by a seeded model that is right more often than not."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from core.evaluation.predictions import prediction_table

CLASSES = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
FRACTIONS = (0.03, 0.05, 0.11, 0.02, 0.11, 0.66, 0.02)


@pytest.fixture
def class_keys() -> tuple[str, ...]:
    """HAM10000's classes."""
    return CLASSES


@pytest.fixture
def make_predictions() -> Callable[..., pd.DataFrame]:
    """A function that makes predictions of `images` images in about `groups` groups.

    With `exact` they are multiples of 2⁻²⁰, which float32 holds as they are: each row sums to 1 to the last bit.
    """

    def make(
        images: int = 1500,
        groups: int = 1000,
        seed: int = 0,
        decimals: int = 2,
        fractions: Sequence[float] = FRACTIONS,
        exact: bool = False,
    ) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        true = rng.choice(len(CLASSES), images, p=fractions)
        logits = rng.normal(size=(images, len(CLASSES)))
        logits[np.arange(images), true] += 1.5
        odds = np.exp(logits).round(decimals) + 0.01  # rounded, so that scores tie
        values = odds / odds.sum(axis=1, keepdims=True)
        if exact:
            values = np.maximum(np.floor(values * 2**20), 1) / 2**20
            values[np.arange(images), values.argmax(axis=1)] += 1 - values.sum(axis=1)
        rows = pd.DataFrame(
            {
                "image_id": [f"image_{number}" for number in range(images)],
                "group_id": [f"group_{number}" for number in rng.integers(groups, size=images)],
                "part": "test",
                "true": np.array(CLASSES)[true],
            }
        )
        return prediction_table(rows, values, CLASSES)

    return make
