"""Breast histopathology in small: forty patients with patches whose class shows in their brightness."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def draw_patches(folder: Path, patients: int = 40, each: int = 2) -> Path:
    """Patches of 50×50 as the download has them: `<patient>/<class>/<patient>_idx5_x…_y…_class<class>.png`."""
    rng = np.random.default_rng(0)
    for patient in range(8863, 8863 + patients):
        for label in (0, 1):
            place = folder / str(patient) / str(label)
            place.mkdir(parents=True)
            for number in range(each * (2 - label)):
                level = rng.normal(170 - 60 * label, 25)
                pixels = np.clip(rng.normal(level, 15, (50, 50, 3)), 0, 255).astype(np.uint8)
                name = f"{patient}_idx5_x{51 + 50 * number}_y101_class{label}.png"
                Image.fromarray(pixels).save(place / name)
    return folder


@pytest.fixture
def patches(artifacts: Path) -> Path:
    """They lie in the data root of this test."""
    return draw_patches(artifacts.parent / "data" / "breast_histopathology")
