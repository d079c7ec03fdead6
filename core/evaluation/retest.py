"""Test-retest: does a model give the same answer to several photos of one lesion?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.predictions import predicted_labels
from core.evaluation.readings import Reading
from core.evaluation.small_samples import wilson_interval


@dataclass(frozen=True)
class Retest:
    """Lesions with several photos.

    `lesions` has a row each: `lesion`, `photos`, `true` (class key), `answers` (different class keys in the order of
    their number), `same` (one answer for all photos), `same_call` (all are called so, or none), `lowest`,
    `highest` and `spread` of the probability (0…1). Shares have 95 % intervals, for lesions are independent.
    """

    lesions: pd.DataFrame
    photos: int

    @property
    def same_answer(self) -> float | None:
        """Share of the lesions of which all photos get the same class; None without lesions."""
        return float(self.lesions["same"].mean()) if len(self.lesions) else None

    @property
    def same_answer_interval(self) -> tuple[float, float] | None:
        """Of `same_answer`."""
        return wilson_interval(int(self.lesions["same"].sum()), len(self.lesions))

    @property
    def same_call(self) -> float | None:
        """Share of the lesions of which all photos are called so, or none; None without lesions."""
        return float(self.lesions["same_call"].mean()) if len(self.lesions) else None

    @property
    def same_call_interval(self) -> tuple[float, float] | None:
        """Of `same_call`."""
        return wilson_interval(int(self.lesions["same_call"].sum()), len(self.lesions))


def retest(
    table: pd.DataFrame, class_keys: Sequence[str], lesion: pd.Series, reading: Reading, called: np.ndarray
) -> Retest:
    """Compare the answers to the photos of each lesion.

    Args:
        table: predictions of one part; of a picture that stands there twice, the first counts.
        class_keys: classes in the order of the probability columns.
        lesion: the lesion of each row of `table`, missing where it is not known.
        reading: whose probability is looked at.
        called: whether each row is called so, bool (rows,).
    """
    rows = pd.DataFrame(
        {
            "image_id": table["image_id"].to_numpy(),
            "lesion": lesion.to_numpy(),
            "true": table["true"].to_numpy(),
            "answer": predicted_labels(table, class_keys),
            "score": reading.scores(table),
            "called": called,
        }
    )
    rows = rows.drop_duplicates("image_id").dropna(subset=["lesion"])
    rows = rows[rows["lesion"].duplicated(keep=False)]
    by_lesion = rows.groupby("lesion", sort=False)
    found = pd.DataFrame(
        {
            "photos": by_lesion.size(),
            "true": by_lesion["true"].first(),
            "answers": by_lesion["answer"].agg(lambda each: ", ".join(each.value_counts().index)),
            "same": by_lesion["answer"].nunique() == 1,
            "same_call": by_lesion["called"].nunique() == 1,
            "lowest": by_lesion["score"].min(),
            "highest": by_lesion["score"].max(),
        }
    )
    found["spread"] = found["highest"] - found["lowest"]
    return Retest(found.rename_axis("lesion").reset_index().sort_values("spread", ascending=False), len(rows))


def spread_quantiles(found: Retest) -> tuple[float, float] | None:
    """Median and ninetieth percentile of how far the probability spreads within a lesion; None without lesions."""
    if found.lesions.empty:
        return None
    median, most = np.quantile(found.lesions["spread"], [0.5, 0.9])
    return float(median), float(most)
