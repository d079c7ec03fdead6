"""The layers of a model with shapes and weights, kept on disk: who looks at them needs no network and no Keras."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from core.base.files import UNREADABLE, disk_full_named, read_json, write_json
from core.base.settings import artifacts_dir
from core.models.registry import build_model

KEPT = 200
"""Tables that are kept on disk; those that were made first go."""
_VERSION = 1
_CHANGES_NOTHING = ("Normalization", "Dropout", "Rescaling", "Activation")
"""Parts of the names of kinds that are no step of their own in a drawing: they leave the shape as it is."""


@dataclass(frozen=True)
class Layer:
    """One layer: `output` is the shape of what it gives for one picture, `block` the part of the network it is in.

    `kind` is its class in Keras, and `block` as `core.models.blocks` names it.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    block: str

    @property
    def shape(self) -> str:
        """As "64×64×16"."""
        return "×".join(f"{side:,}" for side in self.output)


def layer_table(
    model: str, image_size: int, classes: int, architecture: Mapping[str, Any] | None = None
) -> tuple[Layer, ...]:
    """The layers of an untrained model, from the pictures to the probabilities; needs Keras, and takes a second or so.

    Args:
        model, image_size, classes, architecture: as `core.models.registry.build_model` takes them.

    Raises:
        ConfigurationError: as `build_model`.
    """
    import keras

    from core.models.blocks import blocks

    network = build_model(model, image_size, classes, architecture)
    starts = {block.first: block.name for block in blocks(network)}
    block, found = next(iter(starts.values())), []
    for each in network.operations:
        block = starts.get(each.name, block)
        output = keras.tree.flatten(each.output)[0].shape[1:]
        parameters = each.count_params() if isinstance(each, keras.Layer) else 0
        found.append(Layer(each.name, type(each).__name__, tuple(int(side or 0) for side in output), parameters, block))
    return tuple(found)


def kept_layer_table(
    model: str, image_size: int, classes: int, architecture: Mapping[str, Any] | None = None
) -> tuple[Layer, ...] | None:
    """What `layer_table` has given before; None where it was not asked yet, or by another version of Keras."""
    try:
        written = read_json(_file(model, image_size, classes, architecture))
        return tuple(Layer(**{**each, "output": tuple(each["output"])}) for each in written["layers"])
    except (*UNREADABLE, KeyError, TypeError):
        return None


def keep_layer_table(
    layers: Sequence[Layer], model: str, image_size: int, classes: int, architecture: Mapping[str, Any] | None = None
) -> None:
    """Keep a table for `kept_layer_table`.

    Raises:
        DiskFullError: nothing is kept then.
    """
    file = _file(model, image_size, classes, architecture)
    with disk_full_named(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, {"layers": [asdict(each) for each in layers]})
    known = sorted(file.parent.glob("*.json"), key=lambda each: each.stat().st_mtime_ns)
    for each in known[:-KEPT]:
        with suppress(OSError):
            each.unlink()


def steps_of(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The few parts that are drawn: the blocks of a trunk, or the layers of a smaller network that do something.

    A block stands as one `Layer`, with the output of its last layer and the weights of all.
    """
    parts = [list(several) for _, several in groupby(layers, key=lambda each: each.block)]
    if len(parts) > 2:
        return tuple(
            Layer(part[0].block, f"{len(part)} layers", part[-1].output, sum(each.parameters for each in part),
                  part[0].block)
            for part in parts
        )  # fmt: skip
    return tuple(
        each
        for each in layers
        if not any(word in each.kind for word in _CHANGES_NOTHING) and (each.parameters or "Pooling" in each.kind)
    )


def _file(model: str, image_size: int, classes: int, architecture: Mapping[str, Any] | None) -> Path:
    asked = [_VERSION, version("keras"), model, image_size, classes, sorted((architecture or {}).items())]
    return artifacts_dir() / "layers" / f"{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]}.json"
