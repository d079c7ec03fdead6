"""The layouts that people publish and report, unpacked once; skipped where they are not beside the checkout."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import SHARED


@pytest.fixture(scope="session")
def layouts(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A folder with the 25 layouts; whoever asks only reads in it."""
    archive = SHARED / "data" / "layouts.tar.gz"
    if not archive.is_file():
        pytest.skip("the archive of layouts is not beside this checkout")

    def unpack(folder: Path) -> None:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")

    return made_once("layouts", unpack) / "layouts"
