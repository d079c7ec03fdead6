"""A model of others brought to what every predictor's model is: pictures in 0…255 in, probabilities of classes out."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import ConfigurationError, DataError, RunError
from core.base.files import read_json, unreadable_named, write_json
from core.base.inside_keras import run_through
from core.base.typed_json import read_as
from core.models.outside import OutsideFile

SCALES = {"0-255": (1.0, 0.0), "0-1": (1 / 255, 0.0), "-1-1": (1 / 127.5, -1.0)}
"""By name, what pictures in 0…255 are multiplied by, and what is added then, before a model gets them."""
_TOLERANCE = 0.01
_SAME = 1e-5
GRADIENTS, CONVOLUTIONS = "gradients", "convolutions"
"""Values of `PredictorInfo.inside`."""

logger = logging.getLogger(__name__)

Raw = Callable[[np.ndarray], np.ndarray]
"""What a model as it came answers, (pictures, outputs), for scaled pictures (pictures, side, side, 3) float32."""


@dataclass(frozen=True)
class Adaptation:
    """How a model is asked and what becomes of its answer.

    `scale` is a key of `SCALES`; `finish` says what makes probabilities of the answer: "none", "softmax", "sigmoid", or
    "share" for one output that is the probability of the second class already.
    """

    scale: str
    finish: str
    classes: int

    def scaled(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures in 0…255 as the model takes them, float32."""
        factor, offset = SCALES[self.scale]
        return pictures.astype(np.float32) * np.float32(factor) + np.float32(offset)

    def probabilities(self, answer: np.ndarray) -> np.ndarray:
        """Probabilities (pictures, classes) float32 from what the model answers, (pictures, outputs)."""
        answer = answer.astype(np.float64)
        if self.finish == "softmax":
            answer = np.exp(answer - answer.max(axis=1, keepdims=True))
            answer = answer / answer.sum(axis=1, keepdims=True)
        elif self.finish in ("sigmoid", "share"):
            second = 1 / (1 + np.exp(-answer)) if self.finish == "sigmoid" else answer
            answer = np.concatenate([1 - second, second], axis=1)
        return answer.astype(np.float32)

    def save(self, path: Path) -> None:
        """Write as JSON."""
        write_json(path, asdict(self))


def finish_of(answers: np.ndarray, classes: int) -> str:
    """What makes probabilities of answers, (pictures, outputs), told from what they are.

    Raises:
        DataError: the model has another number of outputs than there are classes, or answers with no numbers.
    """
    outputs = answers.shape[1]
    if not np.isfinite(answers).all():
        raise DataError("The model's answers are not numbers, for every scale of pixels that was tried.")
    within = bool((answers >= -1e-6).all() and (answers <= 1 + 1e-6).all())
    if outputs == 1 and classes == 2:
        return "share" if within else "sigmoid"
    if outputs != classes:
        raise DataError(
            f"The model has {outputs} output{'s' * (outputs != 1)}, and {classes} class names are given. Name each "
            "output once, in its order."
        )
    return "none" if within and bool((np.abs(answers.sum(axis=1) - 1) < _TOLERANCE).all()) else "softmax"


def open_outside(found: OutsideFile, side: int = 0) -> tuple[Raw, int, Any]:
    """A checked model as a function, the side of its pictures in pixels, and the Keras model, None for ONNX.

    Args:
        found: what `look_at_model` gave.
        side: of the pictures, where the file does not say it; 0 where it does.

    Raises:
        DataError: it cannot be loaded, takes something else than square pictures, or those of another side.
    """
    if found.onnx:
        session = OnnxSession(found.path)
        return session.answer, _side(session.side, side), None
    import keras

    try:
        model = keras.saving.load_model(found.path, compile=False, safe_mode=True)
    except Exception as error:  # of Keras: ValueError, TypeError, KeyError …
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise DataError(f"Keras {keras.__version__} cannot load the model: {first}") from error
    shapes = [tuple(each.shape) for each in getattr(model, "inputs", None) or []]
    outputs = [tuple(each.shape) for each in getattr(model, "outputs", None) or []]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][3] != 3 or len(outputs) != 1 or len(outputs[0]) != 2:
        raise DataError(
            f"The model takes {shapes or 'nothing that it says'} and gives {outputs}. It must take one picture (side, "
            "side, 3) and give one number for each class."
        )
    if shapes[0][1] != shapes[0][2]:
        raise DataError(f"The model takes pictures of {shapes[0][2]}×{shapes[0][1]} pixels; they must be square.")
    return lambda pictures: np.asarray(model.predict_on_batch(pictures)), _side(shapes[0][1], side), model


def adapted_keras(model: Any, side: int, adaptation: Adaptation) -> Any:
    """A Keras model of others with scaling in front and probabilities behind, in Keras' own layers alone.

    The layers of models within it become layers of one model, so that they can be looked at, wherever that changes no
    answer.
    """
    within = _adapted(model, model, side, adaptation)
    try:
        flat = _adapted(model, _layer_by_layer, side, adaptation)
        tried = np.random.default_rng(0).integers(0, 256, (4, side, side, 3)).astype(np.float32)
        same = np.allclose(flat.predict_on_batch(tried), within.predict_on_batch(tried), atol=_SAME, rtol=0)
    except Exception as error:  # of Keras: a layer that cannot be made from its own description, a graph of many ends
        logger.info("a model from outside stays a model within a model: %s", error)
        return within
    return flat if same else within


def what_shows(model: Any) -> str:
    """What of an adapted Keras model can be looked at, as `PredictorInfo.inside`."""
    from core.explain.network import Network

    try:
        network = Network(model)
    except ConfigurationError:
        return ""
    return GRADIENTS if network.usual_convolution() is None else CONVOLUTIONS


def _layer_by_layer(model: Any, given: Any) -> Any:
    """What a model gives for a tensor, in one graph of new layers with its weights; none is a model within another."""
    import keras

    made: dict[int, Any] = {}
    called: set[str] = {"image", "scale", "probabilities"}

    def call(layer: Any, *inputs: Any, **more: Any) -> Any:
        if isinstance(layer, keras.Sequential):
            [x] = inputs
            for each in layer.layers:
                x = call(each, x)
            return x
        if isinstance(layer, keras.Model):
            return run_through(layer, inputs[0], call)
        if not isinstance(layer, keras.layers.Layer):  # a bare operation, which has no weights
            return layer(*inputs, **more)
        if isinstance(layer, keras.layers.InputLayer):
            return inputs[0]
        if id(layer) not in made:
            name = layer.name if layer.name not in called else f"{layer.name}_{len(made)}"
            called.add(name)
            made[id(layer)] = type(layer).from_config(layer.get_config() | {"name": name})
        out = made[id(layer)](*inputs, **more)
        made[id(layer)].set_weights(layer.get_weights())
        return out

    return call(model, given)


def _adapted(model: Any, call: Any, side: int, adaptation: Adaptation) -> Any:
    import keras
    from keras import layers

    inputs = keras.Input((side, side, 3), name="image")
    factor, offset = SCALES[adaptation.scale]
    scaled = layers.Rescaling(factor, offset=offset, name="scale")(inputs)
    x = model(scaled) if call is model else call(model, scaled)
    if adaptation.finish == "softmax":
        x = layers.Softmax(name="probabilities", dtype="float32")(x)
    elif adaptation.finish in ("sigmoid", "share"):
        x = layers.Activation("sigmoid", dtype="float32")(x) if adaptation.finish == "sigmoid" else x
        x = layers.Concatenate(name="probabilities")([layers.Rescaling(-1.0, offset=1.0)(x), x])
    return keras.Model(inputs, x, name="outside")


def onnx_session(path: Path) -> Any:
    """An ONNX file as ONNX Runtime's session. Its threads sleep between answers, else they keep processors busy.

    Raises:
        DataError: it cannot be loaded.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of ONNX Runtime: a dozen kinds
        raise DataError("ONNX Runtime cannot load the model: it is damaged, or newer than what is here.") from error


class OnnxSession:
    """An ONNX file that takes one square picture and gives one number for each class.

    `side` is in pixels, None where the file leaves it open.
    """

    def __init__(self, path: Path):
        self._session = onnx_session(path)
        given, gives = self._session.get_inputs(), self._session.get_outputs()
        shape = list(given[0].shape) if len(given) == 1 else []
        if len(shape) != 4 or 3 not in (shape[1], shape[3]):
            told = ", ".join(f"{each.name} {each.shape}" for each in given)
            raise DataError(f"The model takes {told}. It must take one picture, (side, side, 3) or (3, side, side).")
        self._first = shape[3] != 3
        sides = shape[2:] if self._first else shape[1:3]
        if all(isinstance(each, int) for each in sides) and sides[0] != sides[1]:
            raise DataError(f"The model takes pictures of {sides[1]}×{sides[0]} pixels; they must be square.")
        self.side = sides[0] if isinstance(sides[0], int) else None
        self._batch = shape[0] if isinstance(shape[0], int) and shape[0] > 0 else None
        kinds = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
        self._type = kinds.get(given[0].type, np.uint8)
        # Of several outputs the first that can be probabilities: some files give the name of the class in front.
        answer = next((each for each in gives if each.type in kinds and len(each.shape) > 1), gives[0])
        self._names = given[0].name, answer.name

    def answer(self, pictures: np.ndarray) -> np.ndarray:
        """What the model gives, (pictures, outputs), for scaled pictures (pictures, side, side, 3) float32."""
        many = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)) if self._first else pictures
        many = many.astype(self._type)
        size = self._batch or max(len(many), 1)
        parts = []
        try:
            for start in range(0, len(many), size):
                part = many[start : start + size]
                fill = np.repeat(part[-1:], size - len(part), axis=0)  # where the file takes just so many at once
                said = self._session.run([self._names[1]], {self._names[0]: np.concatenate([part, fill])})[0]
                parts.append(np.asarray(said).reshape(size, -1)[: len(part)])
        except Exception as error:  # of ONNX Runtime
            raise DataError(
                f"The ONNX model cannot answer for pictures of {pictures.shape[1]} pixels a side."
            ) from error
        return np.concatenate(parts)


class OnnxModel:
    """An ONNX file with its adaptation, asked as a Keras model is: it can be used, and no layer of it be looked at."""

    def __init__(self, path: Path):
        self.path = path
        beside = path.with_name("adaptation.json")
        with unreadable_named(RunError(f"The model of the run {path.parent.name} cannot be used: no {beside.name}.")):
            self.adaptation = read_as(Adaptation, read_json(beside))
        self._session = OnnxSession(path)

    def predict_on_batch(self, pictures: np.ndarray) -> np.ndarray:
        """Probabilities, (pictures, classes) float32, of pictures (pictures, side, side, 3) in 0…255."""
        return self.adaptation.probabilities(self._session.answer(self.adaptation.scaled(pictures)))

    def save(self, target: Path) -> None:
        """Copy the file."""
        shutil.copyfile(self.path, target)


def _side(of_file: int | None, asked: int) -> int:
    if of_file and asked and of_file != asked:
        raise DataError(f"The model takes pictures of {of_file}×{of_file} pixels, not {asked}×{asked}.")
    if not (of_file or asked):
        raise DataError("The model does not say how large its pictures are. Say how many pixels a side has.")
    return of_file or asked
