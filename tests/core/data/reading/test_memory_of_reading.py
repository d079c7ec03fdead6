"""What reading a folder holds in memory: names and rows, once."""

import os
import tracemalloc
from pathlib import Path

from core.data.reading.reader import read_folder

PICTURES = 15_000
MOST_AT_ONCE, MOST_LEFT = 640, 260
"""Bytes for each picture, while it is read and afterwards; a path has about 120, a name 70."""


def test_reading_holds_names_and_rows_once(tmp_path: Path) -> None:
    lines = ["image_id,lesion_id,dx,age,sex,localization"]
    for number in range(PICTURES):
        place = tmp_path / f"images_part_{number // 5000 + 1}"
        if number % 5000 == 0:
            place.mkdir()
        os.mknod(place / f"ISIC_{number:07d}.jpg")
        lines.append(f"ISIC_{number:07d},HAM_{number // 2:07d},{('mel', 'nv')[number // 2 % 2]},50.0,male,back")
    (tmp_path / "metadata.csv").write_text("\n".join(lines))
    tracemalloc.start()
    reading = read_folder(tmp_path)
    left, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(reading.rows) == PICTURES
    assert most / PICTURES <= MOST_AT_ONCE
    assert left / PICTURES <= MOST_LEFT
