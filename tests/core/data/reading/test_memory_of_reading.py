"""What reading a folder holds in memory: names and rows, once, and hardly any object for each."""

import os
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pytest

from core.data.reading.reader import read_folder

PICTURES = 30_000
MOST_AT_ONCE, MOST_LEFT, MOST_BESIDE_PATHS = 280, 240, 115
"""Bytes for each picture: of Python and NumPy while it is read, and afterwards with what Arrow holds; a path alone has
some 120. The rows themselves hold the path of each and beside it its name and group as texts, and 8 bytes a column for
what repeats: that is all that grows with the pictures."""


@pytest.mark.long
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
    path = reading.rows["path"].array.nbytes
    assert sum(reading.rows[name].array.nbytes for name in reading.rows) - path <= MOST_BESIDE_PATHS * PICTURES
    assert path <= (len(reading.rows["path"].iloc[0]) + 10) * PICTURES
    assert (left + pa.total_allocated_bytes() - before) / PICTURES <= MOST_LEFT
