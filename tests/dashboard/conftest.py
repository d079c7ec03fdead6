"""What is shown is tested within small apps of their own."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _components_found_once(components_found_once) -> None:
    """For every test here."""
