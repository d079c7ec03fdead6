"""What the frozen part of a network gives for each picture, computed once and kept, so that the rest trains on it."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.base.progress import Progress, silent
from core.data.images.cache import ImageCache
from core.data.images.turns import MIRRORED, Turns, turned
from core.data.kept import KeptFolder, Space
from core.models.blocks import blocks, entering
from core.models.fusion import OF_METADATA, beside_pictures, together
from core.training.recipe import Recipe
from core.training.stages import ALL, first_that_learns

KEPT = 6
"""So many of them are kept for a data set; those that were longest not used give way."""
_VERSION = 1
_BATCH = 256
_LARGEST = float(np.finfo(np.float16).max)
_USUAL = 256.0
"""The largest output of the first pictures is kept as this, far from where float16 loses digits and from its end."""
_WAYS: dict[str, tuple[int, ...]] = {
    "none": (0,),
    "horizontal": (0, MIRRORED),
    "both": tuple(range(Turns.FLIPS.ways)),
    "turns": tuple(range(Turns.FLIPS_AND_TURNS.ways)),
}


def finite_ways(recipe: Recipe) -> tuple[int, ...] | None:
    """The ways in which a recipe mirrors and turns a picture, by the numbers of `turned`; None if it does more.

    Whatever else is drawn (angles, colours, mixtures) is new each time, so what the frozen part makes of it cannot
    be known beforehand.
    """
    drawn = [name for name in Recipe.model_fields if name.startswith("augment_") and name != "augment_flip"]
    if recipe.mixes or any(getattr(recipe, name) for name in drawn):
        return None
    return _WAYS[recipe.augment_flip]


def split_at(model: keras.Model, learns: str) -> tuple[keras.Model | None, keras.Model]:
    """Let only a part of a network learn; what comes before it, None where there is nothing, and the part.

    Both share the layers of the network. What is frozen keeps its weights, and its batch normalization goes by the
    moving averages, in training too.

    Args:
        model: a network made of blocks, see `core.models.blocks`.
        learns: as in `Stage.learns`.

    Raises:
        ConfigurationError: it has fewer blocks.
    """
    for layer in model.layers:
        layer.trainable = True
    if learns == ALL:
        return None, model
    found = blocks(model)
    enters = entering(model, found[first_that_learns(learns, [each.name for each in found], model.name)])
    frozen = keras.Model(model.inputs[:1], enters)
    learning = keras.Model(together(enters, *beside_pictures(model)), model.output, name=model.name)
    for layer in frozen.layers:
        layer.trainable = False
    return frozen, learning


@dataclass(frozen=True)
class FrozenOutputs:
    """What a network gives for each picture of a cache in each way.

    `values` is (pictures, ways, …) float16, memory-mapped; times `scale`, which brings them to where 16 bits are exact
    to a thousandth, they are what the network gives.
    """

    values: np.ndarray
    scale: float

    def read(self, rows: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """The outputs for pictures by row, each in a way by number, (batch, …) float32."""
        return self.values[rows, ways].astype(np.float32) * np.float32(self.scale)


def layer_factors(model: keras.Model, learning: keras.Model, decay: float) -> tuple[float, ...]:
    """For each trainable weight of what learns, `decay` to the power of the blocks between its block and the head.

    Args:
        model: the network, see `core.models.blocks`.
        learning: the part of it that learns, or the whole behind its augmentation.
        decay: 0…1.
    """
    if decay == 1:
        return ()
    places = {each.name: place for place, each in enumerate(model.operations)}
    ends = [places[block.last] for block in blocks(model)]
    places |= dict.fromkeys(OF_METADATA, ends[-1])  # which belongs to the head, wherever it stands
    depth = {
        id(weight): sum(end >= places[layer.name] for end in ends) - 1
        for layer in model.layers
        for weight in layer.trainable_weights
    }
    return tuple(decay ** depth[id(weight)] for weight in learning.trainable_weights)


def frozen_outputs(
    frozen: keras.Model, cache: ImageCache, ways: tuple[int, ...], progress: Progress = silent
) -> FrozenOutputs:
    """What a network gives for each picture of a cache in each way.

    Computed first where it is not kept already for these pictures, weights and ways. Only one process computes it at a
    time; the others wait for it.

    Args:
        frozen: from pictures to where the rest begins.
        cache: all pictures of a data set.
        ways: numbers of ways as in `turned`.
        progress: told how many pictures are done.

    Raises:
        DiskFullError: it does not fit; nothing is left behind.
    """
    shape = (len(cache.images), len(ways), *frozen.output_shape[1:])
    space = Space(
        int(np.prod(shape)) * 2,
        "What the frozen part gives for all pictures needs {needed}",
        "Let more of the network learn, choose a smaller image size, or free some space.",
    )
    folder = cache.folder.parent / "frozen"
    kept = _kept(folder, _key(frozen, cache.size, ways), cache.fingerprint, shape)
    values = kept.ensure(lambda aside: _compute(frozen, cache, ways, shape, aside, progress), space)
    _make_room(folder, kept.place)
    return values


def _kept(folder: Path, key: str, fingerprint: str, shape: tuple[int, ...]) -> KeptFolder[FrozenOutputs]:
    def load(place: Path, manifest: dict[str, Any]) -> FrozenOutputs:
        values = np.load(place / "outputs.npy", mmap_mode="r")
        if values.shape != shape or values.dtype != np.float16:
            raise ValueError("The outputs have another shape than the network and the pictures say.")
        return FrozenOutputs(values, float(manifest["scale"]))

    return KeptFolder(folder / key, _VERSION, lambda: fingerprint, "looked at", load)


def _compute(
    frozen: keras.Model,
    cache: ImageCache,
    ways: tuple[int, ...],
    shape: tuple[int, ...],
    aside: Path,
    progress: Progress,
) -> dict[str, Any]:
    out = np.lib.format.open_memmap(aside / "outputs.npy", mode="w+", dtype=np.float16, shape=shape)
    scale = 0.0
    for start in range(0, len(cache.images), _BATCH):
        pictures = np.asarray(cache.images[start : start + _BATCH])
        for number, way in enumerate(ways):
            given = np.asarray(frozen.predict_on_batch(np.ascontiguousarray(turned(pictures, way))), np.float32)
            scale = scale or float(np.abs(given).max()) / _USUAL or 1.0
            out[start : start + len(pictures), number] = np.clip(given / scale, -_LARGEST, _LARGEST)
        progress(start + len(pictures), len(cache.images), "Looking at the pictures with the frozen part")
    out.flush()
    return {"pictures": len(cache.images), "ways": list(ways), "scale": scale}


def _key(frozen: keras.Model, size: int, ways: tuple[int, ...]) -> str:
    """Of the structure, the weights, the size of the pictures and the ways."""
    plain = (bool, int, float, str, list, tuple, type(None))
    settings = [
        {name: value for name, value in layer.get_config().items() if isinstance(value, plain) and name != "name"}
        for layer in frozen.layers
    ]
    kinds = [(type(layer).__name__, layer.dtype_policy.name) for layer in frozen.layers]
    digest = hashlib.sha256(json.dumps([kinds, settings, size, ways], default=str).encode())
    for weight in frozen.get_weights():
        digest.update(str((weight.shape, weight.dtype)).encode())
        digest.update(weight.tobytes())
    return digest.hexdigest()[:24]


def _make_room(folder: Path, used: Path) -> None:
    """Remove what was longest not used. Whoever has it open reads on: the system keeps it until it is closed."""
    (used / "manifest.json").touch()
    manifests = sorted(folder.glob("*/manifest.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for manifest in manifests[KEPT:]:
        shutil.rmtree(manifest.parent, ignore_errors=True)
