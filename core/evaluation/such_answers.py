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


@dataclass(frozen=True)
class AnsweredBefore:
    """Answers of which it is known whether they are right, one for each picture, all (pictures,).

    `groups` numbers the lesions from 0, `sure` is the probability of the most likely class (0…1), `right` is bool.
    """

    groups: np.ndarray
    sure: np.ndarray
    right: np.ndarray


def answered_before(table: pd.DataFrame, class_keys: Sequence[str]) -> AnsweredBefore:
    """What `such_answers` looks at, which is the same for every answer.

    Args:
        table: predictions of pictures that the model has not learnt from.
        class_keys: classes in the order of the probability columns.
    """
    return AnsweredBefore(pd.factorize(table["group_id"])[0], *sure_and_right(table, class_keys))


def such_answers(before: AnsweredBefore, confidence: float) -> SuchAnswers | None:
    """What the answers say that are nearest in the probability of their most likely class; None if there are too few.

    A lesion counts as right by the share of its photos that are; the interval is Wilson's over lesions.

    Args:
        before: as `answered_before` gives it.
        confidence: probability of the most likely class of this answer, 0…1.
    """
    apart = np.abs(before.sure - confidence)
    order = np.argsort(apart, kind="stable")
    found, first = np.unique(before.groups[order], return_index=True)
    if len(found) < FEWEST_LESIONS:
        return None
    wanted = min(LESIONS, max(FEWEST_LESIONS, len(found) // 10))
    nearest = np.argsort(first)[:wanted]
    near = np.isin(before.groups, found[nearest]) & (apart <= apart[order[first[nearest[-1]]]])
    photos = np.bincount(before.groups[near])
    right = np.bincount(before.groups[near], before.right[near])
    share = float((right[photos > 0] / photos[photos > 0]).mean())
    low, high = wilson_interval(round(share * wanted), wanted) or (0.0, 1.0)
    sure = before.sure[near]
    return SuchAnswers(
        round(100 * low), round(100 * high), wanted, int(near.sum()), float(sure.min()), float(sure.max())
    )
