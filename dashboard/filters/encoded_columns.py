"""Metadata with every column encoded for counting, once for each data set; and seen as malignant or benign."""

import weakref
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from core.data.spec import ClassSpec, DatasetSpec
from core.data.statistics.counts import encode

SIDES = (ClassSpec("malignant", "malignant", malignant=True), ClassSpec("benign", "benign", malignant=False))
"""What classes become where only malignancy counts."""

_KEPT = 12
_tables: dict[int, tuple[weakref.ref, dict[Hashable, Any]]] = {}
T = TypeVar("T")


def kept_with(table: pd.DataFrame, what: Hashable, make: Callable[[], T]) -> T:
    """What follows from a table alone, made once and kept as long as that very table is; never change either."""
    known = _tables.get(id(table))
    if known is None or known[0]() is not table:
        for key in [key for key, (alive, _) in list(_tables.items()) if alive() is None] + list(_tables)[: -_KEPT + 1]:
            _tables.pop(key, None)
        known = _tables[id(table)] = (weakref.ref(table), {})
    if what not in known[1]:
        known[1][what] = make()
    return known[1][what]


def encoded(table: pd.DataFrame) -> pd.DataFrame:
    """`core.data.statistics.counts.encode` of a table, made once; read it, never change it in place."""
    return kept_with(table, "encoded", lambda: encode(table))


def by_malignancy(columns: pd.DataFrame, spec: DatasetSpec) -> pd.DataFrame:
    """The same encoded rows with "malignant" or "benign" as their label."""
    side = {c.key: SIDES[0 if c.malignant else 1].key for c in spec.classes}
    codes = columns["label"].cat.codes.to_numpy()
    number = {c.key: n for n, c in enumerate(SIDES)}
    of_code = [number[side[key]] if key in side else -1 for key in columns["label"].cat.categories]
    label = np.array([*of_code, -1], dtype=np.int8)[codes]  # the code −1, a missing label, is the last entry
    return columns.assign(label=pd.Categorical.from_codes(label, [*number]))
