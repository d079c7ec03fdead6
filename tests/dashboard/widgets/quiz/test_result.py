"""What is said of a person beside a model claims neither too much nor too little."""

import numpy as np
import pandas as pd

from core.data.adapters.skin import HAM10000_CLASSES
from core.evaluation.predictions import prediction_table
from core.teaching.quiz.quiz import Comparison, judge
from dashboard.widgets.quiz.result import paired_words

KEYS = [c.key for c in HAM10000_CLASSES]


def comparison(right_answers: int) -> Comparison:
    """Ten nevi, which the model all knows and the person calls melanoma but for the first ones."""
    ids = [f"I{number}" for number in range(10)]
    rows = pd.DataFrame({"image_id": ids, "group_id": ids, "part": "test", "true": "nv"})
    predictions = prediction_table(rows, np.eye(7)[[KEYS.index("nv")] * 10], KEYS)
    answers = ["nv"] * right_answers + ["mel"] * (10 - right_answers)
    return judge(predictions, ids, answers, HAM10000_CLASSES, "nv")


def test_a_rare_outcome_is_not_said_to_come_up_in_no_series_at_all() -> None:
    assert "10 to 0 or more uneven would come up in less than 1\u00a0% of such series" in paired_words(comparison(0))
    assert "6 to 0 or more uneven would come up in 3\u00a0% of such series" in paired_words(comparison(4))


def test_few_pictures_are_said_to_tell_nothing() -> None:
    assert "10 pictures cannot tell which of you is better" in paired_words(comparison(6))
    assert "That is even" in paired_words(comparison(10))
