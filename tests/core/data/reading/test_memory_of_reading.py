"""What reading a folder holds in memory: names and rows, once, and hardly any object for each."""

import os
import tracemalloc
from pathlib import Path

import pyarrow as pa

from core.data.reading.reader import read_folder

PICTURES = 30_000
MOST_AT_ONCE, MOST_LEFT = 280, 240
"""Bytes for each picture: of Python and NumPy while it is read, and afterwards with what Arrow holds; a path alone has
some 120."""


def test_reading_holds_names_and_rows_once(tmp_path: Path) -> None:
    lines = ["image_id,lesion_id,dx,age,sex,localization"]
    for number in range(PICTURES):
        place = tmp_path / f"images_part_{number // 5000 + 1}"
        if number % 5000 == 0:
            place.mkdir()
        os.mknod(place / f"ISIC_{number:07d}.jpg")
        lines.append(f"ISIC_{number:07d},HAM_{number // 2:07d},{('mel', 'nv')[number // 2 % 2]},50.0,male,back")
    (tmp_path / "metadata.csv").write_text("\n".join(lines))
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    reading = read_folder(tmp_path)
    left, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(reading.rows) == PICTURES
    assert most / PICTURES <= MOST_AT_ONCE
    assert (left + pa.total_allocated_bytes() - before) / PICTURES <= MOST_LEFT
