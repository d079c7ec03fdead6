"""The predictor: a finished run's model with its classes and picture size, ready to answer."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from core.base.errors import ConfigurationError, DataError, RunError
from core.base.files import read_json, unreadable_named, write_json
from core.base.printable import printable
from core.base.schema import PREDICTOR
from core.base.typed_json import read_as
from core.data.images.turns import Turns, turned
from core.data.metadata_encoding import MetadataEncoding, Patient
from core.data.spec import ClassSpec
from core.evaluation.temperature import RANGE, at_temperature
from core.models.model_file import model_file_in
from core.models.registry import model_spec
from core.serving.fast_network import FastNetwork, Shapes, open_fast
from core.serving.outside_model import OnnxModel

if TYPE_CHECKING:
    from core.explain.network import Network

DISCLAIMER = "For research and education only. Not a medical device, not a diagnosis."
"""Stands beside every prediction and in every export."""
BATCH = 256

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PredictorInfo:
    """What must be known to use a model and to say where it comes from; kept beside it as JSON."""

    run_id: str
    model: str
    image_size: int
    classes: tuple[ClassSpec, ...]
    dataset: str
    dataset_title: str
    synthetic: bool
    citation: str
    licence: str
    split: str
    leaking: bool
    takes: str = "pictures"
    """What the model answers for: "pictures" or "genes"."""
    test_time_augmentation: Turns = Turns.NONE
    """Each answer is the mean over the picture in all these ways."""
    temperature: Annotated[float, RANGE] = 1.0
    """By which the logits are divided, so that probabilities say how often the model is right."""
    temperature_of_half: bool = False
    """Whether one half of the validation part gave the temperature, as in runs of older versions, and not all of it."""
    temperature_of_sets: Annotated[float, RANGE] | None = None
    """That of half the validation part, for sets of classes, whose limits the other half gives. None: the same."""
    folds: int = 0
    """Folds whose predictions have come together here, so that there is no model; 0 where there is one."""
    metadata: MetadataEncoding | None = None
    """What it is told beside the picture, and how that becomes numbers; None where it looks at the picture alone."""

    inside: str = ""
    """What of a model from outside can be looked at: "gradients", or "convolutions", too; "" its answers alone."""

    @property
    def model_at_size(self) -> str:
        """The model, and the size at which it sees pictures: "cnn-59k at 28×28"."""
        return f"{self.model} at {self.image_size}×{self.image_size}" if self.takes == "pictures" else self.model

    @property
    def things(self) -> str:
        """What it answers for, in the plural: "pictures", or "samples" of which genes are known."""
        return "samples" if self.takes == "genes" else "pictures"

    @property
    def class_keys(self) -> tuple[str, ...]:
        """Class keys in the order of the probabilities."""
        return tuple(c.key for c in self.classes)

    @property
    def shapes(self) -> Shapes:
        """Of what the network takes of one picture, and beside it, and of what it gives."""
        beside = [] if self.metadata is None else [(self.metadata.width,)]
        return [(self.image_size, self.image_size, 3), *beside, (len(self.classes),)]

    def refuse_without_model(self) -> None:
        """Raise where there are predictions alone.

        Raises:
            RunError: it is what the models of several folds have said; says what to take instead.
        """
        if self.folds:
            raise RunError(
                f"{self.run_id} holds the out-of-fold predictions of a cross-validation. {why_no_model(self)} Take the "
                f"run of one of its folds: python -m core folds {self.run_id}"
            )

    def save(self, path: Path) -> None:
        """Write as JSON."""
        write_json(path, PREDICTOR.stamped(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> PredictorInfo:
        """Read what `save` wrote.

        Raises:
            RunError: the run has no predictor (yet), or it cannot be read.
        """
        if not path.is_file():
            raise RunError(f"The run {path.parent.name} has no trained model yet.")
        with unreadable_named(RunError(f"The run {path.parent.name} cannot be used: its {path.name} is damaged.")):
            info = read_as(cls, PREDICTOR.current(read_json(path)))
        try:
            model_spec(info.model)
        except ConfigurationError as error:
            raise RunError(
                f"The run {path.parent.name} cannot be used: this version of Lesion Lab does not know its model "
                f"“{printable(info.model)}”."
            ) from error
        return info


def why_no_model(info: PredictorInfo) -> str:
    """Why a run of several folds has no model, nor the mean of theirs, in sentences."""
    return (
        f"Each of the {info.things} was answered by the one of {info.folds} models that has not learnt from its group, "
        "and for a new one there is no such model. The mean of all of them would be another model, and nothing could "
        f"be said of how good it is: there is none of these {info.things} from which none of them has learnt."
    )


class Predictor:
    """A loaded model. Loading imports Keras, so this lives in training and serving processes only."""

    _usual: np.ndarray | None = None
    """What the network is told beside a picture of which nothing is known; None where it takes the picture alone."""

    def __init__(self, model_file: Path, info: PredictorInfo, fast: FastNetwork | None = None):
        """Load the model; with `fast`, which then answers in its place, only when something else than that is asked."""
        info.refuse_without_model()
        self._networks: list[Network] = []
        self._loaded: list[Any] = []
        self._fast = [] if fast is None else [fast]
        self._file = model_file
        if not model_file.is_file():
            raise RunError(f"The run {info.run_id} has no trained model yet.")
        self.info = info
        self._usual = info.metadata.unknown if info.metadata else None
        if fast is None:
            self._loaded.append(self._load())

    @property
    def model(self) -> Any:
        """The Keras model, or what came as ONNX.

        Raises:
            RunError: it is loaded only now, and is damaged or that of another run.
        """
        if not self._loaded:
            self._loaded.append(self._load())
        return self._loaded[0]

    @model.setter
    def model(self, model: Any) -> None:
        """Another one answers from now on, without what ONNX Runtime made of the one before."""
        self._loaded, self._fast = [model], []

    @property
    def answers_fast(self) -> bool:
        """Whether ONNX Runtime answers in the place of Keras."""
        return bool(self._fast)

    def _load(self) -> Any:
        if self._file.suffix == ".onnx":
            return OnnxModel(self._file)
        import keras

        import core.models.baseline
        import core.models.ensemble
        import core.models.genes  # noqa: F401 - all register layers that saved models need

        try:
            model = keras.models.load_model(self._file, compile=False, safe_mode=True)
        except Exception as error:  # a damaged file ends in anything from a ZIP to an HDF5 error
            raise RunError(f"The model of the run {self.info.run_id} is damaged and cannot be loaded.") from error
        self._refuse_another_model(model)
        return model

    @classmethod
    def of_run(cls, folder: Path) -> Predictor:
        """The predictor in a run's folder.

        Raises:
            RunError: the run has no trained model.
        """
        return cls(model_file_in(folder), PredictorInfo.load(folder / "predictor.json"))

    @classmethod
    def to_answer(cls, folder: Path) -> Predictor:
        """As `of_run`, but ONNX Runtime answers where that was found to say the same in less time.

        Raises:
            RunError: the run has no trained model.
        """
        info = PredictorInfo.load(folder / "predictor.json")
        fast = None if info.folds else open_fast(folder, info.temperature, info.shapes)
        return cls(model_file_in(folder), info, fast)

    def answering_with(self, fast: FastNetwork | None) -> Predictor:
        """The same predictor, answered for by a converted network, or by Keras itself where it is None."""
        other = copy.copy(self)
        other.__dict__.pop("network", None)
        other._fast = [] if fast is None else [fast]
        return other

    @cached_property
    def network(self) -> Network:
        """The model's scores before the softmax and their gradients, for the patient of `about`.

        Raises:
            ConfigurationError: it has none to explain.
        """
        from core.explain.network import Network

        if isinstance(self.model, OnnxModel):
            raise ConfigurationError("An ONNX file shows only its answers, not its layers. Choose occlusion.")
        if not self._networks:
            self._networks.append(Network(self.model, self.beside(1)))
        return self._networks[0].about(self.beside(1))

    def _refuse_another_model(self, model: Any) -> None:
        """Raise where the model does not take or give what stands beside it."""
        info = self.info
        taken, given = tuple(model.inputs[0].shape[1:]), model.outputs[0].shape[-1]
        side = info.image_size
        if info.takes == "pictures" and any(
            have not in (None, want) for have, want in zip(taken, (side, side, 3), strict=False)
        ):
            size = "×".join("any" if each is None else str(each) for each in taken)
            wrong = f"takes {size}, and the run has pictures of {side}×{side}"
        elif given not in (None, len(info.classes)):
            wrong = f"tells {given} classes apart, and the run has {len(info.classes)}"
        else:
            return
        raise RunError(
            f"{self._file.name} of the run {info.run_id} is the model of another run: it {wrong}. Put back its own."
        )

    def with_model(self, model: Any) -> Predictor:
        """The same predictor with another Keras model of the same inputs and classes in it."""
        other = copy.copy(self)
        other.__dict__.pop("network", None)
        other._networks = []
        other.model = model
        return other

    def about(self, patient: Patient | None) -> Predictor:
        """This predictor, answering for pictures of one patient; of one of whom nothing is known, where it is None."""
        if self.info.metadata is None or patient is None:
            return self
        other = copy.copy(self)
        other.__dict__.pop("network", None)
        other._usual = self.info.metadata.of(patient)
        return other

    def probabilities(
        self, values: np.ndarray, rows: np.ndarray | None = None, metadata: np.ndarray | None = None
    ) -> np.ndarray:
        """Class probabilities of pictures or samples as the predictor answers, (rows, classes) float32.

        Args:
            values: pictures (pictures, size, size, 3) uint8, which may be a memory map larger than the memory; or
                expression (samples, genes) as measured.
            rows: which of them, int (rows,), in this order; all where None. They are read by batch.
            metadata: what is known beside each of `values`, (pictures, width) float32, as `info.metadata` encodes it;
                where None, all are of the patient of `about`.
        """
        return self.calibrated(self.uncalibrated(values, rows, metadata))

    def calibrated(self, fractions: np.ndarray) -> np.ndarray:
        """What `uncalibrated` gives, (rows, classes), at the predictor's temperature."""
        return at_temperature(fractions, self.info.temperature)

    def uncalibrated(
        self, values: np.ndarray, rows: np.ndarray | None = None, metadata: np.ndarray | None = None
    ) -> np.ndarray:
        """As `probabilities`, before the temperature."""
        chosen = np.arange(len(values)) if rows is None else rows
        if not len(chosen):
            return np.empty((0, len(self.info.classes)), np.float32)
        size = math.ceil(len(chosen) / math.ceil(len(chosen) / BATCH))
        out = []
        for start in range(0, len(chosen), size):
            some = chosen[start : start + size]
            alike = np.pad(some, (0, size - len(some)), mode="edge")  # TensorFlow traces a graph for every other length
            told = None if metadata is None else metadata[alike]
            out.append(self._mean_over_ways(np.asarray(values[alike]), told)[: len(some)])
        return np.concatenate(out)

    def encoded(self, patients: Sequence[Patient | None]) -> np.ndarray | None:
        """What the model is told of the person in each of several pictures, (pictures, width); None if it takes none.

        One of whom nothing is known is unknown.
        """
        encoding = self.info.metadata
        return None if encoding is None else np.stack([encoding.of(each or Patient()) for each in patients])

    def beside(self, pictures: int) -> list[np.ndarray]:
        """What the model is given beside so many pictures of the patient of `about`: nothing, or one array."""
        return [] if self._usual is None else [np.repeat(self._usual[None], pictures, axis=0)]

    def _mean_over_ways(self, batch: np.ndarray, metadata: np.ndarray | None) -> np.ndarray:
        beside = self.beside(len(batch)) if metadata is None or self._usual is None else [metadata]
        ways = [0] if self.info.test_time_augmentation is Turns.NONE else range(self.info.test_time_augmentation.ways)
        answers = []
        for way in ways:
            seen = batch if way == 0 else np.ascontiguousarray(turned(batch, way))
            answers.append(self._answered([seen, *beside]))
        return mean_over_ways(np.stack(answers))

    def _answered(self, given: list[np.ndarray]) -> np.ndarray:
        if self._fast and (len(given[0]) == 1 or self._fast[0].many):
            try:
                return self._fast[0].predict_on_batch(given)
            except DataError as error:
                logger.warning("Keras answers for %s from now on. %s", self.info.run_id, error)
                self._fast.clear()
        return np.asarray(self.model.predict_on_batch(given if len(given) > 1 else given[0]))


def mean_over_ways(answers: np.ndarray) -> np.ndarray:
    """The mean of answers (ways, …) over all ways of looking at a picture."""
    return answers[0] if len(answers) == 1 else answers.mean(axis=0, dtype=np.float32)
