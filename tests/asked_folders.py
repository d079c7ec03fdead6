"""Folders that are not trained on as they are: one that asks a question, and one with a table alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.reading.choices import choices_of, keep_choices
from core.data.reading.reader import read_folder


def make_asking(folder: Path) -> Path:
    """Two classes of twelve pictures each, whose names may tell patients: a question."""
    for number in range(24):
        path = folder / ("melanoma", "nevus")[number % 2] / f"PAT_{number // 2}_{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((32, 32, 3), 10 * number, np.uint8)).save(path)
    return folder


def make_table_alone(folder: Path) -> Path:
    """A table of sixty pictures in three classes, none of which is here."""
    folder.mkdir(parents=True)
    rows = [f"im{number},{('mel', 'nv', 'bkl')[number % 3]},p{number // 4},{20 + number}" for number in range(60)]
    (folder / "metadata.csv").write_text("\n".join(["image_id,dx,patient_id,age", *rows]))
    return folder


def agree(folder: Path) -> None:
    """Agree to what is understood of a folder now."""
    choices = choices_of(folder)
    keep_choices(folder, replace(choices, agreed=read_folder(folder, choices).state))
