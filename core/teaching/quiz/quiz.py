"""You against the model: a person labels a series of test pictures, and both are judged alike on it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from core.base.errors import ConfigurationError, DataError, LessonError
from core.base.random_streams import Stream, random_stream
from core.base.typed_json import fields_as
from core.data.spec import ClassSpec
from core.evaluation.metrics import Metrics, evaluate
from core.evaluation.predictions import ROW_COLUMNS, predicted_labels, prediction_table
from core.evaluation.small_samples import exact_mcnemar, wilson_interval

PART = "test"
SIZES = (10, 20, 30)
LARGEST_SEED = 2**31 - 1
LEFT_OUT = ""
"""Stands for an answer where a picture could not be shown; neither side is judged on it."""


class Sampling(StrEnum):
    """How pictures are drawn from the test part."""

    BALANCED = "balanced"
    AS_THEY_COME = "as-they-come"

    @property
    def label(self) -> str:
        """Name on a button."""
        return {"balanced": "Class-balanced", "as-they-come": "As often as in the data"}[self.value]

    @property
    def explanation(self) -> str:
        """What it means, in one sentence."""
        return {
            "balanced": "Every class comes about equally often, as far as the test part has enough of it.",
            "as-they-come": "Drawn by chance alone, so that frequent classes come often and rare ones hardly ever.",
        }[self.value]


@dataclass(frozen=True)
class SeriesSettings:
    """All that defines a series: the same settings give the same pictures in the same order."""

    run_id: str
    size: int = SIZES[0]
    sampling: Sampling = Sampling.BALANCED
    seed: int = 0
    with_metadata: bool = False
    """Whether age, sex and site stand beside the picture."""

    def __post_init__(self) -> None:
        """Check what may come from an address.

        Raises:
            ConfigurationError: a value is not one of those offered.
        """
        if self.size not in SIZES:
            raise ConfigurationError(f"A series has {', '.join(map(str, SIZES))} pictures, not {self.size}.")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ConfigurationError(f"A seed is a whole number from 0 to {LARGEST_SEED:,}.")

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self) | {"sampling": str(self.sampling)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "SeriesSettings":
        """What `to_json` gave.

        Raises:
            ValueError, TypeError, KeyError, ConfigurationError: it is something else.
        """
        return cls(**fields_as(cls, value))


def held_out_rows(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions on the test part, each picture once, in the order of the image ids.

    Raises:
        LessonError: the run has none.
    """
    rows = predictions[predictions["part"] == PART].drop_duplicates("image_id")
    if rows.empty:
        raise LessonError("This run has no predictions on a test part. Choose another run, or train one.")
    return rows.sort_values("image_id", ignore_index=True)


def draw_series(predictions: pd.DataFrame, settings: SeriesSettings) -> tuple[str, ...]:
    """Image ids of a series, in the order in which they are shown; never two of the same group.

    Args:
        predictions: of the run, with its test part; their order does not matter.
        settings: what defines the series.

    Raises:
        LessonError: the test part has fewer groups than the series wants pictures.
    """
    rows = held_out_rows(predictions)
    groups = rows["group_id"].nunique()
    if groups < settings.size:
        raise LessonError(
            f"The test part of this run has pictures of only {groups:,} different groups, too few for a series of "
            f"{settings.size}. Choose a shorter series or another run."
        )
    rng = random_stream(settings.seed, Stream.QUIZ)
    rows = rows.iloc[rng.permutation(len(rows))]
    if settings.sampling is Sampling.AS_THEY_COME:
        return tuple(rows.drop_duplicates("group_id")["image_id"].head(settings.size))
    drawn = _balanced(rows, settings.size, rng)
    return tuple(drawn[place] for place in rng.permutation(len(drawn)))


def _balanced(rows: pd.DataFrame, size: int, rng: np.random.Generator) -> list[str]:
    """Take from the classes in turn, in an order drawn by chance, until there are enough."""
    waiting = {label: list(zip(of["image_id"], of["group_id"], strict=True)) for label, of in rows.groupby("true")}
    turns = [str(label) for label in rng.permutation(sorted(waiting))]
    drawn: list[str] = []
    seen: set[str] = set()
    while len(drawn) < size and any(waiting.values()):
        for label in turns:
            while waiting[label] and len(drawn) < size:
                image_id, group_id = waiting[label].pop()
                if group_id not in seen:
                    seen.add(group_id)
                    drawn.append(image_id)
                    break
    return drawn


@dataclass(frozen=True)
class Judgement:
    """How one side did on the pictures of a series."""

    metrics: Metrics
    correct: int
    accuracy_interval: tuple[float, float] | None
    """Wilson's 95 % interval."""
    malignant_missed: int
    """Malignant pictures taken for a benign class."""
    over_called: int
    """Benign pictures taken for a malignant class."""

    @property
    def balanced_interval(self) -> tuple[float, float] | None:
        """95 % bootstrap interval of the balanced accuracy; None where it has no width and would say nothing."""
        limits = self.metrics.intervals.get("balanced_accuracy")
        return limits if limits and limits[1] > limits[0] else None


@dataclass(frozen=True)
class Comparison:
    """A person and a model on the same pictures.

    `pictures` has one row per judged picture, in the order shown: `position` (from 1), `image_id`, `true`,
    `you`, `model` (class keys), `model_probability` (0…1, of the model's answer), `you_right`, `model_right`.
    """

    you: Judgement
    model: Judgement
    pictures: pd.DataFrame
    malignant: int
    """Malignant pictures among those judged."""

    @property
    def agreeing(self) -> int:
        """Pictures on which both gave the same answer, right or wrong."""
        return int((self.pictures["you"] == self.pictures["model"]).sum())

    @property
    def only_you(self) -> int:
        """Pictures on which only the person was right."""
        return int((self.pictures["you_right"] & ~self.pictures["model_right"]).sum())

    @property
    def only_model(self) -> int:
        """Pictures on which only the model was right."""
        return int((self.pictures["model_right"] & ~self.pictures["you_right"]).sum())

    @property
    def p_value(self) -> float:
        """Exact McNemar p-value of both being equally good."""
        return exact_mcnemar(self.only_you, self.only_model)


def series_rows(predictions: pd.DataFrame, image_ids: Sequence[str]) -> pd.DataFrame:
    """Predictions on the pictures of a series, in its order.

    Raises:
        LessonError: the run does not know all of them (any more).
    """
    rows = held_out_rows(predictions).set_index("image_id", drop=False)
    missing = [image_id for image_id in image_ids if image_id not in rows.index]
    if missing:
        raise LessonError(
            f"{len(missing)} of the {len(image_ids)} pictures are not in the test part of this run any more, so the "
            "answers cannot be judged."
        )
    return rows.loc[list(image_ids)].reset_index(drop=True)


def judge(
    predictions: pd.DataFrame,
    image_ids: Sequence[str],
    answers: Sequence[str],
    classes: Sequence[ClassSpec],
    majority_class: str,
) -> Comparison:
    """Judge answers and the model's own on the same pictures, with the functions that judge a run.

    Args:
        predictions: of the run.
        image_ids: the series, in order.
        answers: class keys, or `LEFT_OUT`, one per picture from the first on; may end early.
        classes: the model's classes, in the order of the probability columns.
        majority_class: the most frequent class of the training part.

    Raises:
        LessonError: nothing was answered, or the run does not know the pictures any more.
    """
    keys = [c.key for c in classes]
    judged = [(i, a) for i, a in zip(image_ids, answers, strict=False) if a != LEFT_OUT]
    if not judged:
        raise LessonError("No picture was answered, so there is nothing to compare.")
    if unknown := {answer for _, answer in judged} - set(keys):
        raise LessonError(f"The answer “{sorted(unknown)[0]}” is not one of the model's classes.")
    rows = series_rows(predictions, [image_id for image_id, _ in judged])
    given = np.array([answer for _, answer in judged])
    certain = np.eye(len(keys))[[keys.index(answer) for answer in given]]
    try:
        yours = prediction_table(rows[list(ROW_COLUMNS)], certain, keys)
    except DataError as error:
        raise LessonError(f"The predictions of this run cannot be used: {error}") from error
    models, true = predicted_labels(rows, keys), rows["true"].to_numpy(dtype=str)
    shown = {image_id: position for position, image_id in enumerate(image_ids, start=1)}
    pictures = pd.DataFrame(
        {
            "position": [shown[image_id] for image_id, _ in judged],
            "image_id": rows["image_id"],
            "true": true,
            "you": given,
            "model": models,
            "model_probability": [float(rows[f"p_{key}"].iloc[row]) for row, key in enumerate(models)],
            "you_right": given == true,
            "model_right": models == true,
        }
    )
    malignant = [c.key for c in classes if c.malignant]
    return Comparison(
        you=_judgement(evaluate(yours, keys, majority_class), true, given, malignant),
        model=_judgement(evaluate(rows, keys, majority_class), true, models, malignant),
        pictures=pictures,
        malignant=int(np.isin(true, malignant).sum()),
    )


def _judgement(metrics: Metrics, true: np.ndarray, answers: np.ndarray, malignant: list[str]) -> Judgement:
    is_malignant, called = np.isin(true, malignant), np.isin(answers, malignant)
    correct = int((true == answers).sum())
    return Judgement(
        metrics=metrics,
        correct=correct,
        accuracy_interval=wilson_interval(correct, len(true)),
        malignant_missed=int((is_malignant & ~called).sum()),
        over_called=int((called & ~is_malignant).sum()),
    )
