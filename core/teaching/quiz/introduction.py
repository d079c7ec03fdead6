"""Training pictures that show what the classes look like, and give away none of the pictures of a series."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from core.data.splits.splits import TRAIN, Split
from core.teaching.quiz.quiz import held_out_rows


@dataclass(frozen=True)
class ClassExamples:
    """What can be shown of one class."""

    image_ids: tuple[str, ...]
    """Training pictures of different groups, none of which is in the test part."""
    trained: int
    """Different pictures of the class in the training part."""
    tested_too: int
    """Those of them whose group has pictures in the test part: they would give answers away."""


def class_examples(
    split: Split, predictions: pd.DataFrame, present: Collection[str], keys: Sequence[str], most: int
) -> dict[str, ClassExamples]:
    """Examples of each class by its key.

    Args:
        split: of the run.
        predictions: of the run, with its test part.
        present: image ids that the data set still has.
        keys: of the classes.
        most: pictures to show of a class.

    Raises:
        LessonError: the run has no predictions on a test part.
    """
    # As objects, for columns of strings take ten times as long to look for many in.
    rows = split.part(TRAIN).astype(object).drop_duplicates("image_id")
    tested = rows["group_id"].map(str).isin(set(map(str, held_out_rows(predictions)["group_id"].unique())))
    shown = rows[~tested & rows["image_id"].isin(present)].drop_duplicates("group_id")
    return {
        key: ClassExamples(
            image_ids=tuple(shown.loc[shown["label"] == key, "image_id"].head(most)),
            trained=int((rows["label"] == key).sum()),
            tested_too=int(((rows["label"] == key) & tested).sum()),
        )
        for key in keys
    }
