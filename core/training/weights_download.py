"""Downloading published weights from Keras' own store, as data sets are downloaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from core.base.errors import ConfigurationError
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.download.download import download
from core.data.download.sources import Source, SourceFile
from core.models.keras_store import address, checksum
from core.models.trunks import TRUNKS, Trunk
from core.models.weights import find_published, how_to_get

FOLDER = "weights"
"""In the artifacts folder."""


def trunk_named(name: str) -> Trunk:
    """A trunk by its name.

    Raises:
        ConfigurationError: there is none of this name.
    """
    for trunk in TRUNKS:
        if trunk.name == name:
            return trunk
    known = ", ".join(trunk.name for trunk in TRUNKS)
    raise ConfigurationError(f"There are no published weights of “{name}”. Known are: {known}.")


def weights_source(trunk: Trunk) -> Source:
    """The published weights of a trunk as something to download.

    Raises:
        ConfigurationError: they are not downloaded, but come with a package.
    """
    weights = trunk.weights
    if weights.package:
        raise ConfigurationError(f"The weights of {trunk.title} are not downloaded. {how_to_get(trunk)}.")
    kind, expected = checksum(weights)
    file = SourceFile(
        weights.file,
        address(weights),
        weights.file,
        md5=expected if kind == "md5" else "",
        sha256=expected if kind == "sha256" else "",
    )
    return Source(
        name=f"weights-{trunk.name}",
        title=f"ImageNet weights of {trunk.title}",
        description="Learnt on ImageNet, without the layer that tells its classes apart.",
        folder=FOLDER,
        files=(file,),
        licence=weights.licence,
        licence_url="https://keras.io/api/applications/",
        citation=trunk.source,
        homepage="https://keras.io/api/applications/",
    )


def download_weights(
    trunk: Trunk,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
    client: httpx.Client | None = None,
) -> Path:
    """Bring the published weights of a trunk here, going on where an earlier try broke off; returns the file.

    Raises:
        ConfigurationError: they are here already, come with a package, or are being downloaded.
        DataError, DiskFullError, CancelledError: as `core.data.download.download.download`.
    """
    source = weights_source(trunk)
    if here := find_published(trunk):
        raise ConfigurationError(f"The {source.title} are in {here} already. Delete that file to download them again.")
    return download(source, artifacts_dir(), progress, cancelled, client).folder / trunk.weights.file


def run_weights_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """The job of kind "weights": `trunk` is the name of a trunk.

    Raises:
        ConfigurationError, DataError, DiskFullError, CancelledError: as `download_weights`.
    """
    return {"file": str(download_weights(trunk_named(str(arguments.get("trunk", ""))), progress, cancelled))}
