"""What a run says of pictures that a program sends, as JSON."""

import base64
from dataclasses import dataclass
from typing import Any

from core.base.errors import PictureError, RunError
from core.data.metadata_encoding import Patient
from core.runs.answers.drift import note_answers
from core.runs.answers.picture_answer import PictureAnswer, answer_picture, notes_on, sides_for, told_of
from core.runs.answers.reviews import Recognised, goes_by_itself, put_undecided
from core.runs.explanations.explanation_summary import load_checks
from core.runs.explanations.explanation_words import told_of_map
from core.runs.judging.trust import lacking_of
from core.runs.run_folder import RunFolder
from core.serving.explaining import methods_of
from core.serving.pool import PredictionPool
from core.serving.predictor import DISCLAIMER, PredictorInfo
from dashboard.rest.bodies import AskedPrediction, SentPicture
from dashboard.rest.refusals import Refusal
from dashboard.rest.run_entries import class_entry, summary_of


@dataclass(frozen=True)
class _Undecided:
    """What is told of a picture that goes into the review queue, and what is kept of it there."""

    told: dict[str, Any]
    found: PictureAnswer
    seen: Recognised


def predict(asked: AskedPrediction, pool: PredictionPool, by: str = "") -> dict[str, Any]:
    """The answer to `POST /api/predict`; a picture that cannot be used has an `error` in its place.

    Where an instructor has chosen that, what is undecided goes into the review queue, put there by `by`.

    Raises:
        Refusal: the run is not there, cannot answer for pictures, or cannot explain as is asked.
        EngineError: the pool cannot answer.
    """
    run = summary_of(asked.run_id).run
    info = _info_of(run)
    if info.takes != "pictures":
        raise Refusal(409, f"This run answers for {info.things}, not for pictures.")
    _refuse_explanation(asked.explain, info)
    _refuse_patients(asked, info)
    undecided: list[_Undecided] = []
    pictures = [
        _answered(each, patient, run, info, asked, pool, undecided)
        for each, patient in zip(asked.pictures, asked.patients, strict=True)
    ]
    put = put_undecided(run, [(each.found, each.seen) for each in undecided], by)
    for each, queued in zip(undecided, put, strict=True):
        each.told["queued"] = queued
    return {
        "run": run.run_id,
        "model": info.model,
        "dataset": info.dataset,
        "leaking": info.leaking,
        "lacking": list(lacking_of(run)),
        "classes": [class_entry(each) for each in info.classes],
        "pictures": pictures,
        "disclaimer": DISCLAIMER,
    }


def _info_of(run: RunFolder) -> PredictorInfo:
    try:
        return PredictorInfo.load(run.predictor_file)
    except RunError as error:
        raise _refusal(run, error) from error


def _refusal(run: RunFolder, error: RunError) -> Refusal:
    """A run that was deleted meanwhile is not found; one that is there cannot answer, yet or any more."""
    return Refusal(409, str(error)) if run.path.is_dir() else Refusal(404, "This run has just been deleted.")


def _refuse_explanation(explain: str | None, info: PredictorInfo) -> None:
    if explain is None:
        return
    if not methods_of(info):
        raise Refusal(
            422,
            f"The answers of {info.model} do not depend on places in a picture, so there is no heat map. Ask without "
            "heat_map.",
        )
    if explain and explain not in info.class_keys:
        raise Refusal(422, f"heat_map is true, false, or one of the classes {', '.join(info.class_keys)}.")


def _refuse_patients(asked: AskedPrediction, info: PredictorInfo) -> None:
    if info.metadata is None and any(each not in (None, Patient()) for each in asked.patients):
        raise Refusal(422, "This run uses only the picture. Leave out the field patient.")


def _answered(
    sent: SentPicture,
    patient: Patient | None,
    run: RunFolder,
    info: PredictorInfo,
    asked: AskedPrediction,
    pool: PredictionPool,
    undecided: list[_Undecided],
) -> dict[str, Any]:
    try:
        picture = pool.read(sent.read(), sent.name, sides_for(info))
    except PictureError as error:
        return {"name": sent.shown_name, "error": str(error)}
    try:
        found = answer_picture(pool, run, picture, asked.explain, patient=patient)
    except RunError as error:
        raise _refusal(run, error) from error
    note_answers(run, [found])
    answer = found.answer
    unknown = info.metadata.notes_on(patient) if info.metadata is not None and patient is not None else []
    told = {"name": picture.name, "notes": notes_on(picture, found) + unknown, **told_of(found), "queued": False}
    if goes_by_itself(run, found):
        undecided.append(_Undecided(told, found, Recognised.of(picture, asked.keep_picture)))
    if answer.heat is not None:
        png = pool.draw_heat(picture.shown, answer.heat)
        told |= {"heat_map": base64.b64encode(png).decode(), "heat_map_class": answer.heat_class}
        told |= told_of_map(answer, load_checks(run))
    return told
