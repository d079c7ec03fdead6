"""Concepts: which training pictures a model takes for alike, by what its last layer sees of them.

A bank of the training pictures lies in a run's folder; a picture is compared with all of it at once.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.base.errors import RunError
from core.base.files import file_built_aside
from core.serving.predictor import Predictor

PROTOTYPES = 3
"""For each class, as far as it has so many different pictures."""
_SMALLEST = 1e-6


@dataclass(frozen=True)
class Bank:
    """Training pictures as the last layer of a model sees them.

    `vectors` is (pictures, features) float16: less their mean `centre` (features,), and of length 1. `image_ids` and
    `labels` (class keys) name the rows. `prototypes` are rows, those of a class together, and `stands_for` how many
    pictures of the class are nearer to each than to its other prototypes.
    """

    vectors: np.ndarray
    centre: np.ndarray
    image_ids: np.ndarray
    labels: np.ndarray
    prototypes: np.ndarray
    stands_for: np.ndarray

    def save(self, path: Path) -> None:
        """Write it, atomically.

        Raises:
            DiskFullError: an older one is then still whole.
        """
        with file_built_aside(path) as aside:
            np.savez(aside, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Bank":
        """Read what `save` wrote.

        Raises:
            RunError: it is not there, or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as kept:
                return cls(**{name: kept[name] for name in cls.__dataclass_fields__})
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise RunError(f"{path} is missing or damaged. Check the explanations of this run again.") from error


@dataclass(frozen=True)
class Neighbour:
    """A training picture that the model takes for alike: `similarity` is the cosine, −1…1."""

    image_id: str
    label: str
    similarity: float


def make_bank(features: np.ndarray, image_ids: np.ndarray, labels: np.ndarray) -> Bank:
    """A bank of training pictures, with prototypes: the pictures nearest to the middles of each class's clusters.

    Args:
        features: (pictures, features) float32, as `Network.features` gives them.
        image_ids: of the pictures, str (pictures,).
        labels: their class keys, str (pictures,).
    """
    centre = features.mean(axis=0)
    vectors = _unit(features - centre)
    prototypes: list[int] = []
    stands_for: list[int] = []
    for key in np.unique(labels):
        rows = np.flatnonzero(labels == key)
        for row, count in _prototypes(vectors[rows]):
            prototypes.append(int(rows[row]))
            stands_for.append(count)
    return Bank(
        vectors.astype(np.float16),
        centre.astype(np.float32),
        np.asarray(image_ids, dtype="U"),
        np.asarray(labels, dtype="U"),
        np.array(prototypes),
        np.array(stands_for),
    )


def nearest_in(bank: Bank, predictor: Predictor, picture: np.ndarray, count: int) -> list[Neighbour]:
    """The training pictures that the model takes for most alike, the nearest first.

    Args:
        bank: of the predictor's own training pictures.
        predictor: whose last layer sees them.
        picture: (size, size, 3) uint8, of the predictor's size.
        count: how many at most.
    """
    [seen] = _unit(predictor.network.features(picture[None]) - bank.centre)
    similarity = bank.vectors.astype(np.float32) @ seen
    nearest = np.argsort(-similarity, kind="stable")[:count]
    return [Neighbour(str(bank.image_ids[n]), str(bank.labels[n]), float(similarity[n])) for n in nearest]


def _prototypes(vectors: np.ndarray) -> list[tuple[int, int]]:
    """Row of each prototype and how many rows are nearest to it, the one of most first."""
    from sklearn.cluster import KMeans

    clusters = min(PROTOTYPES, len(np.unique(vectors, axis=0)))
    fitted = KMeans(clusters, n_init=3, random_state=0).fit(vectors)
    distances = fitted.transform(vectors)
    found = [(int(distances[:, n].argmin()), int((fitted.labels_ == n).sum())) for n in range(clusters)]
    return sorted(found, key=lambda each: -each[1])


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _SMALLEST)
