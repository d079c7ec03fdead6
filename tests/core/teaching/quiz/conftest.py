"""Predictions of a model of seven classes on a test part with several photos of most lesions."""

import numpy as np
import pandas as pd
import pytest

from core.data.adapters.skin import HAM10000_CLASSES
from core.evaluation.predictions import prediction_table

KEYS = [c.key for c in HAM10000_CLASSES]


@pytest.fixture(scope="session")
def predictions() -> pd.DataFrame:
    """300 lesions in the test part, mostly nevi, with one to three photos each, and 100 in validation."""
    rng = np.random.default_rng(0)
    rows = []
    for lesion in range(400):
        label = rng.choice(KEYS, p=[0.05, 0.06, 0.1, 0.03, 0.12, 0.6, 0.04])
        part = "test" if lesion < 300 else "validation"
        rows += [(f"I{len(rows) + n:04d}", f"L{lesion:03d}", part, label) for n in range(rng.integers(1, 4))]
    table = pd.DataFrame(rows, columns=["image_id", "group_id", "part", "true"])
    values = rng.dirichlet(np.ones(7), len(table))
    values[np.arange(len(table)), [KEYS.index(key) for key in table["true"]]] += 0.5
    return prediction_table(table, values / values.sum(axis=1, keepdims=True), KEYS)
