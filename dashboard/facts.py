"""Metadata as filters and charts count it, encoded once for each data set; and seen as malignant or benign."""

import weakref

import numpy as np
import pandas as pd

from core.data.counts import encode
from core.data.spec import ClassSpec, DatasetSpec

SIDES = (ClassSpec("malignant", "malignant", malignant=True), ClassSpec("benign", "benign", malignant=False))
"""What classes become where only malignancy counts."""

_KEPT = 6
_encoded: dict[int, tuple[weakref.ref, pd.DataFrame]] = {}


def facts_of(table: pd.DataFrame) -> pd.DataFrame:
    """`core.data.counts.encode` of a table, kept as long as that very table is; read it, never change it in place."""
    known = _encoded.get(id(table))
    if known is not None and known[0]() is table:
        return known[1]
    facts = encode(table)
    for key in [key for key, (alive, _) in _encoded.items() if alive() is None] + list(_encoded)[: -_KEPT + 1]:
        _encoded.pop(key, None)
    _encoded[id(table)] = (weakref.ref(table), facts)
    return facts


def by_malignancy(facts: pd.DataFrame, spec: DatasetSpec) -> pd.DataFrame:
    """The same encoded rows with "malignant" or "benign" as their label."""
    side = {c.key: SIDES[0 if c.malignant else 1].key for c in spec.classes}
    codes = facts["label"].cat.codes.to_numpy()
    number = {c.key: n for n, c in enumerate(SIDES)}
    of_code = [number[side[key]] if key in side else -1 for key in facts["label"].cat.categories]
    label = np.array([*of_code, -1], dtype=np.int8)[codes]  # the code −1, a missing label, is the last entry
    return facts.assign(label=pd.Categorical.from_codes(label, [*number]))
