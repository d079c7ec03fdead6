"""What is made from files is kept until they change, made once, and never from files of two states."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.base.errors import DataError, DiskFullError
from core.base.settings import PROJECT_ROOT
from core.data.kept import Kept, KeptFolder, KeptTable, Space


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The file from which everything here is made."""
    path = tmp_path / "source.txt"
    path.write_text("one")
    return path


@pytest.fixture(params=["folder", "table"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, source: Path) -> Kept:
    """Both ways of keeping something."""
    if request.param == "folder":
        return KeptFolder(tmp_path / "kept" / "v1.2", 1, source.read_text, "read", lambda f, _: (f / "x").read_text())
    return KeptTable(tmp_path / "kept" / "words.parquet", 1, source.read_text, "read", ("word",))


def maker(kept: Kept, source: Path, made: list[str], meanwhile: Callable[[], Any] = lambda: None) -> Callable[..., Any]:
    """Makes a copy of the source; `meanwhile` happens after it was read."""

    def make(aside: Path | None = None) -> Any:
        text = source.read_text()
        made.append(text)
        meanwhile()
        if aside is None:
            return pd.DataFrame({"word": [text]})
        (aside / "x").write_text(text)
        return {"letters": len(text)}

    return make


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else value["word"].iloc[0]


def left(kept: Kept) -> list[str]:
    """Names beside the place, its own and that of the lock left out."""
    own = {kept.place.name, f"{kept.place.name.removesuffix('.parquet')}.lock"}
    return [path.name for path in kept.place.parent.iterdir() if path.name not in own]


def test_it_is_made_once_and_again_when_a_source_has_changed(kept: Kept, source: Path) -> None:
    made: list[str] = []
    assert kept.open() is None
    assert [text_of(kept.ensure(maker(kept, source, made))) for _ in range(2)] == ["one", "one"]
    source.write_text("two")
    assert kept.open() is None
    assert text_of(kept.ensure(maker(kept, source, made))) == "two"
    assert made == ["one", "two"]


def test_what_was_made_from_sources_that_changed_meanwhile_is_not_kept_and_the_older_one_stays(
    kept: Kept, source: Path
) -> None:
    kept.ensure(maker(kept, source, []))
    source.write_text("two")
    with pytest.raises(DataError, match="changed while they were being read"):
        kept.ensure(maker(kept, source, [], lambda: source.write_text("three")))
    assert kept.open() is None
    source.write_text("one")
    assert text_of(kept.open()) == "one"
    assert left(kept) == []


def test_what_is_damaged_is_made_again(kept: Kept, source: Path) -> None:
    made: list[str] = []
    kept.ensure(maker(kept, source, made))
    files = [kept.place] if kept.place.is_file() else sorted(kept.place.iterdir())
    for file in files:
        file.unlink()
        if file.suffix:
            file.write_bytes(b"PAR1 {")
        assert kept.open() is None
        assert text_of(kept.ensure(maker(kept, source, made))) == "one"
    assert len(made) == 1 + len(files)


def test_a_disk_that_fills_up_during_the_work_is_named_and_nothing_is_left(kept: Kept, source: Path) -> None:
    def fail(_: Path | None = None) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(DiskFullError, match="is full"):
        kept.ensure(fail)
    assert left(kept) == []
    assert text_of(kept.ensure(maker(kept, source, []))) == "one"


def test_what_a_killed_process_left_is_removed(kept: Kept, source: Path) -> None:
    abandoned = kept.place.parent / f".{kept.place.name}.building-0123"
    abandoned.mkdir(parents=True)
    kept.ensure(maker(kept, source, []))
    assert left(kept) == []


def test_space_is_asked_for_before_the_work(kept: Kept, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 5, 5))
    with pytest.raises(DiskFullError, match=r"It needs 2\.0 GB and .* has 0\.0 GB free\. Tidy up\."):
        kept.ensure(maker(kept, source, made), Space(2 * 10**9, "It needs {needed}", "Tidy up."))
    assert made == []


MAKE = """
import sys, time
from pathlib import Path
from core.data.kept import KeptFolder
place, source = map(Path, sys.argv[1:])
def make(aside):
    with (source.parent / "made.txt").open("a") as log:
        log.write("x")
    time.sleep(0.5)
    (aside / "x").write_text(source.read_text())
    return {}
print(KeptFolder(place, 1, source.read_text, "read", lambda f, _: (f / "x").read_text()).ensure(make))
"""


def test_one_process_makes_it_and_the_others_wait(tmp_path: Path, source: Path) -> None:
    command = [sys.executable, "-c", MAKE, str(tmp_path / "kept" / "it"), str(source)]
    running = [subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [each.communicate(timeout=300)[0] for each in running] == ["one\n"] * 3
    assert (tmp_path / "made.txt").read_text() == "x"
