"""A training and an evaluation read their cache by batch, and copy none of it."""

from pathlib import Path

import pytest

from tests.training_memory import of_its_cache

PICTURES = 45_000


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_larger_cache_takes_no_more_memory_than_its_pages(tmp_path: Path) -> None:
    for what, (with_pages, own) in of_its_cache(tmp_path, PICTURES).items():
        assert with_pages <= 1.1, what
        assert own <= 0.2, what
