"""A run's network as an ONNX file that answers in Keras' place, where it says the same and takes less time.

It lies in the run's folder with a record of how it was compared (`core.export.fast_answers` makes both). Whatever is
not as the record says, Keras answers: the model changed, a file is damaged, ONNX Runtime is gone or another version.
Heat maps and explanations need gradients and are always Keras' own.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from core.base.errors import DataError, LesionLabError
from core.base.files import UNREADABLE, read_json, sha256_of
from core.base.schema import FAST_ANSWERS
from core.base.typed_json import read_as
from core.models.model_file import model_file_in
from core.serving.outside_model import onnx_session

FOLDER = Path("faster", "made")
"""In a run's folder."""
FILE, RECORD = "network.onnx", "record.json"
LARGEST_DIFFERENCE = 1e-4
"""Of a probability; a file that differs more does not answer."""
MANY = 32
"""Pictures that are asked together where the time of many is measured."""
NEEDED = ("onnxruntime", "onnx", "tf2onnx")
"""Packages that write the file and answer with it."""

Shapes = list[tuple[int, ...]]
"""Of what a network takes of one picture, and beside it, and of what it gives."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Spent:
    """Median processor seconds for the same pictures, asked in turns."""

    keras: float
    onnx: float


@dataclass(frozen=True)
class FastRecord:
    """How the ONNX file of a run's network answered against Keras, and what it was made from.

    `largest_difference` is that of a probability over `pictures` held-out pictures, before and after the temperature;
    `one` and `many` are the times of one picture and of `MANY` together. `why_not` says why Keras answers all the same,
    "" where the file does: for one picture, and for several together only if it is faster with these, too.
    """

    model_sha256: str
    temperature: float
    versions: dict[str, str]
    pictures: int = 0
    largest_difference: float | None = None
    one: Spent | None = None
    many: Spent | None = None
    file_sha256: str = ""
    why_not: str = ""

    @property
    def faster_with_many(self) -> bool:
        """Whether it is faster with `MANY` pictures together, too."""
        return self.many is not None and self.many.onnx < self.many.keras

    @property
    def in_words(self) -> str:
        """Who answers and why, in a sentence."""
        if self.why_not or self.one is None or self.largest_difference is None:
            return f"Answered by Keras. {self.why_not}"
        others = "Heat maps and explanations"
        if not self.faster_with_many:
            others = "Several pictures together, heat maps and explanations"
        times = self.one.keras / max(self.one.onnx, 1e-9)
        return (
            f"Answered by ONNX Runtime, equal within {_rounded_up(self.largest_difference)} on {self.pictures:,} "
            f"held-out pictures, {times:.1f} times as fast as Keras (processor time of one picture). "
            f"{others} are by Keras."
        )

    def to_json(self) -> dict[str, object]:
        """As it is written."""
        return FAST_ANSWERS.stamped(asdict(self))


class FastNetwork:
    """An ONNX file that is asked as a Keras model is; `many` is whether for several pictures together, too.

    Raises:
        DataError: ONNX Runtime cannot load it, or it takes or gives something else than the predictor says.
    """

    def __init__(self, file: Path, shapes: Shapes, *, many: bool = True):
        """Load a file that takes and gives arrays of these shapes."""
        self.many = many
        self._session = onnx_session(file)
        found = [each.shape[1:] for each in (*self._session.get_inputs(), *self._session.get_outputs())]
        if len(found) != len(shapes) or not all(map(_fits, found, shapes)):
            raise DataError("The converted network takes or gives something else than the run says.")
        self._names = [each.name for each in self._session.get_inputs()]

    def predict_on_batch(self, given: Sequence[np.ndarray]) -> np.ndarray:
        """Probabilities (pictures, classes) of pictures (pictures, side, side, 3), and what is known beside them.

        Raises:
            DataError: ONNX Runtime cannot answer.
        """
        asked = {name: np.asarray(each, np.float32) for name, each in zip(self._names, given, strict=True)}
        try:
            return np.asarray(self._session.run(None, asked)[0])
        except Exception as error:  # of ONNX Runtime: a dozen kinds
            raise DataError(f"ONNX Runtime cannot answer: {error}") from error


def _fits(found: Sequence[int | str | None], wanted: tuple[int, ...]) -> bool:
    """Whether a shape is the wanted one, as far as the file says it."""
    return len(found) == len(wanted) and all(
        have == want or not isinstance(have, int) for have, want in zip(found, wanted, strict=True)
    )


def record_of(run_folder: Path) -> FastRecord | None:
    """The record of a run, of its model as it was then; None if there is none that can be read."""
    try:
        return read_as(FastRecord, FAST_ANSWERS.current(read_json(run_folder / FOLDER / RECORD)))
    except UNREADABLE:
        return None


def state_of(run_folder: Path) -> tuple[int, ...]:
    """When the record of a run was written; changes where its file may answer from now on, or no longer."""
    file = run_folder / FOLDER / RECORD
    return (file.stat().st_mtime_ns,) if file.is_file() else ()


def still_true(record: FastRecord, run_folder: Path, temperature: float) -> bool:
    """Whether a record was made of the run's model and temperature as they are, with the ONNX Runtime of today."""
    return (
        record.temperature == temperature
        and record.versions.get("onnxruntime") == versions().get("onnxruntime")
        and record.model_sha256 == model_hash(run_folder)
    )


def open_fast(run_folder: Path, temperature: float, shapes: Shapes) -> FastNetwork | None:
    """The file that answers for a run in Keras' place; None where Keras does. The log says why it does though made."""
    record = record_of(run_folder)
    if record is None or record.why_not:
        return None
    file = run_folder / FOLDER / FILE
    try:
        if "onnxruntime" in missing():
            raise DataError("ONNX Runtime is not installed any more.")
        if not still_true(record, run_folder, temperature):
            raise DataError("The model, its temperature or ONNX Runtime is another than when both were compared.")
        if not file.is_file() or sha256_of(file) != record.file_sha256:
            raise DataError(f"{FILE} is missing or damaged.")
        return FastNetwork(file, shapes, many=record.faster_with_many)
    except (LesionLabError, OSError) as error:
        logger.warning("Keras answers for %s, not ONNX Runtime. %s", run_folder.name, error)
        return None


def _rounded_up(difference: float) -> str:
    """A small number with one digit that counts, none smaller than it: 0.0000012 is "0.000002"."""
    exponent = max(-7, math.floor(math.log10(difference))) if difference > 0 else -7
    return f"{math.ceil(difference / 10**exponent - 1e-9) * 10**exponent or 1e-7:.7f}".rstrip("0")


def missing() -> list[str]:
    """Which of the packages `NEEDED` are not installed."""
    return [name for name in NEEDED if find_spec(name) is None]


def versions() -> dict[str, str]:
    """Versions of what was compared, by package, as far as it is installed."""
    found = {}
    for name in ("keras", "tensorflow", *NEEDED):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def model_hash(run_folder: Path) -> str:
    """SHA-256 of a run's model, computed once for each state of the file; "" where there is none."""
    file = model_file_in(run_folder)
    try:
        stat = file.stat()
        return _hash(file, stat.st_size, stat.st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=4096)
def _hash(file: Path, size: int, written: int) -> str:  # noqa: ARG001 - a changed file is hashed anew
    return sha256_of(file)
