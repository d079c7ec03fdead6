"""Of a hundred answers of which a model was as sure as of this one, how many are right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.predictions import sure_and_right
from core.evaluation.small_samples import wilson_interval

FEWEST_LESIONS = 20
"""With fewer lesions nothing is said."""
LESIONS = 200
"""So many lesions, those with the nearest probabilities, count at most; a tenth of all where there are fewer."""


@dataclass(frozen=True)
class SuchAnswers:
    """How many of a hundred such answers are right, from `low` to `high` (95 % interval).

    It rests on `lesions` with `pictures`, of which the model was sure by `least` to `most` (probabilities 0…1).
    """

    low: int
    high: int
    lesions: int
    pictures: int
    least: float
    most: float

    @property
    def sentence(self) -> str:
        """For a person."""
        return f"Of 100 such answers {self.low} to {self.high} are right."


def such_answers(table: pd.DataFrame, class_keys: Sequence[str], confidence: float) -> SuchAnswers | None:
    """What the answers say that are nearest in the probability of their most likely class; None if there are too few.

    A lesion counts as right by the share of its photos that are; the interval is Wilson's over lesions.

    Args:
        table: predictions of pictures that the model has not learnt from.
        class_keys: classes in the order of the probability columns.
        confidence: probability of the most likely class of this answer, 0…1.
    """
    sure, right_or_wrong = sure_and_right(table, class_keys)
    rows = pd.DataFrame({"group": table["group_id"].to_numpy(), "sure": sure, "right": right_or_wrong})
    rows["apart"] = np.abs(rows["sure"] - confidence)
    rows = rows.sort_values("apart", kind="stable")
    groups = rows["group"].nunique()
    wanted = min(LESIONS, max(FEWEST_LESIONS, groups // 10))
    if groups < FEWEST_LESIONS:
        return None
    near = rows[rows["group"].isin(set(rows["group"].drop_duplicates().iloc[:wanted]))]
    near = near[near["apart"] <= rows["apart"][~rows["group"].duplicated()].iloc[wanted - 1]]
    right = float(near.groupby("group")["right"].mean().mean())
    low, high = wilson_interval(round(right * wanted), wanted) or (0.0, 1.0)
    least, most = float(near["sure"].min()), float(near["sure"].max())
    return SuchAnswers(round(100 * low), round(100 * high), wanted, len(near), least, most)
