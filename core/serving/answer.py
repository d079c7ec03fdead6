"""Answering for one picture: probabilities, the malignant share, and a heat map where asked for."""

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.base.errors import ConfigurationError, DataError, PictureError
from core.base.files import write_atomically
from core.base.progress import Progress, silent
from core.data.gathering import Asked
from core.data.images.pictures import Picture, decode_square, read_picture, square
from core.data.metadata_encoding import Patient
from core.data.patients import NOBODY, Patients
from core.explain.methods import Method
from core.explain.overlay import overlay
from core.serving import explaining
from core.serving.gate import GateAnswer
from core.serving.predictor import BATCH, DISCLAIMER, Predictor

EXPORT_OPACITY = 0.6


@dataclass(frozen=True)
class Answer:
    """What a predictor says of one picture.

    `probabilities` is by class key in the order of the classes and sums to 1; `malignant` is the sum over the
    malignant classes, None where it is not known which they are. `heat` is (rows, columns) 0…1 evidence for
    `heat_class`, None if none was asked for or the model cannot give one; `heat_layer` names the layer it comes
    from. `gate` says whether the picture is of the kind that is known, None where that was not looked at.
    """

    label: str
    probabilities: dict[str, float]
    malignant: float | None
    heat: np.ndarray | None = None
    heat_class: str = ""
    heat_layer: str = ""
    gate: GateAnswer | None = None


def answer(
    predictor: Predictor, picture: np.ndarray, explain: str | None = None, patient: Patient | None = None
) -> Answer:
    """Predict one picture.

    Args:
        predictor: a loaded predictor.
        picture: (height, width, 3) uint8 RGB of any size.
        explain: "" explains the most likely class, a class key explains that class, None explains nothing.
        patient: what is known of the person in it, for a model that takes it; None where nothing is.

    Raises:
        ConfigurationError: an explanation was asked for and the model has no convolution to look at, or does
            not know the class.
    """
    return answer_square(predictor.about(patient), square(picture, predictor.info.image_size), explain)


def answer_square(predictor: Predictor, small: np.ndarray, explain: str | None = None) -> Answer:
    """As `answer`, for a picture (size, size, 3) uint8 that has the predictor's size already."""
    keys = predictor.info.class_keys
    if explain and explain not in keys:
        raise ConfigurationError(f"The model knows no class “{explain}”. It knows: {', '.join(keys)}.")
    said = answer_of(predictor, predictor.probabilities(small[None])[0])
    if explain is None:
        return said
    wanted = explain or said.label
    found = explaining.explain(predictor, small, wanted, Method.GRAD_CAM)
    return replace(said, heat=found.values, heat_class=wanted, heat_layer=found.layer)


def answer_of(predictor: Predictor, fractions: np.ndarray) -> Answer:
    """What a predictor's probabilities of one picture or sample, (classes,), mean."""
    classes = predictor.info.classes
    fractions = fractions.astype(float)
    probabilities = dict(zip(predictor.info.class_keys, (fractions / fractions.sum()).tolist(), strict=True))
    known = all(c.malignant is not None for c in classes)
    malignant = sum(probabilities[c.key] for c in classes if c.malignant) if known else None
    return Answer(max(probabilities, key=probabilities.__getitem__), probabilities, malignant)


def answer_files(
    run_folder: Path,
    pictures: Sequence[Asked],
    heat_maps: Path | None = None,
    progress: Progress = silent,
    patients: Patients = NOBODY,
) -> list[dict[str, Any]]:
    """Predict pictures, batch by batch; one that cannot be read gets an `error` instead of probabilities.

    Args:
        run_folder: a run with a trained model.
        pictures: as `core.data.gathering.gathered` finds them.
        heat_maps: folder for one Grad-CAM overlay PNG per picture, None for none.
        progress: told how many are answered.
        patients: what is known of the person in each picture, for a model that takes it.

    Raises:
        RunError: the run has no trained model.
        ConfigurationError: heat maps were asked for and the model cannot give them.
    """
    predictor = Predictor.of_run(run_folder)
    entries: list[dict[str, Any]] = []
    waiting: list[tuple[dict[str, Any], np.ndarray, Patient | None]] = []
    for number, asked in enumerate(pictures):
        entry: dict[str, Any] = {"image": asked.name}
        entries.append(entry)
        try:
            picture = _read(asked)
            # Decoded as for training and evaluation: a JPEG shrunk while decoding differs by a grey level or so.
            small = decode_square(asked.path, predictor.info.image_size)
        except PictureError as error:
            entry["error"] = str(error)
        else:
            if heat_maps is None:
                waiting.append((entry, small, patients.of(asked.path)))
            else:
                said = answer_square(predictor.about(patients.of(asked.path)), small, "")
                entry |= told_of(said)
                if said.heat is not None:
                    stem = os.fsencode(asked.path.stem)[:80].decode(errors="ignore")  # the file system counts bytes
                    target = heat_maps / f"{number:04d}-{stem}-{said.heat_class}-gradcam.png"
                    _save_png(target, heat_map_png(picture.rgb, said.heat))
                    entry |= {"heat_map": str(target), "heat_map_layer": said.heat_layer}
            entry["notes"] = list(picture.notes)
        if len(waiting) == BATCH:
            _answer_waiting(predictor, waiting)
        progress(number + 1, len(pictures), "Predicting pictures")
    _answer_waiting(predictor, waiting)
    return entries


def _answer_waiting(predictor: Predictor, waiting: list[tuple[dict[str, Any], np.ndarray, Patient | None]]) -> None:
    """Predict a batch of pictures, put the answers into their entries, and empty the list."""
    if waiting:
        entries, pictures, patients = zip(*waiting, strict=True)
        together = predictor.probabilities(np.stack(pictures), metadata=predictor.encoded(patients))
        for entry, fractions in zip(entries, together, strict=True):
            entry |= told_of(answer_of(predictor, fractions))
        waiting.clear()


def told_of(said: Answer) -> dict[str, Any]:
    """An answer in plain JSON types, without its heat map."""
    return {"label": said.label, "probabilities": said.probabilities, "malignant": said.malignant}


def _read(asked: Asked) -> Picture:
    if asked.problem:
        raise PictureError(asked.problem)
    file = asked.path
    if not os.path.isfile(file):  # noqa: PTH113 - Path.is_file fails on names that are too long
        raise PictureError(f"There is no file {file}.")
    return read_picture(file, name=file.name)


def heat_map_png(picture: np.ndarray, heat: np.ndarray) -> bytes:
    """A PNG file of a picture (height, width, 3) uint8 under a heat map (rows, columns) 0…1; it says what it is not."""
    content = io.BytesIO()
    text = PngInfo()
    text.add_text("Comment", DISCLAIMER)
    # Compressed quickly: whoever asked for it waits.
    Image.fromarray(overlay(picture, heat, EXPORT_OPACITY)).save(content, "PNG", pnginfo=text, compress_level=1)
    return content.getvalue()


def _save_png(path: Path, png: bytes) -> None:
    try:
        write_atomically(path, png)
    except OSError as error:
        raise DataError(f"The heat map cannot be written to {path.parent}: {error.strerror}.") from error
