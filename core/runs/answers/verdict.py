"""What comes of a run's answer for one picture: high, low, or for a person to look at; or no answer at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from core.base.errors import RunError
from core.base.percents import percent
from core.evaluation.conformal import LEVELS
from core.evaluation.predictions import predicted_labels
from core.evaluation.readings import Reading
from core.runs.judging.caution import Caution
from core.runs.judging.threshold import load_threshold
from core.runs.judging.trust import Trust
from core.runs.run_folder import RunFolder
from core.serving.answer import Answer
from core.serving.predictor import PredictorInfo

HALF = 0.5


class Kind(StrEnum):
    """What is told of a picture."""

    HIGH = "high"
    """The classes that are looked for are likely."""
    LOW = "low"
    """They are not."""
    REVIEW = "review"
    """Undecided: for a person to look at."""
    REFUSED = "refused"
    """It is not of the kind of picture that the model knows."""

    @property
    def heading(self) -> str:
        """As it stands large above an answer."""
        return {
            Kind.HIGH: "High",
            Kind.LOW: "Low",
            Kind.REVIEW: "For a person to look at",
            Kind.REFUSED: "I don't know this kind of picture",
        }[self]


@dataclass(frozen=True)
class Line:
    """From which probability on an answer is high.

    The probabilities of the `positive` classes count together, and `name` says what they are. `saved` is False of the
    line at 0.5, which holds where nobody has chosen one.
    """

    value: float
    name: str
    positive: tuple[str, ...]
    saved: bool

    def score(self, probabilities: dict[str, float]) -> float:
        """What is compared with the line: the sum over the positive classes, 0…1."""
        return min(1.0, sum(probabilities[key] for key in self.positive))


@dataclass(frozen=True)
class Verdict:
    """What is told of a picture, and why.

    `kind` is None where nobody has said which classes are malignant. `sets` has by level the classes that are
    likely enough, None where the run has too few pictures for that; `always` are classes that are in every set at the
    level that decides, because there were too few lesions of them.
    """

    kind: Kind | None
    reasons: tuple[str, ...]
    line: Line | None
    score: float | None
    sets: dict[float, tuple[str, ...]] | None
    level: float
    always: tuple[str, ...]

    @property
    def set(self) -> tuple[str, ...] | None:
        """The set at the level that decides."""
        return None if self.sets is None else self.sets[self.level]


def always_in_words(always: Iterable[str], names: Mapping[str, str], level: float | None = None) -> str:
    """Which classes are in every set and why, in one sentence; "" where there are none.

    Args:
        always: class keys, as `ConformalSets.always` gives them.
        names: of the classes, by key.
        level: of the sets, where those of other levels stand beside them.
    """
    named = ", ".join(names[key] for key in always)
    at = "" if level is None else f" at {percent(level, 0)}"
    return f"Always in the set{at}, because there were too few lesions to tell: {named}." if named else ""


def line_at_half(info: PredictorInfo) -> Line | None:
    """The line that holds where nobody has chosen one; None where malignancy is not known of every class."""
    if any(each.malignant is None for each in info.classes):
        return None
    malignant = tuple(each.key for each in info.classes if each.malignant)
    return Line(HALF, "malignant", malignant, saved=False) if malignant else None


def line_of(run: RunFolder, info: PredictorInfo) -> Line | None:
    """The threshold that was saved for a run as it is now, else `line_at_half`.

    Raises:
        RunError: the saved threshold is damaged.
    """
    saved = load_threshold(run)
    if saved is None or saved.outdated:
        return line_at_half(info)
    return Line(saved.value, saved.name, saved.positive, saved=True)


def called_by_run(run: RunFolder, info: PredictorInfo, table: pd.DataFrame, reading: Reading) -> tuple[np.ndarray, str]:
    """Whether each row of predictions is called positive, bool (rows,), and how that is decided, as a sentence.

    As Predict tells it: by the line that holds there where it is one for this reading, else by the most likely class.
    """
    try:
        line = line_of(run, info)
    except RunError:  # the saved one is damaged, which Predict says
        line = None
    lines = [each for each in (line, line_at_half(info)) if each and set(each.positive) == set(reading.positive)]
    thing, name = info.things[:-1], reading.name
    if not lines:
        how = f"A {thing} is called {name} where the most likely class is; no threshold is saved for that."
        return np.isin(predicted_labels(table, info.class_keys), reading.positive), how
    value = lines[0].value
    if lines[0].saved:
        how = f"A {thing} is called {name} from the saved threshold of {value:.3f} on."
    else:
        how = f"A {thing} is called {name} from a probability of {value:g} on; no threshold is saved for that."
    return reading.scores(table) >= value, how


def verdict_on(answer: Answer, trust: Trust, line: Line | None, caution: Caution, overruled: bool = False) -> Verdict:
    """Decide what is told of a picture.

    Args:
        answer: what the model and the gate say.
        trust: of the same run.
        line: from where on an answer is high, None if that is not known.
        caution: what an instructor has chosen for the run.
        overruled: a person has overruled the gate.
    """
    sets = None if trust.sets is None else {level: trust.sets.of(answer.probabilities, level) for level in LEVELS}
    always = () if trust.sets is None else trust.sets.always(caution.level)
    score = None if line is None else line.score(answer.probabilities)

    def told(kind: Kind | None, *reasons: str) -> Verdict:
        return Verdict(kind, reasons, line, score, sets, caution.level, always)

    if answer.gate is not None and not answer.gate.passed and not overruled:
        return told(Kind.REFUSED, answer.gate.reason)
    doubts = [
        *_doubts_of_set(answer.label, sets, always, line, caution.level, trust.info),
        *_doubts_of_confidence(answer, trust, caution),
    ]
    if doubts:
        return told(Kind.REVIEW, *doubts)
    if line is None or score is None:
        return told(None)
    return told(Kind.HIGH if score >= line.value else Kind.LOW)


def _doubts_of_set(
    likeliest: str,
    sets: dict[float, tuple[str, ...]] | None,
    always: Sequence[str],
    line: Line | None,
    level: float,
    info: PredictorInfo,
) -> list[str]:
    if sets is None:
        return []
    # A class that is in every set says nothing of this picture.
    telling = [key for key in sets[level] if key not in always]
    if not telling and likeliest in always:
        name = next(each.name for each in info.classes if each.key == likeliest)
        return [
            f"The most likely class, {name}, is in the set of every {info.things[:-1]}, because there were too few "
            "lesions to tell: how far its percentage can be trusted is not known. No other class is likely enough for "
            f"the set that holds the true class in {percent(level, 0)} of cases."
        ]
    if not telling:
        only = "has only classes that are in every set" if sets[level] else "is empty"
        return [f"The set that holds the true class in {percent(level, 0)} of cases {only}: no class is likely enough."]
    if line is None or len({key in line.positive for key in telling}) == 1:
        return []
    named = ", ".join(each.name for each in info.classes if each.key in telling)
    return [f"The set that holds the true class in {percent(level, 0)} of cases has classes of both sides: {named}."]


def _doubts_of_confidence(answer: Answer, trust: Trust, caution: Caution) -> list[str]:
    if caution.risk is None:
        return []
    least = trust.least_confidence(caution.risk)
    sure = answer.probabilities[answer.label]
    if least is None:
        return [
            f"However sure the model is, more than {percent(caution.risk, 0)} of its answers are wrong: it answers "
            "nothing."
        ]
    if sure >= least:
        return []
    return [
        f"The model is {percent(sure, 0)} sure. For at most {percent(caution.risk, 0)} wrong answers it has to be "
        f"{percent(least, 0)} sure."
    ]
