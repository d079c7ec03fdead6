"""What tests of a run's folder share with those of the engine."""

from tests.core.engine.conftest import (  # noqa: F401 - fixtures
    eventually,
    leaving_nothing_behind,
    processes_about,
    queue,
    tiny_data,
)
