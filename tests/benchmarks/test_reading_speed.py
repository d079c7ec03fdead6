"""Reading a folder of 10,015 and of 300,000 pictures against a plain walk over its names, and the memory it takes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.settings import PROJECT_ROOT
from core.data.inspect import inspect_folder

CLASSES = "akiec bcc bkl df mel nv vasc".split()
SMALL, LARGE = 10_015, 300_000
PROMISED = {SMALL: 2.0, LARGE: 20.0}
"""Seconds of processor time: what others on the machine do changes it little."""
MEMORY, MOST_PER_PICTURE = 220e6, 600
"""Bytes that the larger reading may take at most beside what the process had before, and for each further picture:
names and rows, and what is needed of them twice for a moment. `test_memory_of_reading.py` has what stays."""

MEASURE = """
import json, sys, time
from pathlib import Path
from core.data.inspect import inspect_folder

def most():  # of this process alone: what resource.getrusage tells begins with what its parent had
    line = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
before, began, worked = most(), time.perf_counter(), time.process_time()
reading = inspect_folder(Path(sys.argv[1]))
took, worked = time.perf_counter() - began, time.process_time() - worked
print(json.dumps({"pictures": reading["pictures"], "took": took, "worked": worked, "before": before, "most": most()}))
"""


@pytest.fixture(scope="module")
def folders(made_once: Callable[[str, Callable[[Path], None]], Path]) -> dict[int, Path]:
    """Folders as HAM10000's with so many pictures, empty files in parts of 5,000, and a table of them."""

    def make(folder: Path) -> None:
        for count in PROMISED:
            lines = ["lesion_id,image_id,dx,dx_type,age,sex,localization"]
            for number in range(count):
                part = folder / str(count) / f"HAM10000_images_part_{number // 5000 + 1}"
                if number % 5000 == 0:
                    part.mkdir(parents=True)
                os.mknod(part / f"ISIC_{number:07d}.jpg")
                lines.append(f"HAM_{number // 2:07d},ISIC_{number:07d},{CLASSES[number // 2 % 7]},histo,50.0,male,back")
            (folder / str(count) / "HAM10000_metadata.csv").write_text("\n".join(lines))

    made = made_once("many-pictures", make)
    return {count: made / str(count) for count in PROMISED}


@pytest.fixture(scope="module")
def measured(folders: dict[int, Path]) -> dict[int, dict[str, float]]:
    """What a reading of each folder takes in a process of its own."""
    found = {}
    for count, folder in folders.items():
        command = [sys.executable, "-c", MEASURE, str(folder)]
        ended = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=300)
        assert ended.returncode == 0, ended.stderr[-2000:]
        found[count] = json.loads(ended.stdout.splitlines()[-1])
        assert found[count]["pictures"] == count
    return found


def _walked(folder: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(folder))


@pytest.mark.parametrize(("count", "target", "rounds"), [(SMALL, 1 / 120, 5), (LARGE, 1 / 70, 2)])
def test_a_reading_against_a_plain_walk(count: int, target: float, rounds: int, folders, artifacts, ratio) -> None:
    ratio(
        lambda: _walked(folders[count]) and None,
        lambda: inspect_folder(folders[count]) and None,
        target=target,
        rounds=rounds,
    )


@pytest.mark.parametrize("count", PROMISED)
def test_a_reading_takes_no_more_than_is_promised(count: int, measured: dict[int, dict[str, float]], capsys) -> None:
    found = measured[count]
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark is read by a person
            f"\n{count:,} pictures: {found['took']:.2f} s, {found['worked']:.2f} s of processor time "
            f"(promised {PROMISED[count]:.0f} s), {found['most'] / 1e6:.0f} MB at most, "
            f"{found['before'] / 1e6:.0f} MB before"
        )
    assert found["worked"] < PROMISED[count]
    assert found["most"] - found["before"] < MEMORY


def test_a_reading_keeps_names_and_rows_alone_in_memory(measured: dict[int, dict[str, float]]) -> None:
    per_picture = (measured[LARGE]["most"] - measured[SMALL]["most"]) / (LARGE - SMALL)
    assert per_picture <= MOST_PER_PICTURE
