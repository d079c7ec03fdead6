"""Answering for one picture: probabilities, the malignant share, and a heat map where asked for."""

import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.base.errors import ConfigurationError
from core.data.images.pictures import square
from core.data.metadata_encoding import Patient
from core.explain.methods import Method
from core.explain.overlay import overlay
from core.serving import explaining
from core.serving.gate import GateAnswer
from core.serving.predictor import DISCLAIMER, Predictor

EXPORT_OPACITY = 0.6


@dataclass(frozen=True)
class Answer:
    """What a predictor says of one picture.

    `probabilities` is by class key in the order of the classes and sums to 1; `malignant` is the sum over the
    malignant classes, None where it is not known which they are. `heat` is (rows, columns) 0…1 evidence for
    `heat_class`, None if none was asked for; `heat_method` is how it was made, and `heat_layer` names the layer it
    comes from, "" where it comes from none. `gate` says whether the picture is of the kind that is known, None where
    that was not looked at.
    """

    label: str
    probabilities: dict[str, float]
    malignant: float | None
    heat: np.ndarray | None = None
    heat_class: str = ""
    heat_layer: str = ""
    heat_method: Method | None = None
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
        ConfigurationError: an explanation was asked for and the model looks at no picture, or does not know the
            class.
    """
    return answer_square(predictor.about(patient), square(picture, predictor.info.image_size), explain)


def answer_square(
    predictor: Predictor, small: np.ndarray, explain: str | None = None, method: Method | None = None
) -> Answer:
    """As `answer`, for a picture (size, size, 3) uint8 that has the predictor's size already.

    It is explained by `method`; by the usual one for the model where that is None.
    """
    keys = predictor.info.class_keys
    if explain and explain not in keys:
        raise ConfigurationError(f"The model knows no class “{explain}”. It knows: {', '.join(keys)}.")
    if explain is None:
        return answer_of(predictor, predictor.probabilities(small[None])[0])
    method = explaining.fitting_method(predictor.info, method)
    if method.looks_at_convolution:
        fractions, found = explaining.answer_and_explain(predictor, small, explain, method)
        said = answer_of(predictor, fractions)
        if not explain and said.label != found.class_key:  # two classes are as likely as each other but for rounding
            found = explaining.explain(predictor, small, said.label, method)
    else:
        said = answer_of(predictor, predictor.probabilities(small[None])[0])
        found = explaining.explain(predictor, small, explain or said.label, method)
    return replace(said, heat=found.values, heat_class=found.class_key, heat_layer=found.layer, heat_method=method)


def answer_of(predictor: Predictor, fractions: np.ndarray) -> Answer:
    """What a predictor's probabilities of one picture or sample, (classes,), mean."""
    classes = predictor.info.classes
    fractions = fractions.astype(float)
    probabilities = dict(zip(predictor.info.class_keys, (fractions / fractions.sum()).tolist(), strict=True))
    known = all(c.malignant is not None for c in classes)
    malignant = sum(probabilities[c.key] for c in classes if c.malignant) if known else None
    return Answer(max(probabilities, key=probabilities.__getitem__), probabilities, malignant)


def heat_map_png(picture: np.ndarray, heat: np.ndarray) -> bytes:
    """A PNG file of a picture (height, width, 3) uint8 under a heat map (rows, columns) 0…1; it says what it is not."""
    content = io.BytesIO()
    text = PngInfo()
    text.add_text("Comment", DISCLAIMER)
    # Compressed quickly: whoever asked for it waits.
    Image.fromarray(overlay(picture, heat, EXPORT_OPACITY)).save(content, "PNG", pnginfo=text, compress_level=1)
    return content.getvalue()
