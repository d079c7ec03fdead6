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
    """A function that makes predictions of `images` images in about `groups` groups."""

    def make(
        images: int = 1500,
        groups: int = 1000,
        seed: int = 0,
        decimals: int = 2,
        fractions: Sequence[float] = FRACTIONS,
    ) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        true = rng.choice(len(CLASSES), images, p=fractions)
        logits = rng.normal(size=(images, len(CLASSES)))
        logits[np.arange(images), true] += 1.5
        odds = np.exp(logits).round(decimals) + 0.01  # rounded, so that scores tie
        rows = pd.DataFrame(
            {
                "image_id": [f"image_{number}" for number in range(images)],
                "group_id": [f"group_{number}" for number in rng.integers(groups, size=images)],
                "part": "test",
                "true": np.array(CLASSES)[true],
            }
        )
        return prediction_table(rows, odds / odds.sum(axis=1, keepdims=True), CLASSES)

    return make
