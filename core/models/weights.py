"""The weights that a network begins with: where they lie, and what is written down of where they come from.

Nothing here imports Keras; `core.models.load_weights` puts them into a network.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from core.base.errors import ConfigurationError
from core.base.files import with_home
from core.base.printable import printable
from core.base.settings import artifacts_dir, weights_folders
from core.base.typed_json import fields_as
from core.models.keras_store import checksum
from core.models.spec import ModelSpec
from core.models.trunks import PublishedWeights, Trunk

IMAGENET, NONE = "imagenet", "none"
OF_PYTORCH = ".pth"
SUFFIXES = (".h5", ".keras")
"""How files of weights that a person may name end."""
_OF_OTHERS = (
    OF_PYTORCH,
    ".pt",
    ".bin",
    ".ckpt",
    ".hdf5",
    ".npy",
    ".npz",
    ".onnx",
    ".pkl",
    ".safetensors",
    ".tflite",
    ".zip",
)
"""How files of weights end that are not taken: no id of a run ends so."""


@dataclass(frozen=True)
class WeightsOrigin:
    """Where weights come from: in words, the file, its SHA-256 and its licence, "" where that is not known.

    `published` is True for those that somebody else has learnt on ImageNet; `run_folder` is the folder of the run that
    learnt them, "" if it is none that is here.
    """

    source: str
    file: str
    sha256: str
    licence: str = ""
    published: bool = False
    run_folder: str = ""

    @property
    def sentence(self) -> str:
        """Where they come from, for a person."""
        licence = f", licence {self.licence}" if self.licence else ""
        return f"{self.source} ({Path(self.file).name}, SHA-256 {self.sha256[:12]}…{licence})"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> WeightsOrigin:
        """What `to_json` gave.

        Raises:
            ValueError: it is something else.
        """
        return cls(**fields_as(cls, value))


def checked_choice(spec: ModelSpec, chosen: str) -> str:
    """What a recipe says of its weights, a file by its whole path; whether that is here is not looked at.

    Raises:
        ConfigurationError: the model has no published weights, or the text names no weights.
    """
    chosen = chosen.strip()
    if chosen.lower() in (IMAGENET, NONE):
        chosen = chosen.lower()
    if chosen in ("", NONE):
        return chosen
    if spec.trunk is None:
        raise ConfigurationError(f"weights: there are no published weights for {spec.name}. Leave this setting out.")
    if chosen == IMAGENET or _is_run_id(chosen):
        return chosen
    if "://" in chosen:
        raise ConfigurationError(
            f"weights: they are taken from a file that is here, not from an address. Download {printable(chosen)}, "
            "then name the file."
        )
    if not chosen.endswith(SUFFIXES):
        raise ConfigurationError(
            f"weights: give “{IMAGENET}”, “{NONE}”, the id of a run, or a file that ends in "
            f"{' or '.join(SUFFIXES)}, not “{printable(chosen)}”."
        )
    return str(with_home(chosen).absolute())


def weights_path(spec: ModelSpec, chosen: str) -> Path | None:
    """The file from which a recipe's network begins; None where it begins with chance.

    Raises:
        ConfigurationError: the file is not here; says how to get it.
    """
    if spec.trunk is None or chosen == NONE:
        return None
    if chosen in ("", IMAGENET):
        return find_published(spec.trunk) or _refuse_missing(spec.trunk)
    file = artifacts_dir() / "runs" / chosen / "model.keras" if _is_run_id(chosen) else Path(chosen)
    if not os.path.isfile(file):  # noqa: PTH113 - Path.is_file fails on names that are too long
        what = f"The run {chosen} has no trained model" if _is_run_id(chosen) else f"There is no file {printable(file)}"
        raise ConfigurationError(f"{what} to take weights from. Choose “{IMAGENET}”, “{NONE}” or another one.")
    return file


def weights_origin(spec: ModelSpec, chosen: str) -> WeightsOrigin | None:
    """What is written down of the weights that a recipe's network begins with; None where it begins with chance.

    Raises:
        ConfigurationError: the file is not here, or is not the one that was published.
    """
    file = weights_path(spec, chosen)
    if file is None or spec.trunk is None:
        return None
    sha256 = _digest(file, "sha256")
    if chosen in ("", IMAGENET):
        published = spec.trunk.weights
        refuse_changed(file, published)
        return WeightsOrigin(_published_by(published), str(file), sha256, published.licence, published=True)
    of_run = (file.parent / "predictor.json").is_file()
    source = f"the run {file.parent.name}" if of_run else "a file"
    return WeightsOrigin(source, str(file), sha256, run_folder=str(file.parent) if of_run else "")


def file_for_keras(spec: ModelSpec, chosen: str) -> Path | None:
    """What `weights_path` gives, as a file that Keras reads by itself; it may still have to be made or got.

    Of PyTorch's files it is the one that they are converted into when a training first needs them.
    """
    if spec.trunk is not None and chosen in ("", IMAGENET) and not find_published(spec.trunk):
        return converted_file(spec.trunk, artifacts_dir() / "weights" / spec.trunk.weights.file)
    file = weights_path(spec, chosen)
    return converted_file(spec.trunk, file) if file and spec.trunk else None


def converted_file(trunk: Trunk, file: Path) -> Path:
    """Where the weights of a file of PyTorch lie as Keras reads them; any other file stays what it is."""
    if file.suffix != OF_PYTORCH:
        return file
    return artifacts_dir() / "weights" / f"{trunk.name}-{file.stem.rpartition('-')[2]}.weights.h5"


def find_published(trunk: Trunk) -> Path | None:
    """The published weights of a trunk, from a folder of weights or the package that carries them; None if nowhere."""
    weights = trunk.weights
    for folder in weights_folders():
        if os.path.isfile(folder / weights.file):  # noqa: PTH113 - as in `weights_path`
            return folder / weights.file
    module = weights.package.replace("-", "_")
    found = importlib.util.find_spec(module) if module else None  # it is not imported for this
    inside = Path(found.origin).parent / "models" / weights.file if found and found.origin else None
    return inside if inside and inside.is_file() else None


def refuse_changed(file: Path, published: PublishedWeights) -> None:
    """Refuse a file that has the name of published weights and another content.

    Raises:
        ConfigurationError: its checksum is another one.
    """
    kind, expected = checksum(published)
    if kind and (found := _digest(file, kind)) != expected:
        raise ConfigurationError(
            f"{file} is damaged, or is not the file that was published: its {kind.upper()} is {found} instead of "
            f"{expected}. Delete it and get it again; to use it as it is, name it by its path as weights."
        )


def how_to_get(trunk: Trunk) -> str:
    """What to do to have the published weights of a trunk here."""
    if trunk.weights.package:
        return f"Install the package {trunk.weights.package} (make more-weights)"
    return f"Download them with: python -m core weights {trunk.name} --download"


def _refuse_missing(trunk: Trunk) -> Path:
    raise ConfigurationError(
        f"The ImageNet weights of {trunk.title} ({trunk.weights.file}) are not here. {how_to_get(trunk)}; or put the "
        "file into a folder “weights” in a data root, or set LESIONLAB_WEIGHTS to its folder. Without them, train with "
        f"weights={NONE}."
    )


def _published_by(weights: PublishedWeights) -> str:
    if not weights.package:
        return "ImageNet, published by Keras"
    try:
        version = importlib.metadata.version(weights.package)
    except importlib.metadata.PackageNotFoundError:  # the file was put here by hand
        version = ""
    return f"ImageNet, package {weights.package} {version}".strip()


def _is_run_id(chosen: str) -> bool:
    return (
        not chosen.lower().endswith((*SUFFIXES, *_OF_OTHERS))
        and "/" not in chosen
        and not chosen.startswith(".")
        and bool(chosen)
    )


def _digest(file: Path, kind: str) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, partial(hashlib.new, kind, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise ConfigurationError(f"{printable(file)} cannot be read: {error.strerror}.") from error
