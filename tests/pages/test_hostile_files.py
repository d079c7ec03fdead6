"""Pipes, links in a circle, names that are no text and the longest names: no page of that data set or another ends."""

import os
from functools import cache
from pathlib import Path

import pytest

from core.data.demo.drawing import draw_photographs
from dashboard import router
from tests.core.data.hostile_files import put_hostile_files

pytestmark = pytest.mark.timeout(300)  # whoever opens a pipe waits for ever


@cache
def drawn(lesion: int) -> list[bytes]:
    return draw_photographs(3, lesion, "nv", 1)


@pytest.fixture
def moles(artifacts: Path) -> Path:
    """A good data set and one with bad files; bad ones stand beside both, and pipes that are called like tables."""
    root = artifacts.parent / "data"
    for folder in ("moles/benign", "moles/malignant", "others/a", "others/b"):
        (root / folder).mkdir(parents=True)
        for number, photograph in enumerate(drawn(len(folder))):
            (root / folder / f"good {number}.jpg").write_bytes(photograph)
    for place in (root / "moles" / "malignant", root / "moles", root):
        put_hostile_files(place)
    isic = "isic/ISIC_2019_Training_GroundTruth.csv"
    for table in ("others/groups.csv", "ham/HAM10000_metadata.csv", isic, "genes/actual.csv", "genes/train.csv"):
        (root / table).parent.mkdir(exist_ok=True)
        os.mkfifo(root / table)
    return root


@pytest.mark.parametrize("page", [entry.file for entry in router.PAGES])
@pytest.mark.parametrize("dataset", ["moles", pytest.param("others", marks=pytest.mark.long)])
def test_no_page_ends_or_waits_for_bad_files(page: str, dataset: str, moles: Path, demo_artifacts, open_page) -> None:
    test = open_page(page, dataset=dataset)
    assert not test.exception


def test_the_data_page_shows_both_data_sets_and_explore_what_was_left_out(moles, demo_artifacts, open_page) -> None:
    titles = {each.value for each in open_page("20_data.py").subheader}
    assert {"moles", "others"} <= titles
    assert not open_page("21_explore.py", dataset="others").exception
    left_out = [each.value for each in open_page("21_explore.py", dataset="moles").dataframe if "reason" in each.value]
    assert any("UTF-8" in reason for table in left_out for reason in table["reason"])
    assert any("a pipe" in reason for table in left_out for reason in table["reason"])
