"""The mistakes of a run: where it was most sure, where it was least sure, and what they have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.predictions import predicted_labels, probabilities

PERMUTATIONS = 2000
SMALLEST = 1e-12


@dataclass(frozen=True)
class InCommon:
    """A column in which wrong and right answers differ, or do not.

    `value` is the one that is most over-represented among the wrong ones: `wrong` of the `groups` that have it are
    wrong, where `expected` would be for their diagnoses. `p` is for the whole column, `adjusted` for all columns
    together.
    """

    column: str
    value: str
    groups: int
    wrong: int
    expected: float
    p: float
    adjusted: float


def ranked_by_confidence(table: pd.DataFrame, class_keys: Sequence[str]) -> pd.DataFrame:
    """Predictions, a row a picture, with what was said.

    Returns:
        The rows of `table` with `predicted` (class key), `confidence` (probability of it, 0…1), `right` and `doubt`:
        the entropy of the answer as a share of the largest that there can be, 0 (sure) to 1 (all alike).
    """
    rows = table.drop_duplicates("image_id")
    values = probabilities(rows, class_keys)
    predicted = predicted_labels(rows, class_keys)
    entropy = -(values * np.log(np.clip(values, SMALLEST, 1))).sum(axis=1) / np.log(max(len(class_keys), 2))
    return rows.assign(
        predicted=predicted,
        confidence=values.max(axis=1, initial=0.0),
        right=predicted == rows["true"].to_numpy(dtype=str),
        doubt=np.clip(entropy, 0, 1),
    )


def most_confident_mistakes(ranked: pd.DataFrame) -> pd.DataFrame:
    """Wrong answers of `ranked_by_confidence`, the most confident first."""
    return ranked[~ranked["right"]].sort_values("confidence", ascending=False, kind="stable")


def most_uncertain(ranked: pd.DataFrame) -> pd.DataFrame:
    """Answers of `ranked_by_confidence`, right or wrong, the least certain first."""
    return ranked.sort_values("doubt", ascending=False, kind="stable")


def hardest_groups(ranked: pd.DataFrame) -> pd.DataFrame:
    """Groups (lesions, patients, slides) of several pictures by how little the model makes of them, the hardest first.

    Args:
        ranked: as `ranked_by_confidence` gives it.

    Returns:
        One row a group with a wrong answer: `group_id`, `true` (class key of its first picture), `images`, `wrong`, and
        `own`, the mean probability of the true class, 0…1, by which they are sorted.
    """
    own = pd.Series(np.nan, ranked.index)
    for key in ranked["true"].unique():
        of_class = ranked["true"] == key
        own[of_class] = ranked.loc[of_class, f"p_{key}"].astype(float)
    counted = ranked.assign(own=own, wrong=~ranked["right"]).groupby("group_id", sort=False)
    groups = counted.agg(
        true=("true", "first"), images=("image_id", "size"), wrong=("wrong", "sum"), own=("own", "mean")
    ).reset_index()
    kept = groups[(groups["images"] > 1) & (groups["wrong"] > 0)]
    return kept.sort_values(["own", "images"], ascending=[True, False], kind="stable").reset_index(drop=True)


def in_common(
    ranked: pd.DataFrame, columns: pd.DataFrame, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> list[InCommon]:
    """Which columns differ between wrong and right answers more than the diagnoses explain, the clearest first.

    One picture of each group counts. Right and wrong are permuted within each true class, so that a site where many
    hard diagnoses sit is not blamed for them (a stratified permutation test; Good 2005, "Permutation, parametric and
    bootstrap tests of hypotheses", chapter 8); p values are adjusted after Holm 1979, Scand. J. Statistics 6:65-70.

    Args:
        ranked: as `ranked_by_confidence` gives it.
        columns: texts that divide the same rows, (rows, columns).
        permutations: number of them.
        seed: the same seed gives the same p values.

    Returns:
        One entry for each column with at least two values; none where all are right or all wrong.
    """
    first = ~ranked["group_id"].duplicated().to_numpy()
    rows, columns = ranked[first], columns[first]
    wrong = (~rows["right"]).to_numpy()
    if not 0 < wrong.sum() < len(wrong):
        return []
    classes, names = pd.factorize(rows["true"])
    chance = (np.bincount(classes, wrong) / np.bincount(classes))[classes]  # of each row to be wrong, by its class
    rng = np.random.default_rng(seed)
    permuted = np.empty((len(rows), permutations), dtype=np.float32)
    for number in range(len(names)):
        of_class = classes == number
        permuted[of_class] = rng.permuted(np.tile(wrong[of_class].astype(np.float32), (permutations, 1)), axis=1).T
    found = []
    for column in columns:
        codes, values = pd.factorize(columns[column])
        if len(values) < 2:
            continue
        member = (codes[:, None] == np.arange(len(values))).astype(np.float32)
        expected = member.T @ chance
        observed = member.T @ wrong
        statistic = _distance(observed[:, None], expected)[0]
        by_chance = _distance(member.T @ permuted, expected)
        p = float((1 + (by_chance >= statistic - 1e-6).sum()) / (permutations + 1))
        worst = int(np.argmax((observed - expected) / np.sqrt(np.maximum(expected, 0.5))))
        found.append(
            InCommon(
                str(column), str(values[worst]), int(member[:, worst].sum()), int(observed[worst]),
                float(expected[worst]), p, p,
            )
        )  # fmt: skip
    return _adjusted(sorted(found, key=lambda each: each.p))


def _distance(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The chi-square distance of counts, (values, draws), from what is expected, (values,)."""
    counted = expected > 0
    return ((observed[counted] - expected[counted, None]) ** 2 / expected[counted, None]).sum(axis=0)


def _adjusted(found: list[InCommon]) -> list[InCommon]:
    adjusted, largest = [], 0.0
    for place, each in enumerate(found):
        largest = max(largest, min(1.0, (len(found) - place) * each.p))
        adjusted.append(InCommon(**{**vars(each), "adjusted": largest}))
    return adjusted
