"""The folds of a cross-validation: each picture is tested once, by a model that has seen nothing of its group."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.base.counting import plural
from core.base.errors import DataError
from core.base.printable import printable
from core.base.random_streams import Stream, random_stream
from core.data.spec import ClassSpec
from core.data.splits.dealing import deal_groups

FOLD_COLUMN = "fold"
"""Where tidy metadata have the fold of each picture that the publishers give."""
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


def names_of_own_folds(table: pd.DataFrame) -> tuple[str, ...]:
    """What the folds are called that a data set is published with, in order; none where it has none.

    Args:
        table: tidy metadata; the column `fold` has the fold of each picture where one is given.
    """
    if FOLD_COLUMN not in table:
        return ()
    names = {_written(each) for each in table[FOLD_COLUMN].dropna().unique()} - {""}
    return tuple(sorted(names, key=_in_order)) if FEWEST <= len(names) <= MOST else ()


def own_folds(table: pd.DataFrame, folds: int) -> pd.Series:
    """The published fold of each row, from 1, on its index; missing where none is given.

    Raises:
        DataError: the data set has no folds of its own, or another number of them.
    """
    names = names_of_own_folds(table)
    if len(names) != folds:
        has = f"has {len(names)} folds of its own, not {folds}" if names else "has no folds of its own"
        raise DataError(f"This data set {has}. Set split to grouped to have folds dealt.")
    numbers = {name: number for number, name in enumerate(names, 1)}
    return table[FOLD_COLUMN].map(lambda each: numbers.get(_written(each)), na_action="ignore")


def _written(name: object) -> str:
    """The name of a fold as text; 3.0, as a column with gaps has it, is “3”."""
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name).strip()


def _in_order(name: str) -> tuple[bool, float, str]:
    """Folds by the number in their name, others by name."""
    number = re.search(r"\d+", name)
    return number is None, float(number[0]) if number else 0.0, name


def groups_of_classes(rows: pd.DataFrame) -> pd.Series:
    """Number of groups of each class, by its key."""
    return rows.groupby("label")["group_id"].nunique()


def fold_cautions(
    rows: pd.DataFrame, folds: int, classes: Sequence[ClassSpec], group: str, *, own: bool = False
) -> tuple[str, ...]:
    """What must be known before so many folds are trained: classes of which some folds will have nothing to test.

    Args:
        rows: with `group_id` and `label`; and `fold`, where the folds are those that the data set has.
        folds: how many.
        classes: those of the data set.
        group: what is not torn, as a noun.
        own: whether the folds are those that the data set has, which may tear groups.
    """
    names = {each.key: each.name for each in classes}
    if own:
        return _cautions_of_own(rows.assign(fold=own_folds(rows, folds)), folds, names, group)
    few = {key: count for key, count in groups_of_classes(rows).items() if count < folds}
    return tuple(
        f"There are {count} {plural(group)} of “{printable(names.get(str(key), str(key)))}” and {folds} folds: in "
        f"{folds - count} of them no picture of it is tested, and its sensitivity is not defined there."
        for key, count in few.items()
    )


def _cautions_of_own(rows: pd.DataFrame, folds: int, names: Mapping[str, str], group: str) -> tuple[str, ...]:
    said = []
    if without := int(rows["fold"].isna().sum()):
        have = "picture has" if without == 1 else "pictures have"
        said.append(f"{without:,} {have} no fold in this data set: left out.")
    rows = rows[rows["fold"].notna()]
    torn = int((rows.groupby("group_id")["fold"].nunique() > 1).sum())
    if torn:
        said.append(
            f"The folds of this data set tear {torn:,} {plural(group) if torn > 1 else group}: pictures of one {group} "
            "are tested in one fold and learnt from in another, so figures are too good. Folds that are dealt here "
            "keep groups whole."
        )
    for key, count in rows.groupby("label")["fold"].nunique().items():
        if count < folds:
            said.append(
                f"{folds - count} of the {folds} folds of this data set have no picture of "
                f"“{printable(names.get(str(key), str(key)))}”: its sensitivity is not defined there."
            )
    return tuple(said)
