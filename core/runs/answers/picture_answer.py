"""All that is told of one picture, for whoever asks: the page, a program, a report."""

import math
from dataclasses import dataclass
from typing import Any

from core.base.errors import RunError
from core.data.metadata_encoding import Patient
from core.data.statistics.skin_tone import are_of_skin
from core.evaluation.such_answers import SuchAnswers
from core.runs.answers.verdict import Verdict, line_of, verdict_on
from core.runs.judging.caution import load_caution
from core.runs.judging.trust import load_trust
from core.runs.run_folder import RunFolder
from core.serving.answer import Answer
from core.serving.brought import BroughtPicture
from core.serving.gate import GATE_SIZE, gate_folder, open_gate
from core.serving.picture_quality import remarks
from core.serving.pool import PredictionPool
from core.serving.predictor import PredictorInfo


@dataclass(frozen=True)
class PictureAnswer:
    """What is told of one picture.

    `answer` is the model's, with the gate's in it; `verdict` what comes of it. `quality` says in sentences what is
    amiss with the picture, nothing where all is well. `such` is how many of a hundred such answers are right, None
    where there are too few to tell.
    """

    answer: Answer
    verdict: Verdict
    quality: tuple[str, ...]
    such: SuchAnswers | None


def sides_for(info: PredictorInfo) -> tuple[int, ...]:
    """At which sides in pixels a picture has to be read so that it can be answered for, ascending."""
    return tuple(sorted({info.image_size, GATE_SIZE}))


def answer_picture(
    pool: PredictionPool,
    run: RunFolder,
    picture: BroughtPicture,
    explain: str | None = None,
    *,
    patient: Patient | None = None,
    overruled: bool = False,
) -> PictureAnswer:
    """Answer for one picture.

    Args:
        pool: the processes that predict.
        run: an evaluated run on pictures.
        picture: read at the sides that `sides_for` names.
        explain: "" explains the most likely class, a class key explains that class, None explains nothing.
        patient: what is known of the person in it, for a model that takes it.
        overruled: a person has overruled the gate, so its refusal decides nothing.

    Raises:
        LesionLabError: the run cannot be asked, or the pool cannot answer.
    """
    info = PredictorInfo.load(run.predictor_file)
    answer = pool.answer(run.path, picture.squares[info.image_size], explain, picture.squares[GATE_SIZE], patient)
    return judged(run, info, picture, answer, overruled=overruled)


def judged(
    run: RunFolder, info: PredictorInfo, picture: BroughtPicture, answer: Answer, *, overruled: bool = False
) -> PictureAnswer:
    """What comes of a model's answer, which costs milliseconds.

    Args:
        run: an evaluated run on pictures.
        info: the run's.
        picture: for which was answered.
        answer: the model's, with the gate's in it.
        overruled: a person has overruled the gate.

    Raises:
        LesionLabError: a file of the run is missing or damaged.
    """
    if not all(map(math.isfinite, answer.probabilities.values())):
        raise RunError(f"The model of the run {run.run_id} gives no probabilities for this picture. Train it again.")
    trust = load_trust(run)
    verdict = verdict_on(answer, trust, line_of(run, info), load_caution(run), overruled)
    gate = open_gate(gate_folder(info.dataset))
    quality = remarks(picture.quality, None if gate is None else gate.quality, skin=are_of_skin(info.classes))
    return PictureAnswer(answer, verdict, quality, trust.such_answers(answer.probabilities[answer.label]))


def notes_on(picture: BroughtPicture, found: PictureAnswer) -> list[str]:
    """What was changed in a picture or should be known of it, and what is amiss with it, in sentences."""
    return [*picture.notes, *found.quality]


def told_of(found: PictureAnswer) -> dict[str, Any]:
    """What is told of a picture in plain JSON types, as programs, tables and the command get it.

    `label`, `probabilities` by class key, `malignant`, `set` (class keys), `always_in_set` (those of them that are in
    every set, because there were too few lesions to tell), `answer` (high, low, review, refused), `score` and
    `threshold` (what is compared, and from where on it is high), `reasons` (sentences) and `gate` {`passed`, `reason`};
    null where that is not known.
    """
    answer, verdict, gate = found.answer, found.verdict, found.answer.gate
    return {
        "label": answer.label,
        "probabilities": answer.probabilities,
        "malignant": answer.malignant,
        "set": None if verdict.set is None else list(verdict.set),
        "always_in_set": None if verdict.set is None else list(verdict.always),
        "answer": None if verdict.kind is None else str(verdict.kind),
        "score": verdict.score,
        "threshold": None if verdict.line is None else verdict.line.value,
        "reasons": list(verdict.reasons),
        "gate": {"passed": None if gate is None else gate.passed, "reason": gate.reason or None if gate else None},
    }
