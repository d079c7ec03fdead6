"""One bad file among many disturbs nothing: it is left out by name with the reason, and all others are used."""

import json
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from joblib.externals.loky import get_reusable_executor
from PIL import Image

from core.__main__ import main
from core.base.errors import DataError
from core.base.printable import printable
from core.data.adapters.metadata_file import read_texts
from core.data.catalog import list_datasets, open_dataset
from core.data.images.cache import ensure_cache
from core.data.images.fingerprint import content_hashes
from core.data.images.thumbnails import kept_thumbnail
from core.data.statistics.picture_statistics import ensure_statistics
from tests.core.data.hostile_files import READABLE, put_hostile_files

pytestmark = pytest.mark.timeout(300)  # whoever opens a pipe waits for ever


@pytest.fixture
def moles(data_root: Path) -> dict[str, str]:
    """A data set in which one class has bad files and the other good ones, beside another data set that is good."""
    for folder in (data_root / "moles" / "benign", data_root / "others" / "a", data_root / "others" / "b"):
        folder.mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (9, 9), (9, 9, 40 * number)).save(folder / f"good {number}.png")
    return put_hostile_files(data_root / "moles" / "malignant")


def test_bad_files_are_left_out_by_name_and_the_others_are_the_data_set(moles: dict[str, str]) -> None:
    dataset = open_dataset("moles")
    assert set(dataset.table["image_id"]) == {*READABLE, *(f"good {number}" for number in range(4))}
    assert {skip.image_id for skip in dataset.skipped} >= {printable(name) for name in moles}
    assert {"moles", "others"} <= {entry.spec.name for entry in list_datasets() if entry.present}
    assert len(open_dataset("others").table) == 8


def test_whatever_is_kept_of_a_picture_can_be_kept_of_the_longest_and_oddest_names(moles) -> None:
    dataset = open_dataset("moles")
    cache = ensure_cache(dataset, 28)
    assert len(cache.images) == len(dataset.table)
    assert len(content_hashes(dataset)) == len(dataset.table)
    assert len(ensure_statistics(dataset)) == len(dataset.table)
    for path in dataset.table["path"]:
        assert kept_thumbnail(path, 90).startswith(b"\xff\xd8")


def test_ingest_uses_the_good_ones_and_says_what_it_left_out_on_a_line_each(moles, capsys) -> None:
    assert main(["ingest", "moles", "--size", "28"]) == 0
    said = capsys.readouterr().out
    assert f"{len(READABLE) + 4} pictures at 28×28" in said
    for name, why in moles.items():
        [line] = [line for line in said.splitlines() if line.startswith(f"skipped {printable(name)}: ")]
        assert why in line
    assert main(["ingest", "moles", "--size", "28", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["images"] == len(READABLE) + 4


def test_no_name_steers_the_terminal(data_root: Path, capsys) -> None:
    folder = data_root / "moles"
    for label in ("benign", "malignant"):
        (folder / label).mkdir(parents=True)
        Image.new("RGB", (9, 9)).save(folder / label / f"{label}.png")
    (folder / "benign" / "\x1b]0;title\x07\x1b[2J\nskipped nothing.jpg").write_text("no picture")
    assert main(["ingest", "moles", "--size", "28"]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\x07" not in said
    assert len([line for line in said.splitlines() if line.startswith("skipped")]) == 1


def test_one_name_that_is_no_text_among_ten_thousand_costs_one_picture(data_root: Path) -> None:
    first = data_root / "one.png"
    Image.new("RGB", (9, 9)).save(first)
    for label in ("benign", "malignant"):
        (data_root / "moles" / label).mkdir(parents=True)
        for number in range(5000):
            os.link(first, data_root / "moles" / label / f"{label} {number}.png")
    os.link(first, data_root / "moles" / "benign" / os.fsdecode(b"m\xf6le.png"))
    dataset = open_dataset("moles")
    assert len(dataset.table) == 10_000
    assert [skip.image_id for skip in dataset.skipped if "UTF-8" in skip.reason] == ["m\\udcf6le"]


def test_what_is_skipped_for_one_reason_is_counted_by_its_kind(data_root: Path, capsys) -> None:
    for label in ("benign", "malignant"):
        (data_root / "moles" / label).mkdir(parents=True)
        Image.new("RGB", (9, 9)).save(data_root / "moles" / label / f"{label}.png")
    for number in range(30):
        (data_root / "moles" / "benign" / f"note_{number}__.jpg").write_text("The patient came on Monday.")
        (data_root / "moles" / "benign" / f"scan <{number}>.png").write_bytes(b"")
    shutil.copy(data_root / "moles" / "benign" / "note_1__.jpg", data_root / "moles" / "malignant" / "note_1__.jpg")
    assert main(["ingest", "moles", "--size", "28"]) == 0
    said = capsys.readouterr().out
    assert "skipped 31: … is not a picture but text." in said
    assert "skipped 30: … is empty" in said
    assert said.count("\nskipped ") == 2


def test_a_table_that_is_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "labels.csv")
    with pytest.raises(DataError, match="it is no file"):
        read_texts(tmp_path / "labels.csv")


CRASHING = """
import os
from PIL import BmpImagePlugin
BmpImagePlugin.BmpImageFile.load = lambda self: os._exit(11)
"""
"""For processes that start from now on: BMP pictures end them, as pictures may that a decoder in C has a hole for; no
file is known that does so today."""


def test_a_picture_that_ends_the_process_that_decodes_it_is_left_out_and_named(
    data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for label in ("benign", "malignant"):
        (data_root / "moles" / label).mkdir(parents=True)
        for number in range(150):
            Image.new("RGB", (9, 9), (number, 9, 9)).save(data_root / "moles" / label / f"{label} {number}.png")
    for number in (1, 2):
        Image.new("RGB", (9, 9)).save(data_root / "moles" / "benign" / f"crash {number}.bmp")
    (tmp_path / "sitecustomize.py").write_text(CRASHING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")
    get_reusable_executor(kill_workers=True).shutdown(kill_workers=True)  # processes that were started before
    page = ModuleType("__main__")  # what runs the check may be a page, which no process may run again
    page.__file__ = str(tmp_path / "a page that is gone.py")
    monkeypatch.setitem(sys.modules, "__main__", page)
    cache = ensure_cache(open_dataset("moles"), 28)
    assert [failure.image_id for failure in cache.failures] == ["crash 1", "crash 2"]
    assert all("ended the process" in failure.reason for failure in cache.failures)
    assert len(cache.images) == 300
    at = cache.rows(pd.Series(["benign 7", "benign 149", "malignant 149"]))
    assert cache.images[at, 0, 0, 0].tolist() == [7, 149, 149]
    get_reusable_executor(kill_workers=True).shutdown(kill_workers=True)  # those that crash serve nobody else
