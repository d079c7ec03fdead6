"""What tests of a run's folder share with those of the engine."""

import pytest

from tests.core.engine.conftest import (  # noqa: F401 - fixtures
    eventually,
    leaving_nothing_behind,
    processes_about,
    queue,
    tiny_data,
)


@pytest.fixture(autouse=True)
def _loaded_once(loaded_once: None) -> None:
    """The network of the finished run is loaded once for all tests."""
