"""Sets of classes that hold the true one as often as promised, class by class.

Class-wise conformal prediction (Vovk 2012, "Conditional validity of inductive conformal predictors"; Sadinle, Lei &
Wasserman 2019, "Least ambiguous set-valued classifiers", J. Am. Stat. Assoc. 114:223-234): a class is in the set of a
picture where its probability is not lower than what all but a few pictures of that class had. The promise holds for
each class by itself, over new lesions like those that it was made from; one photo of each lesion counts, as photos of
one lesion resemble each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.base.random_streams import Stream, random_stream
from core.evaluation.predictions import probabilities
from core.evaluation.small_samples import wilson_interval
from core.evaluation.temperature import at_temperature

LEVELS = (0.8, 0.9, 0.95)
"""How often the true class is to be in the set."""


@dataclass(frozen=True)
class ConformalSets:
    """From which probability on each class is in a set.

    `least` has by level and class key the least probability, 0 of a class that is always in; `lesions` counts the
    groups of each class that it was made from. `temperature` divides the logits of what is asked before it is compared.
    """

    class_keys: tuple[str, ...]
    least: dict[float, dict[str, float]]
    lesions: dict[str, int]
    temperature: float = 1.0

    def always(self, level: float) -> tuple[str, ...]:
        """Classes of which there were too few lesions for a limit: they are in every set."""
        return tuple(key for key in self.class_keys if self.lesions[key] < fewest_lesions(level))

    def of(self, probabilities: dict[str, float], level: float) -> tuple[str, ...]:
        """The set of a picture, in the order of the classes; it may be empty.

        Args:
            probabilities: by class key.
            level: one of `LEVELS`.
        """
        asked = np.array([[probabilities[key] for key in self.class_keys]])
        return tuple(key for key, inside in zip(self.class_keys, self.holds(asked, level)[0], strict=True) if inside)

    def holds(self, values: np.ndarray, level: float) -> np.ndarray:
        """Whether each class is in the set of each row of probabilities (rows, classes), bool of the same shape."""
        least = np.array([self.least[level][key] for key in self.class_keys])
        return at_temperature(values, self.temperature) >= least


def fewest_lesions(level: float) -> int:
    """How many lesions of a class are needed before it can be left out of a set: 4, 9 and 19 at 80, 90 and 95 %."""
    return math.ceil(level / (1 - level) - 1e-9)


def conformal_sets(
    table: pd.DataFrame, class_keys: Sequence[str], seed: int = 0, temperature: float = 1.0
) -> ConformalSets:
    """The limits for each level.

    Args:
        table: predictions of pictures that neither the model nor `temperature` has been fitted on.
        class_keys: classes in the order of the probability columns.
        seed: which photo of a lesion counts follows from it.
        temperature: by which the logits of these and of all later predictions are divided.
    """
    order = random_stream(seed, Stream.CALIBRATION, 1).permutation(len(table))
    one_each = table.iloc[order].drop_duplicates("group_id")
    values = at_temperature(probabilities(one_each, class_keys), temperature)
    true = one_each["true"].to_numpy()
    of_class = {key: np.sort(values[true == key, number]) for number, key in enumerate(class_keys)}
    least = {level: {key: _least(of_class[key], level) for key in class_keys} for level in LEVELS}
    return ConformalSets(tuple(class_keys), least, {key: len(of_class[key]) for key in class_keys}, temperature)


def _least(ascending: np.ndarray, level: float) -> float:
    """The probability that is exceeded by as many lesions as `ceil((n + 1) · level)` with itself, or 0."""
    wanted = math.ceil((len(ascending) + 1) * level - 1e-9)
    return float(ascending[len(ascending) - wanted]) if wanted <= len(ascending) else 0.0


def for_temperature(groups: pd.Series, labels: pd.Series, seed: int = 0) -> np.ndarray:
    """Which pictures fit the temperature, bool (rows,); the others give the limits of sets. Groups stay whole.

    Each class gives half of its groups, and a class with one group gives it to the limits.

    Args:
        groups: of pictures of the validation part.
        labels: their classes.
        seed: the draw follows from it.
    """
    of_group = pd.DataFrame({"group": groups.to_numpy(), "label": labels.to_numpy()}).drop_duplicates("group")
    of_group = of_group.sort_values("group", kind="stable")
    shuffled = of_group.iloc[random_stream(seed, Stream.CALIBRATION, 0).permutation(len(of_group))]
    chosen = shuffled["group"][shuffled.groupby("label").cumcount() % 2 == 1]
    return groups.isin(set(chosen)).to_numpy()


def coverage(
    table: pd.DataFrame,
    class_keys: Sequence[str],
    sets: ConformalSets,
    level: float,
    by: pd.Series | None = None,
) -> pd.DataFrame:
    """How often the true class is in the set, beside the promise.

    Args:
        table: predictions that the sets were not made from.
        class_keys: classes in the order of the probability columns.
        sets: the limits.
        level: one of `LEVELS`.
        by: a value for each row, by which rows are told apart; None takes them together.

    Returns:
        A row for each value, with `of` (the value), `lesions`, `pictures`, `coverage` (mean over lesions, 0…1), `low`
        and `high` (95 % interval by Wilson over lesions), and `size` (mean number of classes in a set).
    """
    values = probabilities(table, class_keys)
    inside = sets.holds(values, level)
    true = pd.Index(class_keys).get_indexer(table["true"])
    rows = pd.DataFrame(
        {
            "of": "all" if by is None else np.asarray(by, dtype=object),
            "group": table["group_id"].to_numpy(),
            "covered": inside[np.arange(len(table)), true],
            "size": inside.sum(axis=1),
        }
    ).dropna(subset=["of"])
    found = []
    for value, some in rows.groupby("of", sort=False):
        lesions = some.groupby("group")[["covered", "size"]].mean()
        share, count = float(lesions["covered"].mean()), len(lesions)
        low, high = wilson_interval(round(share * count), count) or (0.0, 1.0)
        size = float(lesions["size"].mean())
        found.append((value, count, len(some), share, min(low, share), max(high, share), size))
    return pd.DataFrame(found, columns=["of", "lesions", "pictures", "coverage", "low", "high", "size"])
