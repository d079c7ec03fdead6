import os
from pathlib import Path

import pytest

from core.data.adapters import listing
from core.data.adapters.listing import holds_pictures, list_folder, stamps


def age(folder: Path, seconds: float = 60) -> None:
    """Make a folder look as if nothing had changed in it for a while."""
    for place in [folder, *folder.rglob("*")]:
        changed = place.stat().st_mtime_ns - int(seconds * 1e9)
        os.utime(place, ns=(changed, changed))


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were scanned."""
    places: list[str] = []
    real = os.scandir
    monkeypatch.setattr("core.data.adapters.listing.os.scandir", lambda place: places.append(str(place)) or real(place))
    return places


def test_pictures_are_counted_and_other_files_and_folders_named(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.PNG", "c.tif", ".hidden.jpg", "table.csv", "README"):
        (tmp_path / name).touch()
    for name in ("sub", ".git", "__MACOSX"):
        (tmp_path / name).mkdir()
    found = list_folder(tmp_path)
    assert (found.files, found.folders, found.pictures) == (("README", "table.csv"), ("sub",), 3)


def test_a_folder_that_stays_as_it_is_is_scanned_once(tmp_path: Path, scanned: list[str]) -> None:
    (tmp_path / "a.jpg").touch()
    age(tmp_path)
    scanned.clear()
    for _ in range(3):
        assert list_folder(tmp_path).pictures == 1
    assert scanned == [str(tmp_path)]
    (tmp_path / "b.jpg").touch()
    assert list_folder(tmp_path).pictures == 2


def test_a_folder_that_has_just_changed_is_not_remembered(tmp_path: Path) -> None:
    before = tmp_path.stat()
    assert list_folder(tmp_path).pictures == 0
    (tmp_path / "a.jpg").touch()
    os.utime(tmp_path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as if both fell into one tick of the clock
    assert list_folder(tmp_path).pictures == 1


def test_a_folder_that_is_gone_has_a_problem_and_no_entries(tmp_path: Path) -> None:
    found = list_folder(tmp_path / "gone")
    assert (found.files, found.folders, found.pictures) == ((), (), 0)
    assert found.problem == "No such file or directory"


def test_pictures_are_looked_for_two_folders_deep(tmp_path: Path) -> None:
    (tmp_path / "1" / "2" / "3").mkdir(parents=True)
    (tmp_path / "1" / "2" / "3" / "a.jpg").touch()
    assert holds_pictures(tmp_path / "1" / "2")
    assert not holds_pictures(tmp_path / "1" / "2", depth=1)
    assert not holds_pictures(tmp_path / "1")


def test_stamps_change_with_tables_and_folders_and_ask_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for number in range(5):
        (tmp_path / "a" / f"{number}.jpg").touch()
    (tmp_path / "t.csv").touch()
    before = stamps(tmp_path, 2)
    assert [Path(path).name for path, _ in before] == [tmp_path.name, "t.csv", "a"]
    os.utime(tmp_path / "t.csv", ns=(0, 7))
    assert dict(stamps(tmp_path, 2))[str(tmp_path / "t.csv")] == 7
    os.utime(tmp_path / "a", ns=(0, 9))
    assert dict(stamps(tmp_path, 2))[str(tmp_path / "a")] == 9


def test_what_is_remembered_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_KEPT", 5)
    monkeypatch.setattr(listing, "_listings", {})
    for number in range(12):
        (tmp_path / str(number)).mkdir()
    age(tmp_path)
    for number in range(12):
        list_folder(tmp_path / str(number))
    assert len(listing._listings) <= 5
