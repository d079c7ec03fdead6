"""A column that may say the class of each picture."""

import re
from dataclasses import dataclass

import pandas as pd

from core.data.diagnoses.diagnoses import spelled
from core.data.spec import MOST_CLASSES

_SHARE, _FRACTION = re.compile(r"[01]|0?[.,]\d+|1[.,]0*"), re.compile(r"0?[.,]0*[1-9]\d*")
MOST_UNKNOWN = 0.25
NEARLY_ALL = 0.8


@dataclass(frozen=True)
class Candidate:
    """A column that may say the class.

    `values` has the class of each row as it is written, "" where none is known; `kind` is how the column was known:
    "one-hot", "level", "name", "binary", "marks" (such columns that may mean anything), "weak", "target" or "values".
    `note` is to be known of it where it is used, and `doubt` to be asked.
    """

    column: str
    values: pd.Series
    kind: str
    used: tuple[str, ...] = ()
    note: str = ""
    doubt: str = ""

    @property
    def classes(self) -> pd.Series:
        """How many rows each class has, the most frequent first; spellings that differ in case count as one."""
        counts = self.values[self.values != ""].value_counts()
        return counts.groupby(counts.index.map(spelled)).sum().sort_values(ascending=False)

    @property
    def share(self) -> float:
        """Of all rows, those with a class."""
        return float((self.values != "").mean()) if len(self.values) else 0.0

    @property
    def measured(self) -> bool:
        """Whether its values are shares such as 0.9, which are no classes."""
        values = [text for text in self.values.unique() if text]
        return all(map(_SHARE.fullmatch, values)) and any(map(_FRACTION.fullmatch, values))

    @property
    def strong(self) -> bool:
        """Whether its name or form says that it is the class, rather than that it may be."""
        return self.kind in ("one-hot", "level", "name", "binary", "said")

    def is_useful(self) -> bool:
        """Whether it gives 2 to 50 classes, most pictures have one, and most lie in classes with enough pictures."""
        classes = self.classes
        if not 2 <= len(classes) <= MOST_CLASSES or self.share < 1 - MOST_UNKNOWN:
            return False
        enough = 10 if classes.sum() >= 500 else 2
        return (classes >= enough).sum() >= 2 and classes[classes >= enough].sum() >= NEARLY_ALL * classes.sum()
