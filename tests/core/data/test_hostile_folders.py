"""One bad folder never hides the others: names that are no text, links in circles, rights, depth, endless paths."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from core.base.errors import ConfigurationError, DataError
from core.base.printable import is_printable
from core.base.settings import artifacts_dir, data_roots
from core.data.catalog import list_datasets, look, open_dataset
from core.data.missing import list_missing


@pytest.fixture
def root(artifacts: Path) -> Path:
    """A data root with one good data set, the moles."""
    folder = artifacts.parent / "data"
    classes_in(folder / "moles")
    return folder


def classes_in(folder: Path, names: tuple[str, ...] = ("benign", "malignant")) -> None:
    for name in names:
        (folder / name).mkdir(parents=True)
        Image.new("RGB", (4, 4), "brown").save(folder / name / f"{len(name)}.png")


def listed() -> dict[str, bool]:
    """Every data set that is not one of the known downloads, and whether it is here; all that is said can be shown."""
    entries = list_datasets()
    for entry in entries:
        assert all(map(is_printable, (entry.spec.name, entry.spec.title, entry.spec.description, entry.note)))
    assert all(is_printable(each.what_to_do) for each in list_missing(look()))
    return {e.spec.name: e.present for e in entries if e.spec.licence == "not known"}


def text(name: bytes) -> str:
    return os.fsdecode(name)


def test_a_folder_whose_name_is_no_text_is_listed_with_what_to_do(root: Path) -> None:
    classes_in(root / text(b"caf\xe9"))
    assert listed() == {"moles": True, "caf\\udce9": False}
    [note] = [entry.note for entry in list_datasets() if entry.spec.name.startswith("caf")]
    assert "UTF-8" in note
    assert "Rename it" in note


def test_a_class_whose_name_is_no_text_makes_its_folder_unusable_alone(root: Path) -> None:
    classes_in(root / "skin", ("benign", text(b"m\xe4lig")))
    assert listed() == {"moles": True, "skin": False}


def test_a_picture_whose_name_is_no_text_is_skipped_and_named(root: Path) -> None:
    Image.new("RGB", (4, 4)).save(root / "moles" / "benign" / text(b"gru\xdf.png"))
    dataset = open_dataset("moles")
    assert len(dataset.table) == 2
    [skip] = dataset.skipped
    assert skip.image_id == "gru\\udcdf"
    assert is_printable(skip.path)


def test_a_table_whose_name_is_no_text_does_no_harm(root: Path) -> None:
    (root / "moles" / text(b"t\xe4ble.csv")).write_text("a,b\n")
    assert listed() == {"moles": True}
    assert len(open_dataset("moles").table) == 2


def test_a_name_with_newlines_and_quotes_is_a_name(root: Path) -> None:
    classes_in(root / "line\nline \"'")
    assert listed() == {"moles": True, "line\nline \"'": True}
    assert len(open_dataset("line\nline \"'").table) == 2


def test_a_name_that_is_too_long_for_files_named_after_it_says_so(root: Path) -> None:
    classes_in(root / ("x" * 240))
    assert listed() == {"moles": True, "x" * 240: False}


def test_links_in_circles_hide_nothing(root: Path) -> None:
    (root / "self").symlink_to(root / "self")
    (root / "up").symlink_to(root, target_is_directory=True)
    (root / "here").mkdir()
    (root / "here" / "here").symlink_to(".", target_is_directory=True)
    (root / "moles" / "benign" / "again").symlink_to(root / "moles", target_is_directory=True)
    assert listed()["moles"]
    assert len(open_dataset("moles").table) == 2


@pytest.fixture
def deep(root: Path) -> Iterator[None]:
    """Folders in folders, more than Python may recurse, beside the good data set and in it."""
    places = [root / "deep", root / "moles" / "benign" / "deep"]
    for place in places:
        subprocess.run(["mkdir", "-p", place.joinpath(*["d"] * 1200)], check=True)
    yield
    subprocess.run(["rm", "-rf", *places], check=True)  # what clears up after tests recurses


@pytest.mark.usefixtures("deep")
def test_folders_a_thousand_deep_are_looked_at_and_read(root: Path) -> None:
    assert listed() == {"moles": True}
    assert len(open_dataset("moles").table) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_the_right_to_read_it_says_so_by_the_system(root: Path) -> None:
    (root / "closed").mkdir(mode=0)
    assert listed() == {"moles": True, "closed": False}


@pytest.fixture
def no_rights(monkeypatch: pytest.MonkeyPatch) -> str:
    """Folders of this name cannot be listed, as for an account without the right: root, as in containers, may all."""
    real = os.scandir

    def scandir(place):
        if Path(os.fspath(place)).name == "closed":
            raise PermissionError(13, "Permission denied", os.fspath(place))
        return real(place)

    monkeypatch.setattr(os, "scandir", scandir)
    return "closed"


def test_a_folder_without_the_right_to_read_it_says_so(root: Path, no_rights: str) -> None:
    (root / no_rights).mkdir()
    assert listed() == {"moles": True, no_rights: False}


def test_whatever_an_adapter_raises_concerns_its_folder_alone(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from core.data import recognition
    from core.data.adapters.adapter import Adapter

    def recognise(listing):
        if listing.folder.name == "odd":
            raise RecursionError("too deep")
        return ()

    monkeypatch.setattr(recognition, "ADAPTERS", (Adapter(recognise, lambda *_: None), *recognition.ADAPTERS))
    classes_in(root / "odd")
    os.utime(root / "moles")
    assert listed() == {"moles": True, "odd": False}
    assert "too deep" in caplog.text


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/" + "x" * 5000, "File name too long"),
        ("/" + "/".join(["x" * 200] * 30), "File name too long"),
        (text(b"/d\xe4ta"), "UTF-8"),
        ("~nobody-of-this-name/data", ""),
    ],
)
def test_a_data_folder_that_cannot_be_is_said_and_the_others_are_there(
    root: Path, monkeypatch: pytest.MonkeyPatch, path: str, why: str
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", f"{path}{os.pathsep}{root}")
    assert listed() == {"moles": True}
    assert len(data_roots()) == 2
    assert [why in problem for problem in look().problems] == ([True] if why else [])
    monkeypatch.setenv("LESIONLAB_DATA", path)
    assert listed() == {}
    notes = [entry.note for entry in list_datasets() if not entry.present]
    assert all(len(note) < 600 for note in notes)


def test_a_data_folder_that_is_a_link_to_itself_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root.parent / "loop").symlink_to("loop")
    monkeypatch.setenv("LESIONLAB_DATA", f"{root.parent / 'loop'}{os.pathsep}{root}")
    assert listed() == {"moles": True}
    assert len(look().problems) == 1


@pytest.mark.parametrize("path", ["/" + "x" * 5000, "/tmp/" + "/".join(["x" * 200] * 30), text(b"/tmp/d\xe4ta")])
def test_an_artifacts_folder_that_cannot_be_is_named_with_what_to_do(
    root: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", path)
    assert data_roots() == (root,)
    with pytest.raises(ConfigurationError, match="Set LESIONLAB_ARTIFACTS") as raised:
        artifacts_dir()
    assert len(str(raised.value)) < 600
    assert is_printable(str(raised.value))


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '["/\\u0000"]', '["' + "/x" * 5000 + '"]', '{"a": 1}', "7", '["\\udce4"]', ""]
)
def test_a_damaged_list_of_added_folders_hides_nothing(root: Path, artifacts: Path, content: str) -> None:
    (artifacts / "settings").mkdir()
    (artifacts / "settings" / "data_roots.json").write_text(content)
    assert listed() == {"moles": True}


def test_what_a_reader_did_not_expect_is_an_error_of_the_data(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.data.reading import understood

    monkeypatch.setattr(understood, "read_folder", lambda *_, **__: 1 / 0)
    with pytest.raises(DataError, match="ZeroDivisionError"):
        open_dataset("moles")
