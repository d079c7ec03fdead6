"""The data roots are looked into once for each rerun of a page, whatever of it asks what is here."""

from pathlib import Path

import pytest

from core.data import catalog
from dashboard.router import PAGES

ASK_MOST = ("home", "data", "explore", "train", "results", "engine", "leakage")
"""Pages whose parts ask the most often what is here; the others are looked at where tests may take long."""


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one entry with every look at the data roots."""
    seen: list[str] = []
    real = catalog.one_look

    def one_look():
        seen.append("look")
        return real()

    monkeypatch.setattr(catalog, "one_look", one_look)
    return seen


@pytest.mark.parametrize(
    "page", [pytest.param(each.file, marks=[] if each.name in ASK_MOST else pytest.mark.long) for each in PAGES]
)
def test_a_rerun_looks_into_the_data_roots_at_most_once(
    page: str, demo_artifacts: Path, moles_root: Path, monkeypatch: pytest.MonkeyPatch, looks: list[str], open_page
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(moles_root))
    test = open_page(page)
    assert not test.exception
    looks.clear()
    test.run()
    assert not test.exception
    assert len(looks) <= 1


def test_what_was_added_since_is_seen_by_the_next_rerun(
    demo_artifacts: Path, moles_root: Path, monkeypatch: pytest.MonkeyPatch, looks: list[str], open_page
) -> None:
    test = open_page("21_explore.py")
    assert len(test.selectbox[0].options) == 1
    monkeypatch.setenv("LESIONLAB_DATA", str(moles_root))
    assert len(test.run().selectbox[0].options) == 2
    assert looks
