"""Columns that are called anything and say of each picture that it is for training, validation or testing."""

from collections.abc import Iterable

import pandas as pd

from core.data.adapters.folder_names import PART_WORDS, fold_of
from core.data.group_words import words
from core.data.reading.one_hot_columns import is_free
from core.data.splits.splits import TRAIN

_MOST_VALUES = 6


def says_parts(values: pd.Series) -> bool:
    """Whether a column has words for parts alone, such as "Training" and "Test"; some rows may have none."""
    said = [text for text in values.unique() if text]
    parts = {PART_WORDS.get("".join(words(str(text)))) for text in said[: _MOST_VALUES + 1]}
    return len(said) <= _MOST_VALUES and TRAIN in parts and len(parts) > 1 and None not in parts


def columns_of_parts(rows: pd.DataFrame, columns: Iterable[str]) -> list[str]:
    """Those of the columns that say parts by their values and nothing by their names.

    Columns of folds, such as "fold_0", are none. A "group" may be that of the study.
    """
    unnamed = [name for name in columns if fold_of(name) is None and (is_free(name) or words(name)[-1:] == ["group"])]
    return [name for name in unnamed if says_parts(rows[name])]
