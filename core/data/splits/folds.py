"""The folds of a cross-validation: each picture is tested once, by a model that has seen nothing of its group."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.printable import printable
from core.base.random_streams import Stream, random_stream
from core.data.group_words import plural
from core.data.spec import ClassSpec
from core.data.splits.dealing import deal_groups

FEWEST, MOST = 2, 10
"""Folds that a cross-validation may have."""


def deal_folds(rows: pd.DataFrame, folds: int, seed: int) -> pd.Series:
    """Fold of each row, from 1, on its index: whole groups together, each fold with its share of every class.

    Args:
        rows: with `group_id` and `label`; their order does not matter.
        folds: how many.
        seed: the same seed deals the same folds.

    Raises:
        DataError: there are fewer groups than folds, so that one would be empty; or a class is in one group alone,
            so that no model which is tested on it could have learnt it.
    """
    groups = rows["group_id"].nunique()
    if groups < folds:
        raise DataError(
            f"{folds} folds need at least {folds} groups, such as lesions or patients; these data have {groups}. Ask "
            "for fewer folds."
            if groups >= FEWEST
            else "All pictures are of one group, such as one patient, so they cannot be divided into folds."
        )
    of_class = groups_of_classes(rows)
    if alone := sorted(of_class.index[of_class < 2]):
        named = ", ".join(f"“{printable(key)}”" for key in alone)
        raise DataError(
            f"A cross-validation needs at least two groups, such as lesions or patients, of each class: one to test on "
            f"and another to learn from. There is one group of {named}. Take a single split, or leave the class out."
        )
    counts = pd.crosstab(rows["group_id"], rows["label"])
    dealt = deal_groups(counts.to_numpy(), np.full(folds, 1 / folds), random_stream(seed, Stream.SPLIT), folds=True)
    return rows["group_id"].map(pd.Series(dealt + 1, index=counts.index))


def groups_of_classes(rows: pd.DataFrame) -> pd.Series:
    """Number of groups of each class, by its key."""
    return rows.groupby("label")["group_id"].nunique()


def fold_cautions(rows: pd.DataFrame, folds: int, classes: Sequence[ClassSpec], group: str) -> tuple[str, ...]:
    """What must be known before so many folds are trained: classes of which some folds will have nothing to test.

    Args:
        rows: with `group_id` and `label`.
        folds: how many.
        classes: those of the data set.
        group: what is not torn, as a noun.
    """
    names = {each.key: each.name for each in classes}
    few = {key: count for key, count in groups_of_classes(rows).items() if count < folds}
    return tuple(
        f"There are {count} {plural(group)} of “{printable(names.get(str(key), str(key)))}” and {folds} folds: in "
        f"{folds - count} of them no picture of it is tested, and its sensitivity is not defined there."
        for key, count in few.items()
    )
