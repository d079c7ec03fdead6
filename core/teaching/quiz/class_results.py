"""How a whole class did on a series, beside the model, with nobody's name or key in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.spec import ClassSpec
from core.evaluation.predictions import predicted_labels
from core.teaching.quiz.class_answers import Participant
from core.teaching.quiz.quiz import LEFT_OUT, series_rows

NO_VOTE = ""
"""Stands for the class's vote where no answer was the most frequent one."""


@dataclass(frozen=True)
class ClassResults:
    """The class and the model on the same pictures; only those who finished or answered every picture are counted.

    `answers` has one row per participant and picture: `participant` (from 1, in an order of chance), `position`
    (from 1), `image_id`, `true`, `answer`, `right`, `model`.
    `pictures` has one row per picture, in the order shown: `position`, `image_id`, `true`, `model`,
    `model_probability`, `model_right`, `answered`, `right` (counts), `fraction_right` (0…1, NaN where nobody
    answered), `vote` (the most frequent answer, `NO_VOTE` on a tie), `mistaken_for` (the most frequent wrong
    answer, `NO_VOTE` if there is none).
    `sensitivities` has one row per class that occurs: `key`, `pictures`, `answered`, `right`, `class_fraction`,
    `model_fraction` (0…1).
    """

    scores: tuple[int, ...]
    """Correct answers of each participant, in the numbering of `answers`."""
    model_correct: int
    answers: pd.DataFrame
    pictures: pd.DataFrame
    sensitivities: pd.DataFrame

    @property
    def vote_correct(self) -> int:
        """Pictures on which the most frequent answer of the class is right."""
        return int((self.pictures["vote"] == self.pictures["true"]).sum())


def class_results(
    predictions: pd.DataFrame,
    image_ids: Sequence[str],
    participants: Sequence[Participant],
    classes: Sequence[ClassSpec],
) -> ClassResults:
    """Put together how the participants who are done did.

    Args:
        predictions: of the run.
        image_ids: the series, in order.
        participants: of the session, finished or not.
        classes: the model's classes, in the order of the probability columns.

    Raises:
        LessonError: the run does not know the pictures any more.
    """
    keys = [c.key for c in classes]
    rows = series_rows(predictions, image_ids)
    models = predicted_labels(rows, keys)
    pictures = pd.DataFrame(
        {
            "position": np.arange(1, len(rows) + 1),
            "image_id": rows["image_id"],
            "true": rows["true"].astype(str),
            "model": models,
            "model_probability": [float(rows[f"p_{key}"].iloc[row]) for row, key in enumerate(models)],
        }
    )
    pictures["model_right"] = pictures["true"] == pictures["model"]
    finished = sorted((each for each in participants if each.done(len(rows))), key=lambda each: each.participant_id)
    tables = [
        pictures[["position", "image_id", "true", "model"]].assign(participant=number, answer=list(each.answers))
        for number, each in enumerate(finished, start=1)
    ]
    columns = ["participant", "position", "image_id", "true", "answer", "right", "model"]
    answers = pd.concat(tables, ignore_index=True) if tables else pictures.iloc[:0].assign(participant=0, answer="")
    answers = answers.assign(right=answers["answer"] == answers["true"])[columns]
    given = answers[answers["answer"] != LEFT_OUT]
    by_picture = given.groupby("position")["right"]
    pictures["answered"] = by_picture.size().reindex(pictures["position"], fill_value=0).to_numpy()
    pictures["right"] = by_picture.sum().reindex(pictures["position"], fill_value=0).to_numpy()
    pictures["fraction_right"] = pictures["right"] / pictures["answered"].where(pictures["answered"] > 0)
    pictures["vote"] = _most_frequent(given, pictures["position"])
    pictures["mistaken_for"] = _most_frequent(
        given[~given["right"].astype(bool)], pictures["position"], tie_counts=True
    )
    return ClassResults(
        scores=tuple(int(n) for n in answers.groupby("participant")["right"].sum()),
        model_correct=int(pictures["model_right"].sum()),
        answers=answers,
        pictures=pictures,
        sensitivities=_sensitivities(pictures, keys),
    )


def _most_frequent(given: pd.DataFrame, positions: pd.Series, *, tie_counts: bool = False) -> list[str]:
    """Most frequent answer to each picture; on a tie the first by name if `tie_counts`, else `NO_VOTE`."""
    found = []
    for position in positions:
        modes = given.loc[given["position"] == position, "answer"].mode()
        decided = len(modes) == 1 or (tie_counts and len(modes) > 0)
        found.append(str(modes.iloc[0]) if decided else NO_VOTE)
    return found


def _sensitivities(pictures: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    by_class = pictures.groupby("true").agg(
        pictures=("position", "size"),
        answered=("answered", "sum"),
        right=("right", "sum"),
        model_fraction=("model_right", "mean"),
    )
    table = by_class.loc[[key for key in keys if key in by_class.index]].rename_axis("key").reset_index()
    table["class_fraction"] = table["right"] / table["answered"].where(table["answered"] > 0)
    return table
