"""A reading at one glance: how many pictures of each class and part, and twelve of them; small enough to be kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.data.adapters.listing import changed_at, settled
from core.data.compact_texts import count_different
from core.data.reading.reading import Reading
from core.data.spec import ClassSpec
from core.data.splits.splits import TEST, TRAIN, VALIDATION

SHOWN = 12
PARTS = (TRAIN, VALIDATION, TEST)
_MOST_STAMPS, _MOST_SKIPPED = 2000, 200


@dataclass(frozen=True)
class Glance:
    """What is seen of pictures at one glance.

    `by_class` has a row per class in their order: `key`, `pictures`, and the pictures of each of `PARTS`. `examples`
    are at most `SHOWN` rows of tidy metadata, spread over the classes.
    """

    classes: tuple[ClassSpec, ...]
    pictures: int
    unlabelled: int
    groups: int
    by_class: pd.DataFrame
    examples: pd.DataFrame


@dataclass(frozen=True)
class ReadingGlance:
    """A reading without its rows, with what is seen of them, and whether it may be trained on as it is."""

    reading: Reading
    glance: Glance
    certain: bool
    holds_long: bool

    def holds(self) -> bool:
        """Whether nothing in the folder has changed since it was read."""
        return self.holds_long and all(changed_at(path) == changed for path, changed in self.reading.stamps)


def glance_at(rows: pd.DataFrame, classes: Sequence[ClassSpec]) -> Glance:
    """Counts and examples of rows of tidy metadata; rows without a label are counted apart."""
    keys = [each.key for each in classes]
    by_class = pd.DataFrame({"key": keys, "pictures": 0, **dict.fromkeys(PARTS, 0)})
    if not len(rows):
        return Glance(tuple(classes), 0, 0, 0, by_class, rows)
    labelled = rows[rows["label"].notna()]
    by_class["pictures"] = labelled["label"].value_counts().reindex(keys, fill_value=0).to_numpy()
    for part in PARTS:
        of_part = labelled.loc[labelled["split"] == part, "label"]
        by_class[part] = of_part.value_counts().reindex(keys, fill_value=0).to_numpy()
    groups = count_different(rows["group_id"])
    here = rows[rows["path"].notna()]
    return Glance(tuple(classes), len(rows), len(rows) - len(labelled), groups, by_class, spread_examples(here, keys))


def reading_at_a_glance(reading: Reading) -> ReadingGlance:
    """What a page shows of a reading."""
    lean = replace(
        reading,
        rows=pd.DataFrame(),
        described=pd.DataFrame(),
        skipped=reading.skipped[:_MOST_SKIPPED],
        stamps=reading.stamps[:_MOST_STAMPS],
    )
    rested = settled(max((changed for _, changed in reading.stamps), default=0))
    return ReadingGlance(lean, glance_at(reading.rows, reading.classes), reading.certain, rested)


def spread_examples(rows: pd.DataFrame, keys: Sequence[str], most: int = SHOWN) -> pd.DataFrame:
    """At most so many rows, of each class as many as of the others as far as it has them; without classes any.

    Of each class they are spread from its first to its last row. Of more classes than `most`, the first are shown.
    """
    places = [np.flatnonzero((rows["label"] == key).to_numpy()) for key in keys]
    places = [each for each in places if len(each)] or [np.arange(len(rows))]
    takes = [0] * len(places)
    for _ in range(most):
        left = [number for number, each in enumerate(places) if takes[number] < len(each)]
        if not left or sum(takes) == most:
            break
        for number in left[: most - sum(takes)]:
            takes[number] += 1
    chosen = [
        each[np.linspace(0, len(each) - 1, take).round().astype(int)]
        for each, take in zip(places, takes, strict=True)
        if take
    ]
    return rows.iloc[np.concatenate(chosen)] if chosen else rows.head(0)
