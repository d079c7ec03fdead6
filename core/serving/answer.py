"""Answering for one picture: probabilities, the malignant share, and a heat map where asked for."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.base.errors import ConfigurationError, DataError, PictureError
from core.base.files import write_atomically
from core.data.images.pictures import Picture, decode_square, read_picture, square
from core.explain.overlay import overlay
from core.serving.predictor import DISCLAIMER, Predictor

EXPORT_OPACITY = 0.6


@dataclass(frozen=True)
class Answer:
    """What a predictor says of one picture.

    `probabilities` is by class key in the order of the classes and sums to 1; `malignant` is the sum over the
    malignant classes, None where it is not known which they are. `heat` is (rows, columns) 0…1 evidence for
    `heat_class`, None if none was asked for or the model cannot give one; `heat_layer` names the layer it comes
    from.
    """

    label: str
    probabilities: dict[str, float]
    malignant: float | None
    heat: np.ndarray | None = None
    heat_class: str = ""
    heat_layer: str = ""


def answer(predictor: Predictor, picture: np.ndarray, explain: str | None = None) -> Answer:
    """Predict one picture.

    Args:
        predictor: a loaded predictor.
        picture: (height, width, 3) uint8 RGB of any size.
        explain: "" explains the most likely class, a class key explains that class, None explains nothing.

    Raises:
        ConfigurationError: an explanation was asked for and the model has no convolution to look at, or does
            not know the class.
    """
    return answer_square(predictor, square(picture, predictor.info.image_size), explain)


def answer_square(predictor: Predictor, small: np.ndarray, explain: str | None = None) -> Answer:
    """As `answer`, for a picture (size, size, 3) uint8 that has the predictor's size already."""
    fractions = predictor.probabilities(small[None])[0].astype(float)
    keys = predictor.info.class_keys
    if explain and explain not in keys:
        raise ConfigurationError(f"The model knows no class “{explain}”. It knows: {', '.join(keys)}.")
    probabilities = dict(zip(keys, (fractions / fractions.sum()).tolist(), strict=True))
    classes = predictor.info.classes
    known = all(c.malignant is not None for c in classes)
    malignant = sum(probabilities[c.key] for c in classes if c.malignant) if known else None
    label = max(probabilities, key=probabilities.__getitem__)
    if explain is None:
        return Answer(label, probabilities, malignant)
    from core.explain.gradcam import grad_cam

    wanted = explain or label
    heat = grad_cam(predictor.model, small, keys.index(wanted))
    return Answer(label, probabilities, malignant, heat.values, wanted, heat.layer)


def answer_files(run_folder: Path, files: list[Path], heat_maps: Path | None) -> list[dict[str, Any]]:
    """Predict files one by one; a file that cannot be read gets an `error` instead of probabilities.

    Args:
        run_folder: a run with a trained model.
        files: pictures.
        heat_maps: folder for one Grad-CAM overlay PNG per picture, None for none.

    Raises:
        RunError: the run has no trained model.
        ConfigurationError: heat maps were asked for and the model cannot give them.
    """
    predictor = Predictor.of_run(run_folder)
    answers = []
    for number, file in enumerate(files):
        entry: dict[str, Any] = {"image": str(file)}
        try:
            picture = _read(file)
        except PictureError as error:
            answers.append(entry | {"error": str(error)})
            continue
        # Decoded as for training and evaluation: a JPEG shrunk while decoding differs by a grey level or so.
        small = decode_square(file, predictor.info.image_size)
        said = answer_square(predictor, small, None if heat_maps is None else "")
        entry |= {
            "label": said.label,
            "probabilities": said.probabilities,
            "malignant": said.malignant,
            "notes": list(picture.notes),
        }
        if heat_maps is not None and said.heat is not None:
            stem = os.fsencode(file.stem)[:80].decode(errors="ignore")  # the file system counts bytes
            target = heat_maps / f"{number:04d}-{stem}-{said.heat_class}-gradcam.png"
            _save_png(target, overlay(picture.rgb, said.heat, EXPORT_OPACITY))
            entry |= {"heat_map": str(target), "heat_map_layer": said.heat_layer}
        answers.append(entry)
    return answers


def _read(file: Path) -> Picture:
    if not os.path.isfile(file):  # noqa: PTH113 - Path.is_file fails on names that are too long
        raise PictureError(f"There is no file {file}.")
    return read_picture(file, name=file.name)


def _save_png(path: Path, rgb: np.ndarray) -> None:
    content = io.BytesIO()
    text = PngInfo()
    text.add_text("Comment", DISCLAIMER)
    Image.fromarray(rgb).save(content, "PNG", pnginfo=text)
    try:
        write_atomically(path, content.getvalue())
    except OSError as error:
        raise DataError(f"The heat map cannot be written to {path.parent}: {error.strerror}.") from error
