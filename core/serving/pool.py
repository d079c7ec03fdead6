"""The processes beside the web process: one that predicts and explains, and two that read what people bring.

The web process itself never imports TensorFlow and never decodes what a stranger sends.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from pickle import PickleBuffer
from typing import Any

import numpy as np

from core.base.errors import DataError, DiskFullError, PictureError
from core.base.files import written_at
from core.base.settings import artifacts_dir
from core.data.genes.gene_samples import Samples, read_brought_samples
from core.data.metadata_encoding import Patient
from core.explain.deletion import Deletion
from core.explain.methods import Method
from core.models.layer_table import Layer, keep_layer_table, layer_table
from core.models.model_file import model_file_in
from core.models.registry import model_spec
from core.serving import explaining, fast_network
from core.serving.answer import Answer, answer, heat_map_png
from core.serving.brought import BroughtPicture, read_brought
from core.serving.concepts import Bank, Neighbour, nearest_in
from core.serving.gate import GATE_SIZE, GateTrunk, any_gate, gate_folder, open_gate
from core.serving.gate_making import start_gate_job_of
from core.serving.gene_answer import SampleAnswers, answer_samples
from core.serving.gene_names import load_genes
from core.serving.predictor import Predictor
from core.serving.printing import html_as_pdf
from core.serving.who_answers import start_fast_answers_job
from core.serving.workers import AnswerTimeoutError, WorkerDiedError, Workers
from core.training.recipe import Recipe

ANSWER_SECONDS = 120.0
"""How long an answer may take; the first one after a start also waits for TensorFlow."""
READ_SECONDS = 30.0
"""How long reading a picture may take; an ordinary one takes less than one."""
READERS = 2
READER_BYTES = 2 * 1024**3
"""Memory that a reading process may take beyond its start: several times what the largest picture allowed needs."""
LOADED_MODELS = 4
"""Models that stay in the memory of the process that answers; the one that was not asked for longest goes."""

logger = logging.getLogger(__name__)


class PredictionPool:
    """Processes that answer for finished runs, with TensorFlow loaded, and that read pictures.

    They start warm, end with the process that made them even if it is killed, and are replaced if one of
    them dies.
    """

    def __init__(self, processes: int = 1):
        self.answering = Workers(processes, _prepare)
        self.reading = Workers(READERS, memory=READER_BYTES)

    def start(self) -> None:
        """Start the processes and let them load TensorFlow and the newest model; returns at once.

        Those that read start when they are needed.
        """
        self.answering.start(_warm)
        self.reading.start()

    def stop(self) -> None:
        """End the processes; nothing is answered any more until the next `start`."""
        self.answering.stop()
        self.reading.stop()

    def answer(
        self,
        run_folder: Path,
        picture: np.ndarray,
        explain: str | None = None,
        for_gate: np.ndarray | None = None,
        patient: Patient | None = None,
    ) -> Answer:
        """What `core.serving.answer.answer` says, computed in the pool.

        Args:
            run_folder: a run with a trained model.
            picture: as `answer` takes it.
            explain: as `answer` takes it.
            for_gate: the same picture, (128, 128, 3) uint8, to ask the gate of the run's data set, too, if it has one.
            patient: as `answer` takes it.

        Raises:
            LesionLabError: as `answer`; `EngineError` if the pool cannot answer or was stopped.
        """
        asked = (run_folder, picture, explain, for_gate, artifacts_dir(), patient)
        said = self.answering.ask(_answer, *asked, seconds=ANSWER_SECONDS)
        if for_gate is not None and said.gate is None:
            start_gate_job_of(run_folder)
        if explain is None:
            start_fast_answers_job(run_folder)
        return said

    def explain(
        self,
        run_folder: Path,
        picture: np.ndarray,
        class_key: str,
        method: Method,
        layer: str = "",
        patient: Patient | None = None,
    ) -> explaining.Explanation:
        """What `core.serving.explaining.explain` gives for a picture of the model's size, computed in the pool.

        Raises:
            LesionLabError: as `explain`; `EngineError` if the pool cannot answer or was stopped.
        """
        return self.answering.ask(
            _explain, run_folder, picture, class_key, method, layer, patient, seconds=ANSWER_SECONDS
        )

    def check_by_deletion(
        self, run_folder: Path, picture: np.ndarray, class_key: str, heat: np.ndarray, patient: Patient | None = None
    ) -> Deletion:
        """What `core.serving.explaining.check_by_deletion` finds, computed in the pool.

        Raises:
            LesionLabError: as `check_by_deletion`; `EngineError` if the pool cannot answer or was stopped.
        """
        return self.answering.ask(
            _check_by_deletion, run_folder, picture, class_key, heat, patient, seconds=ANSWER_SECONDS
        )

    def vary(
        self, run_folder: Path, picture: np.ndarray, patient: Patient | None = None
    ) -> list[explaining.VariedAnswers]:
        """What `core.serving.explaining.vary` gives for a picture of the model's size, computed in the pool.

        Raises:
            LesionLabError: the model cannot be used; `EngineError` if the pool cannot answer or was stopped.
        """
        return self.answering.ask(_vary, run_folder, picture, patient, seconds=ANSWER_SECONDS)

    def nearest_in_training(self, run_folder: Path, bank: Path, picture: np.ndarray, count: int) -> list[Neighbour]:
        """What `core.serving.concepts.nearest_in` finds in the bank of a file, computed in the pool.

        Raises:
            LesionLabError: model or bank cannot be used; `EngineError` if the pool cannot answer or was stopped.
        """
        return self.answering.ask(_nearest, run_folder, bank, picture, count, seconds=ANSWER_SECONDS)

    def convolutions(self, run_folder: Path) -> list[str]:
        """Names of all convolutions of a run's model, from the picture to the answer.

        Raises:
            LesionLabError: the model cannot be used; `EngineError` if the pool cannot answer or was stopped.
        """
        return self.answering.ask(_convolutions, run_folder, seconds=ANSWER_SECONDS)

    def answer_table(self, run_folder: Path, content: bytes, name: str) -> SampleAnswers:
        """What a run on genes says of the samples of a table that somebody brings, read and computed in the pool.

        Raises:
            LesionLabError: as `core.serving.gene_answer.answer_table`; `EngineError` if the pool cannot answer.
        """
        genes = load_genes(run_folder / "genes.json")
        try:
            samples = self.reading.ask(read_brought_samples, PickleBuffer(content), name, genes, seconds=READ_SECONDS)
        except AnswerTimeoutError as error:
            raise DataError(
                f"This table could not be read within {READ_SECONDS:.0f} s. Bring fewer samples."
            ) from error
        except WorkerDiedError as error:
            raise DataError("Reading this table failed. Bring fewer samples.") from error
        return self.answering.ask(_answer_samples, run_folder, genes, samples, seconds=ANSWER_SECONDS)

    def draw_heat(self, picture: np.ndarray, heat: np.ndarray) -> bytes:
        """What `core.serving.answer.heat_map_png` gives, drawn in a process that reads.

        Raises:
            EngineError: the pool cannot answer or was stopped.
        """
        return self.reading.ask(heat_map_png, picture, heat, seconds=READ_SECONDS)

    def print_page(self, html: str) -> bytes:
        """What `core.serving.printing.html_as_pdf` gives, made in a process that reads.

        Raises:
            PrintingError: as `html_as_pdf`.
            EngineError: the pool cannot answer or was stopped.
        """
        return self.reading.ask(html_as_pdf, html, seconds=READ_SECONDS)

    def augment(self, recipe: Recipe, picture: np.ndarray, draws: int) -> np.ndarray:
        """What `core.training.augmentation.augmented_draws` gives, computed in the pool.

        Raises:
            EngineError: the pool cannot answer or was stopped.
        """
        return self.answering.ask(_augment, recipe, picture, draws, seconds=ANSWER_SECONDS)

    def layer_table(
        self, model: str, image_size: int, classes: int, architecture: Mapping[str, Any]
    ) -> tuple[Layer, ...]:
        """What `core.models.layer_table.layer_table` gives, computed in the pool and kept on disk.

        Raises:
            ConfigurationError: as `layer_table`.
            EngineError: the pool cannot answer or was stopped.
        """
        asked = (model, image_size, classes, dict(architecture))
        layers = self.answering.ask(layer_table, *asked, seconds=ANSWER_SECONDS)
        with suppress(DiskFullError):
            keep_layer_table(layers, *asked)
        return layers

    def read(self, source: Path | bytes, name: str, sides: Sequence[int]) -> BroughtPicture:
        """What `core.serving.brought.read_brought` gives, computed in the pool.

        Raises:
            PictureError: as `read_brought`; also of a picture that cannot be read in time or ends the process.
            EngineError: the pool was stopped.
        """
        sent = PickleBuffer(source) if isinstance(source, bytes) else source
        try:
            return self.reading.ask(read_brought, sent, name, tuple(sides), seconds=READ_SECONDS)
        except AnswerTimeoutError as error:
            raise PictureError(
                f"This picture could not be read within {READ_SECONDS:.0f} s. Save it as JPEG and try again."
            ) from error
        except WorkerDiedError as error:
            raise PictureError("Reading this picture failed. Save it as JPEG and try again.") from error


def _prepare() -> None:
    """In a new process: leave the GPU to training."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def _warm() -> None:
    """So that the first answer is quick: TensorFlow is loaded, and the newest model has answered once."""
    import keras  # noqa: F401 - imported for its side effect

    written = {file: file.stat().st_mtime_ns for file in (artifacts_dir() / "runs").glob("*/model.keras")}
    if written:
        run_folder = max(written, key=written.__getitem__).parent
        try:
            _answer_nothing(_predictor(run_folder, _written(run_folder)))
        except Exception:  # a damaged run: whoever asks for it is told
            logger.exception("the newest model could not be made ready")


def _answer_nothing(predictor: Predictor) -> None:
    if predictor.info.takes == "pictures":
        side = predictor.info.image_size
        explain = "" if model_spec(predictor.info.model).convolutional else None
        answer(predictor, np.zeros((side, side, 3), np.uint8), explain)
        if any_gate():
            GateTrunk().features(np.zeros((1, GATE_SIZE, GATE_SIZE, 3), np.uint8))


def _answer(
    run_folder: Path,
    picture: np.ndarray,
    explain: str | None,
    for_gate: np.ndarray | None,
    artifacts: Path,
    patient: Patient | None,
) -> Answer:
    predictor = _predictor(run_folder, _written(run_folder))
    said = answer(predictor, picture, explain, patient)
    gate = None if for_gate is None else open_gate(gate_folder(predictor.info.dataset, artifacts))
    if gate is None or for_gate is None:
        return said
    return replace(said, gate=gate.answer(GateTrunk().features(for_gate[None])[0], for_gate))


def _explain(
    run_folder: Path, picture: np.ndarray, class_key: str, method: Method, layer: str, patient: Patient | None
) -> explaining.Explanation:
    return explaining.explain(_loaded(run_folder).about(patient), picture, class_key, method, layer=layer)


def _check_by_deletion(
    run_folder: Path, picture: np.ndarray, class_key: str, heat: np.ndarray, patient: Patient | None
) -> Deletion:
    return explaining.check_by_deletion(_loaded(run_folder).about(patient), picture, class_key, heat)


def _vary(run_folder: Path, picture: np.ndarray, patient: Patient | None) -> list[explaining.VariedAnswers]:
    return explaining.vary(_loaded(run_folder).about(patient), picture)


def _nearest(run_folder: Path, bank: Path, picture: np.ndarray, count: int) -> list[Neighbour]:
    return nearest_in(_bank(bank, written_at(bank)), _loaded(run_folder), picture, count)


@lru_cache(maxsize=LOADED_MODELS)
def _bank(file: Path, written: int) -> Bank:  # noqa: ARG001 - a new bank is a new entry
    return Bank.load(file)


def _convolutions(run_folder: Path) -> list[str]:
    return _loaded(run_folder).network.convolutions()


def _answer_samples(run_folder: Path, genes: tuple[str, ...], samples: Samples) -> SampleAnswers:
    return answer_samples(_loaded(run_folder), genes, samples, explain=True)


def _loaded(run_folder: Path) -> Predictor:
    """What explains, and so is Keras' own."""
    return _predictor(run_folder, _written(run_folder)).answering_with(None)


def _written(run_folder: Path) -> tuple[int, ...]:
    """When the model was written, what stands beside it, such as its temperature, and who answers in its place."""
    files = (model_file_in(run_folder), run_folder / "predictor.json")
    return (*map(written_at, files), *fast_network.state_of(run_folder))


def _augment(recipe: Recipe, picture: np.ndarray, draws: int) -> np.ndarray:
    from core.training.augmentation import augmented_draws

    return augmented_draws(recipe, picture, draws)


@lru_cache(maxsize=LOADED_MODELS)
def _predictor(run_folder: Path, written: tuple[int, ...]) -> Predictor:  # noqa: ARG001 - a new model is a new entry
    return Predictor.to_answer(run_folder)
