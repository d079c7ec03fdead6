"""What tests of processes and heartbeats share with those of the engine."""

from tests.core.engine.conftest import eventually  # noqa: F401 - a fixture
