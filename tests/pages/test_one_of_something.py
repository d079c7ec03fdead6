"""Where there is one of something, or what belongs together is no lesion, pages say so in plain English."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.pages.test_quiz_page import sent

SEVERAL = re.compile(
    r"(?<![\d,.])(?<!of )1 (?:\w+ )?(?:pictures|images|rows|groups|classes|pairs|studies)\b(?! of)|studys"
)
"""One of something in the plural."""


@pytest.fixture
def clinic(moles_root: Path, artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four pictures of two studies: one of them of a melanoma."""
    root = tmp_path / "data" / "clinic"
    taken = {"mel": ["M1"], "type 3": ["T1", "T2", "T3"]}
    for folder, names in taken.items():
        (root / folder).mkdir(parents=True)
        for name in names:
            shutil.copy(moles_root / "moles" / folder / f"{name}.jpg", root / folder)
    studies = {"M1": "S1", "T1": "S2", "T2": "S2", "T3": "S2"}
    pd.DataFrame(studies.items(), columns=["image", "study"]).to_csv(root / "groups.csv", index=False)
    monkeypatch.setenv("LESIONLAB_DATA", str(root.parent))


@pytest.mark.parametrize("page", ["20_data.py", "21_explore.py", "22_pictures.py", "24_integrity.py", "30_train.py"])
def test_no_page_says_one_in_the_plural_or_makes_up_a_plural(page: str, clinic: None, open_page) -> None:
    test = open_page(page, dataset="clinic", diagnosis="mel")
    assert not test.exception
    shown = sent(test)
    assert not (found := [shown[max(0, m.start() - 90) : m.end() + 40] for m in SEVERAL.finditer(shown)]), found
