"""What tests of commands share."""

import pytest


@pytest.fixture(autouse=True)
def _loaded_once(loaded_once: None) -> None:
    """Commands that predict in this process load the network of the finished run once for all tests."""
