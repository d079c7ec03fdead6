"""Duplicates beside each other."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from core.data.demo.demo import DEMO_SPEC
from core.data.spec import Dataset
from dashboard.widgets.pictures.duplicate_pair import aligned_picture, describe


def test_a_duplicate_is_laid_over_in_the_proportions_of_the_first_picture(artifacts: Path, tmp_path: Path) -> None:
    left_bright = np.zeros((90, 120, 3), np.uint8)
    left_bright[:, :60] = 255
    Image.fromarray(left_bright).save(tmp_path / "first.png")
    Image.fromarray(left_bright[:, ::-1]).save(tmp_path / "second.png")
    mirrored = pd.Series({"turn": [-1.0, 0.0, 0.0, 1.0], "shift": [0.0, 0.0]})
    overlaid = aligned_picture(mirrored, str(tmp_path / "second.png"), str(tmp_path / "first.png"))
    assert overlaid.shape == (256, round(256 * 4 / 3), 3)
    assert overlaid[128, 20].mean() > 250
    assert overlaid[128, -20].mean() < 5


def test_what_is_known_of_a_duplicate_is_said_in_full_words() -> None:
    known = {"label": "mel", "group_id": "L1", "age": 40.0, "site": "back", "diagnosis_method": "follow_up"}
    said = describe(pd.Series(known), Dataset(DEMO_SPEC, pd.DataFrame(), Path()))
    assert said == "melanoma, lesion L1, 40 years, back, follow-up"
