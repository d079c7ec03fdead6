"""Rules by which a threshold is chosen, each in words, on the part that training did not learn from."""

from collections.abc import Sequence

import pandas as pd

from core.base.percents import percent
from core.data.spec import ClassSpec
from core.evaluation.operating import balanced_threshold, operating_curve, threshold_that_finds, youden_threshold
from core.evaluation.readings import Reading
from core.runs.judging.readings import melanoma_of

WANTED_SENSITIVITY = 0.95


def threshold_rules(table: pd.DataFrame, classes: Sequence[ClassSpec], reading: Reading) -> dict[str, float]:
    """The threshold of each rule, by the rule in words.

    The first finds 95 % of melanomas where they are called so, else 95 % of all that is. Of two classes the Youden
    index and balanced accuracy choose the same threshold, so that the latter is of more classes alone.

    Args:
        table: predictions of the validation part; where nothing in it can be told apart, there is no rule.
        classes: of the run.
        reading: what is called.
    """
    if reading.problem(table):
        return {}
    scores, melanoma = reading.scores(table), melanoma_of(classes)
    wanted, what = reading.is_positive(table), "sensitivity"
    if melanoma is not None and melanoma.key in reading.positive and (table["true"] == melanoma.key).any():
        wanted, what = (table["true"] == melanoma.key).to_numpy(), "of melanomas found"
    groups = table["group_id"]
    curve = operating_curve(scores, reading.is_positive(table), groups, resamples=0)
    of_wanted = operating_curve(scores, wanted, groups, resamples=0)
    found = {
        f"{percent(WANTED_SENSITIVITY, 0)} {what}": threshold_that_finds(of_wanted, WANTED_SENSITIVITY),
        "Largest Youden index": youden_threshold(curve),
    }
    if len(classes) > 2:
        found["Best balanced accuracy of all classes"] = balanced_threshold(
            table, [c.key for c in classes], reading.positive, scores
        )
    return {rule: value for rule, value in found.items() if value is not None}
