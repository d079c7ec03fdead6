"""Memory of a training and of an evaluation against the size of their cache of 1.24 GB."""

import pytest

from tests.training_memory import of_its_cache

PICTURES = 45_000


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> dict[str, tuple[float, float]]:
    """For each, what the cache takes in shares of its size: with its pages, and of the process's own."""
    return of_its_cache(tmp_path_factory.mktemp("memory"), PICTURES)


@pytest.mark.parametrize("what", ["trained", "predicted"])
def test_what_a_larger_cache_takes_of_memory_is_its_size_at_most(what: str, measured, capsys) -> None:
    with_pages, own = measured[what]
    with capsys.disabled():
        print(f"\n{what}: {with_pages:.2f} times the cache with its pages, {own:.2f} without")  # noqa: T201
    assert with_pages <= 1.1
    assert own <= 0.2
