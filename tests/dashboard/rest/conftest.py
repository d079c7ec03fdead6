"""A real server with one finished run."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Server, free_port, no_standby


@pytest.fixture(scope="module")
def folder(trained_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Artifacts with the demo data and one finished run, as the environment of a module."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "artifacts" / "data").mkdir(parents=True)
    (folder / "artifacts" / "data" / "demo").symlink_to(trained_root / "data" / "demo", target_is_directory=True)
    for name in ("runs", "cache"):
        shutil.copytree(trained_root / name, folder / "artifacts" / name)
    (folder / "data").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_ARTIFACTS", str(folder / "artifacts"))
        patch.setenv("LESIONLAB_DATA", str(folder / "data"))
        patch.delenv("LESIONLAB_SCHEDULER", raising=False)
        no_standby()
        yield folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """A server on it."""
    server = Server.start(free_port(), folder / "server.log")
    yield server
    server.end()
