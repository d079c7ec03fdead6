"""Explaining an answer: a heat map by one of several methods, and the checks of that very map.

What is explained is, as far as it can be, what answers: the mean over all ways in which the predictor looks at a
picture. Each explanation says in a sentence what it explains. The temperature of a predictor divides all scores alike
and so changes no map of scores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.errors import ConfigurationError
from core.data.images.turns import turned, turned_back
from core.explain.class_activation import grad_cam, hires_cam
from core.explain.deletion import Deletion, deletion
from core.explain.heat_map import scaled
from core.explain.integrated_gradients import MOST_STEPS, Completeness, blurred, integrated_gradients
from core.explain.methods import MODEL_FREE, Method, short_name
from core.explain.model_free import darkness, edges
from core.explain.occlusion import occlusion
from core.explain.row_saliency import row_saliency
from core.explain.variations import VARIATIONS
from core.models.registry import NOT_TRAINED, model_spec
from core.models.spec import ModelSpec
from core.serving.outside_model import CONVOLUTIONS
from core.serving.predictor import Predictor, PredictorInfo, mean_over_ways

USUAL_MAP = Method.HIRES_CAM
"""What is drawn beside an answer of a convolutional model.

On 140 test pictures of HAM10000 (the preset "best": EfficientNet-Lite0 at 128 pixels) it has 2.5 times as much of its
heat in the lesion as chance, Grad-CAM 1.7 times, and darkness, which knows nothing of the model, 1.8 times; lesions
were estimated by their colour. Deleting its hottest tenth takes 26 points of probability more than deleting that shape
elsewhere, with Grad-CAM 18, with darkness 23, with edges 20.
"""
SMALLEST_PROBABILITY = 1e-7
"""Probabilities this near to 0 or 1 are taken as this before their odds are formed."""


_CAMS = {Method.HIRES_CAM: hires_cam, Method.GRAD_CAM: grad_cam}


@dataclass(frozen=True)
class Explanation:
    """A heat map for one class of one picture.

    `values` is (rows, columns) float32, 0…1; all zeros means that there is no evidence. `layer` names the convolution,
    "" where there is none. `explained` says what the map explains. `completeness` is that of integrated gradients.
    """

    method: Method
    class_key: str
    values: np.ndarray
    layer: str
    explained: str
    completeness: Completeness | None = None

    @property
    def empty(self) -> bool:
        """Whether there is no evidence in it."""
        return not self.values.any()


@dataclass(frozen=True)
class VariedAnswers:
    """What the model says of one picture with one variation of `core.explain.variations.VARIATIONS`.

    `pictures` is (amounts, side, side, 3) uint8, `probabilities` (amounts, classes) as the predictor answers.
    """

    name: str
    pictures: np.ndarray
    probabilities: np.ndarray


def methods_for(spec: ModelSpec, inside: str = "") -> tuple[Method, ...]:
    """The methods that a model can be explained with, the usual one first; none if it looks at no picture.

    Args:
        spec: of the model.
        inside: of a model from outside, what of it can be looked at, as `PredictorInfo.inside`.
    """
    if spec.takes != "pictures" or spec.name == "majority":
        return ()
    if spec.name in NOT_TRAINED and not inside:
        return (Method.OCCLUSION,)  # which needs to know nothing of what is inside
    by_kind: tuple[Method, ...] = ()
    if spec.convolutional or inside == CONVOLUTIONS:
        by_kind = (USUAL_MAP, Method.GRAD_CAM)
    elif spec.family == "recurrent":
        by_kind = (Method.ROW_SALIENCY,)
    return (*by_kind, Method.INTEGRATED_FROM_BLUR, Method.INTEGRATED_FROM_BLACK, Method.OCCLUSION)


def methods_of(info: PredictorInfo) -> tuple[Method, ...]:
    """As `methods_for`, for the model of a run."""
    return methods_for(model_spec(info.model), info.inside)


def fitting_method(info: PredictorInfo, method: Method | None = None) -> Method:
    """A method that works for a model: the one that is asked for, or the usual one where it is None.

    Raises:
        ConfigurationError: it does not work for the model, or none does.
    """
    found = methods_of(info)
    if not found:
        raise ConfigurationError(f"{info.model} has no heat map: its answers do not depend on places in a picture.")
    if method is not None and method not in found:
        why = "needs a convolution, which it has not" if method.looks_at_convolution else "does not work for it"
        raise ConfigurationError(
            f"{info.model}: {method.called} {why}. Choose from: {', '.join(map(short_name, found))}."
        )
    return found[0] if method is None else method


def checked_methods(spec: ModelSpec, inside: str = "") -> tuple[Method, ...]:
    """What the check of a run compares: the methods for its model, and the maps that know nothing of it."""
    found = methods_for(spec, inside)
    return (*found, *MODEL_FREE) if found else ()


def random_parts(info: PredictorInfo, *, onnx: bool) -> tuple[str, ...]:
    """Which weights can be made random to see whether a map changes: "whole", and "head", the last layer's alone.

    An ensemble has no one last layer, that of a model from outside may not be known, and an ONNX file shows no weights.
    """
    if onnx:
        return ()
    return ("whole", "head") if info.inside or info.model not in NOT_TRAINED else ("whole",)


def explainable(info: PredictorInfo) -> bool:
    """Whether the page Explain takes a run: there is one model, and it looks at pictures."""
    return not info.folds and bool(checked_methods(model_spec(info.model)))


def explain(
    predictor: Predictor,
    picture: np.ndarray,
    class_key: str,
    method: Method,
    *,
    layer: str = "",
    most_steps: int = MOST_STEPS,
) -> Explanation:
    """Make the heat map of one class.

    Args:
        predictor: of a model that takes pictures.
        picture: (size, size, 3) uint8, of the predictor's size.
        class_key: the class to explain.
        method: how.
        layer: the convolution that Grad-CAM and HiResCAM look at; "" for the deepest with a useful resolution.
        most_steps: of integrated gradients.

    Raises:
        ConfigurationError: the model does not know the class, or cannot be explained with this method.
    """
    number = class_number(predictor, class_key)
    completeness = None
    if method.looks_at_convolution:
        layer = layer or _usual_convolution(predictor)
        evidence, explained = _activation(predictor, picture, number, method, layer), _of_all_ways(predictor)
    elif method.is_integrated:
        baseline = blurred(picture) if method is Method.INTEGRATED_FROM_BLUR else np.zeros_like(picture)
        added, completeness = integrated_gradients(
            lambda pictures: predictor.network.gradients(pictures, number), picture, baseline, most_steps
        )
        evidence, explained = np.abs(added.sum(axis=-1)), _of_one_way(predictor)
    elif method is Method.ROW_SALIENCY:
        evidence = row_saliency(predictor.network.gradients(picture[None], number)[1][0])
        explained = _of_one_way(predictor)
    elif method is Method.OCCLUSION:
        evidence = occlusion(_log_odds(predictor, number), picture)
        explained = "What is explained is the probability that is shown, as odds."
    else:
        evidence = darkness(picture) if method is Method.DARKNESS else edges(picture)
        explained = "This map explains nothing about the model."
    return Explanation(
        method, class_key, scaled(evidence), layer if method.looks_at_convolution else "", explained, completeness
    )


def answer_and_explain(
    predictor: Predictor, picture: np.ndarray, class_key: str, method: Method = USUAL_MAP
) -> tuple[np.ndarray, Explanation]:
    """Probabilities as the predictor answers, (classes,), and the map of one class, in a single pass.

    Args:
        predictor: of a model that takes pictures.
        picture: (size, size, 3) uint8, of the predictor's size.
        class_key: the class to explain, "" for the most likely one.
        method: Grad-CAM or HiResCAM.

    Raises:
        ConfigurationError: as `explain`.
    """
    number = class_number(predictor, class_key) if class_key else None
    layer = _usual_convolution(predictor)
    found = predictor.network.passed(_all_ways(predictor, picture), number, layer)
    fractions = predictor.calibrated(mean_over_ways(found.probabilities)[None])[0]
    evidence = _mean_turned_back(_CAMS[method](found.maps, found.gradients))
    explained = predictor.info.class_keys[found.class_number]
    return fractions, Explanation(method, explained, scaled(evidence), layer, _of_all_ways(predictor))


def check_by_deletion(predictor: Predictor, picture: np.ndarray, class_key: str, heat: np.ndarray) -> Deletion:
    """The deletion check of one heat map, by the probability that the predictor gives the class, 0…1.

    Args:
        predictor: the one that is explained.
        picture: (size, size, 3) uint8, of the predictor's size.
        class_key: the class that the map is for.
        heat: (rows, columns) 0…1.

    Raises:
        ConfigurationError: the model does not know the class.
    """
    number = class_number(predictor, class_key)
    return deletion(lambda pictures: predictor.probabilities(pictures)[:, number], picture, heat)


def vary(predictor: Predictor, picture: np.ndarray) -> list[VariedAnswers]:
    """What the predictor says of a picture (size, size, 3) uint8 with every variation in every amount."""
    varied = [variation.pictures(picture) for variation in VARIATIONS]
    said = np.split(predictor.probabilities(np.concatenate(varied)), np.cumsum([len(each) for each in varied])[:-1])
    return [
        VariedAnswers(variation.name, pictures, probabilities)
        for variation, pictures, probabilities in zip(VARIATIONS, varied, said, strict=True)
    ]


def class_number(predictor: Predictor, class_key: str) -> int:
    """The number of a class.

    Raises:
        ConfigurationError: the model does not know it.
    """
    keys = predictor.info.class_keys
    if class_key not in keys:
        raise ConfigurationError(f"The model knows no class “{class_key}”. It knows: {', '.join(keys)}.")
    return keys.index(class_key)


def _activation(predictor: Predictor, picture: np.ndarray, number: int, method: Method, layer: str) -> np.ndarray:
    """Evidence in the mean over all ways of the predictor, each map turned back, (rows, columns)."""
    return _mean_turned_back(_CAMS[method](*predictor.network.maps(_all_ways(predictor, picture), number, layer)))


def _all_ways(predictor: Predictor, picture: np.ndarray) -> np.ndarray:
    """A picture (size, size, 3) in all ways in which the predictor looks at it, (ways, size, size, 3)."""
    ways = range(predictor.info.test_time_augmentation.ways)
    return np.concatenate([turned(picture[None], way) for way in ways])


def _mean_turned_back(of_ways: np.ndarray) -> np.ndarray:
    """The mean of maps (ways, rows, columns), each as the picture lies, (rows, columns)."""
    return np.mean([turned_back(of_ways[way : way + 1], way)[0] for way in range(len(of_ways))], axis=0)


def _usual_convolution(predictor: Predictor) -> str:
    if (found := predictor.network.usual_convolution()) is None:
        raise ConfigurationError(
            f"{USUAL_MAP.called} needs a convolution with a useful resolution, and {predictor.info.model} "
            "has none. Choose a run of a convolutional model."
        )
    return found


def _log_odds(predictor: Predictor, number: int) -> Callable[[np.ndarray], np.ndarray]:
    def log_odds(pictures: np.ndarray) -> np.ndarray:
        said = predictor.probabilities(pictures)[:, number].astype(np.float64)
        said = np.clip(said, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
        return np.log(said / (1 - said))

    return log_odds


def _of_all_ways(predictor: Predictor) -> str:
    ways = predictor.info.test_time_augmentation.ways
    mean = f", in the mean over the {ways} ways in which it looks at the picture" if ways > 1 else ""
    return f"Explained is the model's score for the class before the softmax{mean}."


def _of_one_way(predictor: Predictor) -> str:
    ways = predictor.info.test_time_augmentation.ways
    but = f" The answer is the mean over {ways} ways of looking at it, of which this is the first." if ways > 1 else ""
    return f"Explained is the model's score before the softmax for the picture as it is.{but}"
