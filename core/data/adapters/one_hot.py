"""Ground truths of the ISIC challenges: a table with a column `image` and a column of zeros and ones per class."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError

WEIGHTS = frozenset({"score_weight", "validation_weight"})
"""Columns of ISIC ground truths that hold zeros and ones (or shares) but are no diagnosis."""


def class_of_each_row(truth: pd.DataFrame, keys: set[str], path: Path, key: Callable[[str], str]) -> np.ndarray:
    """The class that each row marks, as keys, shape (rows,), str; it may be one that is not in `keys`.

    Args:
        truth: texts, as `read_texts` gives them.
        keys: classes whose columns are used even if they hold something else than zeros and ones.
        path: the file, for messages.
        key: turns the name of a column into a class key.

    Raises:
        DataError: a row marks no class or several.
    """
    columns = [c for c in truth.columns if key(c) in keys or is_one_hot_column(truth[c])]
    columns = [c for c in columns if c != "image" and key(c) not in WEIGHTS]
    marks = truth[columns].apply(pd.to_numeric, errors="coerce").fillna(0).to_numpy()
    wrong = np.flatnonzero((marks.sum(axis=1) != 1) | ~np.isin(marks, (0, 1)).all(axis=1))
    if len(wrong):
        raise DataError(
            f"{path.name}: {len(wrong):,} rows do not mark exactly one class; the first is line "
            f"{truth.index[wrong[0]] + 2}. Put a 1 in one column of each row and a 0 in the others."
        )
    return np.array([key(c) for c in columns], dtype=str)[marks.argmax(axis=1)] if columns else np.empty(0, str)


def is_one_hot_column(values: pd.Series) -> bool:
    """Whether a column of texts holds zeros and ones alone."""
    numbers = pd.to_numeric(values, errors="coerce")
    return bool(len(numbers)) and bool(numbers.isin((0, 1)).all())
