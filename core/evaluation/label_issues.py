"""Labels that are likely to be wrong, by confident learning (Northcutt et al. 2021, arXiv 1911.00068; cleanlab)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.predictions import probabilities


@dataclass(frozen=True)
class LabelIssues:
    """Pictures whose label is likely to be wrong.

    `suspects` are rows of the predictions, the least likely label first, with `suggested` (class key), `own` and
    `confidence`: the probability of the label as it is and of the suggested one, 0…1. `judged` pictures were looked at.
    `thresholds` says by class from which probability on the model is confident: its mean among those of that label.
    """

    suspects: pd.DataFrame
    judged: int
    thresholds: dict[str, float]


def find_label_issues(table: pd.DataFrame, class_keys: Sequence[str]) -> LabelIssues:
    """Look for wrong labels among pictures that the model has not learnt from.

    Confident learning counts how many labels are likely to be wrong: those for which the model is confident of another
    class. As many with the least probability of their label are suspects; of the ways to choose them this found most
    in a trial with labels that had been changed on purpose. Probabilities are to be calibrated.

    Args:
        table: predictions of one part, or out of fold; of a picture that occurs twice the first row counts.
        class_keys: classes in the order of the probability columns.
    """
    rows = table.drop_duplicates("image_id")
    values = probabilities(rows, class_keys)
    labels = pd.Index(class_keys).get_indexer(rows["true"])
    thresholds = {
        key: float(values[labels == number, number].mean())
        for number, key in enumerate(class_keys)
        if (labels == number).any()
    }
    found = np.empty(0, dtype=int)
    if len(thresholds) > 1:
        from cleanlab.filter import find_label_issues as cleanlab_issues  # takes a second to import

        found = np.asarray(
            cleanlab_issues(
                labels,
                values,
                filter_by="low_self_confidence",
                return_indices_ranked_by="self_confidence",
                n_jobs=1,
            ),
            dtype=int,
        )
    best = values.argmax(axis=1)
    found = found[best[found] != labels[found]]
    suspects = rows.iloc[found].assign(
        suggested=np.asarray(class_keys, dtype=object)[best[found]],
        own=values[found, labels[found]],
        confidence=values[found, best[found]],
    )
    return LabelIssues(suspects, len(rows), thresholds)
