"""Answering for files that somebody names, as the command `predict` does."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.base.errors import DataError, PictureError
from core.base.files import write_for_owner
from core.base.progress import Progress, silent
from core.data.gathering import Asked
from core.data.images.pictures import read_picture
from core.data.metadata_encoding import Patient
from core.data.patients import NOBODY, Patients
from core.explain.methods import Method, short_name
from core.runs.answers.answering import Answering
from core.runs.answers.picture_answer import PictureAnswer, notes_on, told_of
from core.runs.explanations.explanation_summary import load_checks
from core.runs.explanations.explanation_words import told_of_map
from core.runs.run_folder import RunFolder
from core.serving.answer import heat_map_png
from core.serving.brought import BroughtPicture, read_brought

BATCH = 64
"""Pictures that are answered together."""
_Waiting = list[tuple[dict[str, Any], BroughtPicture, Patient | None]]


def answer_files(
    run: RunFolder,
    pictures: Sequence[Asked],
    heat_maps: Path | None = None,
    progress: Progress = silent,
    patients: Patients = NOBODY,
    method: Method | None = None,
) -> list[dict[str, Any]]:
    """Predict pictures, batch by batch; one that cannot be read gets an `error` instead of an answer.

    Args:
        run: an evaluated run on pictures.
        pictures: as `core.data.gathering.gathered` finds them.
        heat_maps: folder for one PNG with the heat map per picture, None for none.
        progress: told how many are answered.
        patients: what is known of the person in each picture, for a model that takes it.
        method: of the heat maps; None for the usual one of the run's model.

    Returns:
        For each picture `image`, what `core.runs.answers.picture_answer.told_of` says, and `notes`; with a heat map
        its file as `heat_map`, `heat_map_layer`, and `heat_map_method` and `heat_map_check` as `told_of_map` has them.

    Raises:
        RunError: the run has no trained model, or has not been evaluated.
        ConfigurationError: heat maps were asked for and the model cannot give them.
    """
    answering = Answering(run)
    checks = None if heat_maps is None else load_checks(run)
    entries: list[dict[str, Any]] = []
    waiting: _Waiting = []
    for number, asked in enumerate(pictures):
        entry: dict[str, Any] = {"image": asked.name}
        entries.append(entry)
        try:
            picture = _read(asked, answering.sides)
        except PictureError as error:
            entry["error"] = str(error)
        else:
            patient = patients.of(asked.path)
            if heat_maps is None:
                waiting.append((entry, picture, patient))
            else:
                found = answering.explained(picture, patient, method)
                _tell(entry, picture, found)
                if found.answer.heat is not None and found.answer.heat_method is not None:
                    name = short_name(found.answer.heat_method)
                    stem = os.fsencode(asked.path.stem)[:80].decode(errors="ignore")  # the file system counts bytes
                    target = heat_maps / f"{number:04d}-{stem}-{found.answer.heat_class}-{name}.png"
                    _save_png(target, heat_map_png(read_picture(asked.path).rgb, found.answer.heat))
                    entry |= {"heat_map": str(target), "heat_map_layer": found.answer.heat_layer}
                    entry |= told_of_map(found.answer, checks)
        if len(waiting) == BATCH:
            _answer_waiting(answering, waiting)
        progress(number + 1, len(pictures), "Predicting pictures")
    _answer_waiting(answering, waiting)
    return entries


def _answer_waiting(answering: Answering, waiting: _Waiting) -> None:
    """Predict a batch of pictures, put the answers into their entries, and empty the list."""
    answers = answering.of_many([picture for _, picture, _ in waiting], [patient for *_, patient in waiting])
    for (entry, picture, _), found in zip(waiting, answers, strict=True):
        _tell(entry, picture, found)
    waiting.clear()


def _tell(entry: dict[str, Any], picture: BroughtPicture, found: PictureAnswer) -> None:
    entry |= told_of(found)
    entry["notes"] = notes_on(picture, found)


def _read(asked: Asked, sides: Sequence[int]) -> BroughtPicture:
    if asked.problem:
        raise PictureError(asked.problem)
    file = asked.path
    if not os.path.isfile(file):  # noqa: PTH113 - Path.is_file fails on names that are too long
        raise PictureError(f"There is no file {file}.")
    return read_brought(file, file.name, sides)


def _save_png(path: Path, png: bytes) -> None:
    try:
        write_for_owner(path, png)
    except OSError as error:
        raise DataError(f"The heat map cannot be written to {path.parent}: {error.strerror}.") from error
